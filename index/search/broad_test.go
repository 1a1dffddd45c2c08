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

func TestSearch_FindsEveryWordOfAStarAndScoresBySoManyOnly(t *testing.T) {
	s := newMemory()
	old := now.AddDate(-1, 0, 0)
	many := s.add(index.Message{Received: old}, mail(numberedWords("inv", 0, 990)))
	few := s.add(index.Message{Received: old.AddDate(0, 0, 1)}, mail(numberedWords("inv", 0, 2)+"inn inn inn"))
	rare := s.add(index.Message{Received: now}, mail("invoice inn"))
	other := s.add(index.Message{Received: old.AddDate(0, 0, -1)}, mail("in a house"))
	s.add(index.Message{Owner: "bob"}, mail(numberedWords("inw", 0, 20)))
	c := fill(t, s)
	for _, tt := range []struct {
		query string
		want  []int64
	}{
		{"inv*", []int64{many, few, rare}},       // 991 words
		{"in*", []int64{rare, few, many, other}}, // 1,013: it counts nothing, and the newest come first
		{"in* inn", []int64{few, rare}},          // what counts is the word beside it
		{"in* OR house", []int64{other, rare, few, many}},
		{"inv* -house on:2025", []int64{many, few}}, // a part of what the star finds is scored
	} {
		for _, facets := range []bool{false, true} {
			r, err := c.Search(t.Context(), "ada", parse(t, tt.query), search.Page{ByScore: true, Facets: facets})
			if err != nil {
				t.Fatal(err)
			}
			var got []int64
			for _, h := range r.Hits {
				got = append(got, h.ID)
			}
			if !slices.Equal(got, tt.want) || (r.Facets != nil) != facets {
				t.Errorf("by score %s finds %v, want %v", tt.query, got, tt.want)
			}
		}
		if got := find(t, c, "ada", tt.query); len(got) != len(tt.want) {
			t.Errorf("%s finds %v, want %v", tt.query, got, tt.want)
		}
	}
}
