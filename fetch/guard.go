package fetch

import (
	"context"
	"fmt"
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
	p, can := s.drop.(Prober)
	if !can || s.noTop || len(known) == 0 || s.probes <= guardOthers || !s.guardDue(s.a.Name) {
		return nil
	}
	few := []Item{known[len(known)-1]}
	for range min(guardOthers, len(known)-1) {
		few = append(few, known[rand.IntN(len(known)-1)])
	}
	s.probes -= len(few)
	for _, it := range few {
		head, ok, err := p.Head(ctx, it)
		if err != nil {
			s.noTop = true
			return s.unless(ctx, fmt.Errorf("probe: %w", err))
		}
		if ok && HeadSum(head) != s.taken[it.UID].Head && !s.internal(it, head) {
			s.reused = true
			return nil
		}
	}
	return nil
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
