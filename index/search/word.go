package search

import (
	"context"
	"math"

	"github.com/RoaringBitmap/roaring/v2"
	api "github.com/blevesearch/scorch_segment_api/v2"
)

// scored are the fields whose words count in a score. The others hold no counts,
// and only tell what is found.
func scored(field string) bool { return field == inText || field == inSubject }

// termIn finds a term of a field.
type termIn struct{ field, term string }

func (w termIn) open(_ context.Context, v *view) (finder, error) {
	out := &termFinder{termIn: w}
	for _, s := range v.sections {
		list, err := s.postings(w.field, w.term)
		if err != nil {
			return nil, err
		}
		out.lists = append(out.lists, list)
		out.most += list.Count()
	}
	out.weight = weight(v.all, out.most)
	return out, nil
}

type termFinder struct {
	termIn
	lists  []api.PostingsList // by section
	most   uint64
	weight float64
}

func (w *termFinder) effort() (uint64, bool) { return w.most, false }
func (w *termFinder) counts() bool           { return scored(w.field) }

func (w *termFinder) find(_ context.Context, s *section, within *roaring.Bitmap) (*roaring.Bitmap, error) {
	set, err := setOf(w.lists[s.number])
	if err != nil {
		return nil, err
	}
	return roaring.And(set, within), nil
}

func (w *termFinder) score(ctx context.Context, s *section, hits *roaring.Bitmap, into []float64) error {
	if !w.counts() {
		return nil
	}
	_, err := scoreList(ctx, w.lists[s.number], nil, hits, w.weight, into, nil)
	return err
}

// weight is what a word in so many of all messages is worth: rare words tell more.
// A word counts squared, as in Bleve: once as the weight of the word in the
// question, once as that in the message.
func weight(all, holding uint64) float64 {
	idf := 1 + math.Log(float64(all)/float64(holding+1))
	return idf * idf
}

// scoreList adds what messages that a list holds score by it: by the root of how
// often they hold it, and the less the longer they are. Without hits it takes all
// messages of the list. If there are times, it counts one more for each. It gives
// an iterator that the next call may use again.
func scoreList(ctx context.Context, list api.PostingsList, again api.PostingsIterator, hits *roaring.Bitmap, weight float64, into, times []float64) (api.PostingsIterator, error) {
	it := list.Iterator(true, true, false, again)
	if hits != nil && hits.GetCardinality() < list.Count() {
		if err := only(it, hits); err != nil {
			return it, err
		}
	}
	for n := 0; ; n++ {
		if n%4096 == 4095 && ctx.Err() != nil {
			return it, ctx.Err()
		}
		p, err := it.Next()
		if err != nil || p == nil {
			return it, err
		}
		message := p.Number()
		into[message] += root(p.Frequency()) * p.Norm() * weight
		if times != nil {
			times[message]++
		}
	}
}

// roots are those of small numbers.
var roots = func() (out [64]float64) {
	for i := range out {
		out[i] = math.Sqrt(float64(i))
	}
	return out
}()

func root(n uint64) float64 {
	if n < uint64(len(roots)) {
		return roots[n]
	}
	return math.Sqrt(float64(n))
}

// anyTerm finds any of some terms of a field whose words do not count in a score.
type anyTerm struct {
	field string
	terms []string
}

func (o anyTerm) open(_ context.Context, v *view) (finder, error) {
	out := anyTermFinder{sets: make([]*roaring.Bitmap, len(v.sections))}
	for i, s := range v.sections {
		out.sets[i] = roaring.New()
		for _, t := range o.terms {
			list, err := s.postings(o.field, t)
			if err != nil {
				return nil, err
			}
			set, err := setOf(list)
			if err != nil {
				return nil, err
			}
			out.sets[i].Or(set)
		}
		out.most += out.sets[i].GetCardinality()
	}
	return out, nil
}

type anyTermFinder struct {
	uncounted
	sets []*roaring.Bitmap // by section
	most uint64
}

func (o anyTermFinder) effort() (uint64, bool) { return o.most, false }

func (o anyTermFinder) find(_ context.Context, s *section, within *roaring.Bitmap) (*roaring.Bitmap, error) {
	return roaring.And(o.sets[s.number], within), nil
}

// uncounted is the part of a finder that scores nothing.
type uncounted struct{}

func (uncounted) counts() bool { return false }

func (uncounted) score(context.Context, *section, *roaring.Bitmap, []float64) error { return nil }

// numbered finds messages by their number.
type numbered []int64

func (n numbered) open(context.Context, *view) (finder, error) {
	out := numberedFinder{names: make([]string, len(n))}
	for i, id := range n {
		out.names[i] = documentID(id)
	}
	return out, nil
}

type numberedFinder struct {
	uncounted
	names []string
}

func (n numberedFinder) effort() (uint64, bool) { return uint64(len(n.names)), false }

func (n numberedFinder) find(_ context.Context, s *section, within *roaring.Bitmap) (*roaring.Bitmap, error) {
	set, err := s.inner.DocNumbers(n.names)
	if err != nil {
		return nil, err
	}
	return roaring.And(set, within), nil
}
