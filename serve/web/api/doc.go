// Package api answers programs: what the pages do, as JSON under /api/v1.
//
// It promises:
//   - A request is its token's: it sees and changes what belongs to the token's
//     owner, and does what the token's scopes allow. Cookies count for nothing
//     here, so that no page of another site can act through a browser.
//   - Absent and not yours are the same answer, 404.
//   - An error is a problem document (RFC 9457) that tells nothing of the inside.
//   - What a request may cost is bounded: its body to 64 KiB, a query to 4,096
//     octets, a page to 100 messages, a deed to 500; and 16 requests of an owner
//     are answered at a time.
//   - New mail is told of as it comes (server-sent events, WHATWG HTML, section
//     9.2), each message once, in the order of the commits; who was away goes on
//     where he was by Last-Event-ID. Streams end when their token is revoked, within
//     15 s, and at once when the house closes. Who does not read is cut off.
//   - openapi.yaml names every route with its scopes, and no other, and describes
//     every answer; tests compare it with the routes and with real answers.
//
// # Why
//
// Tokens are 256 random bits of which the database has the SHA-256 only; there is
// nothing to guess, so wrong ones are not slowed down. When a token was used is
// noted within minutes: a write for each request would cost more than it tells.
//
// A device reads all mail, so that a token which makes one must have the scope read
// too: no token is to reach by a detour what it may not.
//
// Deeds take a list of messages, and one is a list too. Nothing is undone by memory
// here, as it is on the pages: a lesson is undone by its number, and a move tells
// where the message hung.
//
// An event tells what the row of a message says, and not its sender or subject: the
// letter would have to be read for each program that listens, while the catalogue
// reads it too. The place of an event is the number of a change of its owner's,
// which the archive keeps anyway, with the identity of the database: nothing is
// kept for who is away, and after a restore nobody goes on in the wrong place.
//
// The commands of this program do not come here: beside a running house they are
// run in it, through a socket of its folder (cmd/restante), which needs no token
// and no second way to do each thing.
//
// The document is written by hand. It is small, and what is generated of handlers
// says what they return and not what they mean.
package api
