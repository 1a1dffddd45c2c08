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

// guess tries n different wrong passwords and says how many were checked.
func (w *town) guess(t *testing.T, n int, name string, from netip.Addr) (checked int) {
	t.Helper()
	for i := range n {
		switch err := w.Check(ctx, name, fmt.Sprintf("guess %d from %v", i, from), from); {
		case errors.Is(err, auth.ErrWrong):
			checked++
		case !errors.Is(err, auth.ErrThrottled):
			t.Fatalf("guess: %v", err)
		}
	}
	return checked
}

func TestThrottle_WaitDoublesAndEndsInBans(t *testing.T) {
	w := newTown(t, auth.Options{})
	w.guess(t, 5, "ada", home)
	var got, want []time.Duration
	for i := range 17 {
		err := w.Check(ctx, "ada", "engine", home)
		var slow *auth.ThrottledError
		if !errors.As(err, &slow) {
			t.Fatalf("after %d waits: %v, want a wait", i, err)
		}
		got = append(got, slow.RetryAfter)
		w.pass(slow.RetryAfter)
		w.want(t, auth.ErrWrong, "ada", fmt.Sprint("more ", i), home)
	}
	for i := range 10 {
		want = append(want, time.Second<<i)
	}
	for _, hours := range []int{1, 2, 4, 8, 16, 24, 24} {
		want = append(want, time.Duration(hours)*time.Hour)
	}
	if !slices.Equal(got, want) {
		t.Errorf("waits %v, want %v", got, want)
	}
	w.pass(24 * time.Hour)
	w.want(t, nil, "ada", "engine", home)
	if n := w.guess(t, 30, "ada", home); n != 20 {
		t.Errorf("after a right login %d guesses were free, want 20", n)
	}
}

// A password that is remembered, as that of a user of the settings is from the
// start, makes its sender one who got in before, too.
func TestThrottle_RememberedPasswordIsARightLogin(t *testing.T) {
	w := newTown(t, auth.Options{})
	w.want(t, nil, "ada", "engine", home)
	w.want(t, nil, "ada", "engine", cafe)
	if n := w.guess(t, 12, "ada", cafe); n != 12 {
		t.Errorf("%d guesses were free, want all 12", n)
	}
	w.want(t, nil, "ada", "engine", cafe)
	if n := w.guess(t, 30, "ada", cafe); n != 20 { // the 12 again, and 8: the login took none back
		t.Errorf("%d were checked, want 20", n)
	}
}

func TestThrottle_ForgetsAfterAnHour(t *testing.T) {
	w := newTown(t, auth.Options{})
	w.guess(t, 10, "ada", home)
	w.want(t, auth.ErrThrottled, "ada", "engine", home)
	w.pass(time.Hour + time.Second)
	if n := w.guess(t, 10, "ada", home); n != 5 {
		t.Errorf("an hour later %d guesses were free, want 5", n)
	}
}

func TestThrottle_SameMistakeIsOneFailure(t *testing.T) {
	w := newTown(t, auth.Options{})
	for range 1000 { // the phone, every few seconds
		w.want(t, auth.ErrWrong, "ada", "last year's", home)
		w.pass(5 * time.Second)
	}
	w.want(t, nil, "ada", "engine", home) // the laptop beside it
	w.want(t, nil, "bob", "builder", home)
}

func TestThrottle_GuesserInTheHouseDoesNotLockOutTheOthers(t *testing.T) {
	w := newTown(t, auth.Options{})
	w.want(t, nil, "ada", "engine", home)
	for i := range 30 {
		w.guess(t, 2, fmt.Sprint("admin", i), home)
	}
	w.want(t, auth.ErrThrottled, "admin99", "x", home)
	w.want(t, auth.ErrThrottled, "bob", "builder", home) // never seen from here
	w.pass(11 * time.Minute)                             // not remembered any more, still trusted
	w.guess(t, 3, "admin100", home)
	w.want(t, nil, "ada", "engine", home)
	w.want(t, nil, "bob", "builder", cafe)
}

func TestThrottle_BotnetAtANameDoesNotLockItsOwnerOut(t *testing.T) {
	w := newTown(t, auth.Options{})
	w.want(t, nil, "ada", "engine", home)
	checked := 0
	for i := range 100 {
		checked += w.guess(t, 1, "ada", netip.AddrFrom4([4]byte{203, 0, 113, byte(i)}))
	}
	if checked >= 60 {
		t.Errorf("%d guesses from 100 addresses were checked, want about 50", checked)
	}
	w.want(t, auth.ErrThrottled, "ada", "engine", cafe)
	w.want(t, nil, "ada", "engine", home)
}

func TestThrottle_CountsIPv6ByNetwork(t *testing.T) {
	w := newTown(t, auth.Options{})
	checked := 0
	for i := range 100 {
		checked += w.guess(t, 1, "ada", netip.MustParseAddr(fmt.Sprintf("2001:db8:0:1::%x", i+1)))
	}
	if checked != 5 {
		t.Errorf("%d guesses from one /64 were checked, want 5", checked)
	}
	w.want(t, nil, "ada", "engine", netip.MustParseAddr("2001:db8:0:2::1"))
	mapped := netip.MustParseAddr("::ffff:192.0.2.7")
	if n := w.guess(t, 3, "bob", home) + w.guess(t, 7, "bob", mapped); n != 5 {
		t.Errorf("%d guesses from one IPv4 address in two forms were checked, want 5", n)
	}
}

func TestThrottle_TablesAreBounded(t *testing.T) {
	w := newTown(t, auth.Options{Entries: 10})
	for i := range 200 {
		w.guess(t, 1, fmt.Sprint("user", i), netip.AddrFrom4([4]byte{10, 0, byte(i / 250), byte(i % 250)}))
	}
	w.want(t, nil, "ada", "engine", home)
	if n := w.guess(t, 30, "ada", home); n != 20 {
		t.Errorf("%d guesses were free after a flood, want 20", n)
	}
}

func BenchmarkCheck_Remembered(b *testing.B) {
	phc, err := auth.Hash("engine")
	if err != nil {
		b.Fatal(err)
	}
	w := newTown(b, auth.Options{})
	w.set("ada", phc)
	for b.Loop() {
		if err := w.Check(ctx, "ada", "engine", home); err != nil {
			b.Fatal(err)
		}
	}
}

func TestThrottle_TrustedNetworkIsNeverMadeToWait(t *testing.T) {
	w := newTown(t, auth.Options{Trusted: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}})
	mapped := netip.MustParseAddr("::ffff:192.0.2.7")
	if n := w.guess(t, 60, "ada", home) + w.guess(t, 60, "ada", mapped); n != 120 {
		t.Errorf("%d of 120 guesses from a trusted network were checked", n)
	}
	w.want(t, nil, "ada", "engine", home)
	if n := w.guess(t, 10, "ada", cafe); n != 5 {
		t.Errorf("%d guesses from elsewhere were free, want 5", n)
	}
}
