package search

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/RoaringBitmap/roaring/v2"
	api "github.com/blevesearch/scorch_segment_api/v2"
	"github.com/blevesearch/vellum/levenshtein"
)

const (
	// mostRead bounds the words that a question's stars read in the dictionaries of
	// all sections: each takes about a microsecond.
	mostRead = 200_000
	// mostPlaced bounds the words of which places are read.
	mostPlaced = 2000
	// mostCounted bounds the words of a star that counts in a score.
	mostCounted = 1000
)

// ErrBroad says that a question with a star stands for too many words. What such a
// star finds is never cut short: mail would be missing, and nobody could tell.
var ErrBroad = errors.New("give more letters before the star")

// expanded finds any of the words of the dictionary that begin so, or that are
// like a word. In a score it counts as Bleve's own does: the more of the words a
// message holds the better, and each as many times less as it has letters changed,
// and one. Where it stands for very many words it counts nothing: which of them a
// message holds says nothing of how well it matches.
type expanded struct {
	field  string
	prefix string
	like   string // empty: all that begin so
	below  uint64 // before this position; 0: anywhere
}

func (e expanded) open(ctx context.Context, v *view) (finder, error) {
	out := &expandedFinder{expanded: e, v: v, found: make([]*roaring.Bitmap, len(v.sections))}
	if e.like != "" {
		var err error
		if out.which, err = likes(edits(e.like), e.like); err != nil {
			return nil, err
		}
	}
	switch {
	case e.below > 0:
		return out.placed(ctx)
	case v.byScore && out.counts():
		return out, out.weigh(ctx) // and finds, so that the words are read once
	}
	return out, nil
}

type expandedFinder struct {
	expanded
	v       *view
	which   api.Automaton     // nil: all that begin so
	found   []*roaring.Bitmap // by section; nil where it was not looked
	counted []countedWord     // in their order; nil until a score is asked for, none where they are too many
}

// countedWord is a word that counts in a score.
type countedWord struct {
	term    string
	holding uint64 // messages of anybody
	changed uint8  // letters
	weight  float64
}

// words calls each for the words of a section, see section.matching.
func (e *expandedFinder) words(ctx context.Context, s *section, each func(term string, changed uint8, list api.PostingsList) error) error {
	return s.matching(ctx, e.field, e.prefix, e.which, func(term string, changed uint8, list api.PostingsList) error {
		if e.v.read++; e.v.read > mostRead {
			return fmt.Errorf("more than %d words of the archive begin so: %w", mostRead, ErrBroad)
		}
		return each(term, changed, list)
	})
}

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

func (e *expandedFinder) counts() bool {
	return scored(e.field) && (e.counted == nil || len(e.counted) > 0)
}

func (e *expandedFinder) find(ctx context.Context, s *section, within *roaring.Bitmap) (*roaring.Bitmap, error) {
	if e.found[s.number] == nil {
		if err := e.look(ctx, s, nil); err != nil {
			return nil, err
		}
	}
	return roaring.And(e.found[s.number], within), nil
}

// look finds all that a section holds, and tells each, if there is one, of the words.
func (e *expandedFinder) look(ctx context.Context, s *section, each func(term string, changed uint8, holding uint64)) error {
	// Most words are in few messages: to join their sets takes longer than to mark
	// the messages one by one.
	marks := make([]uint64, s.inner.Count()/64+1)
	var sets setReader
	err := e.words(ctx, s, func(term string, changed uint8, list api.PostingsList) error {
		set, err := sets.set(list)
		if err != nil {
			return err
		}
		set.Iterate(func(n uint32) bool {
			marks[n/64] |= 1 << (n % 64)
			return true
		})
		if each != nil {
			each(term, changed, set.GetCardinality())
		}
		return nil
	})
	e.found[s.number] = roaring.FromDense(marks, false)
	return err
}

// weigh finds out how many messages hold each of the words that count.
func (e *expandedFinder) weigh(ctx context.Context) error {
	all := []countedWord{}
	at := map[string]int{}
	for _, s := range e.v.sections {
		err := e.look(ctx, s, func(term string, changed uint8, holding uint64) {
			if len(all) > mostCounted {
				return
			}
			i, ok := at[term]
			if !ok {
				i = len(all)
				at[term] = i
				all = append(all, countedWord{term: term, changed: changed})
			}
			all[i].holding += holding
		})
		if err != nil {
			return err
		}
	}
	if len(all) > mostCounted {
		all = []countedWord{}
	}
	slices.SortFunc(all, func(a, b countedWord) int { return cmp.Compare(a.term, b.term) })
	for i, w := range all {
		all[i].weight = weight(e.v.all, w.holding) / float64(1+w.changed)
	}
	e.counted = all
	return nil
}

func (e *expandedFinder) score(ctx context.Context, s *section, hits *roaring.Bitmap, into []float64) error {
	if !e.counts() {
		return nil
	}
	if e.counted == nil {
		if err := e.weigh(ctx); err != nil {
			return err
		}
	}
	if len(e.counted) == 1 {
		return e.scoreWords(ctx, s, hits, into, nil)
	}
	sums, times := s.numbers(), s.numbers()
	defer giveBack(sums, hits)
	defer giveBack(times, hits)
	if err := e.scoreWords(ctx, s, hits, sums, times); err != nil {
		return err
	}
	share(sums, times, len(e.counted), hits, into)
	return nil
}

// scoreWords adds what messages score by each of the words, and counts the words in
// times, if there are any.
func (e *expandedFinder) scoreWords(ctx context.Context, s *section, hits *roaring.Bitmap, into, times []float64) error {
	whole := hits.GetCardinality() == e.found[s.number].GetCardinality() // nothing that it found is left out
	var sets setReader
	var list api.PostingsList
	var it api.PostingsIterator
	for _, w := range e.counted {
		var err error
		if list, err = s.postingsAgain(e.field, w.term, list); err != nil {
			return err
		}
		var among *roaring.Bitmap
		if !whole {
			set, err := sets.set(list)
			if err != nil {
				return err
			}
			if among = roaring.And(set, hits); among.IsEmpty() {
				continue
			}
		}
		if it, err = scoreList(ctx, list, it, among, w.weight, into, times); err != nil {
			return err
		}
	}
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
