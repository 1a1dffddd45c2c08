package fetch_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"restante/fetch"
)

// holding is an upstream whose listings wait to be released, and that counts
// how many do at once.
type holding struct {
	mu      sync.Mutex // guards the fields below
	open    map[string]int
	most    map[string]int
	release chan struct{}
}

func (h *holding) count(names []string, by int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, name := range names {
		h.open[name] += by
		h.most[name] = max(h.most[name], h.open[name])
	}
}

func (h *holding) Dial(_ context.Context, a fetch.Account) (fetch.Maildrop, error) {
	host, _, _ := strings.Cut(strings.ToLower(a.Host), ".")
	return holdingDrop{&session{s: &server{}}, h, []string{"all", host, a.Username}}, nil
}

type holdingDrop struct {
	*session
	h     *holding
	names []string
}

func (d holdingDrop) List(context.Context) ([]fetch.Item, error) {
	d.h.count(d.names, 1)
	defer d.h.count(d.names, -1)
	<-d.h.release
	return nil, nil
}

func TestRound_FewAtOnceAgainstOneHostAndOneAgainstAMaildrop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &holding{open: map[string]int{}, most: map[string]int{}, release: make(chan struct{})}
		f := fetch.New(fetch.Options{Dialer: s, Ledger: newArchive(), Sink: newArchive(), Concurrency: 4, PerHost: 3, Spool: t.TempDir()})
		errs := make(chan error, 100)
		n := 0
		start := func(a fetch.Account) {
			n++
			a.Name = fmt.Sprint("a", n)
			go func() { _, err := f.Round(t.Context(), a); errs <- err }()
		}
		for range 3 {
			start(fetch.Account{Host: "one.example", Username: "ada"})
			start(fetch.Account{Host: "ONE.example.", Username: "ada"})
		}
		for i := range 6 {
			start(fetch.Account{Host: "one.example", Username: fmt.Sprint("u", i)})
			start(fetch.Account{Host: "two.example", Username: fmt.Sprint("u", i)})
			start(fetch.Account{}) // an import
		}
		for range n {
			synctest.Wait()
			s.release <- struct{}{}
		}
		for range n {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
		if s.most["one"] != 3 || s.most["two"] > 3 || s.most["ada"] != 1 || s.most["all"] != 4 {
			t.Errorf("at once: %v", s.most)
		}
	})
}

func TestRound_AWaitingOneHearsThatItIsCalledOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &holding{open: map[string]int{}, most: map[string]int{}, release: make(chan struct{})}
		f := fetch.New(fetch.Options{Dialer: s, Ledger: newArchive(), Sink: newArchive(), Spool: t.TempDir()})
		first, second := make(chan error), make(chan error)
		round := func(ctx context.Context, name string, done chan error) {
			_, err := f.Round(ctx, fetch.Account{Name: name, Host: "one.example", Username: "ada"})
			done <- err
		}
		go round(t.Context(), "a", first)
		synctest.Wait()
		ctx, cancel := context.WithCancel(t.Context())
		go round(ctx, "b", second)
		synctest.Wait()
		cancel()
		if err := <-second; !errors.Is(err, context.Canceled) {
			t.Errorf("the waiting round: %v", err)
		}
		s.release <- struct{}{}
		if err := <-first; err != nil {
			t.Error(err)
		}
	})
}
