package search_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"restante/index"
	"restante/index/search"
)

// numberedWords are words that begin so.
func numberedWords(prefix string, from, to int) string {
	var b strings.Builder
	for i := from; i < to; i++ {
		fmt.Fprintf(&b, "%s%05x ", prefix, i)
	}
	return b.String()
}

func TestSearch_RefusesAStarThatStandsForTooManyWords(t *testing.T) {
	if testing.Short() {
		t.Skip("writes 240,000 words")
	}
	s := newMemory()
	s.add(index.Message{}, mail(numberedWords("ab", 0, 120_000)))
	s.add(index.Message{}, mail(numberedWords("ab", 120_000, 240_000)))
	c := fill(t, s)
	for _, page := range []search.Page{{}, {Rough: true}, {ByScore: true}} {
		_, err := c.Search(t.Context(), "ada", parse(t, "ab*"), page)
		if !errors.Is(err, search.ErrBroad) || !strings.Contains(err.Error(), "words of the archive begin so") {
			t.Errorf("ab* with %+v: %v, want ErrBroad", page, err)
		}
		// What it costs is counted over all stars of a question.
		if _, err := c.Search(t.Context(), "ada", parse(t, "ab0* ab0* ab0* ab0* OR ab1*"), page); !errors.Is(err, search.ErrBroad) {
			t.Errorf("many stars with %+v: %v, want ErrBroad", page, err)
		}
		r, err := c.Search(t.Context(), "ada", parse(t, "ab0*"), page)
		if err != nil || r.Total != 1 {
			t.Errorf("ab0* with %+v finds %d, %v, want one", page, r.Total, err)
		}
	}
	if _, err := c.Conversations(t.Context(), "ada", parse(t, "ab*"), search.Page{}); !errors.Is(err, search.ErrBroad) {
		t.Errorf("conversations of ab*: %v, want ErrBroad", err)
	}
}

func TestSearch_FindsEveryWordOfAStarAndScoresByTheFrequent(t *testing.T) {
	s := newMemory()
	old := now.AddDate(-1, 0, 0)
	many := s.add(index.Message{Received: old}, mail(numberedWords("inv", 0, 1100)))
	again := s.add(index.Message{Received: old.AddDate(0, 0, -1)}, mail(numberedWords("inv", 0, 1100)))
	few := s.add(index.Message{Received: old}, mail(numberedWords("inv", 0, 2)))
	rare := s.add(index.Message{Received: now}, mail("invoice"))
	rarer := s.add(index.Message{Received: now.AddDate(0, 0, -1)}, mail("inverness"))
	s.add(index.Message{Owner: "bob"}, mail(numberedWords("inv", 0, 1000)))
	c := fill(t, s)
	r, err := c.Search(t.Context(), "ada", parse(t, "inv*"), search.Page{ByScore: true})
	if err != nil {
		t.Fatal(err)
	}
	var got []int64
	for _, h := range r.Hits {
		got = append(got, h.ID)
	}
	if want := []int64{many, again, few, rare, rarer}; !slices.Equal(got, want) || r.Total != 5 {
		t.Fatalf("by score inv* finds %v, want %v", got, want)
	}
	if !(r.Hits[2].Score > 0) || r.Hits[3].Score != 0 {
		t.Errorf("scores %v, want none for words that few messages hold, and some for the others", r.Hits)
	}
	if got := find(t, c, "ada", "inv*"); len(got) != 5 {
		t.Errorf("inv* finds %v, want all five", got)
	}
	// With something else beside it, a part of what the star finds is scored.
	r, err = c.Search(t.Context(), "ada", parse(t, "inv* -invoice -inverness on:2025"), search.Page{ByScore: true, Facets: true})
	if err != nil || len(r.Hits) != 3 || r.Hits[0].ID != many || r.Facets == nil {
		t.Errorf("by score, narrowed: %v, %v", r.Hits, err)
	}
}
