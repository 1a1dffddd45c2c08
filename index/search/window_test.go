package search_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"restante/index"
	"restante/index/search"
)

// TestSearch_StopsEarlyWithTheSameAnswer asks a question with so many hits that
// only some of the days are looked at for a page.
func TestSearch_StopsEarlyWithTheSameAnswer(t *testing.T) {
	s := newMemory()
	r := rand.New(rand.NewPCG(1, 2))
	type dated struct{ id, when int64 }
	var all []dated
	for i := range 6000 {
		// Some days have few, some have many.
		at := now.AddDate(0, 0, -r.IntN(20)*r.IntN(300))
		if i%3 > 0 {
			at = now.AddDate(0, 0, -r.IntN(12))
		}
		id := s.add(index.Message{Received: at}, mail("heron", fmt.Sprintf("Subject: %d", i%7)))
		all = append(all, dated{id, at.Unix()})
	}
	c := fill(t, s)
	slices.SortFunc(all, func(a, b dated) int { return cmp.Or(cmp.Compare(b.when, a.when), cmp.Compare(b.id, a.id)) })
	q, rough := parse(t, "heron"), 0
	for _, how := range []search.Page{{Limit: 900}, {Limit: 900, Rough: true}, {Limit: 7, Rough: true}} {
		var got []int64
		for pages := 0; pages < 20; pages++ {
			res, err := c.Search(t.Context(), "ada", q, how)
			if err != nil {
				t.Fatal(err)
			}
			if res.AtLeast {
				rough++
			}
			if !how.Rough && (res.AtLeast || res.Total != 6000) || res.Total > 6000 || res.AtLeast && res.Total < uint64(how.Limit) {
				t.Fatalf("%+v: total %d, at least %v", how, res.Total, res.AtLeast)
			}
			for _, h := range res.Hits {
				got = append(got, h.ID)
			}
			if how.After = res.Next; how.After == "" {
				break
			}
		}
		if how.After == "" && len(got) != 6000 {
			t.Errorf("%+v: %d hits on all pages, want 6000", how, len(got))
		}
		for i, id := range got {
			if id != all[i].id {
				t.Fatalf("%+v: hit %d is %d, want %d", how, i, id, all[i].id)
			}
		}
	}
	if rough == 0 {
		t.Error("no answer stopped early: the test shows nothing")
	}
}
