package pop3_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"restante/fetch"
	"restante/fetch/pop3"
	"restante/fetch/pop3/pop3test"
)

// failing is a connection that breaks in a way of its own where the password's
// verdict would be read.
type failing struct {
	net.Conn
	why  error
	sent atomic.Bool
}

func (c *failing) Write(p []byte) (int, error) {
	if strings.HasPrefix(string(p), "PASS") {
		c.sent.Store(true)
	}
	return c.Conn.Write(p)
}

func (c *failing) Read(p []byte) (int, error) {
	if c.sent.Load() {
		return 0, &net.OpError{Op: "read", Net: "tcp", Err: c.why}
	}
	return c.Conn.Read(p)
}

func TestLogin_ANetworkThatIsDownRefusesNothing(t *testing.T) {
	for _, tt := range []struct {
		why  error
		want bool // it is taken for a refusal
	}{
		{syscall.ECONNRESET, true},
		{syscall.EPIPE, true},
		{syscall.ETIMEDOUT, false}, // TCP's own, in the middle of a step
		{syscall.EHOSTUNREACH, false},
		{syscall.ENETDOWN, false},
		{syscall.ENETUNREACH, false},
	} {
		srv := pop3test.New(t, pop3test.Options{Faults: pop3test.Faults{Capa: []string{"USER"}}})
		d := pop3.New(pop3.Options{Connect: func(ctx context.Context, network, address string) (net.Conn, error) {
			c, err := srv.Dial(ctx, network, address)
			return &failing{Conn: c, why: tt.why}, err
		}})
		_, err := d.Dial(t.Context(), srv.Account("a"))
		if !errors.Is(err, tt.why) || errors.Is(err, fetch.ErrAuth) != tt.want || errors.Is(err, fetch.ErrHungUp) != tt.want {
			t.Errorf("%v: %v", tt.why, err)
		}
	}
}

func TestLogin_ARefusalInWordsIsNoHangUp(t *testing.T) {
	for _, answer := range []string{"-ERR", "-ERR [AUTH] no"} {
		_, err := dialError(t, pop3test.Options{Faults: pop3test.Faults{Capa: []string{"USER"}, BadLogin: answer}},
			func(a *fetch.Account) { a.Password = password("wrong") })
		if !errors.Is(err, fetch.ErrAuth) || errors.Is(err, fetch.ErrHungUp) {
			t.Errorf("%s: %v", answer, err)
		}
	}
}
