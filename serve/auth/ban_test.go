package auth_test

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"restante/serve/auth"
)

// persist goes on guessing, whatever there is to wait, until a ban refuses it.
func (w *town) persist(t *testing.T, name string, from netip.Addr) {
	t.Helper()
	for i := range 100 {
		err := w.Check(ctx, name, fmt.Sprint("guess ", i), from)
		var slow *auth.ThrottledError
		if !errors.As(err, &slow) {
			continue
		}
		if slow.RetryAfter > 15*time.Minute {
			return
		}
		w.pass(slow.RetryAfter)
	}
	t.Fatal("100 guesses, and no ban")
}

func names(bans []auth.Ban) (all []string) {
	for _, b := range bans {
		all = append(all, fmt.Sprintf("%s %v %v", b.Name, b.Network, b.Until.Sub(b.Since)))
	}
	return all
}

func TestBan_IsToldOnceAndEnds(t *testing.T) {
	var told []auth.Ban
	w := newTown(t, auth.Options{Ban: 30 * time.Minute, Banned: func(b auth.Ban) { told = append(told, b) }})
	w.persist(t, "ada", home)
	for range 5 {
		w.want(t, auth.ErrThrottled, "ada", "engine", home)
	}
	want := []string{"ada 192.0.2.7/32 30m0s"}
	if got := names(told); !slices.Equal(got, want) || w.BansFelt() != 1 {
		t.Errorf("told %q, %d felt, want %q", got, w.BansFelt(), want)
	}
	if got := names(w.Bans()); !slices.Equal(got, want) {
		t.Errorf("in force %q, want %q", got, want)
	}
	// Neither other names nor other addresses feel it.
	w.want(t, nil, "bob", "builder", home)
	w.want(t, nil, "ada", "engine", cafe)
	w.pass(30 * time.Minute)
	if got := w.Bans(); len(got) > 0 {
		t.Errorf("after its time %v is in force", got)
	}
	w.want(t, nil, "ada", "engine", home)
}

func TestBan_IsLiftedByNameAddressAndNetwork(t *testing.T) {
	for way, lift := range map[string]func(*town) int{
		"name":    func(w *town) int { return w.LiftName("ada") },
		"address": func(w *town) int { return w.LiftNetwork(netip.PrefixFrom(home, 32)) },
		"mapped":  func(w *town) int { return w.LiftNetwork(netip.MustParsePrefix("192.0.2.0/24")) },
	} {
		w := newTown(t, auth.Options{})
		w.persist(t, "ada", home)
		if n := w.LiftName("eve") + w.LiftNetwork(netip.PrefixFrom(cafe, 32)); n != 0 {
			t.Errorf("%s: %d of others were lifted", way, n)
		}
		w.want(t, auth.ErrThrottled, "ada", "engine", home)
		if n := lift(w); n != 1 || len(w.Bans()) != 0 {
			t.Errorf("%s: %d lifted, %v left", way, n, w.Bans())
		}
		if n := w.guess(t, 10, "ada", home); n != 5 {
			t.Errorf("%s: then %d guesses were free, want 5", way, n)
		}
	}
}

// Who tries name after name is kept out of all of them; who is at home there is not.
func TestBan_OfAnAddressIsForManyNames(t *testing.T) {
	w := newTown(t, auth.Options{})
	w.want(t, nil, "ada", "engine", home)
	for i := range 19 {
		w.prove(t, 3, fmt.Sprint("user", i), home, false)
	}
	w.want(t, nil, "bob", "builder", home) // a correct password of another name
	for i := range 60 {
		w.prove(t, 1, fmt.Sprint("admin", i), home, false)
		w.pass(20 * time.Minute)
	}
	w.prove(t, 1, "feels it", home, false)
	if got := names(w.Bans()); len(got) != 1 || got[0][:len(" 192.0.2.7/32")] != " 192.0.2.7/32" {
		t.Errorf("in force: %q", got)
	}
	w.want(t, nil, "ada", "engine", home)
	w.want(t, nil, "bob", "builder", home)
	if n := w.LiftNetwork(netip.PrefixFrom(home, 32)); n != 1 {
		t.Errorf("%d lifted", n)
	}
}

// A phone with last year's password, which it never sends, tries once a minute for
// a day. SCRAM does not show that it is always the same mistake.
func TestBan_OnePhoneNeverKeepsOthersOut(t *testing.T) {
	w := newTown(t, auth.Options{})
	for range 24 * 60 {
		if err := w.Begin("ada", home); err == nil {
			w.Settle("ada", home, false)
		}
		w.pass(time.Minute)
	}
	w.want(t, nil, "bob", "builder", home) // who was never here before
	w.want(t, nil, "ada", "engine", cafe)
}

// Where the name has got in before, its own devices wait a quarter of an hour at
// most, and are not banned.
func TestBan_SparesWhoeverIsAtHome(t *testing.T) {
	w := newTown(t, auth.Options{})
	w.want(t, nil, "ada", "engine", home)
	for range 500 {
		if w.Begin("ada", home) != nil {
			w.pass(time.Minute)
		}
	}
	var slow *auth.ThrottledError
	if err := w.Begin("ada", home); errors.As(err, &slow) && slow.RetryAfter > 15*time.Minute || len(w.Bans()) > 0 {
		t.Errorf("%v, %v", err, w.Bans())
	}
	w.pass(15 * time.Minute)
	w.want(t, nil, "ada", "engine", home)
}

// Right logins beside a guesser do not make anybody wait longer.
func TestBan_RightLoginsDoNotDrawItOut(t *testing.T) {
	w := newTown(t, auth.Options{})
	w.want(t, nil, "ada", "engine", home)
	wait := func() time.Duration {
		t.Helper()
		var slow *auth.ThrottledError
		if err := w.Begin("eve", home); !errors.As(err, &slow) {
			t.Fatalf("Begin = %v", err)
		}
		return slow.RetryAfter
	}
	for i := range 30 {
		w.prove(t, 1, fmt.Sprint("user", i), home, false)
		w.pass(10 * time.Minute)
	}
	before := wait()
	w.pass(11 * time.Minute) // the password is not remembered any more
	w.want(t, nil, "ada", "engine", home)
	if after := wait(); before < 30*time.Minute || after != before-11*time.Minute {
		t.Errorf("%v to wait, and 11 minutes later %v", before, after)
	}
}
