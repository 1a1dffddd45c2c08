package search_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"restante/filter"
	"restante/index"
	"restante/index/search"
)

func TestSearch_FollowsWhatIsReadWithoutIndexingIt(t *testing.T) {
	for _, many := range []int{40, 1200} { // a few are looked up, many are gone through
		s := newMemory()
		var all []int64
		for i := range many {
			m := index.Message{Mailbox: []string{filter.Inbox, filter.Quarantine}[i%2]}
			all = append(all, s.add(m, note(i)))
		}
		s.add(index.Message{Owner: "bob"}, note(1))
		c := fill(t, s)
		opened := s.opened
		slices.Reverse(all)
		if got := find(t, c, "ada", "is:unread"); !slices.Equal(got, all[:min(len(all), 1000)]) {
			t.Errorf("of %d: is:unread finds %d messages", many, len(got))
		}
		s.read[all[0]], s.read[all[3]] = true, true
		for query, want := range map[string][]int64{
			"is:unread n" + fmt.Sprint(many-1):          {},
			"is:unread n" + fmt.Sprint(many-2):          {all[1]},
			"-is:unread":                                {all[0], all[3]},
			"-is:unread in:inbox":                       {all[3]},
			"-is:unread OR id:x":                        {all[0], all[3]},
			"in:spam -is:unread n" + fmt.Sprint(many-1): {all[0]},
		} {
			if got := find(t, c, "ada", query); !slices.Equal(got, want) {
				t.Errorf("of %d: %s finds %v, want %v", many, query, got, want)
			}
		}
		q, err := search.Parse("is:unread", now)
		if err != nil {
			t.Fatal(err)
		}
		got, err := c.Search(t.Context(), "ada", q, search.Page{ByScore: true, Facets: true})
		if err != nil || int(got.Total) != many-2 || len(got.Facets.Mailboxes) != 2 {
			t.Errorf("of %d: %d unread by score, facets %v, %v", many, got.Total, got.Facets, err)
		}
		if s.opened != opened {
			t.Errorf("%d letters were opened again", s.opened-opened)
		}
	}
}

func TestSearch_SaysThatNobodyKnowsWhatIsUnread(t *testing.T) {
	s := newMemory()
	s.add(index.Message{}, note(1))
	c := open(t, filepath.Join(t.TempDir(), "catalogue"))
	catchUp(t, c, s)
	q, err := search.Parse("is:unread", now)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := c.Search(t.Context(), "ada", q, search.Page{}); err == nil {
		t.Errorf("found %v, want an error", got.Hits)
	}
}

func TestSearch_FindsLabelsOfImportedMailOnly(t *testing.T) {
	s := newMemory()
	labelled := func(imported bool) int64 {
		return s.add(index.Message{Imported: imported, Mailbox: "Travel"}, mail("x", `X-Gmail-Labels: Inbox,"Work, urgent",=?UTF-8?Q?Reisen/M=C3=BCnchen?=`, "Subject: labels"))
	}
	kept, sent := labelled(true), labelled(false)
	c := fill(t, s)
	for query, want := range map[string][]int64{
		`label:"work, urgent"`:  {kept},
		"label:reisen/münchen":  {kept},
		"label:Reisen/Munchen":  {kept},
		"label:inbox":           {kept},
		"label:travel":          {sent, kept},
		"in:inbox":              {},
		"label:work":            {},
		"-label:inbox":          {sent},
		"label:travel -in:else": {sent, kept},
	} {
		if got := find(t, c, "ada", query); !slices.Equal(got, want) {
			t.Errorf("%s finds %v, want %v", query, got, want)
		}
	}
}
