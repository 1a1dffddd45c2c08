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
	"pgregory.net/rapid"

	"restante/filter/letter"
	"restante/index"
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
		at, theirs := inMemory(t), inMemory(t)
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
				if err := errors.Join(b.IndexAdvanced(makeDocument(m, l, attachments{})), c.IndexAdvanced(apartPlaced(makeDocument(m, l, attachments{})))); err != nil {
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
func inMemory(t *rapid.T) bleve.Index {
	at, err := bleve.NewUsing("", bleve.NewIndexMapping(), bleve.Config.DefaultIndexType, bleve.Config.DefaultKVStore, nil)
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

// apartPlaced gives each place of a term a location, as Bleve reads them.
func apartPlaced(d *document.Document) *document.Document {
	for _, f := range d.Fields {
		f, ok := f.(*field)
		if !ok {
			continue
		}
		for _, o := range f.seen {
			o.freq.Locations = append(o.freq.Locations, &bleveindex.TokenLocation{Position: o.pos})
		}
		f.seen = nil
	}
	return d
}

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
