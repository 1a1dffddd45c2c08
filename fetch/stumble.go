package fetch

import (
	"errors"
	"slices"
	"time"
)

// errTooLong says that a message is over the largest size, which LIST had not
// said.
var errTooLong = errors.New("the message is too long to be taken")

// stumble is a message at which a session broke. It is left out of the sessions
// that take the others, and tried in one behind them: now that it is known,
// again in a while if that breaks too.
type stumble struct {
	tries int       // how often it broke a session of its own
	next  time.Time // not tried before
	err   error
}

// How long a message that broke a session of its own is left in peace: twice as
// long each time, and a day at most, since on a bad line it is a large message
// that breaks. One that is too long is left for a day: the settings may allow it
// by then.
const (
	firstPeace = 10 * time.Minute
	longPeace  = 24 * time.Hour
)

func (b *stumble) peace() time.Duration {
	if errors.Is(b.err, errTooLong) {
		return longPeace
	}
	return min(firstPeace<<min(b.tries-1, 8), longPeace)
}

// rests tells whether a message is given up for now.
func (b *stumble) rests(now time.Time) bool {
	return b.next.After(now) && (b.tries >= maxTries || errors.Is(b.err, errTooLong))
}

// stumbled notes that a session broke at a message.
func (s *session) stumbled(it Item, err error) {
	b := s.bad[keyOf(it)]
	if b == nil {
		b = &stumble{}
		s.bad[keyOf(it)] = b
	}
	b.err = err
	long := errors.Is(err, errTooLong)
	// The first time it may have been the network. One that is too long was
	// given time enough to show what it is.
	if s.does == takesBad || long {
		b.tries++
		b.next = s.o.Now().Add(b.peace())
	}
	kind := NoteBroke
	if long && !s.a.Import {
		kind = NoteLarge
		s.skip(it, kind, err.Error())
	} else {
		s.fail(it, err)
	}
	s.book.set(Note{UID: it.UID, Kind: kind, Tries: b.tries, Since: s.o.Now(), Next: b.next, Size: it.Size, Why: err.Error()})
}

// gotPast forgets messages that were tried and broke nothing.
func (r *round) gotPast(items []Item) {
	if len(r.bad) == 0 {
		return
	}
	for _, it := range items {
		if r.bad[keyOf(it)] != nil {
			delete(r.bad, keyOf(it))
			if n, _ := r.book.get(it.UID); n.Kind == NoteBroke {
				r.book.drop(it.UID)
			}
		}
	}
}

// gone forgets messages that a listing does not have. What was passed over stays
// noted: an upstream may hide its mail for a while, or show none in its trouble,
// and all of it would come then.
func (s *session) gone() {
	vanished := 0
	s.book.dropWhere(func(n Note) bool {
		if s.here[n.UID] > 0 || n.Kind == NoteMark || n.Kind == NotePassed || n.Kind == NoteKept {
			return false
		}
		if n.Kind == NoteRefused || n.Kind == NoteBroke {
			vanished++
		}
		return true
	})
	if vanished > 0 {
		s.o.Log.Warn("messages that could not be taken are no longer upstream; somebody else took them, or the upstream deletes what was asked for",
			"account", s.a.Name, "messages", vanished)
	}
	if len(s.bad) == 0 {
		return
	}
	here := map[key]bool{}
	for _, it := range s.items {
		here[keyOf(it)] = true
	}
	for k := range s.bad {
		if !here[k] {
			delete(s.bad, k)
		}
	}
}

// anyToTry tells whether a message that broke a session may be tried now.
func (r *round) anyToTry() bool {
	for _, b := range r.bad {
		if !b.next.After(r.o.Now()) {
			return true
		}
	}
	return false
}

// toTry gives those of the items that may be tried now, the best hope first.
func (r *round) toTry(items []Item) (out []Item) {
	for _, it := range items {
		if b := r.bad[keyOf(it)]; b != nil && !b.next.After(r.o.Now()) {
			out = append(out, it)
		}
	}
	slices.SortStableFunc(out, func(a, b Item) int { return r.bad[keyOf(a)].tries - r.bad[keyOf(b)].tries })
	return out
}
