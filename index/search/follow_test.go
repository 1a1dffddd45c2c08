package search_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"restante/filter"
	"restante/index"
	"restante/index/blob"
	"restante/index/search"
)

func note(i int) []byte { return mail(fmt.Sprintf("note number n%d of many", i), "Subject: note") }

func TestCatchUp_GoesOnWhereItStoppedAfterReopening(t *testing.T) {
	s := newMemory()
	dir := filepath.Join(t.TempDir(), "catalogue")
	c, err := search.Open(dir, search.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 450 {
		s.add(index.Message{}, note(i))
	}
	var last, of int64
	if err := c.CatchUp(t.Context(), s, func(done, total int64) { last, of = done, total }); err != nil {
		t.Fatal(err)
	}
	if last != 450 || of != 450 {
		t.Errorf("progress ended at %d of %d, want 450 of 450", last, of)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	opened := s.opened
	c = open(t, dir)
	id := s.add(index.Message{}, note(450))
	if n, err := c.Behind(t.Context(), s); n != 1 || err != nil {
		t.Errorf("Behind = %d, %v, want 1", n, err)
	}
	catchUp(t, c, s)
	if s.opened != opened+1 {
		t.Errorf("%d letters were opened again, want 1", s.opened-opened)
	}
	if got := find(t, c, "ada", "n450"); !slices.Equal(got, []int64{id}) {
		t.Errorf("found %v, want %d", got, id)
	}
	if got := find(t, c, "ada", "many"); len(got) != 451 {
		t.Errorf("%d messages found, want 451", len(got))
	}
	if n, err := c.Behind(t.Context(), s); n != 0 || err != nil {
		t.Errorf("Behind = %d, %v, want 0", n, err)
	}
}

func TestCatchUp_FollowsAlterationAndRemoval(t *testing.T) {
	s := newMemory()
	a := s.add(index.Message{}, note(1))
	b := s.add(index.Message{}, note(2))
	c := fill(t, s)
	s.alter(a, filter.Quarantine, filter.Spam)
	catchUp(t, c, s)
	for query, want := range map[string][]int64{
		"in:spam": {a}, "is:spam": {a}, "in:inbox": {b}, "is:spam n1": {a}, "in:inbox n1": {}, "note": {b, a},
	} {
		if got := find(t, c, "ada", query); !slices.Equal(got, want) {
			t.Errorf("after alteration, %s found %v, want %v", query, got, want)
		}
	}
	s.alter(b, filter.Inbox, filter.Ham) // settled by the removal that follows
	s.remove(b)
	catchUp(t, c, s)
	if got := find(t, c, "ada", "note"); !slices.Equal(got, []int64{a}) {
		t.Errorf("after removal found %v, want %d", got, a)
	}
}

func TestCatchUp_CataloguesAMessageWhoseBytesAreLost(t *testing.T) {
	s := newMemory()
	lost := s.add(index.Message{Account: "old-isp"}, note(1))
	s.damaged[lost] = fmt.Errorf("read: %w", blob.ErrDamaged)
	whole := s.add(index.Message{}, note(2))
	c := fill(t, s)
	if got := find(t, c, "ada", "account:old-isp"); !slices.Equal(got, []int64{lost}) {
		t.Errorf("account: found %v, want %d", got, lost)
	}
	if got := find(t, c, "ada", "note"); !slices.Equal(got, []int64{whole}) {
		t.Errorf("found %v, want %d", got, whole)
	}
}

func TestCatchUp_KeepsItsPlaceWhenTheSourceFails(t *testing.T) {
	s := newMemory()
	id := s.add(index.Message{}, note(1))
	c := open(t, filepath.Join(t.TempDir(), "catalogue"))
	s.fails = errors.New("disk on fire")
	if err := c.CatchUp(t.Context(), s, nil); !errors.Is(err, s.fails) {
		t.Fatalf("CatchUp = %v, want %v", err, s.fails)
	}
	if n, err := c.Behind(t.Context(), s); n != 1 || err != nil {
		t.Errorf("Behind = %d, %v, want 1", n, err)
	}
	s.fails = nil
	catchUp(t, c, s)
	if got := find(t, c, "ada", "note"); !slices.Equal(got, []int64{id}) {
		t.Errorf("found %v, want %d", got, id)
	}
}

func TestCatchUp_RebuildsWhenTheSourceWasReplaced(t *testing.T) {
	s := newMemory()
	for i := range 3 {
		s.add(index.Message{}, note(i))
	}
	c := fill(t, s)
	other := newMemory()
	id := other.add(index.Message{}, note(7))
	catchUp(t, c, other)
	if got := find(t, c, "ada", "note"); !slices.Equal(got, []int64{id}) {
		t.Errorf("found %v, want %d", got, id)
	}
}

func TestFollow_WakesPollsAndEnds(t *testing.T) {
	t.Parallel()
	s := newMemory()
	first := s.add(index.Message{}, note(1))
	c := open(t, filepath.Join(t.TempDir(), "catalogue"))
	ctx, stop := context.WithCancel(t.Context())
	wake := make(chan struct{}, 1)
	ended := make(chan error)
	go func() { ended <- c.Follow(ctx, s, wake) }()
	settle := func(want ...int64) {
		t.Helper()
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for !slices.Equal(find(t, c, "ada", "note"), want) {
			select {
			case <-tick.C:
			case <-t.Context().Done():
				t.Fatalf("found %v, want %v", find(t, c, "ada", "note"), want)
			}
		}
	}
	settle(first)
	second := s.add(index.Message{}, note(2))
	wake <- struct{}{}
	settle(second, first)
	third := s.add(index.Message{}, note(3)) // nobody wakes: found by looking
	settle(third, second, first)
	stop()
	if err := <-ended; err != nil {
		t.Errorf("Follow = %v", err)
	}
}

func TestRebuild_ReplacesTheCatalogueWhole(t *testing.T) {
	s := newMemory()
	dir := filepath.Join(t.TempDir(), "catalogue")
	c := open(t, dir)
	gone := s.add(index.Message{}, note(1))
	catchUp(t, c, s)
	delete(s.rows, gone) // behind the feed's back
	kept := s.add(index.Message{}, note(2))
	if err := c.Rebuild(t.Context(), s, nil); err != nil {
		t.Fatal(err)
	}
	if got := find(t, c, "ada", "note"); !slices.Equal(got, []int64{kept}) {
		t.Errorf("found %v, want %d", got, kept)
	}
	next := s.add(index.Message{}, note(3))
	catchUp(t, c, s)
	if got := find(t, c, "ada", "note"); !slices.Equal(got, []int64{next, kept}) {
		t.Errorf("found %v, want %v", got, []int64{next, kept})
	}
	if left, err := filepath.Glob(dir + ".*"); err != nil || !slices.Equal(left, []string{dir + ".lock"}) {
		t.Errorf("left beside the catalogue: %v, %v", left, err)
	}
}

func TestRebuild_KeepsTheOldCatalogueWhenItFails(t *testing.T) {
	s := newMemory()
	id := s.add(index.Message{}, note(1))
	c := fill(t, s)
	s.fails = errors.New("disk on fire")
	if err := c.Rebuild(t.Context(), s, nil); !errors.Is(err, s.fails) {
		t.Fatalf("Rebuild = %v, want %v", err, s.fails)
	}
	if got := find(t, c, "ada", "note"); !slices.Equal(got, []int64{id}) {
		t.Errorf("found %v, want %d", got, id)
	}
}

func TestOpen_TakesTheOldCatalogueBackAfterACrashInASwap(t *testing.T) {
	s := newMemory()
	id := s.add(index.Message{}, note(1))
	dir := filepath.Join(t.TempDir(), "catalogue")
	c, err := search.Open(dir, search.Options{})
	if err != nil {
		t.Fatal(err)
	}
	catchUp(t, c, s)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(dir, dir+".old"); err != nil {
		t.Fatal(err)
	}
	if got := find(t, open(t, dir), "ada", "note"); !slices.Equal(got, []int64{id}) {
		t.Errorf("found %v, want %d", got, id)
	}
}

func TestOpen_MovesABrokenCatalogueAside(t *testing.T) {
	for name, damage := range map[string]func(dir string) error{
		"torn root": func(dir string) error { return os.Truncate(filepath.Join(dir, "store", "root.bolt"), 5000) },
		"garbage root": func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "store", "root.bolt"), make([]byte, 65536), 0o600)
		},
		"no metadata":   func(dir string) error { return os.Remove(filepath.Join(dir, "index_meta.json")) },
		"lost segments": removeSegments,
		"torn segments": tearSegments,
		"a plain file":  func(dir string) error { return errors.Join(os.RemoveAll(dir), os.WriteFile(dir, []byte("x"), 0o600)) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newMemory()
			id := s.add(index.Message{}, note(1))
			dir := filepath.Join(t.TempDir(), "catalogue")
			c, err := search.Open(dir, search.Options{})
			if err != nil {
				t.Fatal(err)
			}
			catchUp(t, c, s)
			if err := c.Close(); err != nil {
				t.Fatal(err)
			}
			if err := damage(dir); err != nil {
				t.Fatal(err)
			}
			c = open(t, dir)
			// Without segments Bleve may go back to an older snapshot, which
			// has the older checkpoint; then there is nothing to move.
			if aside, err := filepath.Glob(dir + ".broken-*"); err != nil || len(aside) != 1 && !strings.HasSuffix(name, "segments") {
				t.Errorf("moved aside: %v, %v", aside, err)
			}
			catchUp(t, c, s)
			if got := find(t, c, "ada", "note"); !slices.Equal(got, []int64{id}) {
				t.Errorf("found %v, want %d", got, id)
			}
		})
	}
}

func segments(dir string) []string {
	names, _ := filepath.Glob(filepath.Join(dir, "store", "*.zap"))
	return names
}

func removeSegments(dir string) error {
	var err error
	for _, name := range segments(dir) {
		err = errors.Join(err, os.Remove(name))
	}
	return err
}

func tearSegments(dir string) error {
	var err error
	for _, name := range segments(dir) {
		err = errors.Join(err, os.Truncate(name, 100))
	}
	return err
}

func TestOpen_LeavesACatalogueInUseAlone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "catalogue")
	open(t, dir)
	if _, err := search.Open(dir, search.Options{}); !errors.Is(err, search.ErrLocked) {
		t.Errorf("second Open = %v, want ErrLocked", err)
	}
	if aside, _ := filepath.Glob(dir + ".broken-*"); len(aside) != 0 {
		t.Errorf("moved aside: %v", aside)
	}
}

func TestStatus_TellsHowTheCatalogueDoes(t *testing.T) {
	s := newMemory()
	dir := filepath.Join(t.TempDir(), "cat[alogue")
	c := open(t, dir)
	for i := range 3 {
		s.add(index.Message{}, note(i))
	}
	if got, err := c.Status(t.Context(), s); err != nil || got.Messages != 0 || got.Behind != 3 || !got.Written.IsZero() {
		t.Errorf("before the first batch: %+v, %v", got, err)
	}
	catchUp(t, c, s)
	if err := os.Mkdir(dir+".broken-x", 0o700); err != nil {
		t.Fatal(err)
	}
	got, err := c.Status(t.Context(), s)
	if err != nil || got.Messages != 3 || got.Behind != 0 || got.Octets == 0 || got.Written.IsZero() || !slices.Equal(got.Aside, []string{dir + ".broken-x"}) {
		t.Errorf("after it: %+v, %v", got, err)
	}
}
