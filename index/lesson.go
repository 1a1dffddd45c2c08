package index

import (
	"strings"
	"time"
	"unicode/utf8"

	"restante/filter"
	"restante/index/blob"
)

// Lesson is one change of an owner's model, as it is journaled.
type Lesson struct {
	Number int64 // grows by one an owner; set when it is stored
	Owner  string
	Digest blob.Digest  // of the message taught
	Was    filter.Class // Unsure: it was not taught before
	Now    filter.Class // Unsure: what was taught is taken back
	At     time.Time
	Origin
	Undoes int64  // the lesson that this one takes back; 0: none, it teaches
	Again  int64  // the lesson that this one teaches again; 0: none
	Change []byte // bayes.Lesson in its binary form
	Moves  []Move // where it hangs kept messages; asked by Teach, given by nobody
}

// Origin says by what somebody taught.
type Origin struct {
	By     Means
	Source string // where the message lay: a path, or words of a program; may be empty
}

// sourceMost bounds Origin.Source, in octets.
const sourceMost = 300

// plain makes a source that every database keeps; of a long one, the end, which
// of a path says most.
func (o Origin) plain() Origin {
	s := strings.ReplaceAll(strings.ToValidUTF8(o.Source, "?"), "\x00", "?")
	if over := len(s) - sourceMost; over > 0 {
		for over < len(s) && !utf8.RuneStart(s[over]) {
			over++
		}
		s = s[over:]
	}
	o.Source = s
	return o
}

// Means is by what somebody taught.
type Means int8

// The means. The numbers are stored: they never change.
const (
	ByUnknown  Means = 0 // taught by a version that did not note it
	ByCommand  Means = 1 // a command, of one message
	ByFolder   Means = 2 // a command, of a folder or a file of several messages
	ByClick    Means = 3 // a click on one message
	ByUndoing  Means = 4 // what a lesson had replaced, taught again as that was undone
	ByReplaced Means = 5 // taken back, because the message was taught as the other class
	ByAge      Means = 6 // taken back, because as many newer ones of its class stand
)

// String gives a word.
func (m Means) String() string {
	switch m {
	case ByCommand:
		return "command"
	case ByFolder:
		return "folder"
	case ByClick:
		return "click"
	case ByUndoing:
		return "undo"
	case ByReplaced:
		return "replaced"
	case ByAge:
		return "age"
	}
	return "unknown"
}

// Act is a lesson that taught, and what became of it. Its Change is left out.
type Act struct {
	Lesson
	Undone   time.Time // when it was taken back; zero: it stands
	UndoneBy Means     // by what
}

// Stands says whether the model knows the lesson.
func (a Act) Stands() bool { return a.Undone.IsZero() }

// ActQuery says which acts are asked for. The zero value asks for all.
type ActQuery struct {
	Number   int64        // this one only; 0: any
	Before   int64        // those with lesser numbers only; 0: any
	Since    time.Time    // taught then or later
	Standing bool         // none that was taken back
	Class    filter.Class // taught as this; Unsure: any
	Oldest   bool         // the first first
	Max      int          // at most so many; 0: no bound
}

// Tally counts messages.
type Tally struct {
	Day    time.Time    // its beginning, UTC: when they came, or were taught
	Judged filter.Class // as first judged
	Now    filter.Class // as taught since, or as judged
	Count  int
}
