// Package mail is the pages on which mail is found, read and put right: the list
// with its search, the reader, and what can be done with one message or many.
//
// It promises:
//   - Whatever a request names, it sees and changes mail of who is signed in, and
//     nothing else: every question to the archive and the catalogue carries the
//     owner, and a message of somebody else's is one that there is not.
//   - A query that cannot be understood is answered with the place of its fault.
//   - The address of a page says all that it shows, so that it can be kept and sent.
//   - Whatever a stranger wrote is cut by what it weighs on the page ([web.Cut]), and
//     the page says where something is missing: the download has it.
//   - One message that cannot be read does not take the list away: its row says so.
//
// # Why
//
// The list reads each letter that it shows, for its people, its subject and the
// piece that was asked for, because neither the rows nor the catalogue keep text
// (index/search says why). That bounds a page to fifty messages.
//
// To allow or block who wrote a message also teaches the message, in one deed with
// one way back: a person who blocks a sender does not want to say a second time that
// the letter before him is spam. A domain that is allowed or blocked outweighs what
// was said before of the addresses of the letters at hand, and not of others.
//
// The reader steps through the list that led to it by what the browser remembers of
// that list: where in an answer a message stands is not known without asking all of
// it again.
//
// Mailboxes, the newest mail of a sender or what has attachments are no pages of
// their own: they are queries, so there is one list to learn and one to keep quick.
package mail
