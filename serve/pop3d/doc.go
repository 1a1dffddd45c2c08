// Package pop3d is a POP3 server over a [Maildrop] interface: RFC 1939 whole
// but APOP, CAPA and PIPELINING (RFC 2449), STLS (RFC 2595), response codes
// (RFC 3206), and AUTH with PLAIN and LOGIN (RFC 5034).
//
// It promises:
//   - A message arrives whole or visibly not. Where its source breaks off after
//     +OK the connection is cut, and the terminating dot is never sent.
//   - Numbers, sizes and UIDs stand for the whole session. What was marked by
//     DELE shows in no listing, and is deleted by QUIT alone, which answers
//     after [Maildrop.Delete] has returned.
//   - A fault of ours is -ERR [SYS/TEMP] with a reference that is also in the
//     log, never an empty maildrop and never [AUTH]: clients forget what they
//     have seen on the first, and the password on the second.
//   - Every status line has at most 512 octets, whatever the client sent, and
//     holds nothing that the client sent.
//   - Nothing that a client sends makes memory grow: lines, sessions, sessions
//     of an address, bad commands and waiting are bounded. A panic ends the
//     session that it happened in, and no other.
//   - Passwords are never logged. The log sees the verb of a command, and its
//     arguments only where they are numbers.
//
// [Memory] is a [Porter] with its maildrops in memory, for tests and samples.
//
// # Why
//
// APOP is not offered: the server would have to keep clear passwords.
//
// The listing calls are in ints and strings and the message is an
// io.ReadCloser, so that the package imports nothing of the archive and the
// archive nothing of it.
//
// A message is read into a pooled buffer before +OK is said, so that a source
// that cannot be read at all is -ERR, after which the session goes on. Buffers
// for writing are pooled too and given back before the server waits for a
// client: a session that waits holds a 4 KiB reader and little else.
//
// Answers are flushed when no whole command is left in the input buffer. So a
// pipelined batch of RETR costs a few large writes, and the server never waits
// for a client that waits for an answer.
//
// At a shutdown a session that is busy goes on to its QUIT, since a client that
// is cut off there has to fetch again; one whose client has nothing to say for
// two seconds is closed, which loses nothing (RFC 1939, 3: no QUIT, no UPDATE
// state).
package pop3d
