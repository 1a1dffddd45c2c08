package fetch_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"restante/fetch"
)

// The custody rule, whatever the upstream's UIDs are worth, whatever it breaks
// at and whatever the policy is from round to round: what is gone upstream is
// here. And once it breaks at nothing more, all is here.
func TestRound_NothingIsGoneUpstreamThatIsNotHere(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		s := &server{cutRetr: map[string]bool{}, dropRetr: map[string]bool{}, cutTop: map[string]bool{}}
		a, c := newArchive(), &clock{at: time.Unix(1e9, 0)}
		all, next := []string{}, 0
		arrive := func(uid string) {
			text := text(next)
			next++
			all = append(all, text)
			s.mail = append(s.mail, message{uid, text})
			s.cutRetr[text] = rapid.IntRange(0, 4).Draw(t, "cut") == 0
		}
		f := fetch.New(fetch.Options{Dialer: s, Ledger: a, Sink: a, Spool: dir, Now: c.now})
		round := func(keep fetch.Keep) {
			t.Helper()
			_, err := f.Round(context.Background(), fetch.Account{Name: "isp", Keep: keep})
			for _, text := range all {
				there := slices.ContainsFunc(s.mail, func(m message) bool { return m.text == text })
				if !there && a.kept[text] == 0 {
					t.Fatalf("gone and not here: %q (%v)", text, err)
				}
			}
		}
		for range rapid.IntRange(1, 5).Draw(t, "rounds") {
			for range rapid.IntRange(0, 8).Draw(t, "new") {
				uids := []string{"", "same", "1", "2", fmt.Sprint(len(s.mail) + 1), fmt.Sprint("u", next), fmt.Sprint("u", next/2)}
				arrive(rapid.SampledFrom(uids).Draw(t, "uid"))
			}
			for _, m := range s.mail {
				s.dropRetr[m.uid] = rapid.IntRange(0, 6).Draw(t, "drop") == 0
				s.cutTop[m.uid] = rapid.IntRange(0, 4).Draw(t, "top") == 0
			}
			if s.step, s.cutAt = 0, 0; rapid.Bool().Draw(t, "cut once") {
				s.cutAt = rapid.IntRange(1, 40).Draw(t, "at")
			}
			round(rapid.SampledFrom([]fetch.Keep{{}, atOnce, {Delete: true, After: time.Hour}}).Draw(t, "keep"))
			c.pass(time.Duration(rapid.IntRange(0, 120).Draw(t, "minutes")) * time.Minute)
		}
		s.cutRetr, s.dropRetr, s.cutTop, s.cutAt = nil, nil, nil, 0
		c.pass(8 * 24 * time.Hour) // what failed thrice is left alone for a week
		// Two, since mail without UIDs moves up in the listing when other mail is
		// deleted: what broke earlier sessions is then found in the next round.
		for range 2 {
			round(atOnce)
		}
		if len(s.mail) != 0 || len(a.kept) != len(all) {
			t.Fatalf("%d left upstream, %d of %d here", len(s.mail), len(a.kept), len(all))
		}
	})
}
