package search

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/RoaringBitmap/roaring/v2"
	api "github.com/blevesearch/scorch_segment_api/v2"
	"github.com/blevesearch/vellum/levenshtein"
)

// mostPlaced bounds the words of which places are read.
const mostPlaced = 2000

// expanded finds any of the words of the dictionary that begin so, or that are
// like a word. In a score it counts as Bleve's own does: the more of the words a
// message holds the better, and each as many times less as it has letters changed,
// and one.
type expanded struct {
	field  string
	prefix string
	like   string // empty: all that begin so
	below  uint64 // before this position; 0: anywhere
}

func (e expanded) open(ctx context.Context, v *view) (finder, error) {
	out := &expandedFinder{expanded: e, v: v}
	if e.like != "" {
		var err error
		if out.which, err = likes(edits(e.like), e.like); err != nil {
			return nil, err
		}
	}
	if e.below > 0 {
		return out.placed(ctx)
	}
	return out, nil
}

type expandedFinder struct {
	expanded
	v       *view
	which   api.Automaton      // nil: all that begin so
	weights map[string]float64 // of the words in all sections; nil until they are asked for
}

// words calls each for the words of a section, see section.matching.
func (e *expandedFinder) words(ctx context.Context, s *section, each func(term string, changed uint8, list api.PostingsList) error) error {
	return s.matching(ctx, e.field, e.prefix, e.which, each)
}

// ErrBroad says that a question with a star stands for too many words.
var ErrBroad = errors.New("give more letters before the star")

// placed makes a phrase of each word, for which places are read.
func (e *expandedFinder) placed(ctx context.Context) (finder, error) {
	var any some
	known := map[string]bool{}
	for _, s := range e.v.sections {
		err := e.words(ctx, s, func(term string, _ uint8, _ api.PostingsList) error {
			if known[term] {
				return nil
			}
			if len(known) == mostPlaced {
				return fmt.Errorf("more than %d words of the archive begin so: %w", mostPlaced, ErrBroad)
			}
			known[term] = true
			any.of = append(any.of, phrase{e.field, []string{term}, e.below})
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return any.open(ctx, e.v)
}

func (e *expandedFinder) effort() (uint64, bool) { return e.v.all, false }
func (e *expandedFinder) counts() bool           { return scored(e.field) }

func (e *expandedFinder) find(ctx context.Context, s *section, within *roaring.Bitmap) (*roaring.Bitmap, error) {
	// Most words are in few messages: to join their sets takes longer than to mark
	// the messages one by one.
	marks := make([]uint64, s.inner.Count()/64+1)
	var sets setReader
	err := e.words(ctx, s, func(_ string, _ uint8, list api.PostingsList) error {
		set, err := sets.set(list)
		if err == nil {
			set.Iterate(func(n uint32) bool {
				marks[n/64] |= 1 << (n % 64)
				return true
			})
		}
		return err
	})
	return roaring.And(roaring.FromDense(marks, false), within), err
}

// weigh finds out how many messages hold each of the words.
func (e *expandedFinder) weigh(ctx context.Context) error {
	holding, changes := map[string]uint64{}, map[string]uint8{}
	for _, s := range e.v.sections {
		err := e.words(ctx, s, func(term string, changed uint8, list api.PostingsList) error {
			holding[term] += list.Count()
			changes[term] = changed
			return nil
		})
		if err != nil {
			return err
		}
	}
	e.weights = make(map[string]float64, len(holding))
	for term, n := range holding {
		e.weights[term] = weight(e.v.all, n) / float64(1+changes[term])
	}
	return nil
}

func (e *expandedFinder) score(ctx context.Context, s *section, hits *roaring.Bitmap, into []float64) error {
	if !e.counts() {
		return nil
	}
	if e.weights == nil {
		if err := e.weigh(ctx); err != nil {
			return err
		}
	}
	sums, times := s.numbers(), s.numbers()
	defer giveBack(sums, hits)
	defer giveBack(times, hits)
	var sets setReader
	var it api.PostingsIterator
	err := e.words(ctx, s, func(term string, _ uint8, list api.PostingsList) error {
		found, err := sets.set(list)
		if err != nil {
			return err
		}
		switch n := found.AndCardinality(hits); {
		case n == 0:
			return nil
		case n < found.GetCardinality():
			found = roaring.And(found, hits)
		}
		found.Iterate(func(n uint32) bool {
			times[n]++
			return true
		})
		it, err = scoreList(ctx, list, it, found, e.weights[term], sums)
		return err
	})
	if err != nil {
		return err
	}
	share(sums, times, len(e.weights), hits, into)
	return nil
}

// builders make automata of words a letter away, and two; making one takes longer
// than a search.
var builders = [3]func() (*levenshtein.LevenshteinAutomatonBuilder, error){
	1: sync.OnceValues(func() (*levenshtein.LevenshteinAutomatonBuilder, error) {
		return levenshtein.NewLevenshteinAutomatonBuilder(1, true)
	}),
	2: sync.OnceValues(func() (*levenshtein.LevenshteinAutomatonBuilder, error) {
		return levenshtein.NewLevenshteinAutomatonBuilder(2, true)
	}),
}

func likes(edits int, term string) (api.Automaton, error) {
	b, err := builders[edits]()
	if err != nil {
		return nil, err
	}
	return b.BuildDfa(term, uint8(edits))
}
