package auth_test

import (
	"errors"
	"net/netip"
	"testing"

	"restante/serve/auth"
)

// prove plays n logins without a password and says how many were let try.
func (w *town) prove(t *testing.T, n int, name string, from netip.Addr, ok bool) (tried int) {
	t.Helper()
	for range n {
		switch err := w.Begin(name, from); {
		case err == nil:
			w.Settle(name, from, ok)
			tried++
		case !errors.Is(err, auth.ErrThrottled):
			t.Fatalf("Begin: %v", err)
		}
	}
	return tried
}

func TestBegin_SlowsGuessesWhicheverWayTheyCome(t *testing.T) {
	w := newTown(t, auth.Options{Trusted: []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24")}})
	if n := w.prove(t, 100, "ada", home, true); n != 100 {
		t.Errorf("%d of 100 right logins were let in", n)
	}
	if n := w.prove(t, 3, "ada", home, false) + w.guess(t, 30, "ada", home); n != 20 {
		t.Errorf("%d guesses of both kinds were free, want 20", n)
	}
	if n := w.prove(t, 10, "ada", home, true); n != 0 {
		t.Errorf("%d were let in that had to wait", n)
	}
	if n := w.prove(t, 100, "ada", cafe, false); n != 100 {
		t.Errorf("%d of 100 were let try from a trusted network", n)
	}
	w.pass(1e12)
	if n := w.prove(t, 1, "ada", home, true) + w.prove(t, 30, "ada", home, false); n != 21 {
		t.Errorf("%d after a right login, want 20 more", n)
	}
}

// Who opens exchanges and never ends them has guessed all the same.
func TestBegin_CountsWhatIsNeverSettled(t *testing.T) {
	w := newTown(t, auth.Options{})
	for range 5 {
		if err := w.Begin("ada", home); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Begin("ada", home); !errors.Is(err, auth.ErrThrottled) {
		t.Errorf("Begin = %v", err)
	}
}
