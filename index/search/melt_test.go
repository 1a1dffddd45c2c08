package search_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"restante/index"
)

func TestRebuild_LeavesOneSegmentOfMany(t *testing.T) {
	s := newMemory()
	for i := range 2500 {
		s.add(index.Message{}, note(i))
	}
	s.remove(7)
	dir := filepath.Join(t.TempDir(), "catalogue")
	c := open(t, dir)
	if err := c.Rebuild(t.Context(), s, nil); err != nil {
		t.Fatal(err)
	}
	segments, err := filepath.Glob(filepath.Join(dir, "store", "*.zap"))
	if err != nil || len(segments) != 1 {
		t.Errorf("segments %v, %v, want one", segments, err)
	}
	status, err := c.Status(t.Context(), s)
	if err != nil || status.Messages != 2499 || status.Behind != 0 {
		t.Errorf("status %+v, %v, want 2499 messages and none behind", status, err)
	}
	// What comes later goes into others.
	s.add(index.Message{}, note(2500))
	catchUp(t, c, s)
	if got := find(t, c, "ada", "note"); len(got) != 1000 {
		t.Errorf("%d hits on a page of 1000", len(got))
	}
}

func TestRebuild_KeepsTheOldCatalogueWhenCancelledAtItsEnd(t *testing.T) {
	s := newMemory()
	for i := range 1200 {
		s.add(index.Message{}, note(i))
	}
	c := fill(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	err := c.Rebuild(ctx, s, func(done, total int64) {
		if done == total {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("Rebuild: %v, want that it was cancelled", err)
	}
	if got := find(t, c, "ada", "note"); len(got) != 1000 {
		t.Errorf("%d hits on a page of 1000", len(got))
	}
}
