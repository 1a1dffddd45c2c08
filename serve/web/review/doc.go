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
// to change a message. What is released is never caught again, because it hangs in
// the inbox as ham that was taught, and mail is judged on its way in only.
package review
