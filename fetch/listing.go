package fetch

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

// maxUID bounds the UIDLs believed, in octets. RFC 1939 allows 70; what is
// longer than any sane server's is treated as absent.
const maxUID = 1000

// list reads the listing, and in a round's first session what is known of it.
func (s *session) list(ctx context.Context) (err error) {
	if s.items, err = s.drop.List(ctx); err != nil {
		return fmt.Errorf("list: %w", err)
	}
	if least, known := s.loginDelay(); known && s.o.LoginDelay != nil {
		s.o.LoginDelay(ctx, s.a.Name, least)
	}
	odd := 0
	if s.here, odd = trustedUIDs(s.items); odd > 0 {
		s.tell(s.a.Name, odd)
	}
	s.numbered = countedAnew(s.items)
	s.reused = s.reused || s.numbered
	if s.number == 1 {
		s.sum.Listed = len(s.items)
	}
	if s.taken == nil {
		if err := s.recall(ctx); err != nil {
			return err
		}
	}
	s.gone()
	return nil
}

// recall asks the ledger, the notes and the deletions.
func (s *session) recall(ctx context.Context) error {
	taken, err := s.o.Ledger.Taken(ctx, s.a.Owner, s.a.Name)
	if err != nil {
		return fmt.Errorf("ask the ledger: %w", err)
	}
	if taken == nil {
		taken = map[string]Taken{}
	}
	if err := s.openNotes(ctx); err != nil {
		return err
	}
	s.taken = taken
	if err := s.settle(ctx); err != nil {
		return err
	}
	return s.passOld(ctx)
}

// trustedUIDs empties UIDs that are no names to trust, so that the messages'
// digests become their names, and counts them. It gives how often each is
// listed. One that begins with a blank could be taken for a name of ours.
func trustedUIDs(items []Item) (here map[string]int, odd int) {
	here = make(map[string]int, len(items))
	for _, it := range items {
		here[it.UID]++
	}
	for i := range items {
		it := &items[i]
		if it.UID == "" || here[it.UID] > 1 || len(it.UID) > maxUID || strings.HasPrefix(it.UID, " ") {
			it.UID = ""
			odd++
		}
	}
	return here, odd
}

// countedAnew tells whether all UIDs are the numbers in the listing. That may be
// chance, or an upstream without a memory, which will give them to other mail:
// so the known messages are looked at, which costs a TOP each.
func countedAnew(items []Item) bool {
	for _, it := range items {
		if it.UID != strconv.Itoa(it.Num) {
			return false
		}
	}
	return len(items) > 0
}

// chosen is what is to be done with the messages of a listing.
type chosen struct {
	fresh []Item // to be retrieved
	heads []Item // too large: their headers are to be taken
	due   []Item // taken before, if they are what their UIDs say, and to be deleted then
	known []Item // taken before, if they are what their UIDs say
}

// choose splits a listing.
func (s *session) choose() chosen {
	now := s.o.Now()
	var c chosen
	var bad []Item
	for _, it := range s.items {
		b := s.bad[keyOf(it)]
		if t, was := s.taken[it.UID]; was && it.UID != "" && b == nil && !sizesDiffer(t.Size, it.Size) {
			if s.mayDelete(it) && s.a.Keep.Due(t.At, now) {
				c.due = append(c.due, it)
			} else {
				c.known = append(c.known, it)
			}
			continue
		}
		if seen, was := s.got[keyOf(it)]; was && !(s.mayDelete(it) && s.a.Keep.Due(seen, now)) {
			continue // without a UID, from an earlier session of this round
		}
		if s.passedOver(it) {
			continue
		}
		b = s.bad[keyOf(it)] // its note may be true no more
		switch {
		case it.Size > s.largest():
			if s.tooLarge(it) {
				c.heads = append(c.heads, it)
			}
		case b != nil && b.rests(now) && !s.a.Import:
			kind := NoteBroke
			if errors.Is(b.err, errTooLong) {
				kind = NoteLarge
			}
			s.skip(it, kind, b.err.Error())
		case b != nil:
			s.want(it)
			s.fail(it, b.err)
			bad = append(bad, it)
		default:
			c.fresh = append(c.fresh, it)
		}
	}
	switch s.does {
	case takesNone:
		c.fresh, c.heads = nil, nil
	case takesBad:
		return chosen{fresh: s.toTry(bad)}
	default:
		c.fresh = s.inTurn(c.fresh)
		for _, it := range c.fresh {
			s.want(it)
		}
	}
	return c
}

// inTurn puts what is new in the order in which it is to be taken, and leaves
// out what is beyond the bounds of a round.
func (s *session) inTurn(fresh []Item) []Item {
	if s.a.Newest {
		slices.Reverse(fresh)
	}
	if s.number > 2 && len(fresh) > 0 {
		// Begin anywhere: in processes that run one round each, the same few
		// bad messages would else wall in the same good ones.
		at := rand.IntN(len(fresh))
		fresh = append(fresh[at:len(fresh):len(fresh)], fresh[:at]...)
	}
	if s.a.MostMessages > 0 || s.a.MostBytes > 0 {
		// Where LIST gives no size twice, known mail would fill each round.
		fresh = slices.Clone(fresh)
		slices.SortStableFunc(fresh, func(a, b Item) int { return flag(s.knows(a)) - flag(s.knows(b)) })
	}
	return s.within(fresh)
}

// knows tells whether a message's UID is that of one taken before.
func (r *round) knows(it Item) bool {
	_, known := r.taken[it.UID]
	return known
}

func sizesDiffer(a, b int64) bool { return a >= 0 && b >= 0 && a != b }
