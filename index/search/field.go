package search

import (
	index "github.com/blevesearch/bleve_index_api"
)

// field is an analyzed field on its way into Bleve. Bleve's own fields go from
// text to token streams to a map; ours fill the map while the text is walked,
// without byte offsets (nothing is highlighted from the index).
type field struct {
	name    string
	options index.FieldIndexingOptions
	freqs   index.TokenFrequencies
	length  int
	seen    []occurrence // becomes the terms' places when Bleve asks: these take far more memory
}

func (f *field) Name() string                        { return f.name }
func (f *field) Options() index.FieldIndexingOptions { return f.options }
func (f *field) AnalyzedLength() int                 { return f.length }
func (f *field) Analyze()                            {}
func (f *field) ArrayPositions() []uint64            { return nil }
func (f *field) Value() []byte                       { return nil }
func (f *field) NumPlainTextBytes() uint64           { return 0 }
func (f *field) Size() int                           { return 64 * len(f.freqs) }
func (f *field) EncodedFieldType() byte              { return 't' }

func (f *field) AnalyzedTokenFrequencies() index.TokenFrequencies {
	if f.seen != nil {
		place(f.seen)
		f.seen = nil
	}
	return f.freqs
}

// terms gathers the terms of one field of one message.
type terms struct {
	freqs index.TokenFrequencies
	slab  []index.TokenFreq
	seen  []occurrence
}

type occurrence struct {
	freq *index.TokenFreq
	pos  int
}

// newTerms makes room for some words, which are no bound.
func newTerms(words int) *terms {
	return &terms{
		freqs: make(index.TokenFrequencies, words/2),
		slab:  make([]index.TokenFreq, words/2),
		seen:  make([]occurrence, 0, words),
	}
}

// find gives the entry of a term, new and without a count if need be.
func (t *terms) find(term []byte) *index.TokenFreq {
	if f := t.freqs[string(term)]; f != nil {
		return f
	}
	if len(t.slab) == 0 {
		t.slab = make([]index.TokenFreq, 64)
	}
	f := &t.slab[0]
	t.slab = t.slab[1:]
	t.freqs[string(term)] = f
	return f
}

func (t *terms) add(term []byte, pos int, _ shape) {
	t.count(occurrence{t.find(term), pos})
}

func (t *terms) count(o occurrence) {
	o.freq.SetFrequency(o.freq.Frequency() + 1)
	t.seen = append(t.seen, o)
}

// addMissing adds the words of a second version of the same text: all of them
// when it says mostly other things, else only the words the first one lacks.
func (t *terms) addMissing(text string, pos int) int {
	var met []occurrence
	lacking := 0
	next := analyze(text, pos, func(term []byte, pos int, _ shape) {
		o := occurrence{t.find(term), pos}
		if o.freq.Frequency() == 0 {
			lacking++
		}
		met = append(met, o)
	})
	all := 2*lacking > len(met)
	// What the first version holds has a count by now; what it lacks gets one
	// below, so the two are told apart before anything is counted.
	missing := met[:0:0]
	for _, o := range met {
		if all || o.freq.Frequency() == 0 {
			missing = append(missing, o)
		}
	}
	for _, o := range missing {
		t.count(o)
	}
	return next
}

// positioned makes a field whose phrases can be found.
func (t *terms) positioned(name string) *field {
	return &field{
		name:    name,
		options: index.IndexField | index.IncludeTermVectors,
		freqs:   t.freqs,
		length:  len(t.seen),
		seen:    t.seen,
	}
}

// plain makes a field of terms without positions, counts and norms.
func (t *terms) plain(name string) *field {
	return &field{
		name:    name,
		options: index.IndexField | index.SkipFreqNorm,
		freqs:   t.freqs,
		length:  len(t.freqs),
	}
}

// keywords makes a field of whole values; empty ones are left out.
func keywords(name string, options index.FieldIndexingOptions, values ...string) *field {
	f := &field{name: name, options: options | index.IndexField | index.SkipFreqNorm, freqs: make(index.TokenFrequencies, len(values))}
	slab := make([]index.TokenFreq, len(values))
	for i, v := range values {
		if v != "" {
			f.freqs[v] = &slab[i]
		}
	}
	f.length = len(f.freqs)
	return f
}
