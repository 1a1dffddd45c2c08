package fetch

import (
	"context"
	"math/rand/v2"
	"time"
)

// Mail that stays upstream for ever is known by its UID and size alone. An
// upstream that gives one UID a second time, to mail of the same size, is found
// out by a few headers now and then: of the newest known message, since a server
// that counts on from the last one there gives its number again, and of some
// others.
const (
	guardEvery  = time.Hour
	guardOthers = 3
)

// guard looks at a handful of known messages. One that is another than was taken
// puts all UIDs in doubt.
func (s *session) guard(ctx context.Context, known []Item) error {
	if _, can := s.drop.(Prober); !can || s.noTop || len(known) == 0 || s.probes <= guardOthers || !s.guardDue(s.a.Name) {
		return nil
	}
	few := []Item{known[len(known)-1]}
	for range min(guardOthers, len(known)-1) {
		few = append(few, known[rand.IntN(len(known)-1)])
	}
	s.probes -= len(few)
	return s.look(ctx, few, func(it Item, l look) (more bool, err error) {
		s.reused = l.shown && l.sum != s.taken[it.UID].Head && !l.internal
		return !s.reused, nil
	})
}

// guardDue tells whether an account's known mail was looked at long enough ago.
func (f *Fetcher) guardDue(account string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.o.Now()
	if now.Before(f.guarded[account].Add(guardEvery)) {
		return false
	}
	f.guarded[account] = now
	return true
}
