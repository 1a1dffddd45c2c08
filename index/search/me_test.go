package search_test

import (
	"path/filepath"
	"slices"
	"testing"

	"restante/filter"
	"restante/index"
	"restante/index/search"
)

// TestSearch_KnowsTheOwnersAddresses asks for mail from and to whoever asks.
func TestSearch_KnowsTheOwnersAddresses(t *testing.T) {
	s := newMemory()
	sent := s.add(index.Message{}, mail("a note", "From: Ada <Ada@Example.org>", "To: me@example.net"))
	got := s.add(index.Message{}, mail("a note", "From: Bob <bob@example.net>", "To: x@example.net, ADA@example.org"))
	copied := s.add(index.Message{Mailbox: filter.Quarantine}, mail("a note", "From: Bob <bob@example.net>", "To: x@example.net", "Cc: ada@home.example"))
	other := s.add(index.Message{}, mail("a note", "From: Me <ada@example.org.example>", "To: x@example.net"))
	of := map[string][]string{"ada": {"ada@example.org", "ada@home.example"}}
	c := openWith(t, filepath.Join(t.TempDir(), "catalogue"), search.Options{Me: func(owner string) []string { return of[owner] }})
	catchUp(t, c, s)
	for query, want := range map[string][]int64{
		"from:me":              {sent},
		"to:Me":                {copied, got},
		"cc:me":                {copied},
		"with:me":              {copied, got, sent},
		`from:"me"`:            {other},
		`to:"me"`:              {sent},
		"from:{me bob}":        {copied, got, sent},
		"-from:me note":        {other, copied, got},
		"in:anywhere note":     {other, copied, got, sent},
		"in:anywhere -to:me":   {other, sent},
		`in:"anywhere"`:        {},
		"{from:me cc:me} note": {copied, sent},
	} {
		if got := find(t, c, "ada", query); !slices.Equal(got, want) {
			t.Errorf("%s finds %v, want %v", query, got, want)
		}
	}
	of["ada"] = nil
	if got := find(t, c, "ada", "with:me"); len(got) > 0 {
		t.Errorf("with:me finds %v where no address is known", got)
	}
}
