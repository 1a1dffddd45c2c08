// Package mbox shows mail that lies in files as if it were an upstream: an mbox
// file, a Maildir, one message in a file, or a folder of any of these. Import
// is then just another fetch.
//
// It promises that each message comes out byte for byte as it was put in, as
// far as the format tells; that no byte of an mbox file is lost between two
// messages; that nothing is ever changed or deleted; and that memory is bounded
// by the number of messages, not by the length of a file, a message or a line.
//
// # What is understood
//
// An mbox file begins with a line "From ". A line "From " ends a message where
// it carries a date as asctime(3) writes it, or stands after an empty line and
// carries a time of day (or anything, where the first one of the file carries
// none). One empty line before it belongs to the format and not to the message
// (RFC 4155, appendix A). Lines end in LF or CRLF.
//
// Content-Length (mboxcl, mboxcl2) is believed where it leads to such a line or
// to the end of the file, since any sender may write one.
//
// One > is taken off lines that begin with any number of > and "From "
// (mboxrd). For mboxo, which puts > only before a bare "From ", this is one too
// many on lines that had one already; a file does not say which it is. Where
// Content-Length is believed and the body holds a bare "From " line, the file
// is mboxcl2, and nothing is taken off. A run of more than 64 Ki of > is left
// as it is.
//
// A folder is searched through all its depth. One with cur and new in it is a
// Maildir: the files in these two are messages, tmp is not looked at. Elsewhere
// a file is taken where it begins as mail does; hidden files and folders are
// not, but for Maildir++ folders.
//
// # Why
//
// A UID names where a message lies and how its content is told from another's
// there: by the digest in an mbox file, by size and time of change elsewhere.
// So importing again takes only what is new, and a file that was replaced is
// not mistaken for the one before.
//
// An mbox file is read twice, once to find its messages and once to take them:
// finding them alone would need no digest, but a place without one proves
// nothing. A file that changes between the two is not taken: its messages may
// begin anywhere by then.
package mbox
