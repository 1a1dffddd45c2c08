package search

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/document"
	"github.com/blevesearch/bleve/v2/search/query"
	bleveindex "github.com/blevesearch/bleve_index_api"
	api "github.com/blevesearch/scorch_segment_api/v2"
	"pgregory.net/rapid"

	"restante/filter/letter"
	"restante/index"
	"restante/index/search/segment"
)

// TestPhrase_FindsAndScoresAsBlevesOwnPhraseQuery writes, rewrites and deletes
// messages of few words, in several segments, and asks both kinds of query: each
// where the places are written as it reads them.
func TestPhrase_FindsAndScoresAsBlevesOwnPhraseQuery(t *testing.T) {
	word := rapid.SampledFrom([]string{"the", "the", "the", "end", "of", "a", "請求書", "東京都庁", "都", "."})
	text := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(word, 0, 24).Draw(t, "words"), " ")
	})
	hits, misses := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		at, theirs := inMemory(t, nil), inMemory(t, map[string]any{"forceSegmentType": "zap", "forceSegmentVersion": 16})
		made := segment.NewMaker(fields)
		for range rapid.IntRange(1, 6).Draw(t, "batches") {
			b, c := at.NewBatch(), theirs.NewBatch()
			for range rapid.IntRange(1, 8).Draw(t, "messages") {
				m := index.Message{ID: rapid.Int64Range(1, 20).Draw(t, "id"), Owner: rapid.SampledFrom([]string{"ada", "ada", "bob"}).Draw(t, "owner")}
				if rapid.IntRange(0, 4).Draw(t, "kind") == 0 {
					b.Delete(documentID(m.ID))
					c.Delete(documentID(m.ID))
					continue
				}
				l := &letter.Letter{Subject: text.Draw(t, "subject"), Text: text.Draw(t, "text"), HTMLText: text.Draw(t, "html")}
				d := makeDocument(made, m, l, attachments{})
				if err := errors.Join(b.IndexAdvanced(d), c.IndexAdvanced(apartPlaced(t, d))); err != nil {
					t.Fatal(err)
				}
			}
			if err := errors.Join(at.Batch(b), theirs.Batch(c)); err != nil {
				t.Fatal(err)
			}
		}
		for range 8 {
			field := rapid.SampledFrom([]string{inText, inSubject}).Draw(t, "field")
			p, ok := phraseOf(field, rapid.SliceOfN(word, 2, 4).Draw(t, "phrase"))
			if !ok {
				continue
			}
			owner := rapid.SampledFrom([]query.Query{term(inOwner, "ada"), query.NewMatchAllQuery()}).Draw(t, "who")
			got, want := ask(t, at, owner, p), ask(t, theirs, owner, query.NewPhraseQuery(p.terms, field))
			if len(want) > 0 {
				hits++
			} else {
				misses++
			}
			if len(got) != len(want) {
				t.Fatalf("%q in %s: found %v, want %v", p.terms, field, got, want)
			}
			for id, score := range want {
				if s, ok := got[id]; !ok || math.Abs(s-score) > 1e-9 {
					t.Fatalf("%q in %s: message %x scores %v, want %v", p.terms, field, id, s, score)
				}
			}
		}
	})
	if hits == 0 || misses == 0 {
		t.Errorf("%d phrases were found and %d not: the test shows nothing", hits, misses)
	}
}

// inMemory makes an index for the length of a check.
func inMemory(t *rapid.T, settings map[string]any) bleve.Index {
	at, err := bleve.NewUsing("", bleve.NewIndexMapping(), bleve.Config.DefaultIndexType, bleve.Config.DefaultKVStore, settings)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := at.Close(); err != nil {
			t.Error(err)
		}
	})
	return at
}

// apartPlaced gives a document in which each place of a word has a location, as
// Bleve reads them, and as Bleve's own segments are made of.
func apartPlaced(t *rapid.T, d *document.Document) *document.Document {
	only, _, err := segment.NewPlugin(fields).New([]bleveindex.Document{d})
	if err != nil {
		t.Fatal(err)
	}
	out := document.NewDocument(d.ID())
	for name, options := range map[string]bleveindex.FieldIndexingOptions{
		inText: bleveindex.IndexField | bleveindex.IncludeTermVectors, inSubject: bleveindex.IndexField | bleveindex.IncludeTermVectors,
		inOwner: bleveindex.IndexField | bleveindex.SkipFreqNorm,
	} {
		f := &plainField{name: name, options: options, freqs: bleveindex.TokenFrequencies{}}
		dict, err := only.Dictionary(name)
		if err != nil {
			t.Fatal(err)
		}
		words := dict.AutomatonIterator(nil, nil, nil)
		for e, err := words.Next(); e != nil || err != nil; e, err = words.Next() {
			if err != nil {
				t.Fatal(err)
			}
			f.freqs[e.Term] = apartPlacedWord(t, dict, e.Term)
			f.length += f.freqs[e.Term].Frequency()
		}
		out.AddField(f)
	}
	return out
}

// apartPlacedWord reads a word of the only document of a segment.
func apartPlacedWord(t *rapid.T, dict api.TermDictionary, word string) *bleveindex.TokenFreq {
	list, err := dict.PostingsList([]byte(word), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	p, err := list.Iterator(true, true, true, nil).Next()
	if err != nil {
		t.Fatal(err)
	}
	var d bleveindex.TermFieldDoc
	for _, l := range p.Locations() {
		d.Vectors = append(d.Vectors, &bleveindex.TermFieldVector{Pos: l.Pos(), Start: l.Start(), End: l.End(), ArrayPositions: l.ArrayPositions()})
	}
	freq := &bleveindex.TokenFreq{}
	for _, at := range segment.PlacesOf(&d, nil) {
		freq.Locations = append(freq.Locations, &bleveindex.TokenLocation{Position: int(at)})
	}
	freq.SetFrequency(len(freq.Locations))
	return freq
}

// plainField is a field that Bleve's own segments are made of.
type plainField struct {
	name    string
	options bleveindex.FieldIndexingOptions
	freqs   bleveindex.TokenFrequencies
	length  int
}

func (f *plainField) Name() string                                          { return f.name }
func (f *plainField) Value() []byte                                         { return nil }
func (f *plainField) ArrayPositions() []uint64                              { return nil }
func (f *plainField) EncodedFieldType() byte                                { return 't' }
func (f *plainField) Analyze()                                              {}
func (f *plainField) Options() bleveindex.FieldIndexingOptions              { return f.options }
func (f *plainField) AnalyzedLength() int                                   { return f.length }
func (f *plainField) AnalyzedTokenFrequencies() bleveindex.TokenFrequencies { return f.freqs }
func (f *plainField) NumPlainTextBytes() uint64                             { return 0 }
func (f *plainField) Size() int                                             { return 0 }

// phraseOf gives the phrase that words are; a single character of a dense
// script is a gap in it, a full stop is nothing.
func phraseOf(field string, list []string) (phrase, bool) {
	q := where{field, true, 0}.words(match{text: strings.Join(list, " "), quoted: true})
	if all, ok := q.(*query.ConjunctionQuery); ok {
		for _, q := range all.Conjuncts {
			if p, ok := q.(phrase); ok {
				return p, true
			}
		}
	}
	p, ok := q.(phrase)
	return p, ok
}

// ask gives the score of each message found, and checks that asking without
// scores finds the same ones.
func ask(t *rapid.T, at bleve.Index, owner, q query.Query) map[string]float64 {
	scores := map[string]float64{}
	for _, how := range []string{"", bleve.ScoreNone} {
		req := bleve.NewSearchRequestOptions(query.NewConjunctionQuery([]query.Query{owner, q}), 100, 0, false)
		req.Score = how
		got, err := at.Search(req)
		if err != nil {
			t.Fatal(err)
		}
		if how != "" && len(got.Hits) != len(scores) {
			t.Fatalf("%v: %d hits without scores, %d with", q, len(got.Hits), len(scores))
		}
		for _, h := range got.Hits {
			if _, ok := scores[h.ID]; how == "" {
				scores[h.ID] = h.Score
			} else if !ok {
				t.Fatalf("%v: message %x is found without scores only", q, h.ID)
			}
		}
	}
	return scores
}
