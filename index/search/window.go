package search

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/search/query"
	index "github.com/blevesearch/bleve_index_api"
)

// Most answers are looked at newest first, and only their first page. So a
// question that may find much is asked of the newest days first, then of more and
// more, until the page is full: what the days of a message are is in the index
// anyway. Indexes of their own for each year would do the same, with more files
// and more of everything that is paid for each of them.

const (
	// windowFrom is how many hits a question must be able to have: below that, to
	// look at all of them takes no longer than to find out where to begin.
	windowFrom = 4000
	// windowMore is how many times more messages each window holds.
	windowMore = 4
	// rungDays are the days of one step of the ladder, by which windows are cut.
	rungDays = 16
)

// bucket is some days, and how many messages of anybody they have.
type bucket struct {
	first int64 // day
	count uint64
}

// window is what is known beforehand of a question.
type window struct {
	most    uint64 // a bound of its hits
	all     uint64 // messages in the index
	buckets []bucket
}

// look finds out how much a question may find, and how the messages of the index
// lie in time, the newest first.
func look(ctx context.Context, at bleve.Index, q query.Query) (w window, err error) {
	r, err := reader(at)
	if err != nil {
		return w, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	if w.all, err = r.DocCount(); err != nil || w.all < windowFrom {
		return w, err
	}
	if w.most, err = bound(ctx, r, q, w.all); err != nil || w.most < windowFrom {
		return w, err
	}
	w.buckets, err = bucketsOf(r, int(dayLadder)-1, "")
	return w, err
}

// bucketsOf gives what lies on a rung of the ladder of days, the newest first:
// all of it, or what a prefix of one digit less stands for.
func bucketsOf(r index.IndexReader, digits int, prefix string) (out []bucket, err error) {
	rung := strconv.Itoa(digits) + ":"
	dict, err := r.FieldDictPrefix(inDay, []byte(rung+prefix))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, dict.Close()) }()
	for {
		e, err := dict.Next()
		if err != nil {
			return nil, err
		}
		if e == nil {
			break
		}
		n, err := strconv.ParseInt(strings.TrimPrefix(e.Term, rung), 16, 64)
		if err != nil {
			return nil, err
		}
		// Numbers are written without leading zeros: shorter ones may begin so too.
		days := int64(1) << (4 * (int(dayLadder) - digits))
		if prefix == "" || strconv.FormatInt(n>>4, 16) == prefix {
			out = append(out, bucket{n * days, e.Count})
		}
	}
	slices.SortFunc(out, func(a, b bucket) int { return cmp.Compare(b.first, a.first) })
	return out, nil
}

// bound gives a number that a question finds no more messages than. Bleve's own
// searchers know none once they were joined.
func bound(ctx context.Context, r index.IndexReader, q query.Query, all uint64) (uint64, error) {
	most := func(field string, terms ...string) (uint64, error) {
		least := all
		for _, t := range terms {
			if t == "" {
				continue
			}
			f, err := r.TermFieldReader(ctx, []byte(t), field, false, false, false)
			if err != nil {
				return 0, err
			}
			least = min(least, f.Count())
			if err := f.Close(); err != nil {
				return 0, err
			}
		}
		return least, nil
	}
	switch q := q.(type) {
	case unscored:
		return bound(ctx, r, q.Query, all)
	case unread:
		ids, err := q.list()
		return min(all, uint64(len(ids))), err
	case *query.TermQuery:
		return most(q.FieldVal, q.Term)
	case phrase:
		return most(q.field, q.terms...)
	case *query.BooleanQuery:
		return bound(ctx, r, q.Must, all)
	case *query.ConjunctionQuery:
		least := all
		for _, k := range q.Conjuncts {
			n, err := bound(ctx, r, k, all)
			if err != nil {
				return 0, err
			}
			least = min(least, n)
		}
		return least, nil
	case *query.DisjunctionQuery:
		sum := uint64(0)
		for _, k := range q.Disjuncts {
			n, err := bound(ctx, r, k, all)
			if err != nil {
				return 0, err
			}
			sum += n
		}
		return min(sum, all), nil
	}
	return all, nil
}

// begin gives the first day of a window that ends with a day and begins so early
// that a page of the question should fit in it, widened some times; 0 where that
// is all days.
func (w window) begin(at bleve.Index, end int64, limit, widened int) (int64, error) {
	want := uint64(2*limit) * w.all / max(w.most, 1)
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
			return daysIn(at, b.first, end, want-sum)
		default:
			return b.first, nil
		}
	}
	return 0, nil
}

// daysIn gives the day of a bucket from which on it holds so many messages.
func daysIn(at bleve.Index, first, end int64, want uint64) (_ int64, err error) {
	r, err := reader(at)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	days, err := bucketsOf(r, int(dayLadder), strconv.FormatInt(first/rungDays, 16))
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

// newestFirst fills a page from the newest days back. It tells how many messages
// it found, and whether those are all that there are. counted says that all are
// counted in the end, so that a slow question is better asked once.
func newestFirst(ctx context.Context, at bleve.Index, q query.Query, top *newest, counted bool) (total uint64, whole bool, err error) {
	var w window
	if quick(q, !counted) {
		if w, err = look(ctx, at, q); err != nil {
			return 0, false, err
		}
	}
	end := dayLadder.max()
	if top.after != "" {
		end = keySeconds([]byte(top.after)) / 86400
	}
	for widened := 0; ; widened++ {
		asked, begin := q, int64(0)
		if len(w.buckets) > 0 && widened < 4 {
			if begin, err = w.begin(at, end, top.limit, widened); err != nil {
				return 0, false, err
			}
		}
		if whole = begin == 0; !whole {
			asked = query.NewConjunctionQuery([]query.Query{q, anyTerm(inDay, dayLadder.cover(begin, end))})
		}
		total, top.keys = 0, top.keys[:0]
		err := walk(ctx, at, asked, []string{inWhen}, func(v [][]byte) error {
			total++
			top.add(v[0])
			return nil
		})
		if err != nil || whole || len(top.keys) == top.limit {
			return total, whole, err
		}
	}
}

// quick tells a question that gains by windows. Of one of plain words most of the
// time goes into the sort keys of its hits. Phrases are slow, and gain where they
// are not counted in the end. What stands for many words, a beginning or a span of
// days, costs nearly as much in a window, or has its own.
func quick(q query.Query, phrases bool) bool {
	all := func(qs []query.Query) bool {
		return !slices.ContainsFunc(qs, func(q query.Query) bool { return !quick(q, phrases) })
	}
	switch q := q.(type) {
	case unscored:
		return quick(q.Query, phrases)
	case *query.TermQuery, unread:
		return true
	case phrase:
		return phrases
	case *query.BooleanQuery:
		return quick(q.Must, phrases)
	case *query.ConjunctionQuery:
		return all(q.Conjuncts)
	case *query.DisjunctionQuery:
		return len(q.Disjuncts) <= 8 && all(q.Disjuncts)
	}
	return false
}

// count counts what a question finds.
func count(ctx context.Context, at bleve.Index, q query.Query) (n uint64, err error) {
	err = walk(ctx, at, q, nil, func([][]byte) error {
		n++
		return nil
	})
	return n, err
}
