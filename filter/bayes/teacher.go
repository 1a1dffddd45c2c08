package bayes

import (
	"slices"
	"sync"
)

// rememberMost is how many letters of each class a Teacher remembers.
const rememberMost = 512

// A Teacher teaches a model so that the order of the lessons matters little.
// The regression alone forgets: shown all the spam first and all the ham after
// it, as people do who train from folders, it ends by leaning to ham. So beside
// each lesson the teacher shows it one letter of the other class again, from
// memory. It is safe for use by several goroutines at once.
type Teacher struct {
	model *Model

	mu        sync.Mutex // guards the fields below
	ham, spam memory
}

// NewTeacher makes a teacher of a model. It remembers nothing yet: Remember
// gives it the last lessons.
func NewTeacher(m *Model) *Teacher { return &Teacher{model: m} }

// Remember takes a lesson taught earlier into memory, in the order in which
// they were taught.
func (t *Teacher) Remember(l Lesson) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.remember(l)
}

func (t *Teacher) remember(l Lesson) {
	if l.Was == l.Now {
		return
	}
	for label, of := range map[Label]*memory{Ham: &t.ham, Spam: &t.spam} {
		if l.Was == label {
			of.drop(l.Bag)
		}
		if l.Now == label {
			of.add(l.Bag)
		}
	}
}

// Learn is Model.Learn with rehearsal. The lesson holds the rehearsal too, so
// that taking it back takes all of it back.
func (t *Teacher) Learn(b Bag, was, now Label) Lesson {
	t.mu.Lock()
	defer t.mu.Unlock()
	var again Bag
	label := None
	switch now {
	case Ham:
		again, label = t.spam.next(), Spam
	case Spam:
		again, label = t.ham.next(), Ham
	}
	l := t.model.learn(b, was, now, again, label)
	t.remember(l)
	return l
}

// memory is a ring of letters.
type memory struct {
	bags []Bag
	put  int // where the next one goes, once it is full
	at   int // which is shown next
}

func (m *memory) add(b Bag) {
	if len(m.bags) < rememberMost {
		m.bags = append(m.bags, b)
		return
	}
	m.bags[m.put] = b
	m.put = (m.put + 1) % rememberMost
}

// drop forgets a letter that is not of this class after all.
func (m *memory) drop(b Bag) {
	if i := slices.IndexFunc(m.bags, func(old Bag) bool { return slices.Equal(old, b) }); i >= 0 {
		m.bags = slices.Delete(m.bags, i, i+1)
		m.put = 0
	}
}

// next gives the letter that was not shown for the longest time, nil if there
// is none.
func (m *memory) next() Bag {
	if len(m.bags) == 0 {
		return nil
	}
	m.at = (m.at + 1) % len(m.bags)
	return m.bags[m.at]
}
