package search

import (
	"cmp"
	"container/heap"
	"context"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"
)

// rank adds the messages of a section that were found last to those that match
// best. Their keys are read only where the score lets them on the page.
func rank(ctx context.Context, v *view, f finder, s *section, found *roaring.Bitmap, top *ranking) error {
	scores := s.numbers()
	defer giveBack(scores, found)
	if err := f.score(ctx, s, found, scores); err != nil {
		return err
	}
	// Those that are let in at first are pushed out again.
	read, err := v.keys(ctx, s, min(found.GetCardinality(), 4*uint64(top.limit)))
	if err != nil {
		return err
	}
	for all := found.Iterator(); all.HasNext(); {
		message := all.Next()
		score := scores[message]
		if !top.wants(score) {
			continue
		}
		key, err := read(message)
		if err != nil {
			return err
		}
		top.add(ranked{score, string(key)})
	}
	return nil
}

// ranked is a hit with what it is ordered by.
type ranked struct {
	score float64
	key   string // its sort key: the newest of equals come first
}

// compare tells which is the better one.
func (r ranked) compare(other ranked) int {
	return cmp.Or(cmp.Compare(r.score, other.score), cmp.Compare(r.key, other.key))
}

// ranking keeps the best hits of those that lie behind a page.
type ranking struct {
	limit int
	after *ranked // nil: the first page
	hits  []ranked
}

var _ heap.Interface = (*ranking)(nil)

func (r *ranking) Len() int           { return len(r.hits) }
func (r *ranking) Less(i, j int) bool { return r.hits[i].compare(r.hits[j]) < 0 }
func (r *ranking) Swap(i, j int)      { r.hits[i], r.hits[j] = r.hits[j], r.hits[i] }
func (r *ranking) Push(x any)         { r.hits = append(r.hits, x.(ranked)) }
func (r *ranking) Pop() any {
	last := r.hits[len(r.hits)-1]
	r.hits = r.hits[:len(r.hits)-1]
	return last
}

// wants tells whether a hit of a score may belong on the page, before its key is
// known.
func (r *ranking) wants(score float64) bool {
	if r.after != nil && score > r.after.score {
		return false
	}
	return len(r.hits) < r.limit || score >= r.hits[0].score
}

// add takes a hit, which is not kept unless it belongs on the page.
func (r *ranking) add(h ranked) {
	switch {
	case r.after != nil && h.compare(*r.after) >= 0:
	case len(r.hits) < r.limit:
		heap.Push(r, h)
	case h.compare(r.hits[0]) > 0:
		r.hits[0] = h
		heap.Fix(r, 0)
	}
}

// page gives the hits, the best first.
func (r *ranking) page() []ranked {
	slices.SortFunc(r.hits, func(a, b ranked) int { return b.compare(a) })
	return r.hits
}
