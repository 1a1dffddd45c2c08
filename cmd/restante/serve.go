package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"restante/configs"
	"restante/fetch"
	"restante/serve"
	"restante/serve/pop3d"
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
			err = h.serve(c.Context(), serving{})
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

	top.Go(func() error { return doors.Run(topCtx) })
	top.Go(func() error { h.clock.Run(topCtx, work); return nil }) // rounds end with work
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

// listen opens the POP3 service's doors, and gives where each is.
func (h *house) listen(ctx context.Context) (*serve.Group, map[string]net.Addr, error) {
	cfg := h.cfg.Serve
	if err := h.people.prepare(); err != nil {
		return nil, nil, err
	}
	cert, err := certificate(h.cfg, h.log)
	if err != nil {
		return nil, nil, err
	}
	clear, err := pop3d.ParsePolicy(cfg.POP3.Plaintext)
	if err != nil {
		return nil, nil, err
	}
	srv, err := pop3d.New(pop3d.Options{
		Porter: newPorter(h),
		Profile: pop3d.Profile{
			TLS:       &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12},
			Plaintext: clear,
		},
		Idle: cfg.Idle, Log: h.log,
	})
	if err != nil {
		return nil, nil, err
	}
	g := &serve.Group{Log: h.log, Drain: drainTime}
	at := map[string]net.Addr{}
	for _, d := range []struct {
		name, address string
		implicit      bool
	}{{"pop3", cfg.POP3.Address, false}, {"pop3s", cfg.POP3S.Address, true}} {
		if d.address == "" {
			continue
		}
		if at[d.name], err = g.Listen(ctx, d.name, d.address, d.implicit, srv); err != nil {
			g.Close()
			return nil, nil, err
		}
	}
	return g, at, nil
}

// certificate is the settings' one, or one of our own making.
func certificate(cfg *configs.Settings, log *slog.Logger) (tls.Certificate, error) {
	if t := cfg.Serve.TLS; t.CertFile != "" {
		return serve.LoadTLS(t.CertFile, t.KeyFile)
	}
	cert, fingerprint, made, err := serve.SelfSigned(tlsDir(cfg), nil)
	if err != nil {
		return cert, fmt.Errorf("make a certificate: %w", err)
	}
	said := "serving with the self-signed certificate"
	if made {
		said = "made a self-signed certificate; check this fingerprint in your mail program"
	}
	log.Info(said, "fingerprint", fingerprint, "folder", tlsDir(cfg))
	return cert, nil
}
