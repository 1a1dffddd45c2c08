// Package clients runs real POP3 clients for tests: curl, fetchmail, getmail,
// mpop and Python's poplib, each of which downloads all of a mailbox.
//
// It promises that a client leaves nothing outside the test's temporary folder,
// reads no settings of whoever runs the test, gets its password by a file that
// only this user can read, and is killed after a minute or with the test. A
// machine without the program skips the test, but fails it where CI=true.
//
// # Why
//
// A client of our own making has our own misunderstandings. These five share
// no POP3 code: the C of curl (which pipelines nothing and asks by CAPA for
// SASL), of mpop (pipelining) and of fetchmail, and Python's library, used as
// it is and by getmail.
//
// What a client does to mail by itself is taken back where it can be (local
// line ends, getmail's Return-Path) and told of where it cannot (MaxLine), so
// that all that is left are the server's doings.
package clients
