package index_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"restante/filter"
	"restante/index"
	"restante/index/blob"
)

// gate holds the first commit until all the others wait behind it, so that
// they go in one group.
type gate struct {
	index.Store
	first         sync.Once
	entered, open chan struct{}
}

func (g *gate) Holds(ctx context.Context, owner string, d blob.Digest) ([]index.Message, error) {
	g.first.Do(func() {
		close(g.entered)
		<-g.open
	})
	return g.Store.Holds(ctx, owner, d)
}

func TestShelve_AMessageThatCannotBeKeptFailsAlone(t *testing.T) {
	h := newHouse(t)
	h.close()
	g := &gate{entered: make(chan struct{}), open: make(chan struct{})}
	h.open(nil, func(s index.Store) index.Store { g.Store = s; return g })
	const n = 10
	errs := make(chan error, n)
	shelve := func(s *filter.Sorted) { errs <- h.Shelve(context.Background(), s) }
	go shelve(sorted(t, "ada", "isp", "u0", text(0)))
	<-g.entered
	bad := sorted(t, "ada", "isp", "bad", text(100))
	if err := bad.Parcel.Close(); err != nil { // its bytes are gone
		t.Fatal(err)
	}
	failed := make(chan error, 1)
	go func() { failed <- h.Shelve(context.Background(), bad) }()
	for i := 1; i < n; i++ {
		go shelve(sorted(t, "ada", "isp", fmt.Sprint("u", i), text(i)))
	}
	for h.Waiting() < n {
		select {
		case err := <-errs:
			t.Fatal("answered before its commit:", err)
		default:
			runtime.Gosched()
		}
	}
	close(g.open)
	for range n {
		if err := <-errs; err != nil {
			t.Errorf("an innocent failed: %v", err)
		}
	}
	if err := <-failed; !errors.Is(err, blob.ErrDamaged) {
		t.Errorf("the bad one: %v, want ErrDamaged", err)
	}
	if got := len(h.listing("ada", filter.Inbox)); got != n {
		t.Errorf("%d listed, want %d", got, n)
	}
}

func TestShelve_RefusesBeforeAnythingIsWritten(t *testing.T) {
	h := newHouse(t)
	for name, spoil := range map[string]func(*filter.Sorted){
		"mailbox not text": func(s *filter.Sorted) { s.Verdict.Mailbox = "caf\xe9" },
		"no owner":         func(s *filter.Sorted) { s.Parcel.Owner = "" },
		"too much to say":  func(s *filter.Sorted) { s.Added = strings.Repeat("X-Long: x\r\n", 30_000) },
	} {
		if err := h.Shelve(context.Background(), sorted(t, "ada", "isp", name, text(1), spoil)); err == nil {
			t.Errorf("%s: kept", name)
		}
	}
	h.shelve(sorted(t, "ada", "isp", "u", text(2)))
	n := 0
	err := h.blobs.Scan(context.Background(), blob.Position{}, func(blob.Entry) error { n++; return nil })
	if err != nil || n != 1 {
		t.Errorf("%d records in the segments, %v; want 1", n, err)
	}
}

// panicky breaks at its first use, as a driver may.
type panicky struct {
	index.Store
	broke bool
}

func (p *panicky) Holds(ctx context.Context, owner string, d blob.Digest) ([]index.Message, error) {
	if !p.broke {
		p.broke = true
		panic("a driver's bug")
	}
	return p.Store.Holds(ctx, owner, d)
}

func TestShelve_GoesOnAfterAPanic(t *testing.T) {
	h := newHouse(t)
	h.close()
	h.open(nil, func(s index.Store) index.Store { return &panicky{Store: s} })
	s := sorted(t, "ada", "home", "u1", text(1))
	if err := h.Shelve(context.Background(), s); err == nil || !strings.Contains(err.Error(), "a driver's bug") {
		t.Errorf("Shelve = %v, want what broke", err)
	}
	h.shelve(s)
	if got := len(h.listing("ada", filter.Inbox)); got != 1 {
		t.Errorf("%d listed, want 1", got)
	}
}

// A twin is a promise of custody: the upstream copy may go. So the bytes that
// are held must be there, or else those that came take their place.
func TestShelve_HealsWhatCannotBeRead(t *testing.T) {
	imported := func(s *filter.Sorted) { s.Parcel.Imported = true }
	for _, in := range []*filter.Sorted{
		sorted(t, "ada", "home", "u2", text(1)),
		sorted(t, "ada", "import:ada", "mbox#0", text(1), imported),
	} {
		t.Run(in.Parcel.Account, func(t *testing.T) {
			h := newHouse(t)
			h.shelve(sorted(t, "ada", "home", "u1", text(1), inQuarantine))
			before, err := h.Message(context.Background(), "ada", 1)
			if err != nil {
				t.Fatal(err)
			}
			h.close()
			h.flip(3)
			h.open(nil, nil)
			if h.shelve(in); !in.Parcel.Twin {
				t.Error("want a twin: its owner had the message")
			}
			for _, rows := range []string{"as they are", "made anew"} {
				if p, err := h.Verify(context.Background(), nil); err != nil || len(p.Faults) != 0 || p.Messages != 1 {
					t.Errorf("rows %s: verify: %+v, %v", rows, p, err)
				}
				got := h.listing("ada", filter.Quarantine)
				if len(got) != 1 || !strings.HasSuffix(got[before.UID], text(1)) {
					t.Errorf("rows %s: %q, want the message under its UID", rows, got)
				}
				if taken, err := h.store.Taken(context.Background(), "ada", in.Parcel.Account); rows == "as they are" && (err != nil || taken[in.Parcel.UID].Size != in.Parcel.Listed) {
					t.Errorf("receipts %v, %v; want one for %s", taken, err, in.Parcel.UID)
				}
				h.close()
				h.loseRows()
				h.open(nil, nil)
			}
		})
	}
}

// appends counts the commits of bytes, and what they held.
type appends struct {
	index.Blobs
	held []int
}

func (a *appends) Append(ctx context.Context, recs []blob.Record) ([]blob.Ref, error) {
	a.held = append(a.held, len(recs))
	return a.Blobs.Append(ctx, recs)
}

func TestShelve_MailThatComesTogetherAgainIsOneCommit(t *testing.T) {
	h := newHouse(t)
	h.close()
	g := &gate{entered: make(chan struct{}), open: make(chan struct{})}
	var blobs appends
	h.open(func(b index.Blobs) index.Blobs { blobs.Blobs = b; return &blobs }, func(s index.Store) index.Store { g.Store = s; return g })
	h.GatherTime(time.Hour)
	n := 0
	round := func(size int, meanwhile func()) []int {
		blobs.held = nil
		var wait sync.WaitGroup
		for range size {
			s := sorted(t, "ada", "isp", fmt.Sprint("u", n), text(n))
			n++
			wait.Go(func() { h.shelve(s) })
		}
		meanwhile()
		wait.Wait()
		return blobs.held
	}
	wait := func() {}
	got := round(10, func() {
		for <-g.entered; h.Waiting() < 9; {
			runtime.Gosched()
		}
		close(g.open)
	})
	if !slices.Equal(got, []int{1, 9}) { // nothing came before: the first waits for nobody
		t.Errorf("ten at once were committed as %v", got)
	}
	for range 3 {
		if got := round(10, wait); !slices.Equal(got, []int{10}) {
			t.Errorf("ten at once, again, were committed as %v", got)
		}
	}
	h.GatherTime(1)
	for range 4 {
		round(1, wait)
	}
	h.GatherTime(time.Hour)
	if got := round(1, wait); !slices.Equal(got, []int{1}) { // would else hang
		t.Errorf("one that comes alone was committed as %v", got)
	}
}
