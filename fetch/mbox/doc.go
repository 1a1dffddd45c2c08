// Package mbox shows mail that lies in files as if it were an upstream: mbox
// files, Maildirs, MH folders, messages each in a file, archives of these, or a
// folder of any of them. Import is then just another fetch. Writer writes mbox
// files that are read back octet for octet.
//
// It promises that each message comes out byte for byte as it was put in, as
// far as the format tells; that no byte of an mbox file is lost between two
// messages; that nothing is ever changed or deleted, and nothing unpacked to
// disk; that what is passed over is told; and that memory is bounded by the
// number of messages and a look ahead of 64 MiB, not by the length of a file, a
// message or a line.
//
// # What is understood
//
// What a file is is told by its first octets, not by its name.
//
// An mbox file begins with a line "From ". A line "From " ends a message where
// it carries a date as asctime(3) writes it, or stands after an empty line and
// carries a time of day (or anything, where the first one of the file carries
// none). One empty line before it belongs to the format and not to the message
// (RFC 4155, appendix A). Lines end in LF or CRLF.
//
// Content-Length (mboxcl, mboxcl2) is believed where it leads to such a line or
// to the end of the file, since any sender may write one; in an archive up to
// 64 MiB, and where the header has at most 64 KiB.
//
// One > is taken off lines that begin with any number of > and "From "
// (mboxrd). For mboxo, which puts > only before a bare "From ", this is one too
// many on lines that had one already; a file does not say which it is. Where
// Content-Length is believed and the body holds a bare "From " line, the file
// is mboxcl2, and nothing is taken off.
//
// A message that Thunderbird deleted from an mbox file and did not compact away
// yet (X-Mozilla-Status with 0008) is passed over. Its summaries (.msf) are not
// looked at.
//
// A folder is searched through all its depth. One with cur and new in it is a
// Maildir (cur and tmp, as Thunderbird has it): the files in these two are
// messages, tmp is not looked at. In one with .mh_sequences the files whose
// names are numbers are messages, and those behind a comma were removed.
// Elsewhere a file is taken where it begins as mail does; hidden files and
// folders are not, but for Maildir++ folders. Of an .emlx file of Apple Mail
// the message is taken, and not the property list behind it.
//
// Archives are .zip, .tar, .tar.gz and .gz. They are read as they stream by, once
// to find messages and once to take them. An archive in an archive is passed
// over. One that holds more than 2,000,000 files, or unpacks to more than 250
// times its size and more than 64 MiB, is read no further. Names in it tell
// folders, and are never used to write.
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
//
// One splitter reads files and streams alike, because a second one would split
// some file in another way. It gives a message before it knows where that ends,
// so that a message of any length passes through a buffer.
//
// The marks of Writer stand in the "From " line, since a field of our own in
// the header would change the message's digest: what stands behind the date is
// read by no program (dovecot calls it "moreinfo", UUCP wrote "remote from"
// there). Only the messages that need one have one.
package mbox
