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
	here  map[string]int // how often each UID is listed
	safe  map[int]reason // by message number: what may be deleted; guarded by round.mu while parcels are with the sink
}

// run takes what is new before it asks about what is known: whatever goes wrong
// then costs deletions only.
func (s *session) run(ctx context.Context) error {
	if err := s.open(ctx); err != nil {
		return err
	}
	defer s.drop.Close()
	c := s.choose()
	if err := s.take(ctx, c.fresh); err != nil {
		return err
	}
	if err := s.takeHeads(ctx, c.heads); err != nil {
		return err
	}
	if s.does != takesBad {
		if err := s.check(ctx, c.due); err != nil {
			return err
		}
		if !s.reused {
			if err := s.guard(ctx, c.known); err != nil {
				return err
			}
		}
		if s.reused {
			// The upstream gives old UIDs to new mail: none is to be trusted.
			rand.Shuffle(len(c.known), func(i, j int) { c.known[i], c.known[j] = c.known[j], c.known[i] })
			if err := s.check(ctx, c.known); err != nil {
				return err
			}
		}
	}
	return s.end(ctx)
}

// open dials, lists, and finds out which known mail goes by new UIDs.
func (s *session) open(ctx context.Context) error {
	drop, err := s.o.Dialer.Dial(ctx, s.a)
	if err != nil {
		return err
	}
	s.drop, s.safe = drop, map[int]reason{}
	if err = s.list(ctx); err == nil && s.does != takesBad {
		err = s.weather(ctx)
	}
	if err != nil {
		drop.Close()
	}
	return err
}

// check makes sure that messages with known UIDs are the ones that were taken.
// Those that are may be deleted if they are due; the others are retrieved.
func (s *session) check(ctx context.Context, items []Item) error {
	items = items[:min(len(items), s.probes)]
	s.probes -= len(items)
	now := s.o.Now()
	var changed []Item
	for _, it := range items {
		if s.passedOver(it) {
			continue
		}
		t := s.taken[it.UID]
		same, err := s.same(ctx, it, t)
		switch {
		case err != nil:
			s.noTop = true // the next session retrieves instead
			return s.unless(ctx, fmt.Errorf("probe: %w", err))
		case !same && it.Size > s.largest():
			s.tooLarge(it)
		case !same:
			s.want(it)
			changed = append(changed, it)
		case s.mayDelete(it) && s.a.Keep.Due(t.At, now):
			s.safe[it.Num] = reason{it.UID, s.because(t.At, proofHeader)}
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
	if !ok || err != nil {
		return false, err
	}
	if s.internal(it, head) {
		s.skip(it, NoteInternal, whyInternal) // taken by an earlier version
		return true, nil
	}
	if HeadSum(head) != t.Head {
		s.reused = true
	}
	return HeadSum(head) == t.Head, nil
}
