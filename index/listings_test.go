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
	others  bool // write too
	now     atomic.Int64
	known   bool // what was written since
	asked   atomic.Int64
	patched atomic.Int64
	length  atomic.Int64
	fault   error
	gate    chan struct{} // where set, a listing waits for it
	during  func()        // called in a listing
}

func (s *shelfStore) Touched(_ string, since int64) (t Touched) {
	t = Touched{Now: s.now.Load(), Known: s.known, Others: s.others}
	t.Last = t.Now
	t.Known = t.Known || since >= t.Now
	for n := since; s.known && n < t.Now; n++ {
		t.Messages = append(t.Messages, n+1)
	}
	return t
}

func (s *shelfStore) Relist(_ context.Context, _ View, old Lines, messages []int64) (l Lines, err error) {
	if messages != nil {
		s.patched.Add(1)
		l.All = make([]Listing, len(old.All)+len(messages))
		if s.during != nil {
			s.during()
		}
		return l, s.fault
	}
	l.All, err = s.List(context.Background(), View{})
	return l, err
}

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
	s := &shelfStore{}
	var l listings
	for i := range 3 {
		s.length.Store(int64(i + 1))
		for range 5 {
			if all, err := l.get(t.Context(), s, own("ada", "inbox")); err != nil || len(all) != i+1 {
				t.Fatalf("%d messages, %v, want %d", len(all), err, i+1)
			}
		}
		s.now.Add(1)
	}
	if n := s.asked.Load(); n != 3 {
		t.Errorf("read %d times, want 3", n)
	}
	if _, err := l.get(t.Context(), s, own("bob", "inbox")); err != nil || s.asked.Load() != 4 {
		t.Errorf("another's was not read: %v", err)
	}
}

func TestListings_AreMendedByWhatWasWritten(t *testing.T) {
	s := &shelfStore{known: true}
	s.length.Store(10)
	var l listings
	get := func(want int, v View) {
		t.Helper()
		if all, err := l.get(t.Context(), s, v); err != nil || len(all) != want {
			t.Fatalf("%d messages, %v, want %d", len(all), err, want)
		}
	}
	get(10, own("ada", "inbox"))
	for i := range 3 {
		s.now.Add(2)
		get(12+2*i, own("ada", "inbox"))
		get(12+2*i, own("ada", "inbox"))
	}
	if s.asked.Load() != 1 || s.patched.Load() != 3 {
		t.Errorf("read %d times and mended %d times, want 1 and 3", s.asked.Load(), s.patched.Load())
	}
	s.now.Add(maxPatch + 1)
	get(10, own("ada", "inbox"))
	if s.asked.Load() != 2 || s.patched.Load() != 3 {
		t.Errorf("much was written: read %d times and mended %d times, want 2 and 3", s.asked.Load(), s.patched.Load())
	}
	search := own("ada", "search:x")
	search.Boxes[0].Only = []int64{1}
	get(10, search)
	s.now.Add(1)
	get(10, search)
	if s.patched.Load() != 3 {
		t.Error("a search's order was lost")
	}
}

// What is written while a listing is read may have been read in part.
func TestListings_AreReadAgainWhereSomethingIsWrittenMeanwhile(t *testing.T) {
	s := &shelfStore{known: true}
	var l listings
	if _, err := l.get(t.Context(), s, own("ada", "inbox")); err != nil {
		t.Fatal(err)
	}
	once := false
	s.during = func() {
		if !once {
			once = true
			s.now.Add(1)
		}
	}
	s.now.Add(1)
	if all, err := l.get(t.Context(), s, own("ada", "inbox")); err != nil || len(all) != 2 || s.patched.Load() != 2 {
		t.Errorf("%d messages, %v, mended %d times; want 2 and 2", len(all), err, s.patched.Load())
	}
	s.during = func() { s.now.Add(1) } // all the time
	s.now.Add(1)
	if _, err := l.get(t.Context(), s, own("ada", "inbox")); err != nil || s.asked.Load() != 2 {
		t.Errorf("%v, read whole %d times, want 2", err, s.asked.Load())
	}
}

func TestListings_AreNotKeptWhereOthersWriteToo(t *testing.T) {
	s := &shelfStore{others: true}
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
	s := &shelfStore{fault: errors.New("locked")}
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
	s := &shelfStore{gate: make(chan struct{})}
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
	s := &shelfStore{}
	s.length.Store(maxListings / 4)
	var l listings
	for i := range 10 {
		if _, err := l.get(t.Context(), s, own("user"+strconv.Itoa(i), "inbox")); err != nil {
			t.Fatal(err)
		}
	}
	kept := 0
	for i := range 10 {
		view := own("user"+strconv.Itoa(i), "inbox")
		if l.known(view.key()) != nil {
			kept++
		}
	}
	if kept != 3 {
		t.Errorf("%d listings of a fourth of all are kept", kept)
	}
	s.length.Store(maxListings + 1)
	if all, err := l.get(t.Context(), s, own("ada", "inbox")); err != nil || len(all) != maxListings+1 {
		t.Errorf("one that is too long: %d, %v", len(all), err)
	}
	if view := own("ada", "inbox"); l.known(view.key()) != nil {
		t.Error("one that is too long is kept")
	}
}
