package search

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/blevesearch/bleve/v2/mapping"
	"github.com/blevesearch/bleve/v2/search"
	"github.com/blevesearch/bleve/v2/search/query"
	"github.com/blevesearch/bleve/v2/search/scorer"
	index "github.com/blevesearch/bleve_index_api"

	"restante/index/search/segment"
)

// phrase is a query for words that follow each other in a field with positions.
// An empty term stands for any word; the first and the last are not empty.
//
// Bleve's own finds the same, but reads and sorts every position of every word
// of all messages that hold the words, once for each time the phrase has the
// word. This one drops a message at the first word that does not fit, and asks
// for the rarest words first.
type phrase struct {
	field string
	terms []string
	below uint64 // it begins before this position; 0: anywhere
}

var _ query.Query = phrase{}

// Searcher is Bleve's door for queries.
func (p phrase) Searcher(ctx context.Context, r index.IndexReader, _ mapping.IndexMapping, o search.SearcherOptions) (search.Searcher, error) {
	all, err := r.DocCount()
	if err != nil {
		return nil, err
	}
	s := &phraseSearcher{below: p.below}
	scored := o.Score != "none"
	for i, t := range p.terms {
		if t == "" {
			continue
		}
		if k := slices.IndexFunc(s.words, func(w *phraseWord) bool { return w.term == t }); k >= 0 {
			s.words[k].offsets = append(s.words[k].offsets, uint64(i))
			continue
		}
		reader, err := r.TermFieldReader(ctx, []byte(t), p.field, scored, scored, true)
		if err != nil {
			return nil, errors.Join(err, s.Close())
		}
		s.words = append(s.words, &phraseWord{
			term:    t,
			offsets: []uint64{uint64(i)},
			reader:  reader,
			scorer:  scorer.NewTermQueryScorer([]byte(t), p.field, 1, all, reader.Count(), 0, o),
		})
	}
	slices.SortStableFunc(s.words, func(a, b *phraseWord) int { return cmp.Compare(a.reader.Count(), b.reader.Count()) })
	if err := s.conjoin(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// phraseWord is one word of a phrase with all its places in it.
type phraseWord struct {
	term    string
	offsets []uint64
	reader  index.TermFieldReader
	scorer  *scorer.TermQueryScorer
	doc     index.TermFieldDoc // where the reader stands
	places  []uint64           // in the message at hand
	begun   bool
}

// phraseSearcher goes through the messages that hold all words, in Bleve's order.
type phraseSearcher struct {
	words  []*phraseWord // rarest first
	starts []uint64      // where the phrase may begin in the message at hand
	below  uint64        // of phrase
}

// conjoin lets the readers skip messages that lack a word. It is for speed
// only: Bleve need not do it.
func (s *phraseSearcher) conjoin() error {
	var common index.OptimizableContext
	for _, w := range s.words {
		o, ok := w.reader.(index.Optimizable)
		if !ok {
			return nil
		}
		var err error
		if common, err = o.Optimize("conjunction", common); err != nil || common == nil {
			return err
		}
	}
	_, err := common.Finish()
	return err
}

// Next gives the next message with the phrase, nil after the last.
func (s *phraseSearcher) Next(ctx *search.SearchContext) (*search.DocumentMatch, error) {
	w := s.words[0]
	found, err := w.reader.Next(w.doc.Reset())
	return s.firstFrom(ctx, found, err)
}

// Advance gives the first message with the phrase that is not before id, which
// lies behind all that were given.
func (s *phraseSearcher) Advance(ctx *search.SearchContext, id index.IndexInternalID) (*search.DocumentMatch, error) {
	w := s.words[0]
	found, err := w.reader.Advance(id, w.doc.Reset())
	return s.firstFrom(ctx, found, err)
}

// firstFrom looks for the phrase in the message that the rarest word was found
// in, and on from there.
func (s *phraseSearcher) firstFrom(ctx *search.SearchContext, found *index.TermFieldDoc, err error) (*search.DocumentMatch, error) {
	first := s.words[0]
	for err == nil && found != nil {
		s.starts = s.starts[:0]
		first.places = segment.PlacesOf(&first.doc, first.places)
		for _, at := range first.places {
			if at >= first.offsets[0] && (s.below == 0 || at-first.offsets[0] < s.below) {
				s.starts = append(s.starts, at-first.offsets[0])
			}
		}
		s.keep(first, 1)
		var done bool
		if done, err = s.check(); err != nil || done {
			break
		}
		if len(s.starts) > 0 {
			return s.match(ctx), nil
		}
		found, err = first.reader.Next(first.doc.Reset())
	}
	return nil, err
}

// check drops the starts that the other words do not follow. done says that a
// word is in no further message.
func (s *phraseSearcher) check() (done bool, err error) {
	id := s.words[0].doc.ID
	for _, w := range s.words[1:] {
		if len(s.starts) == 0 {
			return false, nil
		}
		if !w.begun || w.doc.ID.Compare(id) < 0 {
			w.begun = true
			found, err := w.reader.Advance(id, w.doc.Reset())
			if err != nil || found == nil {
				return true, err
			}
		}
		if !w.doc.ID.Equals(id) {
			s.starts = s.starts[:0]
			return false, nil
		}
		w.places = segment.PlacesOf(&w.doc, w.places)
		s.keep(w, 0)
	}
	return false, nil
}

// keep leaves the starts from which the word stands at all its offsets but the
// first few.
func (s *phraseSearcher) keep(w *phraseWord, from int) {
	for _, offset := range w.offsets[from:] {
		kept, at := s.starts[:0], 0
		for _, start := range s.starts {
			for at < len(w.places) && w.places[at] < start+offset {
				at++
			}
			if at < len(w.places) && w.places[at] == start+offset {
				kept = append(kept, start)
			}
		}
		s.starts = kept
	}
}

// match makes a hit of the message at hand, which scores as in Bleve: each word
// as often as the phrase has it.
func (s *phraseSearcher) match(ctx *search.SearchContext) *search.DocumentMatch {
	var hit *search.DocumentMatch
	var score float64
	for _, w := range s.words {
		w.doc.Vectors = w.doc.Vectors[:0] // nobody asks where the words are
		m := w.scorer.Score(ctx, &w.doc)
		score += m.Score * float64(len(w.offsets))
		if hit == nil {
			hit = m
		} else {
			ctx.DocumentMatchPool.Put(m)
		}
	}
	hit.Score = score
	return hit
}

// Weight is the sum of the squared weights of the words.
func (s *phraseSearcher) Weight() (sum float64) {
	for _, w := range s.words {
		sum += w.scorer.Weight() * float64(len(w.offsets))
	}
	return sum
}

// SetQueryNorm is told how the whole query weighs.
func (s *phraseSearcher) SetQueryNorm(norm float64) {
	for _, w := range s.words {
		w.scorer.SetQueryNorm(norm)
	}
}

// Count is a bound of how many messages there are.
func (s *phraseSearcher) Count() uint64 { return s.words[0].reader.Count() }

// Min is of use to Bleve's disjunctions only.
func (s *phraseSearcher) Min() int { return 0 }

// DocumentMatchPoolSize is how many matches are held at once.
func (s *phraseSearcher) DocumentMatchPoolSize() int { return 2 }

// Size is about the memory in use, in bytes.
func (s *phraseSearcher) Size() (n int) {
	for _, w := range s.words {
		n += w.reader.Size() + w.doc.Size() + w.scorer.Size()
	}
	return n
}

// Close lets go of the readers.
func (s *phraseSearcher) Close() error {
	var errs []error
	for _, w := range s.words {
		errs = append(errs, w.reader.Close())
	}
	return errors.Join(errs...)
}
