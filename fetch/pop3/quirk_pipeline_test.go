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

// noops counts the NOOPs that a server heard.
func noops(srv *pop3test.Server) int {
	n := 0
	for _, c := range srv.Commands() {
		if c == "NOOP" {
			n++
		}
	}
	return n
}

// slowly takes all mail, being busy for so long with each message.
func slowly(t *testing.T, m fetch.Maildrop, items []fetch.Item, busy time.Duration) (got []string, err error) {
	t.Helper()
	err = m.Retrieve(t.Context(), items, func(_ fetch.Item, r io.Reader, err error) error {
		if err != nil {
			return err
		}
		b, err := io.ReadAll(r)
		got = append(got, string(b))
		<-time.After(busy)
		return err
	})
	return got, err
}

// Note 32: who is silent for a minute is hung up on.
func TestQuirk32_NOOPWhileTheSinkKeepsUsFromTalking(t *testing.T) {
	for _, capa := range [][]string{{"UIDL"}, {"UIDL", "PIPELINING"}} {
		synctest.Test(t, func(t *testing.T) {
			srv, err := pop3test.Make(pop3test.Options{Messages: letters(5), Faults: pop3test.Faults{Capa: capa}})
			if err != nil {
				t.Fatal(err)
			}
			defer srv.Close()
			proxy := pop3test.MakeProxy(pop3test.ProxyOptions{Connect: srv.Dial, Delay: time.Second}) // it buffers, as a network does
			defer proxy.Close()
			m, err := pop3.New(pop3.Options{Connect: proxy.Dial}).Dial(t.Context(), srv.Account("a"))
			if err != nil {
				t.Fatal(err)
			}
			defer m.Close()
			items := list(t, m)
			before := noops(srv)
			got, err := slowly(t, m, items, 35*time.Second)
			if err != nil || !slices.Equal(got, texts(srv.Messages())) {
				t.Errorf("%s: %d messages, %v", capa, len(got), err)
			}
			// Three times in 35 seconds, but for when asking for mail is enough.
			if n := noops(srv) - before; n < 13 || n > 18 {
				t.Errorf("%s: %d NOOPs in five pauses of 35 s", capa, n)
			}
			// The last parcels are with the sink, and we wait for them.
			before = noops(srv)
			<-time.After(61 * time.Second)
			synctest.Wait()
			if n := noops(srv) - before; n < 4 || n > 7 {
				t.Errorf("%s: %d NOOPs in a minute", capa, n)
			}
			if marked, err := m.Delete(t.Context(), []int{1, 2, 3, 4, 5}); err != nil || len(marked) != 5 {
				t.Errorf("%s: marked %v, %v", capa, marked, err)
			}
			if err := m.Quit(t.Context()); err != nil || len(srv.Deleted()) != 5 {
				t.Errorf("%s: %d deleted, %v", capa, len(srv.Deleted()), err)
			}
		})
	}
}

func texts(mail [][]byte) (out []string) {
	for _, m := range mail {
		out = append(out, string(m))
	}
	return out
}

func TestQuirk32_NoNOOPAheadOfTheLoginOrBehindTheEnd(t *testing.T) {
	pipe(t, pop3test.Options{Messages: letters(1)}, func(t *testing.T, srv *pop3test.Server, d *pop3.Dialer) {
		m, err := d.Dial(t.Context(), srv.Account("a"))
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Quit(t.Context()); err != nil {
			t.Error(err)
		}
		<-time.After(time.Hour)
		if n := noops(srv); n != 0 {
			t.Errorf("%d NOOPs behind QUIT", n)
		}
	})
	hang := pop3test.Faults{Hang: map[string]bool{"LIST": true}}
	pipe(t, pop3test.Options{Messages: letters(1), Faults: hang}, func(t *testing.T, srv *pop3test.Server, d *pop3.Dialer) {
		m, err := d.Dial(t.Context(), srv.Account("a"))
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		if _, err := m.List(t.Context()); !errors.Is(err, os.ErrDeadlineExceeded) || noops(srv) != 0 {
			t.Errorf("%v after %d NOOPs: nobody was slow but the server", err, noops(srv))
		}
	})
}

// A server that hangs up while we are busy is heard of at the next step.
func TestQuirk32_AHangUpAtNOOPEndsTheSession(t *testing.T) {
	drop := pop3test.Faults{Drop: map[string]bool{"NOOP": true}}
	pipe(t, pop3test.Options{Messages: letters(1), Faults: drop}, func(t *testing.T, srv *pop3test.Server, d *pop3.Dialer) {
		m, err := d.Dial(t.Context(), srv.Account("a"))
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		<-time.After(15 * time.Second)
		synctest.Wait()
		if _, err := m.Delete(t.Context(), []int{1}); err == nil || !strings.Contains(err.Error(), "NOOP") {
			t.Errorf("error %v", err)
		}
		if err := m.Quit(t.Context()); err == nil || len(srv.Deleted()) > 0 {
			t.Error("a session that was lost quit well")
		}
	})
}

// rounds runs sessions more than a day apart, each of which finds mail.
func rounds(t *testing.T, srv *pop3test.Server, d *pop3.Dialer, n int) (errs []error) {
	t.Helper()
	for range n {
		srv.Add([]byte("Subject: x\r\n\r\n"))
		errs = append(errs, use(t.Context(), d, srv.Account("a")))
		<-time.After(25 * time.Hour)
	}
	return errs
}

func stalls(errs []error) (n int) {
	for _, err := range errs {
		if errors.Is(err, os.ErrDeadlineExceeded) {
			n++
		}
	}
	return n
}

// Note 34: PIPELINING is listed and hangs.
func TestQuirk34_PipeliningIsOffForGoodWhereItKeepsStalling(t *testing.T) {
	o := pop3test.Options{Messages: letters(5), Faults: pop3test.Faults{LosePipelined: true, Refuse: map[string]string{"TOP": "no"}}}
	pipe(t, o, func(t *testing.T, srv *pop3test.Server, _ *pop3.Dialer) {
		kept := &shelf{}
		d := func() *pop3.Dialer { return pop3.New(pop3.Options{Connect: srv.Dial, Quirks: kept}) } // as after a restart
		a := srv.Account("a")
		first := use(t.Context(), d(), a)
		next := use(t.Context(), d(), a)
		if !errors.Is(first, os.ErrDeadlineExceeded) || next != nil {
			t.Fatalf("first session %v, next session %v", first, next)
		}
		<-time.After(25 * time.Hour)
		errs := rounds(t, srv, d(), 6)
		if stalls(errs) != 2 || errs[0] == nil || errs[1] == nil {
			t.Errorf("later sessions: %v; want two more tries, and no other ever", errs)
		}
		if got := kept.quirks["no-pipelining@"+a.Address()]; got != 3 {
			t.Errorf("%d strikes kept, want 3", got)
		}
	})
}

// shelf keeps quirks of one account.
type shelf struct {
	quirks map[string]int
	last   map[string]time.Time
}

func (s *shelf) Quirks(_ context.Context, _ string, each func(string, int, time.Time)) error {
	for q, n := range s.quirks {
		each(q, n, s.last[q])
	}
	return nil
}

func (s *shelf) SetQuirk(_ context.Context, _, quirk string, strikes int, last time.Time) error {
	if s.quirks == nil {
		s.quirks, s.last = map[string]int{}, map[string]time.Time{}
	}
	s.quirks[quirk], s.last[quirk] = strikes, last
	return nil
}

// A bad line is no reason to go slowly for ever.
func TestQuirk34_AFlakyNetworkDoesNotTurnPipeliningOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv, err := pop3test.Make(pop3test.Options{Messages: letters(150)})
		if err != nil {
			t.Fatal(err)
		}
		defer srv.Close()
		proxy := pop3test.MakeProxy(pop3test.ProxyOptions{Connect: srv.Dial, Flaky: &pop3test.Flaky{
			Seed: 3, Cut: 0.2, Reset: 0.2, Stall: 0.4, Within: len(strings.Join(texts(srv.Messages()), "")),
		}})
		defer proxy.Close()
		kept := &shelf{}
		d := pop3.New(pop3.Options{Connect: proxy.Dial, Quirks: kept})
		broken := 0
		for range 200 {
			m, err := d.Dial(t.Context(), srv.Account("a"))
			if err == nil {
				items, lerr := m.List(t.Context())
				if err = lerr; err == nil {
					_, err = retrieve(t.Context(), m, items)
				}
				m.Close()
			}
			if err != nil {
				broken++
			}
			if kept.quirks["no-pipelining@"+srv.Account("a").Address()] > 2 {
				t.Fatal("pipelining is off for good")
			}
			<-time.After(13 * time.Hour)
		}
		if broken < 50 {
			t.Errorf("%d of 200 sessions broke: the network was too good", broken)
		}
	})
}

// Note 22: TOP is refused, breaks, or lies.
func TestQuirk22_TOPIsAskedNoMoreWhereItDoesNotWork(t *testing.T) {
	for name, f := range map[string]pop3test.Faults{
		"refused": {Refuse: map[string]string{"TOP": "unknown command"}},
		"breaks":  {Drop: map[string]bool{"TOP": true}},
		"lies":    {Say: map[string]string{"TOP": "+OK\r\nSubject: something else\r\n\r\n."}},
	} {
		t.Run(name, func(t *testing.T) {
			pipe(t, pop3test.Options{Messages: letters(3), Faults: f}, func(t *testing.T, srv *pop3test.Server, d *pop3.Dialer) {
				asked := func() (n int) {
					for _, c := range srv.Commands() {
						if strings.HasPrefix(c, "TOP ") {
							n++
						}
					}
					return n
				}
				use(t.Context(), d, srv.Account("a")) // may break at TOP; then there is no more to it
				<-time.After(time.Hour)
				was := asked()
				if err := use(t.Context(), d, srv.Account("a")); err != nil || asked() != was {
					t.Errorf("the next session: %v, asked TOP %d times", err, asked()-was)
				}
				<-time.After(25 * time.Hour)
				rounds(t, srv, d, 1)
				if asked() == was {
					t.Error("after a day TOP was not tried again")
				}
				rounds(t, srv, d, 1)
				was = asked()
				for _, err := range rounds(t, srv, d, 3) {
					if err != nil {
						t.Error(err)
					}
				}
				if asked() != was {
					t.Error("after three strikes TOP was tried again")
				}
			})
		})
	}
}
