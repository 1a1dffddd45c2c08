package fetch

import (
	"errors"
	"slices"
	"time"
)

// errTooLong says that a message is over Options.MaxSize.
var errTooLong = errors.New("the message is too long to be taken")

// stumble is a message at which a session broke. It is left out of the sessions
// that take the others, and tried in one behind them: now that it is known,
// again in a while if that breaks too.
type stumble struct {
	tries int       // how often it broke a session of its own
	next  time.Time // not tried before
	err   error
}

// How long a message that broke a session of its own is left in peace: twice
// as long each time.
const (
	firstPeace   = 10 * time.Minute
	longestPeace = 24 * time.Hour
)

// stumbled notes that a session broke at a message.
func (s *session) stumbled(it Item, err error) {
	s.fail(it, err)
	b := s.bad[keyOf(it)]
	if b == nil {
		b = &stumble{}
		s.bad[keyOf(it)] = b
	}
	b.err = err
	// The first time it may have been the network. One that is too long was
	// given time enough to show what it is.
	if s.does == takesBad || errors.Is(err, errTooLong) {
		b.next = s.o.Now().Add(min(firstPeace<<min(b.tries, 8), longestPeace))
		b.tries++
	}
}

// gotPast forgets messages that were tried and broke nothing.
func (r *round) gotPast(items []Item) {
	if len(r.bad) == 0 {
		return
	}
	for _, it := range items {
		delete(r.bad, keyOf(it))
	}
}

// gone forgets messages that a listing does not have.
func (r *round) gone(items []Item) {
	if len(r.bad) == 0 {
		return
	}
	here := map[key]bool{}
	for _, it := range items {
		here[keyOf(it)] = true
	}
	for k := range r.bad {
		if !here[k] {
			delete(r.bad, k)
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
