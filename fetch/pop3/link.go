package pop3

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// progress is how many octets renew the time limit of a long answer: a quarter
// of what the slowest modem gives in that time. A server that drips would
// otherwise hold a round, and its place among the others, for ever.
const progress = 16 << 10

// link is a connection of which every read and write is bounded in time. Only
// time spent waiting for the server counts, so that a slow consumer of a message
// does not make the server look dead.
type link struct {
	raw    net.Conn
	stream io.ReadWriter // raw, or TLS over it
	wrote  func([]byte)  // is told what went out; nil where nobody asks

	alerted func(error) error // says what a TLS alert means

	patience time.Duration // of the step at hand
	budget   time.Duration // what is left of it
	got      int           // octets since the budget was last full
	heard    int64         // octets in all

	// One goroutine may write while another reads: what follows is the writer's.
	limit time.Duration // for a write
	spoke time.Time     // when the last one began

	mu    sync.Mutex // guards the field below
	cause error      // why the link was cut
}

// step starts the time limit of the next step.
func (l *link) step(d time.Duration) { l.patience, l.budget, l.got = d, d, 0 }

func (l *link) Read(p []byte) (int, error) {
	start := time.Now()
	if err := l.arm(l.raw.SetReadDeadline, start.Add(l.budget)); err != nil {
		return 0, err
	}
	n, err := l.stream.Read(p)
	l.budget -= time.Since(start)
	l.heard += int64(n)
	if l.got += n; l.got >= progress {
		l.step(l.patience)
	}
	return n, l.explain(err, l.patience)
}

func (l *link) Write(p []byte) (int, error) {
	l.spoke = time.Now()
	if err := l.arm(l.raw.SetWriteDeadline, l.spoke.Add(l.limit)); err != nil {
		return 0, err
	}
	n, err := l.stream.Write(p)
	if l.wrote != nil {
		l.wrote(p[:n])
	}
	return n, l.explain(err, l.limit)
}

// arm sets a deadline, unless the link was cut: then the deadline that cut it
// must stand.
func (l *link) arm(set func(time.Time) error, at time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cause != nil {
		return l.cause
	}
	set(at) // fails only on a closed connection, of which the read or write tells
	return nil
}

// cut makes all reads and writes return cause, those that wait now too.
func (l *link) cut(cause error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cause == nil {
		l.cause = cause
		l.raw.SetDeadline(time.Unix(1, 0))
	}
}

// wasCut tells whether it was us who ended the link.
func (l *link) wasCut() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.cause != nil
}

// close ends the connection without TLS's farewell, which could block.
func (l *link) close() error {
	l.cut(net.ErrClosed)
	if err := l.raw.Close(); !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

func (l *link) explain(err error, after time.Duration) error {
	if err == nil || err == io.EOF {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.cause != nil:
		return l.cause
	case l.alerted != nil && isAlert(err):
		return l.alerted(err)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return fmt.Errorf("nothing heard for %v: %w", after, os.ErrDeadlineExceeded)
	}
	return err
}
