package schedule_test

import (
	"context"
	"errors"
	"maps"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"restante/fetch/schedule"
)

// choreBook keeps in memory, or breaks.
type choreBook struct {
	mu     sync.Mutex
	all    map[string]schedule.Done
	broken error
}

func (b *choreBook) Chores(context.Context) (map[string]schedule.Done, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return maps.Clone(b.all), b.broken
}

func (b *choreBook) SaveChores(_ context.Context, all map[string]schedule.Done) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.broken == nil {
		b.all = maps.Clone(all)
	}
	return b.broken
}

func chore(t *testing.T, name, when string, do func(context.Context) (string, error)) schedule.Chore {
	t.Helper()
	s, err := schedule.Parse(when)
	if err != nil {
		t.Fatal(err)
	}
	return schedule.Chore{Name: name, Schedule: s, Do: do}
}

// runFor runs chores for a while of the bubble's time.
func runFor(t *testing.T, b *choreBook, d time.Duration, all ...schedule.Chore) *schedule.Chores {
	t.Helper()
	c, err := schedule.NewChores(context.Background(), all, b, nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	c.Run(ctx)
	return c
}

func TestChores_RunOneAtATimeAndOutliveARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b choreBook
		under, most, verified, sealed := 0, 0, 0, 0
		slow := func(n *int) func(context.Context) (string, error) {
			return func(context.Context) (string, error) {
				under++
				most = max(most, under)
				time.Sleep(10 * time.Minute)
				under--
				*n++
				return "so many", nil
			}
		}
		all := []schedule.Chore{chore(t, "verify", "@daily", slow(&verified)), chore(t, "seal", "@hourly", slow(&sealed))}
		c := runFor(t, &b, 24*time.Hour+30*time.Minute, all...)
		if most != 1 || verified != 1 || sealed != 24 {
			t.Errorf("%d at once, verified %d times and sealed %d; want 1, 1 and 24", most, verified, sealed)
		}
		if d := c.Last()["verify"]; d.Took != 10*time.Minute || d.Said != "so many" || d.Error != "" || d.Good != d.At {
			t.Errorf("Last = %+v", d)
		}
		// Down over midnight: what was due meanwhile is done once, at once.
		time.Sleep(3 * 24 * time.Hour)
		runFor(t, &b, 25*time.Minute, all...)
		if verified != 2 || sealed != 25 {
			t.Errorf("after a rest: verified %d times and sealed %d; want 2 and 25", verified, sealed)
		}
		// Nothing is repeated by a restart.
		runFor(t, &b, time.Minute, all...)
		if verified != 2 || sealed != 25 {
			t.Errorf("after a restart: verified %d times and sealed %d; want 2 and 25", verified, sealed)
		}
	})
}

func TestChores_TroubleOfOneIsItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b choreBook
		good := 0
		c := runFor(t, &b, 130*time.Minute,
			chore(t, "fails", "@hourly", func(context.Context) (string, error) { return "half", errors.New("disk \xff") }),
			chore(t, "panics", "@hourly", func(context.Context) (string, error) { panic("no") }),
			chore(t, "works", "@hourly", func(context.Context) (string, error) { good++; return "", nil }))
		if good != 2 {
			t.Errorf("the good chore ran %d times, want 2", good)
		}
		last := c.Last()
		if d := last["fails"]; d.Error != "disk ?" || d.Said != "half" || !d.Good.IsZero() {
			t.Errorf("fails = %+v", d)
		}
		if d := last["panics"]; !strings.Contains(d.Error, "panic: no") {
			t.Errorf("panics = %+v", d)
		}
	})
}

func TestChores_ClockInTheFutureStopsNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := choreBook{all: map[string]schedule.Done{"seal": {At: time.Now().AddDate(3, 0, 0)}, "gone": {At: time.Now()}}}
		n := 0
		c := runFor(t, &b, 61*time.Minute, chore(t, "seal", "@hourly", func(context.Context) (string, error) { n++; return "", nil }))
		if n != 1 {
			t.Errorf("ran %d times, want 1", n)
		}
		if _, ok := c.Last()["gone"]; ok || !c.Due("gone", time.Now()).IsZero() {
			t.Error("a chore that is no more is told of")
		}
	})
}

func TestChores_BookThatCannotBeReadIsSaid(t *testing.T) {
	b := choreBook{broken: errors.New("no disk")}
	if _, err := schedule.NewChores(context.Background(), nil, &b, nil); err == nil || !strings.Contains(err.Error(), "no disk") {
		t.Errorf("NewChores = %v", err)
	}
}
