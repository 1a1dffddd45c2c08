package fetch_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"restante/fetch"
)

func fetcher(t *testing.T, s *server, a *archive, more ...func(*fetch.Options)) *fetch.Fetcher {
	t.Helper()
	o := fetch.Options{Dialer: s, Ledger: a, Sink: a, Spool: t.TempDir()}
	for _, f := range more {
		f(&o)
	}
	return fetch.New(o)
}

var atOnce = fetch.Keep{Delete: true}

// The matrix: the connection is lost at step k, for every k there is. What is
// deleted upstream is always in the archive, and a last whole round leaves
// every message in the archive once and none upstream.
func TestRound_LosesNothingWhereverTheConnectionBreaks(t *testing.T) {
	const n = 6
	for k := 1; ; k++ {
		s, a := &server{mail: mail(n), cutAt: k}, newArchive()
		f := fetcher(t, s, a)
		acc := fetch.Account{Name: "isp", Keep: atOnce}
		_, err := f.Round(context.Background(), acc)
		left := s.uids()
		for i := range n {
			uid := fmt.Sprintf("u%d", i)
			if !slices.Contains(left, uid) && a.kept[text(i)] != 1 {
				t.Fatalf("cut at step %d: %s was deleted upstream and is kept %d times", k, uid, a.kept[text(i)])
			}
		}
		reached := s.step >= k
		s.cutAt = 0
		if _, err := f.Round(context.Background(), acc); err != nil {
			t.Fatalf("cut at step %d: the next round: %v", k, err)
		}
		if len(s.uids()) != 0 || len(a.kept) != n {
			t.Fatalf("cut at step %d: %d left upstream, %d kept; want 0 and %d", k, len(s.uids()), len(a.kept), n)
		}
		if !reached {
			if err != nil || k < 2*n {
				t.Fatalf("only %d steps were cut, %v", k, err)
			}
			return // past the last step
		}
	}
}

func TestRound_KeepsUpstreamCopyWhenTheSinkFails(t *testing.T) {
	for k := 1; k <= 5; k++ {
		s, a := &server{mail: mail(5)}, newArchive()
		a.failAt = k
		sum, err := fetcher(t, s, a).Round(context.Background(), fetch.Account{Name: "isp", Keep: atOnce})
		if err != nil || len(sum.Failed) != 1 || sum.Deleted != 4 {
			t.Fatalf("fail at %d: %+v, %v", k, sum, err)
		}
		left := s.uids()
		if len(left) != 1 || a.kept[text(int(left[0][1]-'0'))] != 0 {
			t.Errorf("fail at %d: upstream has %v", k, left)
		}
	}
}

func TestRound_EndsEarlyWhenTheSinkTakesNothing(t *testing.T) {
	s, a := &server{mail: mail(1000)}, newArchive()
	a.failAt = -1
	f := fetcher(t, s, a, func(o *fetch.Options) { o.InFlight = 1 })
	_, err := f.Round(context.Background(), fetch.Account{Name: "isp", Keep: atOnce})
	if err == nil || len(s.uids()) != 1000 {
		t.Fatalf("err %v, %d left upstream", err, len(s.uids()))
	}
	if a.n > 100 {
		t.Errorf("%d messages were downloaded for nothing", a.n)
	}
}

func TestRound_ForeverDeletesNothing(t *testing.T) {
	s, a := &server{mail: mail(3)}, newArchive()
	f := fetcher(t, s, a)
	for range 2 {
		sum, err := f.Round(context.Background(), fetch.Account{Name: "isp"})
		if err != nil || sum.Deleted != 0 || len(s.uids()) != 3 {
			t.Fatalf("%+v, %v", sum, err)
		}
	}
	if a.n != 3 {
		t.Errorf("%d deliveries; the second round must download nothing", a.n)
	}
}

// A server that numbers its messages anew gives old UIDLs to new mail.
func TestRound_FetchesNewMailUnderAKnownUID(t *testing.T) {
	for _, tt := range []struct{ name, text string }{
		{"another size", "Subject: new mail\r\n\r\nnew\r\n"},
		{"the same size", text(9)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, a := &server{mail: mail(1)}, newArchive()
			f := fetcher(t, s, a)
			if _, err := f.Round(context.Background(), fetch.Account{Name: "isp"}); err != nil {
				t.Fatal(err)
			}
			s.mail = []message{{"u0", tt.text}}
			if _, err := f.Round(context.Background(), fetch.Account{Name: "isp", Keep: atOnce}); err != nil {
				t.Fatal(err)
			}
			if a.kept[tt.text] != 1 {
				t.Error("new mail under an old UID was deleted unseen")
			}
		})
	}
}

// Nothing is deleted that the owner of today has not, whoever had it before.
func TestRound_FetchesAllAgainForAnotherOwner(t *testing.T) {
	s, a := &server{mail: mail(3)}, newArchive()
	f := fetcher(t, s, a)
	if _, err := f.Round(context.Background(), fetch.Account{Name: "isp", Owner: "bob"}); err != nil {
		t.Fatal(err)
	}
	sum, err := f.Round(context.Background(), fetch.Account{Name: "isp", Owner: "ada", Keep: atOnce})
	if err != nil || sum.Taken != 3 || sum.Deleted != 3 {
		t.Errorf("%+v, %v", sum, err)
	}
	for i := range 3 {
		if a.kept["ada"+text(i)] != 1 {
			t.Errorf("ada has message %d %d times", i, a.kept["ada"+text(i)])
		}
	}
}

func TestRound_OneAtATimePerAccount(t *testing.T) {
	s, a := &server{mail: mail(1)}, newArchive()
	a.arrived, a.waiting = make(chan struct{}), make(chan struct{})
	f := fetcher(t, s, a)
	first := make(chan error)
	go func() {
		_, err := f.Round(context.Background(), fetch.Account{Name: "isp"})
		first <- err
	}()
	<-a.arrived
	if _, err := f.Round(context.Background(), fetch.Account{Name: "isp"}); !errors.Is(err, fetch.ErrRunning) {
		t.Errorf("a second round beside the first: %v", err)
	}
	close(a.waiting)
	if err := <-first; err != nil {
		t.Fatal(err)
	}
	if s.sessions != 1 {
		t.Errorf("%d sessions", s.sessions)
	}
}

// All rounds together hold 64 MiB of parcels at most.
func TestRound_ManyRoundsAtOnceShareOneBoundOfMemory(t *testing.T) {
	const size, most = 20 << 20, 3
	s, a := &server{}, newArchive()
	for i := range most + 1 {
		s.mail = append(s.mail, message{fmt.Sprint("big", i), text(i) + strings.Repeat("x", size)})
	}
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		g := &gate{open: make(chan struct{})}
		f := fetch.New(fetch.Options{Dialer: s, Ledger: a, Sink: g, Spool: dir})
		ended := make(chan error, 3)
		for i := range cap(ended) {
			go func() {
				_, err := f.Round(context.Background(), fetch.Account{Name: fmt.Sprint("isp", i)})
				ended <- err
			}()
		}
		synctest.Wait()
		if n := g.waiting.Load(); n != most {
			t.Errorf("%d parcels of %d MiB are in flight, want %d", n, size>>20, most)
		}
		close(g.open)
		for range cap(ended) {
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
	})
}

// gate is a sink that holds parcels until it is opened.
type gate struct {
	waiting atomic.Int64
	open    chan struct{}
}

func (g *gate) Deliver(context.Context, *fetch.Parcel) error {
	g.waiting.Add(1)
	<-g.open
	return nil
}
