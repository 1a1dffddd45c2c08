package search

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// melted makes a catalogue of one segment and gives its file: of several, Bleve may
// merge some at any time.
func melted(t *testing.T) (*Catalogue, string) {
	t.Helper()
	c, err := Open(filepath.Join(t.TempDir(), "index"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	for i := range 3 {
		if err := put(c.at, fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := meltInto(t.Context(), c.at); err != nil {
		t.Fatal(err)
	}
	files, err := segmentsOf(c.at)
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	return c, files[0]
}

// rot changes an octet of a file and nothing of its time.
func rot(t *testing.T, path string) {
	t.Helper()
	i, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b := make([]byte, 1)
	if _, err := f.ReadAt(b, i.Size()-5); err != nil { // of the foot, which is read when it is opened
		t.Fatal(err)
	}
	b[0] ^= 1
	if _, err := f.WriteAt(b, i.Size()-5); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, i.ModTime(), i.ModTime()); err != nil {
		t.Fatal(err)
	}
}

// wantAside wants that the next pass moves the catalogue aside.
func wantAside(t *testing.T, c *Catalogue) {
	t.Helper()
	if !c.doubted() {
		t.Error("the catalogue is not in doubt")
	}
	c.shelve()
	if err := c.mend(); err != nil || c.doubted() {
		t.Errorf("mended: %v, in doubt %v", err, c.doubted())
	}
	if all, err := c.aside(); err != nil || len(all) != 1 {
		t.Errorf("moved aside: %v, %v", all, err)
	}
	if at, err := c.Damaged(); err != nil || at.IsZero() {
		t.Errorf("moved aside at %v, %v", at, err)
	}
	if n, err := c.at.DocCount(); err != nil || n != 0 {
		t.Errorf("%d documents in its place, %v", n, err)
	}
}

func TestVerify_HasARottenCatalogueMovedAside(t *testing.T) {
	c, file := melted(t)
	if err := c.Verify(t.Context(), 0); err != nil || c.doubted() {
		t.Fatalf("sound: %v, in doubt %v", err, c.doubted())
	}
	rot(t, file)
	if err := c.Verify(t.Context(), 0); !errors.Is(err, ErrDamaged) {
		t.Errorf("rotten: %v, want ErrDamaged", err)
	}
	wantAside(t, c)
}

func TestVerify_TellsAFileThatIsGoneFromOneThatWasMerged(t *testing.T) {
	c, file := melted(t)
	if err := c.verifySegment(file+".merged", nil); err != nil || c.doubted() {
		t.Errorf("merged into another: %v, in doubt %v", err, c.doubted())
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if err := c.Verify(t.Context(), 0); !errors.Is(err, ErrDamaged) {
		t.Errorf("gone: %v, want ErrDamaged", err)
	}
	wantAside(t, c)
}

func TestVerify_LeavesAnotherCatalogueInThePlaceAlone(t *testing.T) {
	c, file := melted(t)
	before := c.at
	c.shelve()
	if err := c.mend(); err != nil {
		t.Fatal(err)
	}
	if c.found(before, file); c.doubted() {
		t.Error("what was found of the one before is held against this one")
	}
}

func TestMerge_OfARottenSegmentHasTheCatalogueMovedAside(t *testing.T) {
	c, file := melted(t)
	rot(t, file)
	if err := put(c.at, "later"); err != nil {
		t.Fatal(err)
	}
	if err := meltInto(t.Context(), c.at); err == nil {
		t.Error("it was merged")
	}
	wantAside(t, c)
}

func TestAsk_AnErrorThatSoundFilesDoNotGiveHasThemLookedThrough(t *testing.T) {
	c, _ := melted(t)
	fail := func(err error) error { return c.ask(func(*view) error { return err }) }
	for _, err := range append([]error{nil, syscall.ENOSPC, errNoUnread}, innocent...) {
		if err != nil {
			err = fault(err)
		}
		if fail(err); c.doubted() {
			t.Fatalf("the catalogue is in doubt for %v", err)
		}
	}
	odd := errors.New("a chunk has no end")
	if err := fail(odd); !errors.Is(err, odd) || !c.doubted() {
		t.Fatalf("answered %v, in doubt %v", err, c.doubted())
	}
	c.shelve()
	if err := c.mend(); err != nil || c.doubted() {
		t.Fatalf("mended: %v, in doubt %v", err, c.doubted())
	}
	if all, err := c.aside(); err != nil || len(all) > 0 {
		t.Errorf("sound, and moved aside: %v, %v", all, err)
	}
	if fail(odd); c.doubted() {
		t.Error("looked through again for a question that is asked again")
	}
}

// What became of an index that a rebuild gave up says nothing of the next one.
func TestRebuild_GoesWellAfterOneThatBroke(t *testing.T) {
	c, _ := melted(t)
	lossOf(c.fresh()) <- errors.New("a merger is gone")
	at, err := c.begin()
	if err != nil {
		t.Fatal(err)
	}
	defer at.Close()
	if len(lossOf(c.fresh())) > 0 {
		t.Error("the new index is taken for broken")
	}
}

// The rows may be unable to tell what is unread, for which files are not read.
func TestUnread_AFaultOfTheRowsIsNoneOfTheFiles(t *testing.T) {
	c, _ := melted(t)
	down := errors.New("the database is away")
	c.unread = func(context.Context, string) ([]int64, error) { return nil, down }
	q, err := Parse("is:unread", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Search(t.Context(), "ada", q, Page{}); !errors.Is(err, down) || c.doubted() {
		t.Errorf("answered %v, in doubt %v", err, c.doubted())
	}
}
