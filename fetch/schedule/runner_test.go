package schedule_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"restante/fetch"
	"restante/fetch/schedule"
)

func TestRunner_SkipsTimesThatARoundRunsInto(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := newUpstream()
		u.takes = 25 * time.Second
		newHouse(t, newBook(), "@every 10s", u.round("isp")).run(t, 90*time.Second)
		// Counted from ring to ring, with at most a second of its own each time.
		if got := u.at["isp"]; len(got) != 3 && len(got) != 4 {
			t.Errorf("ran at %v", got)
		}
		for i, at := range u.at["isp"][1:] {
			if gap := at - u.at["isp"][i]; gap < 25*time.Second || gap > 35*time.Second {
				t.Errorf("ran at %v", u.at["isp"])
			}
		}
	})
}

func TestRunner_RingsAtTheTimesOfTheCalendar(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := newUpstream() // bubbles begin at midnight
		newHouse(t, newBook(), "0 7 * * *", u.round("isp")).run(t, 50*time.Hour)
		got := u.at["isp"]
		if len(got) != 3 || got[0] != 0 {
			t.Fatalf("ran at %v, want at once and at two sevens", got)
		}
		for i, want := range []time.Duration{7 * time.Hour, 31 * time.Hour} {
			if late := got[i+1] - want; late < 0 || late >= 30*time.Second || late != got[1]-7*time.Hour {
				t.Errorf("ran at %v", got)
			}
		}
	})
}

func TestRunner_RestartRepeatsNothingAndMissesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u, b := newUpstream(), newBook()
		rounds := func(after time.Duration) int {
			t.Helper()
			had := u.count("isp")
			newHouse(t, b, "@every 5m", u.round("isp")).run(t, after)
			return u.count("isp") - had
		}
		if n := rounds(time.Minute); n != 1 {
			t.Fatalf("%d rounds in the first minute", n)
		}
		if n := rounds(3 * time.Minute); n != 0 {
			t.Errorf("%d rounds 1 to 4 minutes after the last", n)
		}
		if n := rounds(time.Minute + 31*time.Second); n != 1 {
			t.Errorf("%d rounds about 5 minutes after the last", n)
		}
		time.Sleep(4 * time.Minute)
		time.Sleep(time.Hour) // down while it was due
		if n := rounds(time.Second); n != 1 {
			t.Errorf("%d rounds at the start, being late", n)
		}
	})
}

func TestRunner_RoundThatKilledTheProcessDoesNotDoSoAtOnceAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u, b := newUpstream(), newBook()
		b.all["isp"] = schedule.Standing{Due: time.Now(), Tried: time.Now(), Open: true}
		newHouse(t, b, "@every 5m", u.round("isp")).run(t, time.Minute)
		if got := u.rounds("isp"); got != "[30s]" {
			t.Errorf("ran at %s", got)
		}
	})
}

func TestRunner_OtherScheduleHoldsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u, b := newUpstream(), newBook()
		newHouse(t, b, "@every 24h", u.round("isp")).run(t, time.Minute)
		newHouse(t, b, "@every 5m", u.round("isp")).run(t, 5*time.Minute)
		if got := u.count("isp"); got != 2 {
			t.Errorf("ran at %s", u.rounds("isp"))
		}
	})
}

func TestRunner_ManyAccountsAreNeverDueAtOnce(t *testing.T) {
	for _, expr := range []string{"@every 5m", "*/5 * * * *"} {
		synctest.Test(t, func(t *testing.T) {
			u := newUpstream()
			o := schedule.Options{Book: newBook()}
			const n = 300
			for i := range n {
				name := fmt.Sprintf("account-%d", i)
				o.Jobs = append(o.Jobs, schedule.Job{Name: name, Schedule: parse(t, expr), Round: u.round(name)})
			}
			r, err := schedule.New(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			const hours = 3
			ctx, cancel := context.WithTimeout(t.Context(), hours*time.Hour)
			defer cancel()
			r.Run(ctx, ctx)
			seen := map[time.Duration]string{}
			lately := map[time.Duration]int{} // in the last hour, by the second
			for name, all := range u.at {
				if len(all) < hours*12*9/10 {
					t.Fatalf("%s ran %d times", name, len(all))
				}
				for i, at := range all {
					if other := seen[at]; other != "" {
						t.Fatalf("%s and %s both ran at %v", name, other, at)
					}
					seen[at] = name
					if i > 1 && expr[0] == '@' && at-all[i-1] < 5*time.Minute {
						t.Fatalf("%s ran %v after the round before", name, at-all[i-1])
					}
					if at > (hours-1)*time.Hour {
						lately[at.Truncate(time.Second)]++
					}
				}
			}
			most := 0
			for _, rounds := range lately {
				most = max(most, rounds)
			}
			// Even would be one a second of the interval, or ten of the half
			// minute that a calendar's times leave.
			if limit := map[bool]int{true: 8, false: 30}[expr[0] == '@']; most > limit {
				t.Errorf("%s: %d rounds in one second", expr, most)
			}
		})
	}
}

func TestRunner_PanicIsATroubleLikeOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		h := newHouse(t, newBook(), "@every 5m", func(context.Context) (fetch.Summary, error) {
			if n++; n == 1 {
				panic("oh dear")
			}
			return fetch.Summary{}, nil
		})
		h.run(t, time.Minute)
		s := h.standing(t)
		if s.State != schedule.Retrying || !strings.Contains(s.Why, "oh dear") || !strings.Contains(h.log.String(), "runner_test.go") {
			t.Errorf("standing %+v, log %s", s, h.log)
		}
		h.run(t, 10*time.Minute)
		if s := h.standing(t); n < 2 || s.State != schedule.OK {
			t.Errorf("%d rounds, standing %+v", n, s)
		}
	})
}

func TestRunner_WaitsForRoundsUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u, b := newUpstream(), newBook()
		u.takes = 5 * time.Second
		newHouse(t, b, "@daily", u.round("isp")).run(t, time.Second)
		if s := b.all["isp"]; s.Good.IsZero() || s.Open {
			t.Errorf("standing %+v", s)
		}
	})
}

func TestRunner_RoundThatIsCutIsDueStill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u, b := newUpstream(), newBook()
		u.takes = time.Hour
		h := newHouse(t, b, "@daily", u.round("isp"))
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		h.Run(ctx, ctx)
		u.takes = 0
		newHouse(t, b, "@daily", u.round("isp")).run(t, time.Minute)
		if got := u.rounds("isp"); got != "[0s 1m0s]" {
			t.Errorf("ran at %s", got)
		}
		if s := b.all["isp"]; s.State != schedule.OK || s.Open {
			t.Errorf("standing %+v", s)
		}
	})
}

func TestRunner_ARoundByHandMeetsOneUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := newUpstream()
		u.takes = 10 * time.Minute
		var under atomic.Bool
		round := func(ctx context.Context) (fetch.Summary, error) {
			if !under.CompareAndSwap(false, true) {
				return fetch.Summary{}, fetch.ErrRunning
			}
			defer under.Store(false)
			return u.round("isp")(ctx)
		}
		h := newHouse(t, newBook(), "@every 1h", round)
		go h.Round(t.Context(), "isp")
		synctest.Wait()
		if _, err := h.Round(t.Context(), "isp"); !errors.Is(err, fetch.ErrRunning) {
			t.Errorf("Round = %v", err)
		}
		h.run(t, 20*time.Minute) // it is due, but under way
		if s := h.standing(t); u.count("isp") != 1 || s.State != schedule.OK || s.Open {
			t.Errorf("%d rounds, standing %+v", u.count("isp"), s)
		}
	})
}

func TestRunner_BookThatCannotBeWrittenIsToldOf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u, b := newUpstream(), newBook()
		h := newHouse(t, b, "@every 5m", u.round("isp"))
		b.err = errors.New("disk full")
		h.run(t, time.Minute)
		if u.count("isp") != 1 || !strings.Contains(h.log.String(), "disk full") {
			t.Errorf("%d rounds, log %s", u.count("isp"), h.log)
		}
		if err := h.Pause(t.Context(), "isp", ""); err == nil {
			t.Error("a pause that will not last is called one")
		}
		if _, err := schedule.New(t.Context(), schedule.Options{Book: b}); err == nil {
			t.Error("a book that cannot be read is passed over")
		}
	})
}

func TestNew_RefusesJobsItCannotRun(t *testing.T) {
	round := newUpstream().round("a")
	s := parse(t, "@daily")
	for name, jobs := range map[string][]schedule.Job{
		"same name":   {{Name: "a", Schedule: s, Round: round}, {Name: "a", Schedule: s, Round: round}},
		"no schedule": {{Name: "a", Round: round}},
		"no work":     {{Name: "a", Schedule: s}},
	} {
		if _, err := schedule.New(t.Context(), schedule.Options{Jobs: jobs, Book: newBook()}); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}
