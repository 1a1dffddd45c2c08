package pop3

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"restante/fetch"
	"restante/fetch/wire"
)

// maxLine bounds a line of an answer, in octets. RFC 2449 allows 512; what
// servers write into error texts and UIDs is sometimes longer.
const maxLine = 8 << 10

// session is one logged-in connection: a fetch.Maildrop.
type session struct {
	dialer  *Dialer
	acct    fetch.Account
	secrets []string // never shown in errors, the longest first
	report  *Report  // what was learnt on the way in
	greeted string   // the greeting, as sent

	hears Tracer // nil: nobody
	veil  string // shown in the trace instead of the next line sent
	half  []byte // the start of a line that a trace will show whole

	link *link
	r    *bufio.Reader
	w    *bufio.Writer

	caps       capabilities
	late       bool // CAPA is to be asked again with the listing
	quirks     quirks
	pipelining bool
	window     window
	heads      map[int][8]byte // fetch.HeadSum of the headers that TOP showed, by number

	timer *time.Timer // rings for keepAlive
	whole atomic.Bool // the answer that waiting is about was read to its end

	turn    sync.Mutex // held by who may talk; guards the fields below
	dead    error      // why the session is of no more use
	waiting *exchange  // the one whose caller is looking at an answer
}

var (
	_ fetch.Maildrop  = (*session)(nil)
	_ fetch.Prober    = (*session)(nil)
	_ fetch.Unhurried = (*session)(nil)
)

func newSession(d *Dialer, a fetch.Account, raw net.Conn, report *Report) *session {
	l := &link{raw: raw, stream: raw, limit: d.times.Command}
	s := &session{
		dialer: d, acct: a, link: l, report: report,
		r: bufio.NewReaderSize(l, 32<<10), w: bufio.NewWriterSize(l, 4<<10),
	}
	s.timer = time.AfterFunc(math.MaxInt64, s.keepAlive) // not yet
	if d.trace != nil {
		s.hears = d.trace(a.Name)
	}
	if s.hears != nil {
		l.wrote = s.traceSent
	}
	return s
}

// do runs one operation under ctx. After an error other than a refusal the
// session is dead: what would be read next is unknown.
func (s *session) do(ctx context.Context, op func() error) (err error) {
	if err := ctx.Err(); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { s.link.cut(context.Cause(ctx)) })
	defer stop()
	s.turn.Lock()
	defer s.turn.Unlock()
	if s.dead != nil {
		return fmt.Errorf("session has ended: %w", s.dead)
	}
	err = errPanicked // unless op comes back
	defer func() {
		if _, refused := errors.AsType[*refusal](err); err != nil && !refused {
			s.end(err)
		}
	}()
	err = op()
	return err
}

var errPanicked = errors.New("it panicked")

// end drops the connection.
func (s *session) end(err error) {
	s.dead = err
	s.link.close()
}

// greeting reads the first line. A server that does not want to talk now has
// said nothing yet about the account.
func (s *session) greeting() error {
	s.link.step(s.dialer.times.Greeting)
	st, err := s.status("greeting")
	s.greeted = st.Text
	s.report.Greeting = s.tame(st.Text)
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded) && s.acct.TLS != fetch.TLSImplicit:
		return fmt.Errorf("%w; if this port expects TLS from the start, set tls: implicit", err)
	case errors.Is(err, errNotPOP3):
		return fmt.Errorf("%w; is this the port of a POP3 server?", err)
	case err != nil:
		return err
	case !st.OK:
		return fmt.Errorf("%w: %w", fetch.ErrBusy, s.refuse("greeting", st))
	}
	return nil
}

// command sends one line and reads the status line of its answer.
func (s *session) command(line string) (wire.Status, error) {
	s.link.step(s.dialer.times.Command)
	if err := s.send(line); err != nil {
		return wire.Status{}, fmt.Errorf("%s: %w", verb(line), err)
	}
	return s.answer(verb(line))
}

// answer reads the status line of the answer to a command that was sent.
func (s *session) answer(verb string) (wire.Status, error) {
	st, err := s.status(verb)
	s.window.roundTrip(time.Since(s.link.spoke))
	return st, err
}

func (s *session) send(line string) error {
	s.w.WriteString(line) // errors of a bufio.Writer stay until Flush
	s.w.WriteString("\r\n")
	return s.w.Flush()
}

var errNotPOP3 = errors.New("the server does not answer as POP3 does")

// status reads a status line; what names the command in errors.
func (s *session) status(what string) (wire.Status, error) {
	line, err := wire.ReadLine(s.r, maxLine)
	if err != nil {
		return wire.Status{}, fmt.Errorf("%s: %w", what, lost(err))
	}
	s.traceAnswer(line)
	return s.parse(what, string(line))
}

// Quit implements fetch.Maildrop.
func (s *session) Quit(ctx context.Context) error {
	err := s.do(ctx, func() error {
		s.link.step(s.dialer.times.Quit)
		if err := s.send("QUIT"); err != nil {
			return fmt.Errorf("QUIT: %w", err)
		}
		st, err := s.status("QUIT")
		if err == nil && !st.OK {
			err = s.refuse("QUIT", st)
		}
		return err
	})
	s.turn.Lock()
	defer s.turn.Unlock()
	if s.dead == nil {
		s.end(errQuit)
	}
	return err
}

var errQuit = errors.New("QUIT was sent")

// Close implements fetch.Maildrop.
func (s *session) Close() error {
	s.timer.Stop()
	return s.link.close()
}
