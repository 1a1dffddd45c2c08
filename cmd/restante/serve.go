package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"restante/fetch"
)

// drainTime is how long sessions and rounds may go on once the end is called.
const drainTime = 30 * time.Second

func newServe(e *env) *cobra.Command {
	return &cobra.Command{
		Use:   "serve",
		Short: "Fetch on schedule, filter, archive, index, and serve POP3, until SIGTERM",
		RunE: func(c *cobra.Command, _ []string) error {
			if e.house != nil {
				return usage(errors.New("a restante is serving already"))
			}
			cfg, err := e.settings()
			if err != nil {
				return err
			}
			log := newLog(cfg.Log, e.errOut, aloud)
			for _, name := range cfg.Strangers() {
				log.Warn("an environment variable begins like a setting, and is none", "name", name)
			}
			h, err := open(c.Context(), cfg, log)
			if err != nil {
				return err
			}
			err = h.serve(c.Context(), serving{ready: func(map[string]net.Addr) {
				if h.first != "" { // to who started it, and not to the log: it is as good as a password
					fmt.Fprintf(e.out, "Nobody can sign in yet. To make the first user, open\n\n  %s\n\n", h.first)
				}
			}})
			return errors.Join(err, h.close(c.Context()))
		},
	}
}

// serving says how the demo serves otherwise than the real thing.
type serving struct {
	progress func(fetch.Progress)
	ended    func(fetch.Summary, error) // after each round
	ready    func(at map[string]net.Addr)
}

// serve runs everything until ctx is done, then goes down the stair: doors
// first, then the clock; sessions and rounds have 30 s to end before they are
// cut; last the catalogue's follower.
func (h *house) serve(ctx context.Context, how serving) error {
	if err := h.checkOwners(ctx); err != nil {
		return err
	}
	h.watchRounds(how.progress)
	h.ended, h.serving = how.ended, true
	doors, at, err := h.listen(ctx)
	if err != nil {
		return err
	}
	if how.ready != nil {
		how.ready(at)
	}
	top, topCtx := errgroup.WithContext(ctx)
	// Rounds outlive the end for a while, the follower outlives the rounds.
	work, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	defer context.AfterFunc(topCtx, func() { // a door that breaks ends all too
		h.log.Info("shutting down", "patience", drainTime)
		time.AfterFunc(drainTime, cut)
	})()
	below, stopBelow := context.WithCancel(context.WithoutCancel(ctx))
	defer stopBelow()

	var followers errgroup.Group
	followers.Go(func() error { return quiet(h.catalogue.Follow(below, h.archive, h.archive.Wake())) })
	followers.Go(func() error { return h.serveCommands(below) })
	followers.Go(func() error { h.keeper.Run(below); return nil })

	top.Go(func() error { return doors.Run(topCtx) })
	top.Go(func() error { h.clock.Run(topCtx, work); return nil }) // rounds end with work
	top.Go(func() error { h.upkeep.Run(topCtx); return nil })
	if h.acme != nil {
		top.Go(func() error { h.acme.Run(topCtx); return nil })
	}
	err = top.Wait()
	stopBelow()
	return errors.Join(quiet(err), followers.Wait())
}

// quiet takes the end that was asked for as no error.
func quiet(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}
