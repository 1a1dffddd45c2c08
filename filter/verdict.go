package filter

import (
	"fmt"
	"strings"

	"restante/fetch"
	"restante/filter/letter"
)

// Class is what a message was judged to be.
type Class int8

// The classes. The numbers are stored: they never change.
const (
	Unsure Class = 0
	Ham    Class = 1
	Spam   Class = 2
)

// String gives ham, unsure or spam.
func (c Class) String() string {
	switch c {
	case Ham:
		return "ham"
	case Spam:
		return "spam"
	}
	return "unsure"
}

// ParseClass reads what String writes.
func ParseClass(s string) (Class, error) {
	switch strings.ToLower(s) {
	case "ham":
		return Ham, nil
	case "spam":
		return Spam, nil
	case "unsure":
		return Unsure, nil
	}
	return Unsure, fmt.Errorf("unknown class %q; allowed: ham, unsure, spam", s)
}

// Mailboxes that every owner has.
const (
	Inbox      = "inbox"
	Quarantine = "spam" // where spam waits; served as NAME+spam
)

// Names of reasons that are neither a rule's nor the owner's.
const (
	WordsReason      = "bayes"      // what the owner's model says
	UnreadableReason = "unreadable" // our own code failed at the message
)

// Reason is one thing that spoke for or against a message, for a person.
type Reason struct {
	Name   string  `json:"name"`   // a rule's name, or WordsReason
	Weight float64 `json:"weight"` // above 0 speaks for spam, below 0 for ham, in points of the rules
	Text   string  `json:"text"`   // what it means, in English
	// Values are what Text has of this message, in its order: who the sender is, of
	// the owner's word. With Name they say the same as Text, in any language.
	Values []string `json:"values,omitempty"`
}

// Verdict is a judgement on one message.
type Verdict struct {
	Class   Class
	Score   float64  // in [0,1]: 0 surely ham, 1 surely spam
	Mailbox string   // where it belongs
	Reasons []Reason // the strongest first
}

// Sorted is a parcel with its letter and the verdict: what the next stage keeps.
type Sorted struct {
	Parcel  *fetch.Parcel
	Letter  *letter.Letter
	Verdict Verdict
	// Added is the header block that serving puts above the message, with CRLF
	// line ends; it is fixed here, so that the bytes under one UIDL never change.
	Added string
	// Tag is put before the subject when serving; empty where none is wanted.
	Tag string
}
