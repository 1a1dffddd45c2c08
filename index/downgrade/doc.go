// Package downgrade makes headers ASCII that have raw UTF-8 in them, for mail
// programs that do not say that they know UTF-8 (RFC 6856, 2).
//
// It promises:
//   - What it gives for a message never changes. Sizes are counted at delivery and
//     told by LIST for ever, and a UIDL's bytes are the same each time. So the form
//     is frozen, like a file of the schema, and a test holds it; another form would
//     be a second one, for mail that comes from then on.
//   - It changes only fields that have octets beyond ASCII and are UTF-8 as a whole.
//     The body, fields in Latin-1 or anything else that nothing names, and lines
//     that are no fields stay as they are.
//   - What it changes is ASCII, with no line over 998 octets (RFC 5322, 2.1.1)
//     unless the field's name alone is as long, and reads as the same text. Changed
//     once more it stays as it is.
//   - It needs the memory of a header, at most [MaxHeader]; longer headers stay as
//     they are.
//
// # What becomes what
//
// Text becomes encoded-words (RFC 2047), and only the words that need it. So do
// names and comments in fields of addresses. An address that is not ASCII has no
// form that arrives: it goes into the name in front of it, and an address that
// never answers stands in its place, as in the simple downgrading (RFC 6858, 2.1).
// The full one (RFC 6857) would make an empty group of it, which mail programs
// show as no sender at all; and the A-labels of a domain are not always the name
// that was meant, so that an answer might reach a stranger. Parameters of
// Content-Type and Content-Disposition become those of RFC 2231. All other fields
// are text, those in which no UTF-8 may stand too, such as Message-ID: that the
// same becomes the same keeps threads together.
//
// # Why
//
// Headers of a message's parts stay as they are: they lie in the body, which is
// never read for this, and mail programs that know MIME decode file names as they
// find them anyway.
//
// A signature over a field that is changed fails (DKIM). The filter has seen it
// good and says so in the fields it adds; mail programs that check for themselves
// can say UTF8.
package downgrade
