package fetch

import (
	"context"
	"fmt"
	"math/rand/v2"
)

// does is which messages a session retrieves.
type does int

const (
	takesAll  does = iota // what is not known, but for what broke sessions
	takesNone             // nothing new
	takesBad              // what broke sessions, and nothing else
)

// session is one session with an upstream. Message numbers, and so what is
// safe, hold in it only.
type session struct {
	*round
	number int // in the round, from 1
	does   does

	drop  Maildrop
	items []Item
	safe  map[int]bool // message numbers that may be deleted; guarded by round.mu while parcels are with the sink
}

// run takes what is new before it asks about what is known: whatever goes wrong
// then costs deletions only.
func (s *session) run(ctx context.Context) error {
	drop, err := s.o.Dialer.Dial(ctx, s.a)
	if err != nil {
		return err
	}
	defer drop.Close()
	s.drop, s.safe = drop, map[int]bool{}
	if err := s.list(ctx); err != nil {
		return err
	}
	fresh, due, known := s.choose()
	if err := s.take(ctx, fresh); err != nil {
		return err
	}
	if s.does != takesBad {
		if err := s.check(ctx, due); err != nil {
			return err
		}
		if s.reused {
			// The upstream gives old UIDs to new mail: none is to be trusted.
			rand.Shuffle(len(known), func(i, j int) { known[i], known[j] = known[j], known[i] })
			if err := s.check(ctx, known); err != nil {
				return err
			}
		}
	}
	return s.end(ctx)
}

// check makes sure that messages with known UIDs are the ones that were taken.
// Those that are may be deleted if they are due; the others are retrieved.
func (s *session) check(ctx context.Context, items []Item) error {
	items = items[:min(len(items), s.probes)]
	s.probes -= len(items)
	now := s.o.Now()
	var changed []Item
	for _, it := range items {
		t := s.taken[it.UID]
		same, err := s.same(ctx, it, t)
		switch {
		case err != nil && ctx.Err() != nil:
			return err
		case err != nil:
			s.noTop = true // the next session retrieves instead
			return &broken{fmt.Errorf("probe: %w", err)}
		case !same:
			s.want(it)
			changed = append(changed, it)
		case s.a.Keep.Due(t.At, now):
			s.safe[it.Num] = true
		}
	}
	return s.take(ctx, changed)
}

// same tells whether a listed message is the one that was taken, by its header.
func (s *session) same(ctx context.Context, it Item, t Taken) (bool, error) {
	p, can := s.drop.(Prober)
	if !can || s.noTop {
		return false, nil
	}
	head, ok, err := p.Head(ctx, it)
	if ok && err == nil && HeadSum(head) != t.Head {
		s.reused = true
	}
	return ok && HeadSum(head) == t.Head, err
}

// end deletes what is safe and due, and quits.
func (s *session) end(ctx context.Context) error {
	var nums []int
	for _, it := range s.items {
		if s.safe[it.Num] {
			nums = append(nums, it.Num)
		}
	}
	if len(nums) == 0 {
		if err := s.drop.Quit(ctx); err != nil {
			s.o.Log.Debug("upstream did not answer QUIT", "account", s.a.Name, "err", err)
		}
		return nil
	}
	marked, err := s.drop.Delete(ctx, nums)
	if err != nil {
		return fmt.Errorf("delete upstream copies: %w", err)
	}
	if err := s.drop.Quit(ctx); err != nil {
		return fmt.Errorf("quit, so that it is not known whether %d deletions took effect: %w", len(marked), err)
	}
	s.sum.Deleted += len(marked)
	return nil
}
