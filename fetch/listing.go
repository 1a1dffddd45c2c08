package fetch

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
)

// maxUID bounds the UIDLs believed, in octets. RFC 1939 allows 70; what is
// longer than any sane server's is treated as absent.
const maxUID = 1000

// list reads the listing, and in a round's first session the ledger.
func (s *session) list(ctx context.Context) (err error) {
	if s.items, err = s.drop.List(ctx); err != nil {
		return fmt.Errorf("list: %w", err)
	}
	if odd := trustedUIDs(s.items); odd > 0 {
		s.tell(s.a.Name, odd)
	}
	if countedAnew(s.items) {
		s.reused = true
	}
	s.gone(s.items)
	if s.number == 1 {
		s.sum.Listed = len(s.items)
	}
	if s.taken != nil {
		return nil
	}
	if s.taken, err = s.o.Ledger.Taken(ctx, s.a.Owner, s.a.Name); err != nil {
		return fmt.Errorf("ask the ledger: %w", err)
	}
	if s.taken == nil {
		s.taken = map[string]Taken{}
	}
	return nil
}

// trustedUIDs empties UIDs that are no names to trust, so that the messages'
// digests become their names, and counts them.
func trustedUIDs(items []Item) (odd int) {
	seen := make(map[string]int, len(items))
	for _, it := range items {
		seen[it.UID]++
	}
	for i := range items {
		it := &items[i]
		if it.UID == "" || seen[it.UID] > 1 || len(it.UID) > maxUID {
			it.UID = ""
			odd++
		}
	}
	return odd
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

// choose splits a listing: fresh must be retrieved; due and known were taken
// before, if they are what their UIDs say, and due may be deleted then.
func (s *session) choose() (fresh, due, known []Item) {
	now := s.o.Now()
	var bad []Item
	for _, it := range s.items {
		b := s.bad[keyOf(it)]
		if t, was := s.taken[it.UID]; was && it.UID != "" && b == nil && !sizesDiffer(t.Size, it.Size) {
			if s.a.Keep.Due(t.At, now) {
				due = append(due, it)
			} else {
				known = append(known, it)
			}
			continue
		}
		if seen, was := s.got[keyOf(it)]; was && !s.a.Keep.Due(seen, now) {
			continue // without a UID, from an earlier session of this round
		}
		s.want(it)
		switch {
		case it.Size > s.o.MaxSize:
			s.fail(it, fmt.Errorf("%w: %d octets", errTooLong, it.Size))
		case b != nil:
			s.fail(it, b.err)
			bad = append(bad, it)
		default:
			fresh = append(fresh, it)
		}
	}
	switch {
	case s.does == takesNone:
		return nil, due, known
	case s.does == takesBad:
		return s.toTry(bad), nil, nil
	case s.number > 2 && len(fresh) > 0:
		// Begin anywhere: in processes that run one round each, the same few
		// bad messages would else wall in the same good ones.
		at := rand.IntN(len(fresh))
		fresh = append(fresh[at:len(fresh):len(fresh)], fresh[:at]...)
	}
	return fresh, due, known
}

func sizesDiffer(a, b int64) bool { return a >= 0 && b >= 0 && a != b }
