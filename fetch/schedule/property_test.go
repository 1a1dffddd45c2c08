package schedule_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"restante/fetch"
	"restante/fetch/schedule"
)

var exprs = []string{"@every 40s", "@every 1m", "@every 5m", "@every 7h", "*/2 * * * *", "17 * * * *", "0 7 * * *"}

// fate is what happens in one bubble, from one seed: what rounds draw and what
// their surroundings draw is drawn apart, since they run side by side.
type fate struct {
	here, there *rand.Rand

	mu    sync.Mutex // guards fault
	fault string     // the first
}

func (f *fate) errorf(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fault == "" {
		f.fault = fmt.Sprintf(format, args...)
	}
}

// upTo draws a time.
func upTo(r *rand.Rand, d time.Duration) time.Duration { return time.Duration(r.Int64N(int64(d))) }

// check runs a property in bubbles, from seeds that rapid draws.
func check(t *testing.T, property func(t *testing.T, f *fate)) {
	rapid.Check(t, func(r *rapid.T) {
		seed := rapid.Uint64().Draw(r, "seed")
		f := &fate{here: rand.New(rand.NewPCG(seed, 1)), there: rand.New(rand.NewPCG(seed, 2))}
		synctest.Test(t, func(t *testing.T) { property(t, f) })
		if f.fault != "" {
			r.Fatal(f.fault)
		}
	})
}

// live lets an account live through restarts and crashes. A crash forgets what
// the book is told on the way out.
func (f *fate) live(t *testing.T, b *book, parts int, open func() *house) {
	for range parts {
		ctx, cancel := context.WithCancel(t.Context())
		h := open()
		done := make(chan struct{})
		go func() { defer close(done); h.Run(ctx, ctx) }()
		time.Sleep(upTo(f.here, 3*time.Hour))
		b.mu.Lock()
		then := maps.Clone(b.all)
		b.mu.Unlock()
		cancel()
		<-done
		if f.here.IntN(2) == 0 {
			b.all = then
		}
		if f.here.IntN(3) > 0 {
			time.Sleep(upTo(f.here, time.Hour))
		}
	}
}

func TestRunner_NeverLogsInMoreOftenThanTheUpstreamWants(t *testing.T) {
	check(t, func(t *testing.T, f *fate) {
		least := time.Duration(f.here.IntN(1800)+1) * time.Second
		expr := exprs[f.here.IntN(len(exprs))]
		var last time.Time // end of the last session
		knows := false
		var h *house
		round := func(ctx context.Context) (fetch.Summary, error) {
			if knows && time.Since(last) < least {
				f.errorf("%s: logged in %v after the last session, %v is the least", expr, time.Since(last), least)
			}
			what := f.there.IntN(7)
			if what == 0 {
				return fetch.Summary{}, errNet // no login
			}
			defer func() { last = time.Now() }()
			switch what {
			case 1:
				return fetch.Summary{}, busy("[IN-USE] locked")
			case 2:
				return fetch.Summary{}, errAuth
			}
			h.Heard(ctx, "isp", least)
			knows = true
			select {
			case <-time.After(upTo(f.there, 20*time.Minute)):
			case <-ctx.Done():
				return fetch.Summary{}, ctx.Err()
			}
			if what == 3 {
				return fetch.Summary{}, errors.New("connection reset")
			}
			return fetch.Summary{Taken: 1}, nil
		}
		b := newBook()
		f.live(t, b, 4, func() *house { h = newHouse(t, b, expr, round); return h })
	})
}

func TestRunner_BacksOffWithinBounds(t *testing.T) {
	check(t, func(t *testing.T, f *fate) {
		expr := exprs[f.here.IntN(len(exprs))]
		var last time.Time
		n := 0
		h := newHouse(t, newBook(), expr, func(context.Context) (fetch.Summary, error) {
			if gap := time.Since(last); n > 0 && (gap > 66*time.Minute || gap < time.Minute) {
				f.errorf("%s: trouble %d was tried again after %v", expr, n, gap)
			}
			n++
			last = time.Now()
			return fetch.Summary{}, []error{errNet, busy("[SYS/TEMP]"), busy("[LOGIN-DELAY]")}[f.there.IntN(3)]
		})
		h.run(t, 30*time.Hour)
		if s := h.standing(t); n < 27 || s.State == schedule.OK {
			f.errorf("%s: tried %d times in 30 hours, standing %+v", expr, n, s)
		}
	})
}

func TestRunner_NoRoundIsMissedOrRepeatedAcrossRestarts(t *testing.T) {
	check(t, func(t *testing.T, f *fate) {
		every := time.Minute + time.Duration(f.here.IntN(20000))*time.Second
		most := every + min(every/10, 30*time.Second)
		var last, up time.Time
		round := func(context.Context) (fetch.Summary, error) {
			gap := time.Since(last)
			switch {
			case last.IsZero():
			case gap < every:
				f.errorf("rounds %v apart, every %v", gap, every)
			case gap > most && last.Add(most).After(up):
				f.errorf("rounds %v apart, every %v, up for %v", gap, every, time.Since(up))
			case gap > most && !time.Now().Equal(up):
				f.errorf("late as it was, it began %v after the start", time.Since(up))
			}
			last = time.Now()
			return fetch.Summary{}, nil
		}
		b := newBook()
		f.live(t, b, 8, func() *house {
			up = time.Now()
			return newHouse(t, b, "@every "+every.String(), round)
		})
		if !last.After(up) && up.Sub(last) > most {
			f.errorf("last round %v before the last start, and none since", up.Sub(last))
		}
	})
}

func TestRunner_ClockThatIsSetNeitherStopsNorRacesAnAccount(t *testing.T) {
	for _, off := range []time.Duration{-50 * 365 * 24 * time.Hour, -time.Hour, time.Hour, 50 * 365 * 24 * time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			u := newUpstream()
			set := time.Now().Add(12 * time.Minute)
			clock := func() time.Time {
				if now := time.Now().Round(0); now.Before(set) {
					return now
				}
				return time.Now().Add(off).Round(0)
			}
			r, err := schedule.New(t.Context(), schedule.Options{Book: newBook(), Now: clock, Jobs: []schedule.Job{
				{Name: "isp", Schedule: parse(t, "@every 5m"), Round: u.round("isp")},
			}})
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 42*time.Minute)
			defer cancel()
			r.Run(ctx, ctx)
			if n := u.count("isp"); n < 3+4 || n > 3+7 {
				t.Errorf("set by %v: rounds at %s", off, u.rounds("isp"))
			}
		})
	}
}
