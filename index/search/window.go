package search

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/RoaringBitmap/roaring/v2"
	api "github.com/blevesearch/scorch_segment_api/v2"
)

// Most answers are looked at newest first, and only their first page. So where it
// takes long to find them, as with phrases, and they are not counted, the newest
// days are searched first, then more and more, until the page is full: what the
// days of a message are is in the index anyway.

const (
	// windowFrom is how many hits a question must be able to have: below that, to
	// look at all of them takes no longer than to find out where to begin.
	windowFrom = 1000
	// windowMore is how many times more messages each window holds.
	windowMore = 4
	// windowMost is how many windows there are before all that is left.
	windowMost = 4
	// rungDays are the days of one step of the ladder, by which windows are cut.
	rungDays = 16
)

// bucket is some days, and how many messages of anybody they have.
type bucket struct {
	first int64 // day
	count uint64
}

// window cuts the days into pieces.
type window struct {
	v       *view
	most    uint64   // a bound of the hits of the question
	buckets []bucket // how the messages of the index lie in time, the newest first
}

// bucketsOf gives what lies on a rung of the ladder of days, the newest first:
// all of it, or what a prefix of one digit less stands for.
func bucketsOf(ctx context.Context, v *view, digits int, prefix string) ([]bucket, error) {
	rung := strconv.Itoa(digits) + ":"
	days := int64(1) << (4 * (int(dayLadder) - digits))
	counts := map[int64]uint64{}
	for _, s := range v.sections {
		err := s.terms(ctx, inDay, rung+prefix, func(term string, list api.PostingsList) error {
			n, err := strconv.ParseInt(strings.TrimPrefix(term, rung), 16, 64)
			// Numbers are written without leading zeros: shorter ones may begin so too.
			if err == nil && (prefix == "" || strconv.FormatInt(n>>4, 16) == prefix) {
				counts[n*days] += list.Count()
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	out := make([]bucket, 0, len(counts))
	for first, n := range counts {
		out = append(out, bucket{first, n})
	}
	slices.SortFunc(out, func(a, b bucket) int { return cmp.Compare(b.first, a.first) })
	return out, nil
}

// begin gives the first day of a window that ends with a day and begins so early
// that a page of the question should fit in it, widened some times; 0 where that
// is all days before.
func (w window) begin(ctx context.Context, end int64, limit, widened int) (int64, error) {
	if widened == windowMost {
		return 0, nil
	}
	want := uint64(2*limit) * w.v.all / max(w.most, 1)
	for range widened {
		want *= windowMore
	}
	sum := uint64(0)
	for _, b := range w.buckets {
		switch {
		case b.first > end:
		case sum+b.count < want:
			sum += b.count
		case b.count > windowMore*want: // much mail in few days: one by one
			return w.daysIn(ctx, b.first, end, want-sum)
		default:
			return b.first, nil
		}
	}
	return 0, nil
}

// daysIn gives the day of a bucket from which on it holds so many messages.
func (w window) daysIn(ctx context.Context, first, end int64, want uint64) (int64, error) {
	days, err := bucketsOf(ctx, w.v, int(dayLadder), strconv.FormatInt(first/rungDays, 16))
	if err != nil {
		return 0, err
	}
	sum := uint64(0)
	for _, d := range days {
		if d.first > end {
			continue
		}
		if sum += d.count; sum >= want {
			return d.first, nil
		}
	}
	return first, nil
}

// newestFirst fills a page with the newest that a question finds. It tells how many
// messages it found, and whether those are all that there are; all are counted if
// asked for, or if that takes no time.
func newestFirst(ctx context.Context, v *view, f finder, top *newest, counted bool) (total uint64, whole bool, err error) {
	most, slow := f.effort()
	if slow && !counted && most >= windowFrom {
		return fill(ctx, v, most, top, f.find)
	}
	err = sets(ctx, v, f, func(s *section, set *roaring.Bitmap) error {
		total += set.GetCardinality()
		return top.addAll(ctx, v, s, set)
	})
	return total, true, err
}

// finding is how a finder finds.
type finding = func(context.Context, *section, *roaring.Bitmap) (*roaring.Bitmap, error)

// fill fills a page from windows, each before the last one.
func fill(ctx context.Context, v *view, most uint64, top *newest, find finding) (total uint64, whole bool, err error) {
	w := window{v: v, most: most}
	if most >= windowFrom {
		if w.buckets, err = bucketsOf(ctx, v, int(dayLadder)-1, ""); err != nil {
			return 0, false, err
		}
	}
	newest := dayLadder.max()
	if top.after != "" {
		newest = keySeconds([]byte(top.after)) / 86400
	}
	for widened, end := 0, newest; ; widened++ {
		begin, err := w.begin(ctx, end, top.limit, widened)
		if err != nil {
			return 0, false, err
		}
		err = w.between(ctx, begin, end, find, func(s *section, set *roaring.Bitmap) error {
			total += set.GetCardinality()
			return top.addAll(ctx, v, s, set)
		})
		whole = begin == 0
		if err == nil && whole && newest < dayLadder.max() { // pages before this one
			err = w.between(ctx, newest+1, dayLadder.max(), find, func(_ *section, set *roaring.Bitmap) error {
				total += set.GetCardinality()
				return nil
			})
		}
		if err != nil || whole || len(top.keys) == top.limit {
			return total, whole, err
		}
		end = begin - 1
	}
}

// between finds what is of some days.
func (w window) between(ctx context.Context, begin, end int64, find finding, each func(*section, *roaring.Bitmap) error) error {
	days, err := anyTerm{inDay, dayLadder.cover(begin, end)}.open(ctx, w.v)
	if err != nil {
		return err
	}
	for _, s := range w.v.sections {
		found, err := days.find(ctx, s, s.live())
		if err == nil && !found.IsEmpty() {
			found, err = find(ctx, s, found)
		}
		if err == nil && !found.IsEmpty() {
			err = each(s, found)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
