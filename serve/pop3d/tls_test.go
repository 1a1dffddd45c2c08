package pop3d_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"strings"
	"testing"

	"restante/serve/pop3d"
)

// upgrade does the handshake on a client that has heard +OK to STLS.
func (c *client) upgrade() *client {
	c.t.Helper()
	conn := tls.Client(c.Conn, clientTLS)
	if err := conn.Handshake(); err != nil {
		c.t.Fatal(err)
	}
	return newClient(c.t, conn)
}

func TestSTLS_OpensLoginsAndIsNotOfferedAgain(t *testing.T) {
	s := serve(t, pop3d.Options{Porter: newSample(t), Profile: pop3d.Profile{Plaintext: pop3d.Never}})
	c := dial(t, s.clear)
	c.want("+OK")
	c.ask("USER ada", "-ERR")
	c.ask("STLS now", "-ERR")
	c.ask("stls", "+OK")
	c = c.upgrade()
	c.ask("CAPA", "+OK")
	if got := c.body(); strings.Contains(got, "STLS") || !strings.Contains(got, "USER\r\nSASL PLAIN LOGIN\r\n") {
		t.Errorf("CAPA over TLS:\n%s", got)
	}
	c.ask("STLS", "-ERR")
	c.ask("USER ada", "+OK")
	c.ask("PASS engine one", "+OK")
	c.ask("STLS", "-ERR")
	c.ask("STAT", "+OK 4 123")
	c.ask("QUIT", "+OK")
	c.wantEnd()
}

func TestSTLS_ForgetsWhatCameInClear(t *testing.T) {
	s := serve(t, pop3d.Options{Porter: newSample(t), Profile: pop3d.Profile{Plaintext: pop3d.Always}})
	c := dial(t, s.clear)
	c.want("+OK")
	c.ask("USER ada", "+OK") // perhaps said by somebody else
	c.send("STLS", "USER ada", "PASS engine one", "DELE 1", "QUIT")
	c.want("+OK")
	c = c.upgrade()
	c.ask("PASS engine one", "-ERR") // the name is forgotten
	c.ask("STAT", "-ERR")            // and nobody is logged in
	c.ask("QUIT", "+OK")
	c.wantEnd()
}

func TestSTLS_WithoutCertificateIsNeitherOfferedNorTaken(t *testing.T) {
	srv, err := pop3d.New(pop3d.Options{Porter: newSample(t)})
	if err != nil {
		t.Fatal(err)
	}
	a, b := net.Pipe()
	ln := &pipes{conns: make(chan net.Conn, 1), closed: make(chan struct{})}
	ln.conns <- b
	done := make(chan error)
	go func() { done <- srv.Serve(t.Context(), ln, false) }()
	c := newClient(t, a)
	c.want("+OK")
	c.ask("CAPA", "+OK")
	if got := c.body(); strings.Contains(got, "STLS") || strings.Contains(got, "USER") {
		t.Errorf("CAPA:\n%s", got)
	}
	c.ask("STLS", "-ERR")
	c.ask("USER ada", "-ERR no logins without TLS here")
	c.Close()
	if err := srv.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	if err := srv.Serve(t.Context(), ln, true); err == nil {
		t.Error("implicit TLS without a certificate is no error")
	}
}

func TestTLS_FromTheFirstOctet(t *testing.T) {
	s := serve(t, pop3d.Options{Porter: newSample(t)})
	conn, err := tls.Dial("tcp", s.tls, clientTLS)
	if err != nil {
		t.Fatal(err)
	}
	c := newClient(t, conn).in()
	c.ask("RETR 1", "+OK 55 octets")
	if got := c.body(); got != crlf(sample[0]) {
		t.Errorf("message 1 is %q", got)
	}
	c.ask("QUIT", "+OK")
	c.wantEnd()
}

func TestTLS_GarbageInsteadOfAHandshakeIsHungUpOn(t *testing.T) {
	s := serve(t, pop3d.Options{Porter: newSample(t), Profile: pop3d.Profile{Plaintext: pop3d.Always}})
	c := dial(t, s.tls)
	c.send("USER ada", "PASS engine one")
	rest, _ := io.ReadAll(c.r)
	if strings.Contains(string(rest), "+OK") {
		t.Errorf("in clear the server says %q", rest)
	}
	c = dial(t, s.clear)
	c.want("+OK")
	c.ask("STLS", "+OK")
	c.send("STAT and other garbage that is no handshake at all")
	rest, _ = io.ReadAll(c.r)
	if strings.Contains(string(rest), "-ERR") {
		t.Errorf("after STLS the server says in clear %q", rest)
	}
}

// A browser that somebody leads here must not take our answers for a web server's.
func TestTLS_RefusesWhoWantsAnotherProtocol(t *testing.T) {
	s := serve(t, pop3d.Options{Porter: newSample(t)})
	for _, tt := range []struct {
		protocols []string
		want      string // empty: refused
	}{{[]string{"pop3"}, "pop3"}, {[]string{"h2", "pop3"}, "pop3"}, {[]string{"http/1.1"}, ""}, {[]string{"h2", "http/1.1"}, ""}} {
		config := clientTLS.Clone()
		config.NextProtos = tt.protocols
		conn, err := tls.Dial("tcp", s.tls, config)
		if err != nil {
			if tt.want != "" {
				t.Errorf("%q: %v", tt.protocols, err)
			}
			continue
		}
		if got := conn.ConnectionState().NegotiatedProtocol; got != tt.want || tt.want == "" {
			t.Errorf("%q: it is %q, want %q", tt.protocols, got, tt.want)
		}
		newClient(t, conn).in().ask("STAT", "+OK 4")
	}
}

// pipes is a listener whose connections come from a channel.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	select {
	case <-p.closed:
	default:
		close(p.closed)
	}
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

// addressed is a pipe's end that seems to come from an address.
type addressed struct {
	net.Conn
	remote string
}

func (a addressed) RemoteAddr() net.Addr { return textAddr(a.remote) }

type textAddr string

func (textAddr) Network() string  { return "tcp" }
func (a textAddr) String() string { return string(a) }

// bubble serves pipes inside a synctest bubble: what it starts ends with stop.
type bubble struct {
	*pop3d.Server
	t    *testing.T
	ln   *pipes
	stop context.CancelFunc
	done chan error
}

func newBubble(t *testing.T, o pop3d.Options) *bubble {
	t.Helper()
	s, err := pop3d.New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	b := &bubble{Server: s, t: t, ln: &pipes{make(chan net.Conn), make(chan struct{})}, stop: stop, done: make(chan error, 1)}
	go func() { b.done <- s.Serve(ctx, b.ln, false) }()
	return b
}

// dial gives a client that has no deadline of its own.
func (b *bubble) dial(remote string) *client {
	mine, theirs := net.Pipe()
	b.ln.conns <- addressed{theirs, remote}
	return &client{t: b.t, Conn: mine, r: bufio.NewReader(mine)}
}

// end cuts what is left and waits for it.
func (b *bubble) end() {
	b.stop()
	if err := <-b.done; err != nil {
		b.t.Errorf("Serve: %v", err)
	}
}
