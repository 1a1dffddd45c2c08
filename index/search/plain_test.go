package search

import (
	"context"
	"encoding/binary"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/document"
	"github.com/blevesearch/bleve/v2/mapping"
	"github.com/blevesearch/bleve/v2/search"
	"github.com/blevesearch/bleve/v2/search/query"
	bleveindex "github.com/blevesearch/bleve_index_api"
	api "github.com/blevesearch/scorch_segment_api/v2"
	"pgregory.net/rapid"

	"restante/filter/letter"
	"restante/index"
	"restante/index/search/segment"
)

// day is one on which messages come.
var day = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

// plain says a question in Bleve's own words.
func plain(q asked) query.Query {
	all := func(of []asked) (out []query.Query) {
		for _, k := range of {
			out = append(out, plain(k))
		}
		return out
	}
	switch q := q.(type) {
	case termIn:
		t := query.NewTermQuery(q.term)
		t.SetField(q.field)
		return weighed(q.field, t)
	case anyTerm:
		var any []query.Query
		for _, t := range q.terms {
			any = append(any, plain(termIn{q.field, t}))
		}
		return unweighed{query.NewDisjunctionQuery(any)}
	case numbered:
		var names []string
		for _, id := range q {
			names = append(names, documentID(id))
		}
		return unweighed{query.NewDocIDQuery(names)}
	case everything:
		return unweighed{query.NewMatchAllQuery()}
	case every:
		return query.NewConjunctionQuery(all(q))
	case some:
		any := query.NewDisjunctionQuery(all(q.of))
		any.SetMin(float64(q.least))
		return any
	case without:
		return query.NewBooleanQuery([]query.Query{plain(q.of)}, nil, []query.Query{plain(q.not)})
	case phrase:
		return query.NewPhraseQuery(q.terms, q.field)
	case expanded:
		if q.like != "" {
			f := query.NewFuzzyQuery(q.like)
			f.SetField(q.field)
			f.SetFuzziness(edits(q.like))
			f.SetPrefix(1)
			return weighed(q.field, f)
		}
		p := query.NewPrefixQuery(q.prefix)
		p.SetField(q.field)
		return weighed(q.field, p)
	}
	panic(q)
}

func weighed(field string, q query.Query) query.Query {
	if scored(field) {
		return q
	}
	return unweighed{q}
}

// unweighed is a query whose hits score nothing.
type unweighed struct{ query.Query }

func (u unweighed) Searcher(ctx context.Context, r bleveindex.IndexReader, m mapping.IndexMapping, o search.SearcherOptions) (search.Searcher, error) {
	o.Score = bleve.ScoreNone
	return u.Query.Searcher(ctx, r, m, o)
}

// twoIndexes writes, rewrites and deletes messages of few words, in several
// segments: in ours, and with the places written as Bleve reads them.
func twoIndexes(t *rapid.T, text *rapid.Generator[string]) (ours, theirs bleve.Index) {
	ours, theirs = inMemory(t, nil), inMemory(t, map[string]any{"forceSegmentType": "zap", "forceSegmentVersion": 16})
	made := segment.NewMaker(fields)
	for range rapid.IntRange(1, 6).Draw(t, "batches") {
		b, c := ours.NewBatch(), theirs.NewBatch()
		for range rapid.IntRange(1, 8).Draw(t, "messages") {
			m := index.Message{ID: rapid.Int64Range(1, 20).Draw(t, "id"), Owner: rapid.SampledFrom([]string{"ada", "ada", "bob"}).Draw(t, "owner"),
				Mailbox: rapid.SampledFrom([]string{"inbox", "spam"}).Draw(t, "mailbox"), Received: day.AddDate(0, 0, rapid.IntRange(0, 40).Draw(t, "day"))}
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
		if err := errors.Join(ours.Batch(b), theirs.Batch(c)); err != nil {
			t.Fatal(err)
		}
	}
	return ours, theirs
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
		inOwner: bleveindex.IndexField | bleveindex.SkipFreqNorm, inMailbox: bleveindex.IndexField | bleveindex.SkipFreqNorm,
		inDay: bleveindex.IndexField | bleveindex.SkipFreqNorm,
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
	freq := &bleveindex.TokenFreq{}
	for _, at := range segment.PlacesOf(p.Locations(), nil) {
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

// answer gives all that a question finds, the best first, in pages.
func answer(t *rapid.T, at bleve.Index, q asked, limit int) (out []ranked) {
	err := look(at, &sortKeys{}, func(v *view) error {
		v.byScore = limit%2 == 0 // without, words are read once more
		f, err := q.open(t.Context(), v)
		if err != nil {
			return err
		}
		top := &ranking{limit: limit}
		for {
			top.hits = nil
			err := sets(t.Context(), v, f, func(s *section, set *roaring.Bitmap) error { return rank(t.Context(), v, f, s, set, top) })
			if err != nil || len(top.hits) == 0 {
				return err
			}
			out = append(out, top.page()...)
			last := out[len(out)-1]
			top.after = &last
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// sameAnswer compares our answer with Bleve's: the same messages, in the same
// order, and with the same scores but for one factor, which is a question's own.
func sameAnswer(t *rapid.T, ours, theirs bleve.Index, q asked, limit int) int {
	got := answer(t, ours, q, limit)
	req := bleve.NewSearchRequestOptions(plain(q), 1000, 0, false)
	want, err := theirs.Search(req)
	if err != nil {
		t.Fatal(err)
	}
	scores := map[int64]float64{}
	for _, h := range want.Hits {
		id, _ := documentMessage(h.ID)
		scores[id] = h.Score
	}
	if len(got) != len(scores) {
		t.Fatalf("%#v: found %d, want %d", q, len(got), len(scores))
	}
	factor := 0.0
	for i, h := range got {
		id, _ := keyMessage(h.key)
		score, ok := scores[id]
		if !ok {
			t.Fatalf("%#v: message %d is found by ours only", q, id)
		}
		if i == 0 && score > 0 {
			factor = h.score / score
		}
		if math.Abs(h.score-score*factor) > 1e-9*max(1, h.score) {
			t.Fatalf("%#v: message %d scores %v, want %v", q, id, h.score, score*factor)
		}
		if i > 0 && h.compare(got[i-1]) >= 0 {
			t.Fatalf("%#v: hit %d is no worse than the one before", q, i)
		}
	}
	return len(got)
}

// documentMessage reads what documentID writes.
func documentMessage(id string) (int64, bool) {
	if len(id) != 8 {
		return 0, false
	}
	return int64(binary.BigEndian.Uint64([]byte(id))), true
}

// questions draws a question of parts inside each other.
func questions(word *rapid.Generator[string], depth int) *rapid.Generator[asked] {
	return rapid.Custom(func(t *rapid.T) asked {
		field := rapid.SampledFrom([]string{inText, inText, inSubject}).Draw(t, "field")
		kind := rapid.IntRange(0, 7).Draw(t, "kind")
		if depth > 0 && kind < 3 {
			of := rapid.SliceOfN(questions(word, depth-1), 1, 3).Draw(t, "parts")
			switch kind {
			case 0:
				return every(of)
			case 1:
				return some{of: of, least: rapid.IntRange(0, len(of)).Draw(t, "least")}
			}
			return without{of[0], of[len(of)-1]}
		}
		switch kind {
		case 3:
			return termIn{inMailbox, rapid.SampledFrom([]string{"inbox", "spam"}).Draw(t, "mailbox")}
		case 4:
			return anyTerm{inDay, dayLadder.cover(dayNumber(day)+rapid.Int64Range(0, 20).Draw(t, "from"), dayNumber(day)+rapid.Int64Range(20, 40).Draw(t, "to"))}
		case 5:
			return numbered(rapid.SliceOfN(rapid.Int64Range(1, 20), 1, 12).Draw(t, "numbers"))
		case 6:
			return expanded{field: field, prefix: rapid.SampledFrom([]string{"e", "th", "en", "of"}).Draw(t, "prefix")}
		case 7:
			like := rapid.SampledFrom([]string{"end", "ends", "thee", "towers"}).Draw(t, "like")
			return expanded{field: field, prefix: like[:1], like: like}
		}
		if p, ok := phraseOf(field, rapid.SliceOfN(word, 2, 4).Draw(t, "phrase")); ok && kind == 1 {
			return p
		}
		return termIn{field, strings.Trim(word.Draw(t, "word"), ".")}
	})
}

// TestAsked_FindsAndRanksAsBleve asks questions of every kind, and Bleve the same
// in its own words.
func TestAsked_FindsAndRanksAsBleve(t *testing.T) {
	word := rapid.SampledFrom([]string{"the", "the", "end", "ends", "of", "off", "a", "tower", "東京", "."})
	text := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(word, 0, 24).Draw(t, "words"), " ")
	})
	hits := 0
	rapid.Check(t, func(t *rapid.T) {
		ours, theirs := twoIndexes(t, text)
		for range 8 {
			q := every{termIn{inOwner, "ada"}, questions(word, 2).Draw(t, "question")}
			hits += sameAnswer(t, ours, theirs, q, rapid.IntRange(1, 5).Draw(t, "page"))
		}
	})
	if hits == 0 {
		t.Error("no question found anything: the test shows nothing")
	}
}
