package pop3d

import (
	"bufio"
	"context"
	"crypto/rand"
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
	o       *Options
	raw     net.Conn // as accepted
	conn    net.Conn // raw, or TLS over it
	remote  netip.Addr
	network netip.Prefix // what remote counts as against MaxPerAddr
	secure  bool         // TLS is on, or is to start before the greeting
	start   time.Time
	debug   bool // somebody reads debug lines

	r *bufio.Reader
	w *bufio.Writer // nil while there is nothing to send

	claimed  string   // from USER, until PASS
	user     string   // who is logged in; stays when drop is closed
	drop     Maildrop // nil before the login
	marked   []uint64 // one bit a message; nil while there is none
	left     int      // messages not marked
	octets   int64    // their size
	bad      int      // senseless commands in a row
	failures int      // logins refused
	end      string   // why the session is over; empty while it goes on
	err      error    // what the log should know of that

	retr, top, dele int
	sent            int64 // octets of messages, before stuffing

	mu       sync.Mutex // guards the fields below
	draining bool
	stop     context.CancelFunc
}

func newSession(o *Options, conn net.Conn, implicitTLS bool) *session {
	x := &session{o: o, raw: conn, conn: conn, secure: implicitTLS, start: time.Now()}
	if a, err := netip.ParseAddrPort(conn.RemoteAddr().String()); err == nil {
		x.remote = a.Addr().Unmap()
		bits := 32
		if x.remote.Is6() {
			bits = 64
		}
		x.network, _ = x.remote.WithZone("").Prefix(bits) // the bits fit, so there is no error
	}
	return x
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
	defer x.recovered()
	defer x.closeDrop() // before the connection: who sees that closed may come again at once

	x.debug = x.o.Log.Enabled(ctx, slog.LevelDebug)
	x.r = bufio.NewReaderSize(x.conn, readBuffer)
	if x.secure && !x.handshake(ctx) {
		return
	}
	x.ok(x.o.Greeting)
	for x.end == "" {
		x.step(ctx)
	}
	if err := x.flush(); err != nil {
		x.err = err
	}
}

// step reads a command and answers it.
func (x *session) step(ctx context.Context) {
	line, err := x.readLine(wire.MaxCommand)
	if errors.Is(err, wire.ErrTooLong) {
		x.senseless("line too long")
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
	level := slog.LevelInfo
	if x.user == "" && x.failures == 0 {
		level = slog.LevelDebug // nobody tried to come in: a probe, a monitor
	}
	attrs := []slog.Attr{
		slog.String("user", x.user), slog.Any("remote", x.remote), slog.Bool("tls", x.secure),
		slog.Int("failed", x.failures), slog.Int("retr", x.retr), slog.Int("top", x.top), slog.Int("dele", x.dele),
		slog.Int64("bytes", x.sent), slog.Duration("took", time.Since(x.start)), slog.String("end", x.end),
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
	if err := drop.Close(); err != nil {
		x.o.Log.Error("pop3 close maildrop", "user", x.user, "err", err)
	}
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
	x.fail("[SYS/TEMP] something went wrong here; reference " + ref)
}
