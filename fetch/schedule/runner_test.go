package schedule_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"restante/fetch/schedule"
)

func parse(t *testing.T, expr string) schedule.Schedule {
	t.Helper()
	s, err := schedule.Parse(expr)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// diary notes when jobs began, since the start of the test.
type diary struct {
	mu    sync.Mutex // guards the fields below
	start time.Time
	at    map[string][]time.Duration
}

func newDiary() *diary { return &diary{start: time.Now(), at: map[string][]time.Duration{}} }

func (d *diary) note(name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.at[name] = append(d.at[name], time.Since(d.start))
}

func (d *diary) of(name string) string { return fmt.Sprint(d.at[name]) }

// job notes its beginning and then takes its time.
func (d *diary) job(name string, s schedule.Schedule, takes time.Duration) schedule.Job {
	return schedule.Job{Name: name, Schedule: s, Run: func(ctx context.Context) error {
		d.note(name)
		select {
		case <-time.After(takes):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}}
}

// runFor lets a runner run for that long on the test's own clock.
func runFor(t *testing.T, d time.Duration, r *schedule.Runner) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	if err := r.Run(ctx); err != nil {
		t.Error(err)
	}
}

func TestRunner_SkipsTimesThatAJobRunsInto(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDiary()
		runFor(t, 70*time.Second, &schedule.Runner{NoJitter: true, Jobs: []schedule.Job{
			d.job("slow", parse(t, "@every 10s"), 25*time.Second),
			d.job("quick", parse(t, "@every 10s"), time.Second),
		}})
		// The slow one is done at 35 s, and rings again within the next interval.
		if got := d.of("quick"); got != "[10s 20s 30s 40s 50s 1m0s]" && got != "[10s 20s 30s 40s 50s 1m0s 1m10s]" {
			t.Errorf("quick ran at %s", got)
		}
		slow := d.at["slow"]
		if len(slow) != 2 && len(slow) != 3 {
			t.Fatalf("slow ran at %v", slow)
		}
		for i := 1; i < len(slow); i++ {
			if gap := slow[i] - slow[i-1]; gap < 25*time.Second || gap > 35*time.Second {
				t.Errorf("slow ran at %v", slow)
			}
		}
	})
}

func TestRunner_RunsAtOnceWhereAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDiary()
		runFor(t, 2*time.Hour+time.Minute, &schedule.Runner{AtStart: true, NoJitter: true,
			Jobs: []schedule.Job{d.job("a", parse(t, "@hourly"), 0)}})
		if got := d.of("a"); got != "[0s 1h0m0s 2h0m0s]" {
			t.Errorf("ran at %s", got)
		}
	})
}

func TestRunner_OffsetIsStableAndSmall(t *testing.T) {
	offsets := func() map[string][]time.Duration {
		var at map[string][]time.Duration
		synctest.Test(t, func(t *testing.T) {
			d := newDiary()
			r := &schedule.Runner{}
			for i := range 20 {
				r.Jobs = append(r.Jobs, d.job(fmt.Sprintf("account-%d", i), parse(t, "@every 1m"), 0))
			}
			runFor(t, 10*time.Minute+30*time.Second, r)
			at = d.at
		})
		return at
	}
	first, second := offsets(), offsets()
	different := map[time.Duration]bool{}
	for name, at := range first {
		if fmt.Sprint(at) != fmt.Sprint(second[name]) {
			t.Errorf("%s ran at %v, then at %v", name, at, second[name])
		}
		if len(at) != 10 {
			t.Fatalf("%s ran %d times: %v", name, len(at), at)
		}
		for i, when := range at {
			offset := when - time.Duration(i+1)*time.Minute
			if offset < 0 || offset > 6*time.Second || offset != at[0]-time.Minute {
				t.Errorf("%s: offset %v at ring %d", name, offset, i)
			}
		}
		different[at[0]] = true
	}
	if len(different) < 15 {
		t.Errorf("20 jobs have %d offsets", len(different))
	}
}

func TestRunner_PanicStopsNeitherTheJobNorOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDiary()
		var log bytes.Buffer
		runFor(t, 35*time.Second, &schedule.Runner{NoJitter: true,
			Log: slog.New(slog.NewTextHandler(&log, nil)),
			Jobs: []schedule.Job{
				{Name: "bad", Schedule: parse(t, "@every 10s"), Run: func(context.Context) error { d.note("bad"); panic("oh dear") }},
				{Name: "failing", Schedule: parse(t, "@every 10s"), Run: func(context.Context) error { return errors.New("no luck") }},
				d.job("good", parse(t, "@every 10s"), 0),
			}})
		if d.of("bad") != "[10s 20s 30s]" || d.of("good") != "[10s 20s 30s]" {
			t.Errorf("ran at %v", d.at)
		}
		for _, want := range []string{"oh dear", "runner_test.go", "account=bad", "no luck", "account=failing"} {
			if !strings.Contains(log.String(), want) {
				t.Errorf("log lacks %q:\n%s", want, log.String())
			}
		}
	})
}

func TestRunner_WaitsForRunningJobs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ended := false
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		r := &schedule.Runner{AtStart: true, Jobs: []schedule.Job{{Name: "a", Schedule: parse(t, "@daily"), Run: func(ctx context.Context) error {
			<-ctx.Done()
			<-time.After(5 * time.Second) // an orderly way out takes a while
			ended = true
			return ctx.Err()
		}}}}
		if err := r.Run(ctx); err != nil || !ended {
			t.Errorf("Run = %v, job ended: %v", err, ended)
		}
	})
}

func TestRunner_RefusesJobsItCannotRun(t *testing.T) {
	run := func(context.Context) error { return nil }
	s := parse(t, "@daily")
	for name, jobs := range map[string][]schedule.Job{
		"same name":   {{Name: "a", Schedule: s, Run: run}, {Name: "a", Schedule: s, Run: run}},
		"no schedule": {{Name: "a", Run: run}},
		"no work":     {{Name: "a", Schedule: s}},
	} {
		if err := (&schedule.Runner{Jobs: jobs}).Run(t.Context()); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}
