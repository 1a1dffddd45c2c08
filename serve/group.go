package serve

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/netip"
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

	// Inherited are listeners that are open already, by the names of doors.
	// Listen takes them in place of the addresses.
	Inherited map[string]net.Listener

	doors []door
}

// A Door is where a server listens.
type Door struct {
	Name        string // of its own: pop3, pop3s
	Address     string // host:port; port 0 takes a free one
	ImplicitTLS bool
	Proxies     []netip.Prefix // whose connections tell their client by the PROXY protocol
}

type door struct {
	Door
	ln     net.Listener
	server Server
}

// Listen binds a door's TCP address for a server and gives the address that was
// bound. Connections wait there until Run.
func (g *Group) Listen(ctx context.Context, d Door, s Server) (net.Addr, error) {
	ln := g.Inherited[d.Name]
	delete(g.Inherited, d.Name)
	if ln == nil {
		var lc net.ListenConfig
		var err error
		if ln, err = lc.Listen(ctx, "tcp", d.Address); err != nil {
			return nil, explain(d.Name, d.Address, err)
		}
	}
	if len(d.Proxies) > 0 {
		ln = proxied(ln, d.Proxies)
	}
	g.doors = append(g.doors, door{d, ln, s})
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

// Close closes the doors of a Group that is not going to run, and the inherited
// listeners that no door has taken.
func (g *Group) Close() {
	for _, ln := range g.Inherited {
		ln.Close()
	}
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

	for name, ln := range g.Inherited {
		log.Warn("a socket was handed over for a door that there is not", "door", name, "address", ln.Addr())
		ln.Close()
	}
	var running sync.WaitGroup
	for _, d := range g.doors {
		log.Info("door open", "door", d.Name, "address", d.ln.Addr(), "tls", d.ImplicitTLS)
		running.Go(func() {
			if err := d.server.Serve(sessions, d.ln, d.ImplicitTLS); err != nil {
				fail(fmt.Errorf("serve %s: %w", d.Name, err))
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
			if errors.Is(err, net.ErrClosed) { // we closed its listeners; an HTTP server ends well all the same
				err = nil
			}
			mu.Lock()
			defer mu.Unlock()
			errs = append(errs, err)
		})
	}
	all.Wait()
	return errors.Join(errs...)
}
