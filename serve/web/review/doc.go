// Package review is the pages on which a person looks through what the filter
// caught or was not sure of, with the evidence, and takes lessons back.
//
// It promises that what is on them is the owner's, that a lesson is taken back
// once and exactly, and that one message which cannot be read does not take the
// page away.
//
// # Why
//
// The evidence is what the filter says now and not what it said when the mail
// came, because that is what a click is about to change.
//
// Releasing and confirming are teaching, and so are done where all teaching is
// done, by package mail, with the same way back: this package has no second way
// to change a message. What is released is never caught again: it hangs in the inbox
// as ham that was taught, mail is judged on its way in only, and the same bytes that
// come again, by another account perhaps, are judged as they were taught.
//
// To allow or block a sender is to teach the messages at hand too: who blocks a
// sender does not want to confirm his mail afterwards. The list of senders is here,
// because here is where a person asks why something was caught.
package review
