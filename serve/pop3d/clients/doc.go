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
// A client of our own making has our own misunderstandings. These five hold four
// makings of POP3: curl's, fetchmail's, mpop's, and Python's library, which
// getmail uses too.
//
// fetchmail and getmail alter some mail by themselves. A list of what they do
// would be as long as their histories and never be right; so they are held
// against what they make of the same mail when it comes from Dovecot.
package clients
