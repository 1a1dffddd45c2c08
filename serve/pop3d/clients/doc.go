// Package clients runs real POP3 clients for tests: curl, fdm, fetchmail,
// getmail, mpop, mutt under tmux, and the libraries of Node, Perl, Python and
// Ruby, each of which downloads all of a mailbox. [Thunderbird] is driven through a
// profile that stays, so that it can come again.
//
// It promises that a client leaves nothing outside the test's temporary folder,
// reads no settings of whoever runs the test, gets its password by a file that
// only this user can read (Thunderbird by its driver), and is killed after a
// minute (Thunderbird after four) or with the test. A machine without the program
// skips the test, but fails it where CI=true.
//
// # Why
//
// A client of our own making has our own misunderstandings. These eleven hold ten
// makings of POP3: getmail uses Python's library.
//
// fdm, fetchmail, getmail and mutt alter some mail by themselves. A list of what
// they do would be as long as their histories and never be right; so they are held
// against what they make of the same mail when it comes from Dovecot.
package clients
