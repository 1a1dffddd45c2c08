package fetch_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"restante/fetch"
)

// Whatever the policy is from round to round, and whatever dies at which step:
// what is gone upstream is here whole, and has a row that says so; what is to be
// left alone is there; and once all is wanted and nothing breaks, all is here.
func TestRound_NoPolicyLosesMail(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		a := newArchive()
		s, r, c := &server{cutRetr: map[string]bool{}, refuse: map[string]bool{}}, newRecords(a), &clock{at: time.Unix(1.7e9, 0)}
		var all []message
		arrive := func() {
			m := message{fmt.Sprintf("u%d", len(all)), text(len(all))}
			if rapid.IntRange(0, 3).Draw(t, "large") == 0 {
				m.text += strings.Repeat("large\r\n", 100)
			}
			if rapid.IntRange(0, 9).Draw(t, "nameless") == 0 {
				m.uid = ""
			}
			s.cutRetr[m.text] = rapid.IntRange(0, 9).Draw(t, "breaks") == 0
			s.refuse[m.uid] = m.uid != "" && rapid.IntRange(0, 9).Draw(t, "refused") == 0
			all, s.mail = append(all, m), append(s.mail, m)
		}
		round := func(acc fetch.Account, dies *fate) {
			m := mortal{fate: dies, s: s, a: a, r: r}
			o := m.options(dir)
			o.Now = c.now
			acc.Name = "isp"
			before := slices.Clone(s.mail)
			_, err := fetch.New(o).Round(context.Background(), acc)
			if dies.at == 0 && err != nil {
				t.Logf("round: %v", err)
			}
			for _, m := range all {
				if slices.Contains(s.mail, m) {
					continue
				}
				if a.kept[m.text] != 1 {
					t.Fatalf("%q is gone upstream and kept %d times", m.text, a.kept[m.text])
				}
				if st := r.states(m.uid); m.uid != "" && st[fetch.DeletionMarked]+st[fetch.DeletionDone]+st[fetch.DeletionSeen] == 0 {
					t.Fatalf("%s is gone upstream and no row says so: %v", m.uid, st)
				}
			}
			if !acc.Keep.Delete && len(s.mail) != len(before) {
				t.Fatal("deleted under keep forever")
			}
		}
		for range rapid.IntRange(1, 6).Draw(t, "rounds") {
			for range rapid.IntRange(0, 6).Draw(t, "new") {
				arrive()
			}
			dies := &fate{after: rapid.Bool().Draw(t, "behind")}
			if rapid.Bool().Draw(t, "dies") {
				dies.at = rapid.IntRange(1, 40).Draw(t, "at")
			}
			round(fetch.Account{
				Keep:        rapid.SampledFrom([]fetch.Keep{{}, atOnce, {Delete: true, After: time.Hour}}).Draw(t, "keep"),
				MaxSize:     rapid.SampledFrom([]int64{0, 300}).Draw(t, "max size"),
				HeadersOnly: rapid.Bool().Draw(t, "headers"), Newest: rapid.Bool().Draw(t, "newest"), Recent: rapid.Bool().Draw(t, "recent"),
				MostMessages: rapid.IntRange(0, 3).Draw(t, "most"), MostBytes: rapid.SampledFrom([]int64{0, 100}).Draw(t, "bytes"),
			}, dies)
			c.pass(time.Duration(rapid.IntRange(0, 120).Draw(t, "minutes")) * time.Minute)
		}
		s.cutRetr, s.refuse = nil, nil
		c.pass(8 * 24 * time.Hour)
		for range 3 { // what moves up in the listing where mail has no UIDs is found next time
			round(fetch.Account{Keep: atOnce}, &fate{})
			c.pass(8 * 24 * time.Hour)
		}
		if len(s.mail) != 0 {
			t.Fatalf("%v are left upstream", s.uids())
		}
		for _, m := range all {
			if a.kept[m.text] != 1 {
				t.Fatalf("%q is kept %d times", m.text, a.kept[m.text])
			}
		}
		for _, d := range r.dels {
			if d.State == fetch.DeletionMarked {
				t.Fatalf("it is not known what came of %+v", d)
			}
		}
	})
}
