package schedule_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"restante/fetch"
	"restante/fetch/schedule"
)

func TestStanding_LoginsAreTriedThriceAndThenLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u, b := newUpstream(), newBook()
		u.set(errAuth, 0)
		h := newHouse(t, b, "@every 5m", u.round("isp"))
		h.run(t, 24*time.Hour)
		if got := u.rounds("isp"); got != "[0s 10m0s 1h10m0s]" {
			t.Errorf("tried at %s", got)
		}
		s := h.standing(t)
		if s.State != schedule.NeedsLogin || !strings.Contains(s.Why, "refused the login") ||
			strings.Count(h.log.String(), "account needs a login") != 1 {
			t.Errorf("standing %+v, log\n%s", s, h.log)
		}
		// A restart does not try again, and a shut vault is no other secret.
		h = newHouse(t, b, "@every 5m", u.round("isp"))
		h.run(t, time.Hour)
		h.seal = ""
		h.run(t, time.Hour)
		if u.count("isp") != 3 {
			t.Errorf("tried at %s", u.rounds("isp"))
		}
		// Another secret is tried in its turn, once.
		h.seal = "two"
		h.run(t, 24*time.Hour)
		if u.count("isp") != 4 || h.standing(t).State != schedule.NeedsLogin {
			t.Errorf("tried at %s", u.rounds("isp"))
		}
		u.set(nil, 0)
		h.seal = "three"
		h.run(t, 6*time.Minute)
		if s := h.standing(t); s.State != schedule.OK || s.Why != "" || s.Refusals != 0 {
			t.Errorf("standing %+v", s)
		}
	})
}

func TestStanding_ChangedLoginIsSeenAtTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u, b := newUpstream(), newBook()
		b.all["isp"] = schedule.Standing{State: schedule.NeedsLogin, Seal: "old", Due: time.Now().Add(20 * time.Hour)}
		newHouse(t, b, "@daily", u.round("isp")).run(t, time.Second)
		if u.count("isp") != 1 || b.all["isp"].State != schedule.OK {
			t.Errorf("tried at %s, standing %+v", u.rounds("isp"), b.all["isp"])
		}
	})
}

func TestStanding_ImpatientHandsDoNotUseTheTriesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := newUpstream()
		u.set(errAuth, 0)
		h := newHouse(t, newBook(), "@every 5m", u.round("isp"))
		for range 5 {
			if _, err := h.Round(t.Context(), "isp"); !errors.Is(err, fetch.ErrAuth) {
				t.Fatalf("Round = %v", err)
			}
		}
		if s := h.standing(t); s.State != schedule.Retrying || s.Refusals != 1 {
			t.Errorf("standing %+v", s)
		}
	})
}

func TestStanding_ResumeRingsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := newUpstream()
		h := newHouse(t, newBook(), "@every 1h", u.round("isp"))
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); h.Run(ctx, ctx) }()
		time.Sleep(time.Minute)
		if err := h.Pause(ctx, "isp", "on holiday"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Hour)
		if s := h.standing(t); s.State != schedule.Paused || s.Why != "on holiday" || u.count("isp") != 1 {
			t.Errorf("rounds at %s, standing %+v", u.rounds("isp"), s)
		}
		// By hand it is fetched, and paused all the same.
		if _, err := h.Round(ctx, "isp"); err != nil {
			t.Fatal(err)
		}
		u.set(errNet, 0)
		if _, err := h.Round(ctx, "isp"); !errors.Is(err, errNet) {
			t.Fatal(err)
		}
		if s := h.standing(t); s.State != schedule.Paused || s.Why != "on holiday" || s.Good.IsZero() {
			t.Errorf("standing %+v", s)
		}
		u.set(nil, 0)
		if err := h.Resume(ctx, "isp"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if u.count("isp") != 4 || h.standing(t).State != schedule.OK {
			t.Errorf("rounds at %s, standing %+v", u.rounds("isp"), h.standing(t))
		}
		cancel()
		<-done
		for _, err := range []error{h.Pause(ctx, "other", ""), h.Resume(ctx, "other")} {
			if !errors.Is(err, schedule.ErrUnknown) {
				t.Errorf("err = %v", err)
			}
		}
	})
}

func TestStanding_TroubleIsRetriedMoreAndMoreRarely(t *testing.T) {
	tests := []struct {
		expr string
		err  error
		want []time.Duration // between rounds, without the account's own tenth
	}{
		{"@every 5m", errNet, []time.Duration{5 * time.Minute, 10 * time.Minute, 20 * time.Minute, 40 * time.Minute, time.Hour, time.Hour}},
		{"@every 5m", fmt.Errorf("isp: %w", context.Canceled), []time.Duration{5 * time.Minute, 10 * time.Minute}}, // not by us
		{"@every 10s", errNet, []time.Duration{time.Minute, 2 * time.Minute, 4 * time.Minute}},
		{"@daily", busy("[IN-USE] the maildrop is locked"), []time.Duration{30 * time.Minute, time.Hour, time.Hour}},
		{"@every 5m", busy("[SYS/TEMP] come back in 2 hours"), []time.Duration{2 * time.Hour, 2 * time.Hour}},
	}
	for _, tt := range tests {
		synctest.Test(t, func(t *testing.T) {
			u := newUpstream()
			u.set(tt.err, 0)
			h := newHouse(t, newBook(), tt.expr, u.round("isp"))
			h.run(t, 12*time.Hour)
			at := u.at["isp"]
			if len(at) <= len(tt.want) {
				t.Fatalf("%s, %v: rounds at %v", tt.expr, tt.err, at)
			}
			for i, want := range tt.want {
				if got := at[i+1] - at[i]; got < want || got > want+want/10 {
					t.Errorf("%s, %v: rounds at %v, want gaps of %v", tt.expr, tt.err, at, tt.want)
					break
				}
			}
			want := schedule.Retrying
			if errors.Is(tt.err, fetch.ErrBusy) {
				want = schedule.Waiting
			}
			if s := h.standing(t); s.State != want || s.Why != tt.err.Error() || !s.Since.Equal(u.start) {
				t.Errorf("standing %+v", s)
			}
			u.set(nil, 0)
			h.run(t, 3*time.Hour)
			if s := h.standing(t); s.State != schedule.OK || s.Troubles != 0 {
				t.Errorf("standing %+v", s)
			}
		})
	}
}

type later struct{ d time.Duration }

func (l later) Error() string        { return "later" }
func (l later) Later() time.Duration { return l.d }

func TestAsked_ReadsTheWordsOfServers(t *testing.T) {
	tests := []struct {
		err   error
		wait  time.Duration
		often bool
	}{
		{busy("[LOGIN-DELAY] minimum time between mail checks violation"), 0, true},
		{busy("Exceeded the login limit for a 15 minute period. Reduce the frequency of requests"), 15 * time.Minute, true},
		{busy("login interval too short, wait 720 s"), 12 * time.Minute, true},
		{busy("[LOGIN-DELAY] retry in 90 seconds"), 90 * time.Second, true},
		{busy("Too many logins, at most one in 10min"), 10 * time.Minute, true},
		{busy("[IN-USE] maildrop locked by 10.0.0.5"), 0, false},
		{busy("service unavailable, try again in 2 hours"), 2 * time.Hour, false},
		{busy("wait 9999999 hours"), 24 * time.Hour, false},
		{busy("wait 99999999999999999999 s"), 0, false},
		{fmt.Errorf("isp-5m: dial 30s: %w: busy", fetch.ErrBusy), 0, false},
		{fmt.Errorf("%w: %w", fetch.ErrBusy, later{time.Minute}), time.Minute, false},
		{fmt.Errorf("%w: [LOGIN-DELAY] 5 min: %w", fetch.ErrBusy, later{time.Minute}), time.Minute, true},
		{fmt.Errorf("%w: %w", fetch.ErrBusy, later{-time.Minute}), 0, false},
	}
	for _, tt := range tests {
		if wait, often := schedule.Asked(tt.err); wait != tt.wait || often != tt.often {
			t.Errorf("%v: %v, %v; want %v, %v", tt.err, wait, often, tt.wait, tt.often)
		}
	}
}

func TestStanding_LeastIntervalIsLearntFromRefusals(t *testing.T) {
	const least = 15 * time.Minute
	for _, text := range []string{"[LOGIN-DELAY] too soon", "Exceeded the login limit for a 15 minute period"} {
		synctest.Test(t, func(t *testing.T) {
			var last time.Time
			refused, logins := 0, 0
			h := newHouse(t, newBook(), "@every 5m", func(context.Context) (fetch.Summary, error) {
				defer func() { last = time.Now() }()
				if logins++; !last.IsZero() && time.Since(last) < least {
					refused++
					return fetch.Summary{}, busy(text)
				}
				return fetch.Summary{}, nil
			})
			h.run(t, 24*time.Hour)
			s := h.standing(t)
			if refused > 2 || logins < 24 || s.Logins.Least < least || s.Logins.Least > time.Hour {
				t.Errorf("%s: %d of %d logins were refused, standing %+v", text, refused, logins, s)
			}
			if !strings.Contains(h.log.String(), "wants logins less often") {
				t.Errorf("log: %s", h.log)
			}
			// What was a guess is forgotten some day, and at once when asked.
			if err := h.Resume(t.Context(), "isp"); err != nil || h.standing(t).Logins.Least != 0 {
				t.Errorf("resumed: %v, %+v", err, h.standing(t))
			}
		})
	}
}

func TestStanding_QuietAccountIsNoticedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := newUpstream()
		h := newHouse(t, newBook(), "@every 6h", u.round("isp"))
		for range 8 { // mail every other day
			u.set(nil, 3)
			h.run(t, 6*time.Hour)
			u.set(nil, 0)
			h.run(t, 42*time.Hour)
		}
		if s := h.standing(t); s.Mail.Quiet || s.Mail.Usual() < 24*time.Hour || s.Mail.Usual() > 72*time.Hour {
			t.Fatalf("standing %+v", s.Mail)
		}
		h.run(t, 3*24*time.Hour)
		if h.standing(t).Mail.Quiet {
			t.Errorf("quiet after five days of two: %+v", h.standing(t).Mail)
		}
		h.run(t, 10*24*time.Hour)
		if s := h.standing(t); !s.Mail.Quiet || strings.Count(h.log.String(), "unusually quiet") != 1 {
			t.Errorf("standing %+v, log\n%s", s.Mail, h.log)
		}
		u.set(nil, 1)
		h.run(t, 7*time.Hour)
		if h.standing(t).Mail.Quiet {
			t.Error("quiet, having mail")
		}
	})
}

func TestStanding_BusyMorningMakesNoQuietEvening(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := newUpstream()
		h := newHouse(t, newBook(), "@every 5m", u.round("isp"))
		u.set(nil, 3)
		h.run(t, 8*time.Hour)
		u.set(nil, 0)
		h.run(t, 30*24*time.Hour)
		if s := h.standing(t); s.Mail.Quiet || s.Mail.Usual() != 0 {
			t.Errorf("standing %+v", s.Mail)
		}
	})
}
