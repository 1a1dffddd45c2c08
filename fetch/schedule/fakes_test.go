package schedule_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"testing"
	"time"

	"restante/fetch"
	"restante/fetch/schedule"
)

func parse(t testing.TB, expr string) schedule.Schedule {
	t.Helper()
	s, err := schedule.Parse(expr)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// book is a Book in memory.
type book struct {
	mu   sync.Mutex // guards the fields below
	all  map[string]schedule.Standing
	err  error
	kept int
}

func newBook() *book { return &book{all: map[string]schedule.Standing{}} }

func (b *book) Standings(context.Context) (map[string]schedule.Standing, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return maps.Clone(b.all), b.err
}

func (b *book) SetStanding(_ context.Context, account string, s schedule.Standing) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err == nil {
		b.all[account] = s
		b.kept++
	}
	return b.err
}

// upstream answers rounds by a script, and notes when they began.
type upstream struct {
	mu    sync.Mutex // guards the fields below
	start time.Time
	at    map[string][]time.Duration // when rounds began, by account
	takes time.Duration
	err   error
	mail  int
}

func newUpstream() *upstream {
	return &upstream{start: time.Now(), at: map[string][]time.Duration{}}
}

func (u *upstream) round(name string) func(context.Context) (fetch.Summary, error) {
	return func(ctx context.Context) (fetch.Summary, error) {
		u.mu.Lock()
		u.at[name] = append(u.at[name], time.Since(u.start))
		sum, err, takes := fetch.Summary{Account: name, Taken: u.mail}, u.err, u.takes
		u.mu.Unlock()
		select {
		case <-time.After(takes):
			return sum, err
		case <-ctx.Done():
			return sum, ctx.Err()
		}
	}
}

func (u *upstream) set(err error, mail int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.err, u.mail = err, mail
}

// rounds gives the times at which rounds began, to the second.
func (u *upstream) rounds(name string) string {
	u.mu.Lock()
	defer u.mu.Unlock()
	var out []time.Duration
	for _, at := range u.at[name] {
		out = append(out, at.Truncate(time.Second))
	}
	return fmt.Sprint(out)
}

func (u *upstream) count(name string) int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return len(u.at[name])
}

// house is a runner of one account called isp, and what it says.
type house struct {
	*schedule.Runner
	log  *bytes.Buffer
	seal string
}

func newHouse(t testing.TB, b *book, expr string, round func(context.Context) (fetch.Summary, error)) *house {
	t.Helper()
	h := &house{log: &bytes.Buffer{}, seal: "one"}
	var err error
	h.Runner, err = schedule.New(t.Context(), schedule.Options{
		Book: b, Log: slog.New(slog.NewTextHandler(h.log, nil)),
		Jobs: []schedule.Job{{
			Name: "isp", Schedule: parse(t, expr), Round: round,
			Seal: func(context.Context) (string, error) {
				if h.seal == "" {
					return "", errors.New("the vault is shut")
				}
				return h.seal, nil
			},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// run rings for as long.
func (h *house) run(t testing.TB, d time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	h.Run(ctx, t.Context())
}

func (h *house) standing(t testing.TB) schedule.Standing {
	t.Helper()
	s, err := h.Standing("isp")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var (
	errNet  = errors.New("isp: dial tcp 192.0.2.1:995: connection refused")
	errAuth = fmt.Errorf("isp: %w: PASS: the server said %q", fetch.ErrAuth, "no")
)

func busy(text string) error {
	return fmt.Errorf("isp: %w: PASS: the server said %q", fetch.ErrBusy, text)
}
