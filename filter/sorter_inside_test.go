package filter

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"

	"restante/fetch"
	"restante/filter/bayes"
	"restante/filter/rule"
)

type noModel struct{}

func (noModel) Model(context.Context, string) (*bayes.Model, error) { return bayes.New(), nil }

type counter chan struct{}

func (c counter) Shelve(context.Context, *Sorted) error { c <- struct{}{}; return nil }

// A house fetches many accounts at once, and an open message takes many times
// its size.
func TestDeliver_OpensNoMoreMessagesAtOnceThanThereAreProcessors(t *testing.T) {
	p, err := fetch.Pack("", strings.NewReader("Subject: x\r\n\r\nx\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		shelved := make(counter, 1)
		s := New(Options{HamCutoff: 0.2, SpamCutoff: 0.9, Rules: rule.Default(), Models: noModel{}, Shelf: shelved})
		if cap(s.desks) != runtime.GOMAXPROCS(0) {
			t.Fatalf("%d desks", cap(s.desks))
		}
		for range cap(s.desks) {
			s.desks <- struct{}{}
		}
		ended := make(chan error, 1)
		go func() { ended <- s.Deliver(context.Background(), p) }()
		synctest.Wait()
		if len(shelved) != 0 {
			t.Error("a message was opened while all processors were busy")
		}
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if err := s.Deliver(ctx, p); !errors.Is(err, context.Canceled) {
			t.Errorf("who waits must hear cancellation: %v", err)
		}
		<-s.desks
		if err := <-ended; err != nil || len(shelved) != 1 {
			t.Errorf("%v, %d shelved", err, len(shelved))
		}
	})
}
