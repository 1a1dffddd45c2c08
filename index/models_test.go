package index_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"restante/filter"
	"restante/filter/bayes"
	"restante/index"
)

// lossyLessons loses answers of the journal: before the commit, or after it.
type lossyLessons struct {
	index.Store
	failAt, n int
	after     bool
}

func (b *lossyLessons) fails(do func() error) error {
	b.n++
	if b.n != b.failAt {
		return do()
	}
	if b.after {
		if err := do(); err != nil {
			return err
		}
	}
	return errBroken
}

func (b *lossyLessons) Teach(ctx context.Context, ls []*index.Lesson) error {
	return b.fails(func() error { return b.Store.Teach(ctx, ls) })
}

func (b *lossyLessons) Undo(ctx context.Context, ls []*index.Lesson) (n int, err error) {
	err = b.fails(func() error { n, err = b.Store.Undo(ctx, ls); return err })
	return n, err
}

// Whichever commit of the journal fails, before or after it took effect: once
// the person tried again, the model is as if nothing had failed, now, without
// what is in memory, and after a crash.
func TestTeach_EveryFailingCommitIsMadeGoodByTryingAgain(t *testing.T) {
	for _, after := range []bool{false, true} {
		for k := 1; k <= 6; k++ {
			t.Run(fmt.Sprintf("after=%v/%d", after, k), func(t *testing.T) {
				h := newHouse(t)
				h.close()
				h.open(nil, func(s index.Store) index.Store { return &lossyLessons{Store: s, failAt: k, after: after} })
				failed := 0
				try := func(do func() error) {
					err := do()
					if errors.Is(err, errBroken) {
						failed++
						err = do()
					}
					if err != nil && !errors.Is(err, index.ErrUndone) { // the first try did it
						t.Fatal(err)
					}
				}
				for i, c := range []filter.Class{filter.Spam, filter.Ham, filter.Spam, filter.Spam, filter.Ham} {
					try(func() error {
						s := sorted(t, "ada", "isp", "u", text(i%4)) // the first one is moved at last
						_, err := h.Teach(context.Background(), "ada", s.Parcel.Digest, s.Letter, c, byHand)
						return err
					})
				}
				try(func() error { _, err := h.Undo(context.Background(), "ada", 2, byHand); return err })
				if failed != 1 {
					t.Fatalf("%d failed, want 1", failed)
				}
				wantCounts(t, h, 1, 2)
				h.ForgetModels()
				wantCounts(t, h, 1, 2)
				if err := h.blobs.Close(); err != nil {
					t.Fatal(err)
				}
				h.open(nil, nil)
				wantCounts(t, h, 1, 2)
			})
		}
	}
}

func wantCounts(t *testing.T, h *house, ham, spam int) {
	t.Helper()
	m, err := h.Model(context.Background(), "ada")
	if err != nil {
		t.Fatal(err)
	}
	if s := m.Stats(); s.Ham != ham || s.Spam != spam {
		t.Errorf("the model counts %+v, want %d ham and %d spam", s, ham, spam)
	}
}

// openSmall opens the house with room for hardly any model, or with a clock.
func (h *house) openSmall(o index.Options) {
	h.t.Helper()
	o.Blobs, o.Store = h.blobs, h.store
	var err error
	if h.Archive, err = index.New(context.Background(), o); err != nil {
		h.t.Fatal(err)
	}
}

func TestModel_OnesUnusedForLongestGoFirst(t *testing.T) {
	h := newHouse(t)
	const each = 18 << 10 // somewhat more than the table of three short letters
	h.openSmall(index.Options{ModelOctets: 2 * each})
	use := func(owner string) []byte {
		t.Helper()
		m, err := h.Model(context.Background(), owner)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if _, err := m.WriteTo(&b); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	known := map[string][]byte{}
	for _, owner := range []string{"ada", "bob", "eve"} {
		for i := range 3 {
			s := sorted(t, owner, "isp", "u", text(i))
			if _, err := h.Teach(context.Background(), owner, s.Parcel.Digest, s.Letter, filter.Spam, byHand); err != nil {
				t.Fatal(err)
			}
		}
		known[owner] = use(owner)
	}
	h.ForgetModels() // and the teachers, which take much
	for _, owner := range []string{"ada", "bob", "ada", "eve"} {
		if !bytes.Equal(use(owner), known[owner]) {
			t.Errorf("%s: the model is another after it was dropped", owner)
		}
	}
	if got := fmt.Sprint(h.Held()); got != "[eve ada]" {
		t.Errorf("held: %v, want [eve ada]: bob's was unused for longest", got)
	}
}

func TestModel_IdleOnesAreDropped(t *testing.T) {
	h := newHouse(t)
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	h.openSmall(index.Options{Now: func() time.Time { return now }})
	for _, owner := range []string{"ada", "bob", "eve"} {
		if _, err := h.Model(context.Background(), owner); err != nil {
			t.Fatal(err)
		}
		now = now.Add(40 * time.Minute)
	}
	if got := fmt.Sprint(h.Held()); got != "[eve bob]" {
		t.Errorf("held: %v, want [eve bob]", got)
	}
}

// Models come and go under teachings that run: no lesson is lost or made twice.
func TestTeach_ManyOwnersAtOnceWithoutRoom(t *testing.T) {
	h := newHouse(t)
	h.openSmall(index.Options{ModelOctets: 1})
	const owners, lessons = 4, 12
	var wait sync.WaitGroup
	for o := range owners {
		owner := fmt.Sprint("owner", o)
		for i := range lessons {
			s := sorted(t, owner, "isp", "u", text(i))
			wait.Go(func() {
				if _, err := h.Teach(context.Background(), owner, s.Parcel.Digest, s.Letter, filter.Class(1+i%2), byHand); err != nil {
					t.Error(err)
				}
				m, err := h.Model(context.Background(), owner)
				if err != nil {
					t.Error(err)
					return
				}
				m.Score(bayes.Features(s.Letter))
			})
		}
	}
	wait.Wait()
	if got := h.Held(); len(got) != 0 {
		t.Errorf("held: %v, want none: there is no room", got)
	}
	for o := range owners {
		m, err := h.Model(context.Background(), fmt.Sprint("owner", o))
		if err != nil {
			t.Fatal(err)
		}
		if s := m.Stats(); s.Ham != lessons/2 || s.Spam != lessons/2 {
			t.Errorf("owner %d: %+v", o, s)
		}
	}
}

// brokenSnapshots cannot keep models.
type brokenSnapshots struct{ index.Store }

func (brokenSnapshots) SaveModel(context.Context, string, int64, []byte) error { return errBroken }

func TestTeach_LessonIsSafeWithoutASnapshot(t *testing.T) {
	h := newHouse(t)
	h.close()
	h.open(nil, func(s index.Store) index.Store { return brokenSnapshots{s} })
	for i := range index.SnapshotEvery + 1 { // fails the test where one is refused
		h.teach(t, i, filter.Spam)
	}
	if err := h.blobs.Close(); err != nil {
		t.Fatal(err)
	}
	h.open(nil, nil)
	wantCounts(t, h, 0, index.SnapshotEvery+1)
}

func TestTeach_SnapshotIsNeverFarBehind(t *testing.T) {
	h := newHouse(t)
	for i := range index.SnapshotEvery + 3 {
		h.teach(t, i, filter.Spam)
	}
	upTo, snap, err := h.store.Model(context.Background(), "ada")
	if err != nil || upTo != index.SnapshotEvery || len(snap) == 0 {
		t.Errorf("the snapshot has %d lessons, %v; want %d", upTo, err, index.SnapshotEvery)
	}
}

func TestModel_IsWithoutALessonThatCannotBeRead(t *testing.T) {
	h := newHouse(t)
	h.teach(t, 1, filter.Spam)
	bad := index.Lesson{Owner: "ada", Digest: [32]byte{9}, Now: filter.Ham, Origin: byHand, Change: []byte("\xff of a version to come")}
	if err := h.store.Teach(context.Background(), []*index.Lesson{&bad}); err != nil {
		t.Fatal(err)
	}
	h.ForgetModels()
	wantCounts(t, h, 0, 1)
	h.teach(t, 2, filter.Ham)
	wantCounts(t, h, 1, 1)
	if _, err := h.Undo(context.Background(), "ada", bad.Number, byHand); err == nil {
		t.Error("what cannot be read was taken back")
	}
	wantCounts(t, h, 1, 1)
}
