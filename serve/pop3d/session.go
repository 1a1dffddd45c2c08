package pop3d

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"restante/fetch/wire"
)

// session is one connection. All but drain and cut is for its own goroutine.
type session struct {
	s       *Server
	o       *Options
	p       *Profile
	raw     net.Conn // as accepted
	conn    net.Conn // raw, or TLS over it
	remote  netip.Addr
	network netip.Prefix // what remote counts as against MaxPerAddr
	seated  bool         // it is counted there
	secure  bool         // TLS is on, or is to start before the greeting
	version uint16       // of TLS; 0 without
	start   time.Time
	debug   bool // somebody reads debug lines
	tongue  int  // of tongues

	listening bool                            // it is not known yet who hears the dialogue
	early     []said                          // until then
	ear       func(at time.Time, line string) // nil: nobody

	r *bufio.Reader
	w *bufio.Writer // nil while there is nothing to send

	claimed   string // from USER, until PASS
	user      string // the name of the login; stays when drop is closed, and so do the next two
	label     Label  // whose maildrop it is
	mechanism string
	utf8      bool     // headers may be sent in UTF-8
	drop      Maildrop // nil before the login
	plain     plain    // drop, while its headers are to be ASCII and it can make them so
	marked    []uint64 // one bit a message; nil while there is none
	left      int      // messages not marked
	octets    int64    // their size
	bad       int      // senseless commands in a row
	failures  int      // logins refused
	end       string   // why the session is over; empty while it goes on
	err       error    // what the log should know of that

	retr, top, dele int
	sent            int64  // octets of messages, before stuffing
	change          string // how the listing differs from the last session's

	gone chan struct{} // closed when the session has let go of all; nil where nobody asks

	mu       sync.Mutex // guards the fields below
	since    time.Time  // it has been waiting for its client; zero: it is not
	draining bool
	stop     context.CancelFunc
}

func newSession(s *Server, p *Profile, conn net.Conn, implicitTLS bool) *session {
	x := &session{s: s, o: &s.o, p: p, raw: conn, conn: conn, secure: implicitTLS, start: time.Now()}
	if s.o.Exclusive {
		x.gone = make(chan struct{})
	}
	return x
}

// identify finds out who calls. That may take a while: a proxy says it in the
// connection's first octets.
func (x *session) identify() {
	if a, err := netip.ParseAddrPort(x.raw.RemoteAddr().String()); err == nil {
		x.remote = a.Addr().Unmap()
		bits := 32
		if x.remote.Is6() {
			bits = 64
		}
		x.network, _ = x.remote.WithZone("").Prefix(bits) // the bits fit, so there is no error
	}
}

// run serves the connection to its end.
func (x *session) run(parent context.Context) {
	ctx, stop := context.WithCancel(parent)
	defer stop()
	x.mu.Lock()
	x.stop = stop
	x.mu.Unlock()
	hangUp := context.AfterFunc(ctx, func() { x.raw.Close() })
	defer hangUp()
	defer x.report(ctx)
	if x.gone != nil {
		defer close(x.gone)
	}
	defer x.recovered()
	defer x.closeDrop() // before the connection: who sees that closed may come again at once

	x.debug = x.o.Log.Enabled(ctx, slog.LevelDebug)
	x.listening = x.o.Trace != nil && x.o.Trace.Listens()
	x.identify()
	if code, why := x.s.seat(x); code != "" {
		x.refuse(code, why)
		return
	}
	x.r = bufio.NewReaderSize(x.conn, readBuffer)
	if x.secure && !x.handshake(ctx) {
		return
	}
	x.status("+OK ", x.o.Greeting)
	for x.end == "" {
		x.step(ctx)
	}
	if err := x.flush(); err != nil {
		x.err = err
	}
}

// step reads a command and answers it.
func (x *session) step(ctx context.Context) {
	line, err := x.readLine(x.longest())
	if err == nil && len(line)+len("\r\n") > wire.MaxCommand && !bytes.EqualFold(line[:5], []byte("AUTH ")) {
		err = wire.ErrTooLong
	}
	if errors.Is(err, wire.ErrTooLong) {
		x.claimed = ""
		x.senseless(sayLong)
		return
	}
	if err != nil {
		x.over(ctx, err)
		return
	}
	before := x.bad
	x.command(ctx, line)
	if x.bad == before {
		x.bad = 0
	}
}

// longest is the octets of the longest line that may be a command. A token rarely
// fits in what RFC 5034, 4 allows to an initial response, and programs that were
// made for a provider with longer lines send it there all the same.
func (x *session) longest() int {
	if x.drop == nil && x.tokens() != nil && x.mayLogin() {
		return maxResponse
	}
	return wire.MaxCommand
}

// recovered ends the session, and nothing else, after a panic.
func (x *session) recovered() {
	if p := recover(); p != nil {
		x.end = "panic"
		x.o.Log.Error("pop3 session panicked", "remote", x.remote, "panic", p, "stack", string(debug.Stack()))
	}
}

// report hangs up and writes the session's line in the log.
func (x *session) report(ctx context.Context) {
	x.conn.Close()
	if x.ear != nil {
		x.note("-- " + x.end)
	}
	level := slog.LevelInfo
	if x.user == "" && x.failures == 0 {
		level = slog.LevelDebug // nobody tried to come in: a probe, a monitor
	}
	version := ""
	if x.version != 0 {
		version = tls.VersionName(x.version)
	}
	attrs := []slog.Attr{
		slog.String("user", x.user), slog.String("mailbox", x.label.Mailbox), slog.String("device", x.label.Device),
		slog.Any("remote", x.remote), slog.String("tls", version), slog.String("mechanism", x.mechanism),
		slog.Int("failed", x.failures), slog.Int("retr", x.retr), slog.Int("top", x.top), slog.Int("dele", x.dele),
		slog.Int64("bytes", x.sent), slog.String("uidl", x.change),
		slog.Duration("took", time.Since(x.start)), slog.String("end", x.end),
	}
	if x.err != nil {
		attrs = append(attrs, slog.Any("err", x.err))
	}
	x.o.Log.LogAttrs(ctx, level, "pop3 session", attrs...)
}

func (x *session) closeDrop() {
	if x.drop == nil {
		return
	}
	drop := x.drop
	x.drop = nil // first: a Close that panics is not called again
	defer x.s.exit(x.label)
	defer func() { // also when the listing panics
		if err := drop.Close(); err != nil {
			x.o.Log.Error("pop3 close maildrop", "user", x.user, "err", err)
		}
	}()
	var deleted func(int) bool
	if x.dele > 0 {
		deleted = x.isMarked
	}
	x.change = x.s.seen.compare(x.user+"\x00"+x.label.Device, drop, deleted)
}

// drain makes the session end as soon as its client has nothing to say.
func (x *session) drain() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.draining = true
	x.raw.SetReadDeadline(time.Now().Add(drainWait))
}

// cut ends the session now.
func (x *session) cut() {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.stop != nil {
		x.stop()
	}
	x.raw.Close()
}

// fault answers an error of ours: the client hears a reference, the log knows
// what it stands for.
func (x *session) fault(what string, err error) {
	ref := strings.ToLower(rand.Text()[:6])
	x.o.Log.Error("pop3 "+what, "user", x.user, "remote", x.remote, "ref", ref, "err", err)
	x.status("-ERR [SYS/TEMP] ", x.say(sayFault)+ref)
}
