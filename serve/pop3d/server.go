package pop3d

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// A Server serves POP3 on any number of listeners. It is safe for several
// goroutines.
type Server struct {
	o       Options
	crowded rate.Sometimes // how often a full house is worth a line in the log

	mu       sync.Mutex // guards the fields below
	closing  bool
	doors    map[net.Listener]struct{}
	sessions map[*session]struct{}
	perAddr  map[netip.Prefix]int
	empty    chan struct{} // closed when closing and the last session has ended
}

// New makes a Server. The error names every option that makes no sense.
func New(o Options) (*Server, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	return &Server{
		o:        o,
		crowded:  rate.Sometimes{First: 1, Interval: time.Minute},
		doors:    make(map[net.Listener]struct{}),
		sessions: make(map[*session]struct{}),
		perAddr:  make(map[netip.Prefix]int),
		empty:    make(chan struct{}),
	}, nil
}

// Serve takes connections from ln until Shutdown, until ln is closed, or until
// ctx ends, and closes ln. It returns when its sessions have ended too; the
// end of ctx cuts them. Errors of Accept are waited out, 5 ms at first and 1 s
// at most: they mean that the machine is short of something. So the only error
// is implicit TLS without a TLS configuration.
func (s *Server) Serve(ctx context.Context, ln net.Listener, implicitTLS bool) error {
	defer ln.Close()
	if implicitTLS && s.o.TLS == nil {
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
		x := s.admit(conn, implicitTLS)
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

// admit makes a session of conn, or turns it away and gives nil.
func (s *Server) admit(conn net.Conn, implicitTLS bool) *session {
	x := newSession(&s.o, conn, implicitTLS)
	s.mu.Lock()
	why := ""
	switch {
	case s.closing:
		why = "closing"
	case len(s.sessions) >= s.o.MaxSessions:
		why = "too many sessions"
	case s.perAddr[x.network] >= s.o.MaxPerAddr:
		why = "too many sessions of one address"
	default:
		s.sessions[x] = struct{}{}
		s.perAddr[x.network]++
	}
	s.mu.Unlock()
	if why == "" {
		return x
	}
	s.crowded.Do(func() { s.o.Log.Warn("pop3 connection turned away", "remote", x.remote, "why", why) })
	if !implicitTLS {
		conn.SetWriteDeadline(time.Now().Add(100 * time.Millisecond)) // the accept loop waits for this
		conn.Write([]byte("-ERR [SYS/TEMP] too many connections, try again later\r\n"))
	}
	conn.Close()
	return nil
}

func (s *Server) leave(x *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sessions, x)
	if s.perAddr[x.network]--; s.perAddr[x.network] <= 0 {
		delete(s.perAddr, x.network)
	}
	if s.closing && len(s.sessions) == 0 {
		close(s.empty)
	}
}
