package pop3_test

import (
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"restante/fetch"
	"restante/fetch/pop3"
	"restante/fetch/pop3/pop3test"
)

// pipe runs test on a fake clock, with a server at the other end of a pipe.
func pipe(t *testing.T, o pop3test.Options, test func(t *testing.T, srv *pop3test.Server, d *pop3.Dialer)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		srv, err := pop3test.Make(o)
		if err != nil {
			t.Fatal(err)
		}
		defer srv.Close()
		test(t, srv, pop3.New(pop3.Options{Connect: srv.Dial}))
	})
}

// use goes through all steps of a session.
func use(ctx context.Context, d *pop3.Dialer, a fetch.Account) error {
	m, err := d.Dial(ctx, a)
	if err != nil {
		return err
	}
	defer m.Close()
	items, err := m.List(ctx)
	if err != nil {
		return err
	}
	if _, err := header(ctx, m, items[0]); err != nil {
		return err
	}
	if _, err := retrieve(ctx, m, items); err != nil {
		return err
	}
	if _, err := m.Delete(ctx, []int{1}); err != nil {
		return err
	}
	return m.Quit(ctx)
}

func TestSession_EndsAtOnceWhenCancelled(t *testing.T) {
	why := errors.New("shutting down")
	for _, step := range []string{"GREETING", "CAPA", "AUTH", "LIST", "UIDL", "TOP", "RETR", "DELE", "QUIT"} {
		pipe(t, pop3test.Options{Messages: letters(3), Faults: pop3test.Faults{Hang: map[string]bool{step: true}}}, func(t *testing.T, srv *pop3test.Server, d *pop3.Dialer) {
			ctx, cancel := context.WithCancelCause(t.Context())
			stop := time.AfterFunc(time.Second, func() { cancel(why) })
			defer stop.Stop()
			start := time.Now()
			err := use(ctx, d, srv.Account("a"))
			if took := time.Since(start); !errors.Is(err, why) || took != time.Second {
				t.Errorf("cancelled at %s it ended after %v with %v", step, took, err)
			}
			if errors.Is(err, fetch.ErrAuth) || srv.Sessions() > 1 {
				t.Errorf("cancelled at %s: %v after %d sessions", step, err, srv.Sessions())
			}
		})
	}
}

// Our own end of patience says nothing about the password.
func TestSession_CancelledAtTheVerdictIsNoRefusal(t *testing.T) {
	why := errors.New("shutting down")
	for _, capa := range []string{"USER", "SASL PLAIN", "SASL SCRAM-SHA-256"} {
		f := pop3test.Faults{Capa: []string{capa}, Hang: map[string]bool{"LOGIN": true}}
		pipe(t, pop3test.Options{Faults: f}, func(t *testing.T, srv *pop3test.Server, d *pop3.Dialer) {
			ctx, cancel := context.WithCancelCause(t.Context())
			stop := time.AfterFunc(time.Second, func() { cancel(why) })
			defer stop.Stop()
			if _, err := d.Dial(ctx, srv.Account("a")); !errors.Is(err, why) || errors.Is(err, fetch.ErrAuth) {
				t.Errorf("%s: %v", capa, err)
			}
		})
	}
}

func TestSession_ACancelledContextAsksNothing(t *testing.T) {
	srv := pop3test.New(t, pop3test.Options{Messages: letters(1)})
	m := open(t, srv)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	heard := len(srv.Commands())
	if _, err := m.List(ctx); !errors.Is(err, context.Canceled) || len(srv.Commands()) != heard {
		t.Errorf("error %v, heard %q", err, srv.Commands()[heard:])
	}
	if _, err := retrieve(ctx, m, []fetch.Item{{Num: 1}}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if err := m.Quit(t.Context()); err != nil { // so that what is marked can still be made final
		t.Error("the session did not survive: ", err)
	}
}

func TestRetrieve_SlowLinesPassAndDrippingOnesDoNot(t *testing.T) {
	msg := []byte(strings.Repeat("x", 50_000) + "\r\n")
	for pause, pass := range map[time.Duration]bool{3 * time.Millisecond: true, 50 * time.Millisecond: false} { // 2.5 min, 41 min
		o := pop3test.Options{Messages: [][]byte{msg}, Faults: pop3test.Faults{Drip: pause}}
		pipe(t, o, func(t *testing.T, srv *pop3test.Server, d *pop3.Dialer) {
			m, err := d.Dial(t.Context(), srv.Account("a"))
			if err != nil {
				t.Fatal(err)
			}
			defer m.Close()
			got, err := retrieve(t.Context(), m, []fetch.Item{{Num: 1}})
			if pass && (err != nil || len(got) != 1) || !pass && !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("an octet each %v: %d messages, %v", pause, len(got), err)
			}
		})
	}
}

func TestRetrieve_ASlowReaderDoesNotMakeTheServerLate(t *testing.T) {
	pipe(t, pop3test.Options{Messages: letters(3)}, func(t *testing.T, srv *pop3test.Server, d *pop3.Dialer) {
		m, err := d.Dial(t.Context(), srv.Account("a"))
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		err = m.Retrieve(t.Context(), []fetch.Item{{Num: 1}, {Num: 2}, {Num: 3}}, func(_ fetch.Item, r io.Reader, _ error) error {
			<-time.After(time.Hour) // on the fake clock
			_, err := io.Copy(io.Discard, r)
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
}

// Note 34.
func TestRetrieve_GivesUpPipeliningWhereItStalls(t *testing.T) {
	pipe(t, pop3test.Options{Messages: letters(5), Faults: pop3test.Faults{LosePipelined: true, Refuse: map[string]string{"TOP": "no"}}}, func(t *testing.T, srv *pop3test.Server, d *pop3.Dialer) {
		if err := use(t.Context(), d, srv.Account("a")); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("first session: %v", err)
		}
		if err := use(t.Context(), d, srv.Account("a")); err != nil {
			t.Fatalf("second session: %v", err)
		}
		if got := srv.Deleted(); !slices.Equal(got, []string{"uid000001"}) {
			t.Errorf("deleted %q", got)
		}
	})
}
