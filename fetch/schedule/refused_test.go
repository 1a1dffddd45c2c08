package schedule_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"restante/fetch"
	"restante/fetch/schedule"
)

var errHungUp = fmt.Errorf("isp: %w: PASS: the server closed the connection", fetch.ErrHungUp)

// script answers rounds by a list, of which the last goes on for ever.
func script(u *upstream, errs ...error) func(context.Context) (fetch.Summary, error) {
	round := u.round("isp")
	return func(ctx context.Context) (fetch.Summary, error) {
		u.set(errs[0], 0)
		errs = errs[min(1, len(errs)-1):]
		return round(ctx)
	}
}

func TestStanding_FewHangUpsAreNoReasonToLeaveAnAccountAlone(t *testing.T) {
	tests := []struct {
		name string
		errs []error
		want schedule.State // after eight hours
		n    int
	}{
		{"a bad line for hours", []error{errHungUp, errNet, errHungUp, errHungUp, errNet, errHungUp, errHungUp, nil}, schedule.OK, -1},
		{"nothing else", []error{errHungUp}, schedule.NeedsLogin, 6},
		{"one in words", []error{errHungUp, errAuth, errHungUp}, schedule.NeedsLogin, 5},
		{"two in words", []error{errAuth, errHungUp, errAuth, errHungUp}, schedule.NeedsLogin, 4},
		{"begun anew by a good round", []error{errHungUp, errHungUp, errHungUp, nil, errHungUp, errHungUp, errHungUp, nil}, schedule.OK, -1},
	}
	for _, tt := range tests {
		synctest.Test(t, func(t *testing.T) {
			u := newUpstream()
			h := newHouse(t, newBook(), "@every 5m", script(u, tt.errs...))
			h.run(t, 8*time.Hour)
			if s := h.standing(t); s.State != tt.want || tt.n >= 0 && u.count("isp") != tt.n {
				t.Errorf("%s: tried at %s, standing %+v", tt.name, u.rounds("isp"), s)
			}
		})
	}
}

func TestStanding_HangUpsAloneDoNotEndAnAccountForGood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u, b := newUpstream(), newBook()
		u.set(errHungUp, 0)
		newHouse(t, b, "@every 5m", u.round("isp")).run(t, 8*time.Hour)
		newHouse(t, b, "@every 5m", u.round("isp")).run(t, 64*time.Hour)
		if s := b.all["isp"]; s.State != schedule.NeedsLogin || u.count("isp") != 8 {
			t.Errorf("tried at %s, standing %+v", u.rounds("isp"), s)
		}
		u.set(nil, 0)
		newHouse(t, b, "@every 5m", u.round("isp")).run(t, 25*time.Hour)
		if s := b.all["isp"]; s.State != schedule.OK || s.Refusals != 0 || s.Mute != 0 {
			t.Errorf("tried at %s, standing %+v", u.rounds("isp"), s)
		}
	})
}

// A command that makes a token each time that it is asked makes another secret
// each time.
func TestStanding_SecretThatIsNewEachTimeIsTriedMoreAndMoreRarely(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := newUpstream()
		u.set(errAuth, 0)
		n := 0
		r, err := schedule.New(t.Context(), schedule.Options{Book: newBook(), Jobs: []schedule.Job{{
			Name: "isp", Schedule: parse(t, "@every 5m"), Round: u.round("isp"),
			Seal: func(context.Context) (string, error) { n++; return fmt.Sprint(n), nil },
		}}})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 7*24*time.Hour)
		defer cancel()
		r.Run(ctx, ctx)
		// Three, one at once, 1, 2, 4, 8 and 16 hours apart, then daily.
		if got := u.count("isp"); got < 13 || got > 15 {
			t.Errorf("tried %d times in a week, at %s", got, u.rounds("isp"))
		}
		if s, err := r.Standing("isp"); err != nil || !strings.Contains(s.Why, "refused the login") {
			t.Errorf("standing %+v, %v", s, err)
		}
	})
}

// Whoever mends a password should not wait an hour to hear whether it is right.
func TestStanding_MendedLoginIsTriedBeforeItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := newUpstream()
		u.set(errAuth, 0)
		h := newHouse(t, newBook(), "@every 6h", u.round("isp"))
		h.run(t, 2*time.Minute)
		if !strings.Contains(h.log.String(), "refused=1 next=") {
			t.Errorf("the next try is not told of:\n%s", h.log)
		}
		h.seal = "" // a shut vault is no other secret
		h.run(t, 28*time.Minute)
		h.seal = "one"
		h.run(t, 20*time.Minute)
		if u.count("isp") != 1 {
			t.Fatalf("tried at %s", u.rounds("isp"))
		}
		h.seal = "two"
		h.run(t, 30*time.Second)
		if got := u.rounds("isp"); got != "[0s 50m0s]" || h.standing(t).Refusals != 2 {
			t.Fatalf("tried at %s, standing %+v", got, h.standing(t))
		}
		u.set(nil, 0)
		h.seal = "three"
		h.run(t, 10*time.Minute)
		if s := h.standing(t); s.State != schedule.OK || u.count("isp") != 3 {
			t.Errorf("tried at %s, standing %+v", u.rounds("isp"), s)
		}
	})
}

// A secret that is new each time that it is asked for is no reason to knock at
// a server that is not there.
func TestStanding_ChangedLoginIsNoRemedyForANetwork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := newUpstream()
		h := newHouse(t, newBook(), "@every 6h", script(u, errAuth, errNet))
		h.run(t, 70*time.Minute) // refused at 0, tried again at an hour
		h.seal = "two"
		h.run(t, 15*time.Minute)
		if got := u.rounds("isp"); got != "[0s 1h0m0s]" {
			t.Errorf("tried at %s, standing %+v", got, h.standing(t))
		}
	})
}

// What a clock that was set back leaves far ahead is tried all the same.
func TestStanding_TroubleIsForgottenByNoClock(t *testing.T) {
	for name, s := range map[string]schedule.Standing{
		"no network": {State: schedule.Retrying, Troubles: 3},
		"refused":    {State: schedule.Retrying, Troubles: 1, Refusals: 1, Seal: "one"},
	} {
		synctest.Test(t, func(t *testing.T) {
			u, b := newUpstream(), newBook()
			ahead := time.Now().Add(20 * time.Hour)
			s.Tried, s.Refused, s.Due = ahead, ahead, ahead.Add(30*time.Minute)
			b.all["isp"] = s
			newHouse(t, b, "@every 5m", u.round("isp")).run(t, 2*time.Hour)
			if u.count("isp") == 0 || b.all["isp"].State != schedule.OK {
				t.Errorf("%s: tried at %s, standing %+v", name, u.rounds("isp"), b.all["isp"])
			}
		})
	}
}
