// Package pop3d is a POP3 server over a [Maildrop] interface: RFC 1939 whole
// but APOP, CAPA and PIPELINING (RFC 2449), STLS (RFC 2595), response codes
// (RFC 3206), AUTH with PLAIN, LOGIN and, where the [Porter] is a [Prover],
// SCRAM-SHA-256 and -PLUS (RFC 5034, 7677, 9266), where it is a [Bearer],
// OAUTHBEARER and XOAUTH2 (RFC 7628), and UTF8 and LANG in English, German and
// Japanese (RFC 6856).
//
// It promises:
//   - A message arrives whole or visibly not. Where its source breaks off after
//     +OK the connection is cut, and the terminating dot is never sent. Where
//     its bytes are lost for good ([Options].Damaged) a message of the listed
//     size comes instead that says so, or a notice where it broke off.
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
//   - A [Tracer] hears dialogues without secrets, which are taken out where a line
//     is read, and without mail. What was said before the login is kept for it, up
//     to 64 lines, and only while it listens.
//
// [Memory] is a [Porter] with its maildrops in memory, for tests and samples.
//
// # Why
//
// APOP is not offered: the server would have to keep clear passwords.
//
// A damaged message is not -ERR: Thunderbird ends its session at the first
// -ERR to RETR and begins the next one with the same message, so that nothing
// behind it ever arrives. For the same reason the connection is not cut in the
// middle of one. What passes, a locked database or a connection that is down,
// is answered by -ERR or by cutting all the same: a notice would be kept by the
// client for ever in place of a message that is there.
//
// Without UTF8 a message with raw UTF-8 in its header is sent with that header in
// ASCII (RFC 6856, 2; package index/downgrade says how). No server that was looked
// at does so. It costs:
//   - A second size. It was counted at delivery, and is known before the login
//     answers, so STAT and LIST are the octets sent in either mode. UTF8 may come
//     after the login, as Outlook sends it: from then on the other sizes hold.
//   - A second text under one UID. Each mode's never changes; a client that keeps
//     to one never sees the other.
//   - The signature (DKIM) of the fields that are changed.
//
// Some raw octets stay: of 12,223 messages of our corpora 457 have some in the
// header, and 88 of these are in Latin-1, GBK or another that nothing names. To
// guess which would be to alter mail.
//
// DELE through a read-only door is -ERR: +OK would be a promise that QUIT
// breaks.
//
// A session that was cut off without a word, as a phone that lost its signal, holds
// its maildrop until TCP gives up, which takes two minutes, or a quarter of an hour
// where our last answer is still on its way. Who has set Options.Exclusive had to
// wait for that: the same device gets in again after four seconds. Dovecot, with
// pop3_lock_session, refuses until the old session has ended. The old one must have
// been silent for ten seconds, and its machine must leave TCP's keepalive without an
// answer: one that is there holds the maildrop, be it busy or not, or two programs
// with one password would cut each other off. Nothing is lost, since what has not
// said QUIT deletes nothing. Which device it is says the Label, and where that says
// none, the address. On other systems than Linux, and behind a proxy, TCP cannot be
// asked, and the old session is waited for.
//
// SCRAM is tried against the keys of each password of a user's, the account's and
// its devices'. All have one salt, because the salt is sent before it is known
// which of them the client has.
//
// The server's half of OAUTHBEARER is our own. That of go-sasl reads past the end
// of an empty answer to a refusal, which many clients send in place of RFC 7628's
// octet 1, and it has no XOAUTH2.
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
