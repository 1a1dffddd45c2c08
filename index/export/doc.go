// Package export writes kept messages for other programs: as mbox files, as a
// Maildir, as .eml files or as a zip of these.
//
// It promises that each message's octets are those given, so that they have the
// same digest when they are brought in again; that no name of a file is made of
// what a stranger wrote without being made harmless; that an export stands under
// its name whole and on stable storage, or not at all; and that nothing that is
// there is overwritten.
//
// # What is written
//
//	mbox     one file a mailbox, inbox.mbox, Lists/Go.mbox …, or one file or
//	         stream for all, as fetch/mbox.Writer has it: mboxrd, line ends as
//	         they are, and a mark behind the date of the From line of a message
//	         whose last line lacks its LF or whose header could mislead.
//	maildir  Maildir++: the inbox at the top, Lists/Go in .Lists.Go; all in cur,
//	         with S (seen) where its owner took it out of the maildrop. The name
//	         begins with the time of receipt. T is never set: it asks programs to
//	         delete.
//	eml      a folder a mailbox, a file a message: time of receipt, subject, UID.
//	zip      the same in one file, with times.
//
// Maildir, .eml and zip carry a message as it is. So does mbox: no message is
// known that it could not carry, and tests look for one.
//
// # Why
//
// This room stands in index, and not beside fetch/mbox, because it writes what
// the archive keeps: mailboxes, UIDs, what was taken out of a maildrop. The one
// format that needs both halves to agree, mbox, is written in the room that
// reads it. The room knows nothing of rows and blobs; who asks gives it one
// message after another.
//
// Files are synced at the end and not one by one: by then the system has written
// most of them, and a folder of a million files is synced in the time of one
// journal. Until then everything has a hidden name, so that a broken export is
// not taken for a whole one.
//
// Names of mailboxes are made harmless in modified UTF-7 (RFC 3501, section
// 5.1.3), which Maildir++ has anyway and import undoes.
package export
