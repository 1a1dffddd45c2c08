package main

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"time"

	"restante/fetch"
	"restante/fetch/schedule"
)

func TestAccountShow_TellsWhatIsNotedAndDeleted(t *testing.T) {
	ctx := t.Context()
	h := flowHouse(t, oneLetterUpstream(t))
	a := h.accounts[0]
	a.Keep = fetch.Keep{Delete: true}
	h.watchRounds(nil)
	if sum, err := h.fetcher.Round(ctx, a); err != nil || sum.Deleted != 1 {
		t.Fatalf("round: %+v, %v", sum, err)
	}
	when := time.Now()
	notes := []fetch.Note{
		{UID: "big\tone", Kind: fetch.NoteLarge, Since: when, Size: 70 << 20, Why: "over max_size"},
		{UID: "bad", Kind: fetch.NoteRefused, Tries: 3, Since: when, Size: -1, Why: "the server said \"no\""},
		{UID: "old", Kind: fetch.NotePassed, Since: when, Size: 1},
		{UID: "mark", Kind: fetch.NoteMark, Since: when},
	}
	if err := h.store.Note(ctx, a.Owner, a.Name, notes, nil); err != nil {
		t.Fatal(err)
	}
	if err := h.store.SetQuirk(ctx, a.Name, "no-pipelining", 2, when); err != nil {
		t.Fatal(err)
	}
	h.clock.Heard(ctx, a.Name, 10*time.Minute)
	f, err := h.file(ctx, a)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := (&env{out: &out}).sayFile(f); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`(?m)^keep +0$`, `(?m)^interval +10m1s at least between logins, as the server says$`, `(?m)^quirk +no-pipelining, 2 times, last 20`,
		`(?m)^noted +1 refused by the upstream; 1 there before the account; 1 too large$`,
		`(?m)^message +"big\\tone": too large, 70 MiB: over max_size$`,
		`(?m)^message +"bad": refused by the upstream, tried 3 times: the server said "no"$`,
		`(?m)^deletion +20\S+ \S+ ".+", here message 1: deleted; .`,
	} {
		if !regexp.MustCompile(want).MatchString(out.String()) {
			t.Errorf("lacks %s:\n%s", want, out.String())
		}
	}
	if len(f.Messages) != 2 {
		t.Errorf("messages that are not here: %+v", f.Messages)
	}
}

func TestAccountList_ColoursDoNotMoveTheColumns(t *testing.T) {
	now := time.Now()
	all := []standing{
		{Account: "a", Owner: "ada", State: schedule.OK, Quiet: true, LastMail: now},
		{Account: "long-name", Owner: "ada", State: schedule.NeedsLogin, Why: "refused"},
		{Account: "b", Owner: "bob", State: schedule.Waiting, NextTry: now.Add(time.Hour)},
	}
	table := func(colour bool) string {
		var out bytes.Buffer
		e := &env{out: &out, colour: colour}
		if err := e.accountListing(now).say(e, all, false); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	without, with := table(false), table(true)
	if strings.Contains(without, "\x1b") || !strings.Contains(with, red+"needs-login"+plain) {
		t.Errorf("without:\n%s\nwith:\n%s", without, with)
	}
	if got := regexp.MustCompile(`\x1b\[\d\dm`).ReplaceAllString(with, ""); got != without {
		t.Errorf("without:\n%s\nwith:\n%s", without, got)
	}
	if !strings.Contains(without, "unusually long") {
		t.Errorf("the quiet one is not told of:\n%s", without)
	}
}
