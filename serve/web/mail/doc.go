// Package mail is the pages on which mail is found, read and put right: the list
// with its search, the reader, and what can be done with one message or many.
//
// It promises:
//   - Whatever a request names, it sees and changes mail of who is signed in, and
//     nothing else: every question to the archive and the catalogue carries the
//     owner, and a message of somebody else's is one that there is not.
//   - A query that cannot be understood is answered with the place of its fault.
//   - The address of a page says all that it shows, so that it can be kept and sent.
//   - One message that cannot be read does not take the list away: its row says so.
//
// # Why
//
// The list reads each letter that it shows, for its people, its subject and the
// piece that was asked for, because neither the rows nor the catalogue keep text
// (index/search says why). That bounds a page to fifty messages.
//
// Mailboxes, the newest mail of a sender or what has attachments are no pages of
// their own: they are queries, so there is one list to learn and one to keep quick.
package mail
