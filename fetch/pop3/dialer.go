package pop3

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"time"

	"restante/fetch"
)

// Timeouts bound every step of a session. A zero field means its default.
type Timeouts struct {
	Dial     time.Duration // connecting, and again for the TLS handshake; 30 s
	Greeting time.Duration // 60 s
	Command  time.Duration // one answer, from the first to the last octet of its first line; 60 s
	Progress time.Duration // 16 KiB more of a long answer; 60 s
	Quit     time.Duration // the answer to QUIT, before which the server may have much to delete; 60 s
}

func (t *Timeouts) setDefaults() {
	for p, d := range map[*time.Duration]time.Duration{
		&t.Dial: 30 * time.Second, &t.Greeting: time.Minute, &t.Command: time.Minute,
		&t.Progress: time.Minute, &t.Quit: time.Minute,
	} {
		if *p <= 0 {
			*p = d
		}
	}
}

// Options of a Dialer. The zero value is good.
type Options struct {
	Timeouts Timeouts
	Log      *slog.Logger // nil discards

	// Connect opens the connection below TLS, to the account's proxy where it has
	// one; nil is a net.Dialer's, from the account's Source.
	Connect func(ctx context.Context, network, address string) (net.Conn, error)

	Quirks Quirks // nil remembers for as long as the Dialer lives

	// Trace is asked at each dial who wants to hear the dialogue: each line of it,
	// without its end and with secrets blanked; of a message only how many octets
	// it has. The session waits for who hears. Nil, also as an answer, is nobody.
	Trace func(account string) Tracer
}

// Dialer opens maildrops by POP3. It may be used by several goroutines at once.
type Dialer struct {
	times   Timeouts
	log     *slog.Logger
	connect func(ctx context.Context, network, address string) (net.Conn, error)
	quirks  Quirks
	trace   func(account string) Tracer
}

var _ fetch.Dialer = (*Dialer)(nil)

// New makes a Dialer.
func New(o Options) *Dialer {
	o.Timeouts.setDefaults()
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Quirks == nil {
		o.Quirks = &memory{}
	}
	return &Dialer{times: o.Timeouts, log: o.Log, connect: o.Connect, quirks: o.Quirks, trace: o.Trace}
}

// Dial connects, secures the connection as the account says and never less, and
// logs in. A refused login is fetch.ErrAuth; a server that is busy, locked or in
// trouble is fetch.ErrBusy. Errors quote the server, but never a secret.
func (d *Dialer) Dial(ctx context.Context, a fetch.Account) (fetch.Maildrop, error) {
	s, err := d.dial(ctx, a, new(Report))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", a.Address(), err)
	}
	return s, nil
}

// dial writes what it learns into report, also where it fails.
func (d *Dialer) dial(ctx context.Context, a fetch.Account, report *Report) (*session, error) {
	if a.Auth == "" {
		a.Auth = fetch.AuthAuto
	}
	if err := check(a); err != nil {
		return nil, err
	}
	c, err := credentialOf(ctx, a)
	if err != nil {
		return nil, err
	}
	q := d.quirksOf(ctx, a)
	s, err := d.open(ctx, a, c, q, report)
	if errors.Is(err, errCapaLost) && ctx.Err() == nil && a.TLS == fetch.TLSNone && a.Auth == fetch.AuthAuto {
		// Without CAPA the password goes out in clear, also to a server that has
		// SCRAM: one break, which any bad line may have, is not believed.
		s, err = d.open(ctx, a, c, q, report)
	}
	if errors.Is(err, errCapaLost) && ctx.Err() == nil {
		d.log.Debug("server does not survive CAPA, trying without", "account", a.Name, "cause", err)
		q.noCapa, q.found = true, true
		s, err = d.open(ctx, a, c, q, report)
	}
	return s, err
}

// check finds what is wrong with the settings before anybody is called.
func check(a fetch.Account) error {
	switch a.TLS {
	case fetch.TLSImplicit, fetch.TLSStart, fetch.TLSNone:
	default:
		return fmt.Errorf("tls is %q; set it to implicit, starttls or none", a.TLS)
	}
	if a.Username == "" || !sendable(a.Username) {
		return errors.New("the user name is empty or holds a line break or NUL")
	}
	return checkAuth(a)
}

// sendable reports whether s can be an argument: a line break would start
// another command.
func sendable(s string) bool { return !strings.ContainsAny(s, "\r\n\x00") }

// open is one attempt at a session that can be used.
func (d *Dialer) open(ctx context.Context, a fetch.Account, c credential, q quirks, report *Report) (_ *session, err error) {
	raw, err := d.call(ctx, a)
	if err != nil {
		return nil, err
	}
	s := newSession(d, a, raw, report)
	s.hideCredential(c)
	s.trace(Note, "connected to "+a.Address())
	err = s.do(ctx, func() error {
		if a.TLS == fetch.TLSImplicit {
			if err := s.handshake(ctx); err != nil {
				return err
			}
		}
		if err := s.greeting(); err != nil {
			return err
		}
		if q.found { // a server that greets is not down: it was CAPA
			q.strike(ctx, noCapa, "server does not survive CAPA, going on without")
		}
		return s.enter(ctx, c, q)
	})
	if err != nil {
		s.Close()
		return nil, err
	}
	if s.caps.known {
		q.clear(ctx, noCapa)
	}
	s.quirks, s.pipelining = q, s.caps.pipelining && !q.noPipelining
	s.timer.Reset(quiet) // NOOP is for those who are logged in
	d.log.Debug("logged in", "account", a.Name, "tls", a.TLS, "pipelining", s.pipelining)
	return s, nil
}

// enter goes from the greeting to the transaction state.
func (s *session) enter(ctx context.Context, c credential, q quirks) error {
	if err := s.askCapa(q); err != nil {
		return err
	}
	s.report.Greeted = s.caps.lines
	if s.acct.TLS == fetch.TLSStart {
		if err := s.startTLS(ctx, q); err != nil {
			return err
		}
		s.report.Secured = s.caps.lines
	}
	if s.caps.utf8 {
		// RFC 6856, 2.1: before login; without it some servers refuse to hand
		// out mail with raw UTF-8. A refusal costs nothing.
		if _, err := s.command("UTF8"); err != nil {
			return err
		}
	}
	if err := s.login(c); err != nil {
		return err
	}
	if s.caps.pipelining && !q.noPipelining {
		s.late = true // the listing asks it along with the rest
		return nil
	}
	return s.askAgain(q)
}
