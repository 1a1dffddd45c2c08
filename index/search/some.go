package search

import (
	"context"

	"github.com/RoaringBitmap/roaring/v2"
)

// some finds what at least so many of its parts find. Of two messages whose parts
// score the same, the one in which more of the parts are found scores higher, by
// as many times.
type some struct {
	of    []asked
	least int // 0 is 1
}

func (o some) open(ctx context.Context, v *view) (finder, error) {
	of, err := openAll(ctx, v, o.of)
	if err != nil {
		return nil, err
	}
	return &someFinder{all: v.all, of: of, found: make([]*roaring.Bitmap, len(of)), least: max(o.least, 1)}, nil
}

type someFinder struct {
	all   uint64 // messages
	of    []finder
	found []*roaring.Bitmap // by each, in the section at hand
	least int
}

func (o *someFinder) effort() (sum uint64, slow bool) {
	for _, f := range o.of {
		n, _ := f.effort()
		sum += n
	}
	return min(sum, o.all), anySlow(o.of)
}

func (o *someFinder) find(ctx context.Context, s *section, within *roaring.Bitmap) (*roaring.Bitmap, error) {
	out := roaring.New()
	for i, f := range o.of {
		found, err := f.find(ctx, s, within)
		if err != nil {
			return nil, err
		}
		o.found[i] = found
		out.Or(found)
	}
	if o.least == 1 {
		return out, nil
	}
	times := s.numbers()
	defer giveBack(times, out)
	enough := roaring.New()
	for _, found := range o.found {
		found.Iterate(func(n uint32) bool {
			if times[n]++; times[n] == float64(o.least) {
				enough.Add(n)
			}
			return true
		})
	}
	return enough, nil
}

func (o *someFinder) counts() bool { return anyCounts(o.of) }

func (o *someFinder) score(ctx context.Context, s *section, hits *roaring.Bitmap, into []float64) error {
	if !o.counts() {
		return nil
	}
	sums, times := s.numbers(), s.numbers()
	defer giveBack(sums, hits)
	defer giveBack(times, hits)
	for i, f := range o.of {
		found := roaring.And(o.found[i], hits)
		if found.IsEmpty() {
			continue
		}
		if err := f.score(ctx, s, found, sums); err != nil {
			return err
		}
		found.Iterate(func(n uint32) bool {
			times[n]++
			return true
		})
	}
	share(sums, times, len(o.of), hits, into)
	return nil
}

// share adds the sums of what parts score, each times the share of the parts that
// were found.
func share(sums, times []float64, parts int, hits *roaring.Bitmap, into []float64) {
	hits.Iterate(func(n uint32) bool {
		into[n] += sums[n] * (times[n] / float64(parts))
		return true
	})
}
