// Package pop3test is a badly behaved POP3 upstream for tests: a maildrop in
// memory that can hang, lie about sizes, renumber its UIDLs, drop a connection
// in mid RETR, and forget half of the RFC, all when told to ([Faults]). It lets
// in by every way that fetch/pop3 knows, listed or not. [Gateway] is a SOCKS5 and
// HTTP proxy to put ahead of it. [Proxy] is the line between, which delays, cuts,
// resets, stalls and drips when told to ([Flaky]). [Replay] says the same at each
// call, for maildrops too large to be made.
//
// It promises to be a decent server where no fault is set, to delete only when
// QUIT was answered, and to tell afterwards what it heard and did. It listens on
// loopback, or serves a pipe ([Server.Dial]) so that a test can run on the fake
// clock of testing/synctest. It ends with its test and waits for its goroutines.
//
// # Why
//
// The field notes of other clients name some forty quirks, and nobody has forty
// servers. It stuffs dots with code of its own and not with fetch/wire's, so that
// a mistake there cannot cancel itself out. It passes bare LF on as it is, as
// servers with LF on disk do. Its SCRAM is the library's that the client uses too;
// what both could get wrong alike is tried with Dovecot, in the package below, and
// with GNU SASL. The other mechanisms are compared with what the RFCs say, to the
// octet.
package pop3test
