package search_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"restante/index"
	"restante/index/search"
)

// TestSearch_StopsEarlyWithTheSameAnswer asks questions with so many hits that, of
// a phrase, only some of the days are looked at for a page.
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
		id := s.add(index.Message{Received: at}, mail("grey heron", fmt.Sprintf("Subject: %d", i%7)))
		all = append(all, dated{id, at.Unix()})
	}
	c := fill(t, s)
	slices.SortFunc(all, func(a, b dated) int { return cmp.Or(cmp.Compare(b.when, a.when), cmp.Compare(b.id, a.id)) })
	for _, text := range []string{"heron", `"grey heron"`} {
		q, rough := parse(t, text), 0
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
				if !how.Rough && res.AtLeast || !res.AtLeast && res.Total != 6000 || res.Total > 6000 || res.Total < uint64(len(res.Hits)) {
					t.Fatalf("%s, %+v: total %d, at least %v", text, how, res.Total, res.AtLeast)
				}
				for _, h := range res.Hits {
					got = append(got, h.ID)
				}
				if how.After = res.Next; how.After == "" {
					break
				}
			}
			if how.After == "" && len(got) != 6000 {
				t.Errorf("%s, %+v: %d hits on all pages, want 6000", text, how, len(got))
			}
			for i, id := range got {
				if id != all[i].id {
					t.Fatalf("%s, %+v: hit %d is %d, want %d", text, how, i, id, all[i].id)
				}
			}
		}
		if early := rough > 0; early != strings.HasPrefix(text, `"`) {
			t.Errorf("%s: %d answers stopped early", text, rough)
		}
	}
}
