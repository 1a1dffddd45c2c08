package serve

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"sync"
	"syscall"
	"time"
)

// A Server serves connections. Serve returns nil after Shutdown and when ctx
// ends, which cuts its sessions, and in any case not before they have ended.
// Shutdown lets sessions finish until ctx ends, then cuts them.
type Server interface {
	Serve(ctx context.Context, ln net.Listener, implicitTLS bool) error
	Shutdown(ctx context.Context) error
}

// DefaultDrain is how long sessions may go on after the doors are closed.
const DefaultDrain = 30 * time.Second

// A Group is a set of doors and the servers behind them. Fill it with Listen,
// then call Run once.
type Group struct {
	Drain time.Duration // 0: DefaultDrain
	Log   *slog.Logger  // nil: discard

	doors []door
}

type door struct {
	name     string
	ln       net.Listener
	implicit bool
	server   Server
}

// Listen binds a TCP address (host:port; port 0 takes a free one) for a server
// and gives the address that was bound. Connections wait there until Run. name
// is for messages: pop3, pop3s.
func (g *Group) Listen(ctx context.Context, name, address string, implicitTLS bool, s Server) (net.Addr, error) {
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, explain(name, address, err)
	}
	g.doors = append(g.doors, door{name, ln, implicitTLS, s})
	return ln.Addr(), nil
}

// explain says what to do about an address that cannot be had.
func explain(name, address string, err error) error {
	hint := ""
	var unknown *net.DNSError
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		hint = "another program, or another restante, has this address; stop it, or set another address"
	case errors.Is(err, fs.ErrPermission):
		hint = "ports under 1024 need a privilege; set a higher port, or start from a service manager that gives " +
			"CAP_NET_BIND_SERVICE (systemd: AmbientCapabilities=CAP_NET_BIND_SERVICE)"
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		hint = "this machine has no such address; 0.0.0.0 or [::] means all that it has"
	case errors.As(err, &unknown):
		hint = "the host part must be an address of this machine, a name that it knows, or empty"
	default:
		return fmt.Errorf("open %s: %w", name, err)
	}
	return fmt.Errorf("open %s on %s: %w: %s", name, address, err, hint)
}

// Close closes the doors of a Group that is not going to run.
func (g *Group) Close() {
	for _, d := range g.doors {
		d.ln.Close()
	}
}

// Run serves until ctx ends or a server fails, then closes the doors, gives
// sessions Drain to finish, and cuts the rest. It returns when all have ended.
// The error is that of the server that failed; nil where ctx ended it, also
// when sessions had to be cut.
func (g *Group) Run(ctx context.Context) error {
	log, drain := g.Log, g.Drain
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	if drain == 0 {
		drain = DefaultDrain
	}
	// Sessions outlive ctx by the drain, so they hang on another.
	sessions, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	until, fail := context.WithCancelCause(ctx)
	defer fail(nil)

	var running sync.WaitGroup
	for _, d := range g.doors {
		log.Info("door open", "door", d.name, "address", d.ln.Addr(), "tls", d.implicit)
		running.Go(func() {
			if err := d.server.Serve(sessions, d.ln, d.implicit); err != nil {
				fail(fmt.Errorf("serve %s: %w", d.name, err))
			}
		})
	}
	<-until.Done()
	g.Close()
	grace, cancel := context.WithTimeout(sessions, drain)
	defer cancel()
	if err := g.shutdown(grace); err != nil {
		log.Warn("sessions cut", "after", drain, "err", err)
	}
	cut()
	running.Wait()
	if ctx.Err() != nil {
		return nil
	}
	return context.Cause(until)
}

// shutdown shuts all servers down at once, each one time.
func (g *Group) shutdown(ctx context.Context) error {
	var (
		all  sync.WaitGroup
		mu   sync.Mutex // guards errs
		errs []error
		seen = make(map[Server]bool)
	)
	for _, d := range g.doors {
		if seen[d.server] {
			continue
		}
		seen[d.server] = true
		all.Go(func() {
			err := d.server.Shutdown(ctx)
			mu.Lock()
			defer mu.Unlock()
			errs = append(errs, err)
		})
	}
	all.Wait()
	return errors.Join(errs...)
}
