// Package sample makes the mail that the demo plays with: some two hundred
// messages in English, German and Japanese for two upstream accounts, and a
// handful more that are shown to the filter first.
//
// It promises that the same moment gives the same bytes, that every line ends
// in CRLF, that every name and address is invented, that every domain is one
// reserved for examples (RFC 2606; RFC 6761, section 6.5), every address
// literal one kept for documentation (RFC 5737), and that no two bodies are
// alike. Messages that break a rule of RFC 5322 or RFC 2045 do so on purpose
// and say which in their Broken field.
//
// # Why
//
// The demo must run with no network and on a machine that has only Go, so the
// mail has to come with the program. Real mail belongs to those who wrote it
// and cannot be shipped; so this is written by us: paragraphs dealt from
// decks, dressed in the charsets, encodings and attachments that real mail
// wears. Decks are dealt without putting cards back, because free choice would
// soon deal the same letter twice.
//
// The odd ones (leading dots, endless lines, 8-bit headers, a header line
// without a colon, no final line end) are in the mailboxes because a relay
// shows its worth on them and not on the tidy ones. One of them is over a
// mebibyte, so that the demo takes the road for large parcels too.
//
// A message that does not end in CRLF cannot be carried by POP3, whose reply
// ends in CRLF "." CRLF (RFC 1939, section 3): it arrives with its last line
// ended. Whoever compares bytes must allow for those two octets.
package sample
