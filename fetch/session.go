package fetch

import (
	"context"
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
	// numbered says that all UIDs are message numbers, and may be other mail's now.
	numbered bool
	safe     map[int]reason // by message number: what may be deleted; guarded by round.mu while parcels are with the sink
	byHeader []Item         // of these, what is safe by its header
}

// run takes what is new before it asks about what is known: whatever goes wrong
// then costs deletions only.
func (s *session) run(ctx context.Context) error {
	if err := s.open(ctx); err != nil {
		return err
	}
	defer s.drop.Close()
	c := s.choose()
	if s.does == takesAll && s.oneLogin() && len(c.fresh)+len(c.heads)+len(c.due) == 0 && s.anyToTry() {
		s.does = takesBad // there is nothing that it could spoil, and no other session to try it in
		c = s.choose()
	}
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
	if err == nil && s.does == takesAll {
		err = s.passedAnew(ctx)
	}
	if err != nil {
		drop.Close()
	}
	return err
}
