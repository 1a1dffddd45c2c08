package pop3d_test

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"restante/serve/pop3d"
)

// sample are the messages that most tests use: each is a trap.
var sample = []string{
	"Subject: one\n\nfirst\n.dot\n\nno line end at the end",
	".leading: dot in the first line\r\n\r\n..two\r\n.\r\nend\r\n",
	"Subject: no body\n",
	"",
}

// newSample gives a Memory with ada, whose password is "engine one", and the
// sample messages.
func newSample(t testing.TB) *pop3d.Memory {
	t.Helper()
	m := pop3d.NewMemory()
	m.AddUser("ada", "engine one")
	for _, msg := range sample {
		if _, err := m.Add("ada", []byte(msg)); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

// serving is a server with its doors open on loopback.
type serving struct {
	*pop3d.Server
	clear, tls string // addresses
	done       chan struct{}
}

// serve starts a server and stops it with the test.
func serve(t testing.TB, o pop3d.Options) *serving {
	t.Helper()
	if o.TLS == nil {
		o.TLS = &tls.Config{Certificates: []tls.Certificate{testCert()}}
	}
	if o.Penalty == 0 {
		o.Penalty = time.Nanosecond
	}
	s, err := pop3d.New(o)
	if err != nil {
		t.Fatal(err)
	}
	v := &serving{Server: s, done: make(chan struct{})}
	var doors sync.WaitGroup
	open := func(implicit bool) string {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		doors.Go(func() {
			if err := s.Serve(context.Background(), ln, implicit); err != nil {
				t.Errorf("Serve: %v", err)
			}
		})
		return ln.Addr().String()
	}
	v.clear, v.tls = open(false), open(true)
	go func() {
		doors.Wait()
		close(v.done)
	}()
	t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		s.Shutdown(ctx)
		<-v.done
	})
	return v
}

// testCert is a certificate for localhost, made once.
var testCert = sync.OnceValue(func() tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, certTemplate, certTemplate, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
})

var certTemplate = &x509.Certificate{
	SerialNumber:          big.NewInt(1),
	Subject:               pkix.Name{CommonName: "localhost"},
	NotBefore:             time.Now().Add(-time.Hour),
	NotAfter:              time.Now().Add(24 * time.Hour),
	DNSNames:              []string{"localhost"},
	IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1)},
	IsCA:                  true,
	BasicConstraintsValid: true,
	KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
}

var clientTLS = &tls.Config{InsecureSkipVerify: true}

// client is a POP3 client that does as it is told.
type client struct {
	t testing.TB
	net.Conn
	r *bufio.Reader
}

func dial(t testing.TB, address string) *client {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	return newClient(t, conn)
}

func newClient(t testing.TB, conn net.Conn) *client {
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(60 * time.Second))
	return &client{t: t, Conn: conn, r: bufio.NewReader(conn)}
}

// send writes lines, CRLF behind each, in one go.
func (c *client) send(lines ...string) {
	c.t.Helper()
	if _, err := io.WriteString(c.Conn, strings.Join(lines, "\r\n")+"\r\n"); err != nil {
		c.t.Fatalf("send %q: %v", lines, err)
	}
}

// line reads one line, without its CRLF.
func (c *client) line() string {
	c.t.Helper()
	s, err := c.r.ReadString('\n')
	if err != nil {
		c.t.Fatalf("read line: %v after %q", err, s)
	}
	if !strings.HasSuffix(s, "\r\n") || strings.Count(s, "\r") != 1 {
		c.t.Fatalf("line does not end in CRLF: %q", s)
	}
	return strings.TrimSuffix(s, "\r\n")
}

// want reads a line that must start with prefix.
func (c *client) want(prefix string) string {
	c.t.Helper()
	s := c.line()
	if !strings.HasPrefix(s, prefix) {
		c.t.Fatalf("server says %q, want %q", s, prefix)
	}
	return s
}

// ask sends a line and wants an answer.
func (c *client) ask(line, prefix string) string {
	c.t.Helper()
	c.send(line)
	return c.want(prefix)
}

// body reads a multi-line answer up to its dot, unstuffed.
func (c *client) body() string {
	c.t.Helper()
	var b strings.Builder
	for {
		s, err := c.r.ReadString('\n')
		switch {
		case err != nil:
			c.t.Fatalf("read body: %v", err)
		case s == ".\r\n":
			return b.String()
		}
		b.WriteString(strings.TrimPrefix(s, "."))
	}
}

// wantEnd wants the server to hang up with nothing more to say.
func (c *client) wantEnd() {
	c.t.Helper()
	rest, err := io.ReadAll(c.r)
	if len(rest) > 0 {
		c.t.Errorf("before hanging up the server says %q", rest)
	}
	if ne := net.Error(nil); errors.As(err, &ne) && ne.Timeout() {
		c.t.Error("the server does not hang up")
	}
}

// in logs ada in.
func (c *client) in() *client {
	c.t.Helper()
	c.want("+OK")
	c.ask("USER ada", "+OK")
	c.ask("PASS engine one", "+OK")
	return c
}

// crlf is what a message looks like when it comes from a server.
func crlf(s string) string {
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\n", "\r\n")
	if s != "" && !strings.HasSuffix(s, "\n") {
		s += "\r\n"
	}
	return s
}
