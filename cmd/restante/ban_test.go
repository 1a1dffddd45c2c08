package main

import (
	"bytes"
	"errors"
	"log/slog"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"

	"restante/serve/auth"
	"restante/serve/pop3d"
)

// A ban takes a quarter of an hour of guessing: this has a clock of its own.
func TestBan_IsListedToldCountedAndLifted(t *testing.T) {
	h := openHouse(t, settings(t, doors))
	var err error
	if h.porter, err = newPorter(h); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	h.log = slog.New(slog.NewTextHandler(&log, nil))
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	h.porter.gate = auth.New(auth.Options{Lookup: h.people.lookup, Banned: h.banned, Now: func() time.Time { return now }})
	say := func(args ...string) string {
		t.Helper()
		var out, errOut strings.Builder
		e := &env{in: strings.NewReader(""), out: &out, errOut: &errOut, house: h}
		if code := run(t.Context(), e, args); code != exitOK {
			t.Fatalf("%q: %d, %s", args, code, errOut.String())
		}
		return out.String()
	}
	counted := func() (all []float64) {
		var l readingList
		l.bans(h)
		for _, r := range l {
			all = append(all, r.Value)
		}
		return all
	}
	if got := say("ban", "list"); got != "nobody is banned\n" || counted()[0] != 0 {
		t.Errorf("list: %q, counted %v", got, counted())
	}
	remote := netip.MustParseAddr("192.0.2.7")
	for i := 0; len(h.porter.gate.Bans()) == 0; i++ {
		_, err := h.porter.Login(t.Context(), "alice", "guess "+now.String(), remote)
		if err == nil || i > 100 {
			t.Fatalf("guess %d: %v", i, err)
		}
		now = now.Add(20 * time.Minute)
	}
	if _, err := h.porter.Login(t.Context(), "alice", "secret", remote); !errors.Is(err, pop3d.ErrThrottled) {
		t.Errorf("Login = %v", err)
	}
	if drop, err := h.porter.Login(t.Context(), "alice", "secret", netip.MustParseAddr("192.0.2.8")); err != nil {
		t.Errorf("Login from elsewhere = %v", err)
	} else {
		drop.Close()
	}
	if got := say("ban", "list"); !regexp.MustCompile(`(?m)^"alice" +192\.0\.2\.7/32 +15 +2026-`).MatchString(got) {
		t.Errorf("list: %q", got)
	}
	if got := say("ban", "list", "--json"); !strings.Contains(got, `"user":"alice","network":"192.0.2.7/32","failures":15,"since":"2026-`) {
		t.Errorf("list --json: %q", got)
	}
	if got := counted(); got[0] != 1 || got[1] != 1 {
		t.Errorf("counted %v", got)
	}
	if got := strings.Count(log.String(), `level=WARN msg="logins are refused: too many wrong passwords" user=alice network=192.0.2.7/32 failures=15`); got != 1 {
		t.Errorf("told %d times:\n%s", got, log.String())
	}
	if got := say("ban", "lift", "198.51.100.0/24", "bob", "alice"); got != "198.51.100.0/24: bans lifted: 0\nbob: bans lifted: 0\nalice: bans lifted: 1\n" {
		t.Errorf("lift: %q", got)
	}
	drop, err := h.porter.Login(t.Context(), "alice", "secret", remote)
	if err != nil {
		t.Fatal(err)
	}
	drop.Close()
	if got := counted(); got[0] != 0 || got[1] != 1 {
		t.Errorf("counted %v after the lift", got)
	}
}

func TestBan_IsAskedOfTheRunningHouse(t *testing.T) {
	conf := settings(t, doors)
	_, _ = startServe(t, conf)
	if got := do(t, conf, "ban", "list", "--json"); got != "" {
		t.Errorf("list: %q", got)
	}
	if got := do(t, conf, "ban", "lift", "::1"); got != "::1: bans lifted: 0\n" {
		t.Errorf("lift: %q", got)
	}
}
