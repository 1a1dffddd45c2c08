package pop3d

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// A Server serves POP3 on any number of listeners. It is safe for several
// goroutines.
type Server struct {
	o       Options
	crowded rate.Sometimes // how often a full house is worth a line in the log
	seen    memory         // the listings of the last sessions

	mu       sync.Mutex // guards the fields below
	closing  bool
	doors    map[net.Listener]struct{}
	sessions map[*session]struct{}
	perAddr  map[netip.Prefix]int
	perOwner map[string]int
	held     map[Label]*session // who has a maildrop, where Options.Exclusive
	empty    chan struct{}      // closed when closing and the last session has ended
}

// New makes a Server. The error names every option that makes no sense.
func New(o Options) (*Server, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	o.TLS = alpn(o.TLS)
	return &Server{
		o:        o,
		crowded:  rate.Sometimes{First: 1, Interval: time.Minute},
		doors:    make(map[net.Listener]struct{}),
		sessions: make(map[*session]struct{}),
		perAddr:  make(map[netip.Prefix]int),
		perOwner: make(map[string]int),
		held:     make(map[Label]*session),
		empty:    make(chan struct{}),
	}, nil
}

// Serve takes connections from ln until Shutdown, until ln is closed, or until
// ctx ends, and closes ln. It returns when its sessions have ended too; the
// end of ctx cuts them. Errors of Accept are waited out, 5 ms at first and 1 s
// at most: they mean that the machine is short of something. So the only error
// is implicit TLS without a TLS configuration.
func (s *Server) Serve(ctx context.Context, ln net.Listener, implicitTLS bool) error {
	return s.serve(ctx, ln, implicitTLS, &s.o.Profile)
}

func (s *Server) serve(ctx context.Context, ln net.Listener, implicitTLS bool, p *Profile) error {
	defer ln.Close()
	if implicitTLS && p.TLS == nil {
		return errors.New("pop3 server: implicit TLS needs a certificate")
	}
	if !s.addDoor(ln) {
		return nil
	}
	defer s.removeDoor(ln)
	stop := context.AfterFunc(ctx, func() { ln.Close() })
	defer stop()

	var running sync.WaitGroup
	defer running.Wait()
	var wait time.Duration
	for {
		conn, err := ln.Accept()
		switch {
		case err == nil:
			wait = 0
		case ctx.Err() != nil, errors.Is(err, net.ErrClosed):
			return nil
		default:
			if wait == 0 {
				s.o.Log.Warn("pop3 accept", "err", err)
			}
			wait = min(max(2*wait, 5*time.Millisecond), time.Second)
			pause(ctx, wait)
			continue
		}
		x := s.admit(newSession(s, p, conn, implicitTLS))
		if x == nil {
			continue
		}
		running.Go(func() {
			defer s.leave(x)
			x.run(ctx)
		})
	}
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// Shutdown closes the doors and lets sessions go on to their QUIT. One whose
// client sends nothing for two seconds is closed; when ctx ends, all that are
// left are cut, and its error is returned once they have ended.
func (s *Server) Shutdown(ctx context.Context) error {
	for _, x := range s.close() {
		x.drain()
	}
	select {
	case <-s.empty:
		return nil
	case <-ctx.Done():
	}
	s.mu.Lock()
	for x := range s.sessions {
		x.cut()
	}
	s.mu.Unlock()
	<-s.empty
	return ctx.Err()
}

// close closes the doors, once, and gives the sessions there are.
func (s *Server) close() []*session {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closing {
		s.closing = true
		if len(s.sessions) == 0 {
			close(s.empty)
		}
	}
	for ln := range s.doors {
		ln.Close()
	}
	var all []*session
	for x := range s.sessions {
		all = append(all, x)
	}
	return all
}

func (s *Server) addDoor(ln net.Listener) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		return false
	}
	s.doors[ln] = struct{}{}
	return true
}

func (s *Server) removeDoor(ln net.Listener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.doors, ln)
}

// admit counts a session, or turns it away and gives nil.
func (s *Server) admit(x *session) *session {
	s.mu.Lock()
	closing, full := s.closing, len(s.sessions) >= s.o.MaxSessions
	if !closing && !full {
		s.sessions[x] = struct{}{}
	}
	s.mu.Unlock()
	switch {
	case closing:
		x.refuse("SYS/TEMP", sayClosing)
	case full:
		x.refuse("SYS/TEMP", sayFull)
	default:
		return x
	}
	x.raw.Close()
	return nil
}

// seat counts a session whose address is known. Otherwise it says why it may
// not stay. Loopback has no limit of its own: a webmail or a proxy on this
// machine brings everybody's sessions.
func (s *Server) seat(x *session) (code string, why words) {
	here := func(n netip.Prefix) bool { return n.Contains(x.remote.WithZone("")) }
	if len(x.p.Networks) > 0 && !slices.ContainsFunc(x.p.Networks, here) {
		return "SYS/PERM", sayNotFromHere
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.perAddr[x.network] >= s.o.MaxPerAddr && !x.remote.IsLoopback() {
		return "SYS/TEMP", sayFull
	}
	s.perAddr[x.network]++
	x.seated = true
	return "", sayNothing
}

// refuse tells a client that it may not stay. It has a tenth of a second to
// take that, since whoever accepts connections may be waiting for it.
func (x *session) refuse(code string, why words) {
	x.end = "turned away"
	x.s.crowded.Do(func() {
		x.o.Log.Warn("pop3 connection turned away", "remote", x.remote, "why", why[0])
	})
	if x.secure { // not in clear where TLS is wanted
		return
	}
	x.raw.SetWriteDeadline(time.Now().Add(100 * time.Millisecond))
	io.WriteString(x.raw, "-ERR ["+code+"] "+why[0]+"\r\n")
}

func (s *Server) leave(x *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sessions, x)
	if x.seated {
		if s.perAddr[x.network]--; s.perAddr[x.network] <= 0 {
			delete(s.perAddr, x.network)
		}
	}
	if s.closing && len(s.sessions) == 0 {
		close(s.empty)
	}
}

// errCrowd says that an owner has too many sessions.
var errCrowd = errors.New("too many sessions of one owner")

// enter counts a maildrop that was opened. Where that is an error it may not be
// used.
func (s *Server) enter(l Label, x *session) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.perOwner[l.Owner] >= s.o.MaxPerUser {
		return errCrowd
	}
	if by, taken := s.held[l]; taken {
		return errHeld{by}
	}
	s.perOwner[l.Owner]++
	if s.o.Exclusive {
		s.held[l] = x
	}
	return nil
}

func (s *Server) exit(l Label) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.held, l)
	if s.perOwner[l.Owner]--; s.perOwner[l.Owner] <= 0 {
		delete(s.perOwner, l.Owner)
	}
}
