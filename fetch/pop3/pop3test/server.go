package pop3test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"testing"

	"restante/fetch"
)

// Options of a Server.
type Options struct {
	User, Password string // "user" and "secret" where empty
	Token          string // an OAuth 2.0 token that is good; empty: none is
	Messages       [][]byte
	TLS            fetch.TLSMode     // empty: none
	TLSConfig      func(*tls.Config) // changes how the server does TLS

	// SASL does AUTH in place of the server, for mechanisms of somebody else's. ask
	// sends a challenge and gives the response; binding is tls-exporter's (RFC 9266),
	// nil without TLS 1.3. It tells whether the client is let in.
	SASL   func(mech string, binding []byte, ask func(challenge []byte) ([]byte, error)) (bool, error)
	Faults Faults
}

// Server is an upstream with one maildrop. It may be used by several goroutines.
type Server struct {
	opts        Options
	listener    net.Listener
	tls         *tls.Config
	fingerprint string
	stop        chan struct{}
	wg          sync.WaitGroup

	mu       sync.Mutex // guards the fields below
	faults   Faults
	box      []message
	added    int
	sessions int
	conns    map[net.Conn]bool
	from     []string
	commands []string
	deleted  []string
	quits    int
	closed   bool
}

type message struct {
	uid  string
	data []byte // ends in CRLF
}

// New starts a server that ends with the test.
func New(t testing.TB, o Options) *Server {
	t.Helper()
	s, err := Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// Start starts a server on a free port of 127.0.0.1. It must be closed.
func Start(o Options) (*Server, error) {
	s, err := Make(o)
	if err != nil {
		return nil, err
	}
	if s.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return nil, err
	}
	s.wg.Go(s.accept)
	return s, nil
}

// Make gives a server that does not listen: it is reached by Dial. It must be
// closed.
func Make(o Options) (*Server, error) {
	if o.User == "" {
		o.User = "user"
	}
	if o.Password == "" {
		o.Password = "secret"
	}
	if o.TLS == "" {
		o.TLS = fetch.TLSNone
	}
	s := &Server{opts: o, faults: o.Faults, stop: make(chan struct{}), conns: map[net.Conn]bool{}}
	if o.TLS != fetch.TLSNone {
		cert, fingerprint, err := selfSigned()
		if err != nil {
			return nil, err
		}
		s.fingerprint = fingerprint
		s.tls = &tls.Config{Certificates: []tls.Certificate{cert}}
		if o.TLSConfig != nil {
			o.TLSConfig(s.tls)
		}
	}
	for _, m := range o.Messages {
		s.Add(m)
	}
	return s, nil
}

func (s *Server) accept() {
	for {
		c, err := s.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err == nil {
			s.serve(c)
		}
	}
}

// Dial opens a connection, over a pipe in memory where the server does not
// listen. It fits pop3.Options.Connect.
func (s *Server) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	if s.listener != nil {
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}
	client, server := net.Pipe()
	s.serve(server)
	return client, nil
}

// serve runs a session in its own goroutine, until it ends or the server closes.
func (s *Server) serve(c net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		c.Close()
		return
	}
	s.conns[c] = true
	s.sessions++
	if a, ok := c.RemoteAddr().(*net.TCPAddr); ok {
		s.from = append(s.from, a.IP.String())
	}
	ss := &session{srv: s, number: s.sessions, faults: s.faults, conn: c}
	s.wg.Go(func() {
		ss.run()
		c.Close()
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.conns, c)
	})
}

// Close hangs up on everybody and waits for the sessions to end.
func (s *Server) Close() {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		close(s.stop)
		if s.listener != nil {
			s.listener.Close()
		}
		for c := range s.conns {
			c.Close()
		}
	}
	s.mu.Unlock()
	s.wg.Wait()
}

// Account gives settings that fit this server; a certificate is pinned by its
// fingerprint. Where the server has a token, the account has it beside the
// password. All mail is kept.
func (s *Server) Account(name string) fetch.Account {
	a := fetch.Account{
		Name: name, Owner: "owner", Host: "127.0.0.1", TLS: s.opts.TLS,
		Fingerprint: s.fingerprint, Username: s.opts.User,
		Password: func(context.Context) (string, error) { return s.opts.Password, nil },
		Schedule: "@every 1h",
	}
	if s.opts.Token != "" {
		a.Token = func(context.Context) (string, error) { return s.opts.Token, nil }
	}
	if s.listener != nil {
		a.Port = s.listener.Addr().(*net.TCPAddr).Port
	}
	return a
}

// Fingerprint is "sha256:<hex>" of the certificate, empty without TLS.
func (s *Server) Fingerprint() string { return s.fingerprint }

// Add puts a message into the maildrop, with CRLF at its end where it has none,
// and gives its UID. Sessions that are logged in do not see it.
func (s *Server) Add(msg []byte) (uid string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.added++
	uid = fmt.Sprintf("uid%06d", s.added)
	s.box = append(s.box, message{uid, whole(msg)})
	return uid
}

// SetFaults changes what the sessions that start from now on get wrong.
func (s *Server) SetFaults(f Faults) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = f
}

// Messages gives what is in the maildrop now.
func (s *Server) Messages() [][]byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all [][]byte
	for _, m := range s.box {
		all = append(all, m.data)
	}
	return all
}

// Deleted gives the UIDs of what is gone for good, in the order it went.
func (s *Server) Deleted() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.deleted)
}

// Commands gives what was heard in all sessions, without passwords. A SASL
// response is "***", but for those that tell nothing: "", "AQ==" and "*".
func (s *Server) Commands() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.commands)
}

// Sessions says how many connections there were.
func (s *Server) Sessions() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sessions
}

// From gives the IP addresses that connections came from, in order.
func (s *Server) From() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.from)
}

// Quits says how many sessions ended in a QUIT that was answered +OK.
func (s *Server) Quits() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.quits
}

func (s *Server) heard(command string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.commands = append(s.commands, command)
}

// remove deletes for good.
func (s *Server) remove(uids map[string]bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.box = slices.DeleteFunc(s.box, func(m message) bool {
		if uids[m.uid] {
			s.deleted = append(s.deleted, m.uid)
		}
		return uids[m.uid]
	})
}
