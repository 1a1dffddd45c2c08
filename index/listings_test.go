package index

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
)

// shelfStore lists mailboxes and counts how often it does; nothing else is asked.
type shelfStore struct {
	Store
	alone   bool // nobody else writes
	version atomic.Int64
	asked   atomic.Int64
	length  atomic.Int64
	fault   error
	gate    chan struct{} // where set, a listing waits for it
}

func (s *shelfStore) Version() (int64, bool) { return s.version.Load(), s.alone }

func (s *shelfStore) List(context.Context, View) ([]Listing, error) {
	s.asked.Add(1)
	if s.gate != nil {
		<-s.gate
	}
	return make([]Listing, s.length.Load()), s.fault
}

func own(owner, mailbox string) View {
	return View{Owner: owner, Boxes: []Box{{Name: mailbox}}}
}

// Inside the package: from outside only the time that it takes shows.
func TestListings_AreReadOnceUntilSomethingIsWritten(t *testing.T) {
	s := &shelfStore{alone: true}
	var l listings
	for i := range 3 {
		s.length.Store(int64(i + 1))
		for range 5 {
			if all, err := l.get(t.Context(), s, own("ada", "inbox")); err != nil || len(all) != i+1 {
				t.Fatalf("%d messages, %v, want %d", len(all), err, i+1)
			}
		}
		s.version.Add(1)
	}
	if n := s.asked.Load(); n != 3 {
		t.Errorf("read %d times, want 3", n)
	}
	if _, err := l.get(t.Context(), s, own("bob", "inbox")); err != nil || s.asked.Load() != 4 {
		t.Errorf("another's was not read: %v", err)
	}
}

func TestListings_AreNotKeptWhereOthersWriteToo(t *testing.T) {
	s := &shelfStore{}
	var l listings
	for range 3 {
		if _, err := l.get(t.Context(), s, own("ada", "inbox")); err != nil {
			t.Fatal(err)
		}
	}
	if n := s.asked.Load(); n != 3 {
		t.Errorf("read %d times, want 3", n)
	}
}

func TestListings_FaultIsNotRemembered(t *testing.T) {
	s := &shelfStore{alone: true, fault: errors.New("locked")}
	var l listings
	if _, err := l.get(t.Context(), s, own("ada", "inbox")); err != s.fault {
		t.Fatalf("error %v", err)
	}
	s.fault = nil
	if _, err := l.get(t.Context(), s, own("ada", "inbox")); err != nil {
		t.Errorf("after the fault: %v", err)
	}
}

func TestListings_ManyAtOnceShareOneReading(t *testing.T) {
	s := &shelfStore{alone: true, gate: make(chan struct{})}
	var l listings
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if _, err := l.get(t.Context(), s, own("ada", "inbox")); err != nil {
				t.Error(err)
			}
		})
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.get(gone, s, own("ada", "inbox")); !errors.Is(err, context.Canceled) {
		t.Errorf("who has gone gets %v", err)
	}
	close(s.gate)
	all.Wait()
	if n := s.asked.Load(); n != 1 {
		t.Errorf("read %d times", n)
	}
}

func TestListings_AreBounded(t *testing.T) {
	s := &shelfStore{alone: true}
	s.length.Store(maxListings / 4)
	var l listings
	for i := range 10 {
		if _, err := l.get(t.Context(), s, own("user"+strconv.Itoa(i), "inbox")); err != nil {
			t.Fatal(err)
		}
	}
	if len(l.at) != 3 || l.order.Len() != 3 || l.total > maxListings {
		t.Errorf("%d listings of %d messages are kept", len(l.at), l.total)
	}
	s.length.Store(maxListings + 1)
	if all, err := l.get(t.Context(), s, own("ada", "inbox")); err != nil || len(all) != maxListings+1 || l.total > maxListings {
		t.Errorf("one that is too long: %d, %v, %d kept", len(all), err, l.total)
	}
}
