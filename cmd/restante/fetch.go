package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"restante/fetch"
	"restante/index/blob"
)

func newFetch(e *env) *cobra.Command {
	var asJSON, dry, trace bool
	c := &cobra.Command{
		Use:   "fetch [ACCOUNT…]",
		Short: "Run one round against the accounts now (all of them, or those named), then exit",
		Args:  cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			return e.withHouse(c.Context(), func(ctx context.Context, h *house) error {
				if err := h.checkOwners(ctx); err != nil {
					return err
				}
				accounts, err := h.pick(args)
				if err != nil {
					return err
				}
				if trace {
					defer h.taps.open(accounts, e.errOut)()
				}
				if dry {
					return e.dryRun(ctx, h, accounts, asJSON)
				}
				return e.fetchNow(ctx, h, accounts, asJSON)
			})
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a round")
	c.Flags().BoolVar(&dry, "dry-run", false, "only say what would be fetched and deleted, and why that is safe")
	c.Flags().BoolVar(&trace, "trace", false, "write the dialogue to standard error, with secrets blanked")
	return c
}

// pick finds accounts by name; no names are all accounts.
func (h *house) pick(names []string) ([]fetch.Account, error) {
	if len(names) == 0 {
		if len(h.accounts) == 0 {
			return nil, usage(errors.New("the settings have no accounts; add one to their list \"accounts\""))
		}
		return h.accounts, nil
	}
	var out []fetch.Account
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			continue
		}
		a, err := h.accountNow(name)
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}

// fetchNow runs the rounds side by side, the catalogue following, and says
// what came of each.
func (e *env) fetchNow(ctx context.Context, h *house, accounts []fetch.Account, asJSON bool) error {
	bars := newRoundBars(e)
	if e.house == nil {
		h.watchRounds(bars.show)
	}
	var wait sync.WaitGroup
	sums := make([]fetch.Summary, len(accounts))
	errs := make([]error, len(accounts))
	for i, a := range accounts {
		wait.Go(func() { sums[i], errs[i] = h.clock.Round(ctx, a.Name) })
	}
	err := h.following(ctx, e, func() { wait.Wait() })
	bars.end()
	failed := 0
	for i, sum := range sums {
		if errs[i] != nil || len(sum.Failed) > 0 {
			failed++
		}
		if perr := e.sayRound(sum, errs[i], asJSON); perr != nil {
			return perr
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var trouble error
	if failed > 0 {
		trouble = fmt.Errorf("%d of %d accounts had trouble%s", failed, len(accounts), spaceHint(sums, errs))
	}
	return errors.Join(trouble, err)
}

// spaceHint says what to do where the trouble is a full disk.
func spaceHint(sums []fetch.Summary, errs []error) string {
	for i, sum := range sums {
		full := noSpace(errs[i])
		for _, f := range sum.Failed {
			full = full || noSpace(f.Err)
		}
		if full {
			return "; the disk is full: free some space, and fetch again; what was not taken is still upstream"
		}
	}
	return ""
}

func noSpace(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, blob.ErrNoSpace)
}

// following lets the catalogue follow while work goes on, and catches up at the
// end. In a running house the follower is there already.
func (h *house) following(ctx context.Context, e *env, work func()) error {
	if e.house != nil {
		work()
		return nil
	}
	follow, stop := context.WithCancel(ctx)
	defer stop()
	var g errgroup.Group
	g.Go(func() error { return quiet(h.catalogue.Follow(follow, h.archive, h.archive.Wake())) })
	work()
	stop()
	if err := g.Wait(); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return nil // the next start catches up
	}
	return h.catchUp(ctx, e)
}

// catchUp brings the catalogue up to what the archive holds.
func (h *house) catchUp(ctx context.Context, e *env) error {
	b := e.bar("indexing", 0)
	defer b.end()
	return h.catalogue.CatchUp(ctx, h.archive, b.set)
}

// roundReport is the JSON form of a round.
type roundReport struct {
	Account string   `json:"account"`
	Listed  int      `json:"listed"`
	New     int      `json:"new"`
	Taken   int      `json:"taken"`
	Known   int      `json:"known_already"`
	Bytes   int64    `json:"octets"`
	Deleted int      `json:"deleted_upstream"`
	Skipped int      `json:"skipped"`
	Headers int      `json:"headers_only"`
	Left    int      `json:"left_for_later"`
	Renamed int      `json:"renamed"`
	Seconds float64  `json:"seconds"`
	Failed  []string `json:"failed"`
	Error   string   `json:"error,omitempty"`
}

func (e *env) sayRound(s fetch.Summary, err error, asJSON bool) error {
	if asJSON {
		r := roundReport{
			Account: s.Account, Listed: s.Listed, New: s.New, Taken: s.Taken, Known: s.Twins, Bytes: s.Bytes,
			Deleted: s.Deleted, Skipped: s.Skipped, Headers: s.Headers, Left: s.Left, Renamed: s.Renamed, Seconds: s.Took.Seconds(), Failed: []string{},
		}
		for _, f := range s.Failed {
			r.Failed = append(r.Failed, fmt.Sprintf("%q: %v", f.UID, f.Err))
		}
		if err != nil {
			r.Error = err.Error()
		}
		return e.json(r)
	}
	line := fmt.Sprintf("%s: %d listed, %d new, %d taken (%s), %d deleted upstream, in %s",
		s.Account, s.Listed, s.New, s.Taken, size(s.Bytes), s.Deleted, s.Took.Round(time.Millisecond))
	if s.Twins > 0 {
		line += fmt.Sprintf("; %d of them were here already", s.Twins)
	}
	for _, also := range []struct {
		n    int
		what string
	}{
		{s.Renamed, "known again under new unique ids"}, {s.Left, "wait for the next round"}, {s.Skipped, "left alone upstream"},
		{s.Headers, "of these have their header here"}, {len(s.Failed), "failed, and are still upstream"},
	} {
		if also.n > 0 {
			line += fmt.Sprintf("; %d %s", also.n, also.what)
		}
	}
	if err != nil {
		why := strings.TrimPrefix(err.Error(), s.Account+": ")
		if line += "; broke off: " + why; s.Listed == 0 {
			line = s.Account + ": nothing fetched: " + why
		}
	}
	_, perr := fmt.Fprintln(e.out, line)
	return perr
}

// size prints octets for people.
func size(n int64) string {
	switch {
	case n >= 10<<20:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 10<<10:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d octets", n)
}

// roundBars shows several rounds as one bar.
type roundBars struct {
	bar *bar
	mu  sync.Mutex // guards at
	at  map[string]fetch.Progress
}

func newRoundBars(e *env) *roundBars {
	return &roundBars{bar: e.bar("fetching", 0), at: map[string]fetch.Progress{}}
}

func (r *roundBars) show(p fetch.Progress) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.at[p.Account] = p
	var done, total int64
	for _, p := range r.at {
		done += int64(p.Done)
		total += int64(p.Total)
	}
	r.bar.set(done, total)
}

func (r *roundBars) end() { r.bar.end() }
