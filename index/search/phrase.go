package search

import (
	"cmp"
	"context"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"
	api "github.com/blevesearch/scorch_segment_api/v2"

	"restante/index/search/segment"
)

// phrase finds words that follow each other in a field with positions. An empty
// term stands for any word; the first and the last are not empty.
//
// Bleve's own finds the same, but reads and sorts every position of every word
// of all messages that hold the words, once for each time the phrase has the
// word. This one looks at messages that hold all words and that all else finds,
// and drops one at the first word that does not fit, the rarest first.
type phrase struct {
	field string
	terms []string
	below uint64 // it begins before this position; 0: anywhere
}

func (p phrase) open(ctx context.Context, v *view) (finder, error) {
	out := &phraseFinder{below: p.below}
	for i, t := range p.terms {
		if t == "" {
			continue
		}
		if k := slices.IndexFunc(out.words, func(w *phraseWord) bool { return w.term == t }); k >= 0 {
			out.words[k].offsets = append(out.words[k].offsets, uint64(i))
			continue
		}
		f, err := termIn{p.field, t}.open(ctx, v)
		if err != nil {
			return nil, err
		}
		out.words = append(out.words, &phraseWord{termFinder: f.(*termFinder), offsets: []uint64{uint64(i)}})
	}
	slices.SortStableFunc(out.words, func(a, b *phraseWord) int { return cmp.Compare(a.most, b.most) })
	for _, w := range out.words {
		w.weight *= float64(len(w.offsets)) // in a score each word counts as often as the phrase has it
	}
	return out, nil
}

// phraseWord is one word of a phrase with all its places in it.
type phraseWord struct {
	*termFinder
	offsets []uint64
	it      api.PostingsIterator
	places  []uint64 // in the message at hand
}

type phraseFinder struct {
	words  []*phraseWord // rarest first
	starts []uint64      // where the phrase may begin in the message at hand
	below  uint64        // of phrase
}

func (p *phraseFinder) effort() (uint64, bool) { return p.words[0].most, true }
func (p *phraseFinder) counts() bool           { return p.words[0].counts() }

func (p *phraseFinder) find(ctx context.Context, s *section, within *roaring.Bitmap) (_ *roaring.Bitmap, err error) {
	for _, w := range p.words {
		if within, err = w.find(ctx, s, within); err != nil || within.IsEmpty() {
			return within, err
		}
	}
	for _, w := range p.words {
		list := w.lists[s.number]
		w.it = list.Iterator(true, true, true, w.it)
		if within.GetCardinality() < list.Count() {
			if err := only(w.it, within); err != nil {
				return nil, err
			}
		}
	}
	out := roaring.New()
	n := 0
	for all := within.Iterator(); all.HasNext(); n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		message := all.Next()
		holds, err := p.holds(message)
		if err != nil {
			return nil, err
		}
		if holds {
			out.Add(message)
		}
	}
	return out, nil
}

// holds looks for the phrase in a message that holds all words.
func (p *phraseFinder) holds(message uint32) (bool, error) {
	for i, w := range p.words {
		at, err := w.it.Advance(uint64(message))
		if err != nil || at == nil {
			return false, err
		}
		w.places = segment.PlacesOf(at.Locations(), w.places)
		if i > 0 {
			p.keep(w, 0)
		} else {
			p.starts = p.starts[:0]
			for _, at := range w.places {
				if at >= w.offsets[0] && (p.below == 0 || at-w.offsets[0] < p.below) {
					p.starts = append(p.starts, at-w.offsets[0])
				}
			}
			p.keep(w, 1)
		}
		if len(p.starts) == 0 {
			return false, nil
		}
	}
	return true, nil
}

// keep leaves the starts from which the word stands at all its offsets but the
// first few.
func (p *phraseFinder) keep(w *phraseWord, from int) {
	for _, offset := range w.offsets[from:] {
		kept, at := p.starts[:0], 0
		for _, start := range p.starts {
			for at < len(w.places) && w.places[at] < start+offset {
				at++
			}
			if at < len(w.places) && w.places[at] == start+offset {
				kept = append(kept, start)
			}
		}
		p.starts = kept
	}
}

func (p *phraseFinder) score(ctx context.Context, s *section, hits *roaring.Bitmap, into []float64) error {
	for _, w := range p.words {
		if err := w.score(ctx, s, hits, into); err != nil {
			return err
		}
	}
	return nil
}
