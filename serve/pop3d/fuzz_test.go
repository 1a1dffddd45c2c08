package pop3d_test

import (
	"bytes"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"restante/serve/pop3d"
)

// FuzzSession sends whatever it likes to a session, in pieces of some size. The
// session must end when the input does, no status line may be longer than 512
// octets (RFC 2449, 4), and what was not QUIT deletes nothing.
func FuzzSession(f *testing.F) {
	for _, seed := range []string{
		"USER ada\r\nPASS engine one\r\nSTAT\r\nLIST\r\nUIDL\r\nRETR 1\r\nTOP 2 1\r\nDELE 3\r\nRSET\r\nDELE 1\r\nQUIT\r\n",
		"AUTH PLAIN AGFkYQBlbmdpbmUgb25l\r\nDELE 1\r\nRSET\r\nDELE 1\r\nTOP 1 99999999\r\n",
		"AUTH LOGIN\r\nYWRh\r\nZW5naW5lIG9uZQ==\r\nCAPA\r\nDELE 1\r\nQUIT",
		"UTF8\r\nLANG ja\r\nLANG\r\nUSER ada\r\nCAPA\r\nPASS engine one\r\nLANG *\r\nUIDL 1\r\n",
		"AUTH PLAIN\r\n*\r\nAUTH\r\nSTLS\r\n\x16\x03\x01\x00",
		"\r\n\n\x00\r\rUSER \r\nPASS\r\nLIST 99999999999999999999\r\n",
		string(bytes.Repeat([]byte("A"), 5000)) + "\n",
		string(bytes.Repeat([]byte("A"), 80000)) + "\n",
	} {
		f.Add([]byte(seed), uint16(7))
		f.Add([]byte(seed), uint16(4096))
	}
	f.Fuzz(func(t *testing.T, input []byte, piece uint16) {
		box := newSample(t)
		s, err := pop3d.New(pop3d.Options{Porter: box, Profile: always, Penalty: time.Nanosecond})
		if err != nil {
			t.Fatal(err)
		}
		c := &tape{in: input, piece: max(int(piece), 1), closed: make(chan struct{})}
		ln := &pipes{conns: make(chan net.Conn, 1), closed: make(chan struct{})}
		ln.conns <- c
		served := make(chan error, 1)
		go func() { served <- s.Serve(t.Context(), ln, false) }()
		select {
		case <-c.closed:
		case <-time.After(20 * time.Second):
			t.Fatal("the session does not end")
		}
		if err := s.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if err := <-served; err != nil {
			t.Error(err)
		}
		for line := range bytes.Lines(c.out.Bytes()) {
			if len(line) > 512 {
				t.Errorf("a line of %d octets: %.100q", len(line), line)
			}
		}
		if !bytes.Contains(bytes.ToUpper(input), []byte("QUIT")) && len(box.UIDs("ada")) != len(sample) {
			t.Error("deleted without QUIT")
		}
	})
}

// tape is a connection that plays what a client says and records what it hears.
type tape struct {
	in     []byte
	piece  int // octets a Read
	out    bytes.Buffer
	once   sync.Once
	closed chan struct{}
}

func (c *tape) Read(p []byte) (int, error) {
	if len(c.in) == 0 {
		return 0, io.EOF
	}
	n := copy(p, c.in[:min(c.piece, len(c.in))])
	c.in = c.in[n:]
	return n, nil
}

func (c *tape) Write(p []byte) (int, error) { return c.out.Write(p) }

func (c *tape) Close() error {
	c.once.Do(func() { close(c.closed) })
	return nil
}

func (c *tape) LocalAddr() net.Addr              { return textAddr("tape") }
func (c *tape) RemoteAddr() net.Addr             { return textAddr("tape") }
func (c *tape) SetDeadline(time.Time) error      { return nil }
func (c *tape) SetReadDeadline(time.Time) error  { return nil }
func (c *tape) SetWriteDeadline(time.Time) error { return nil }
