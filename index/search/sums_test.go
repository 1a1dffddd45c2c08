package search

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/blevesearch/bleve/v2"

	"restante/index/search/segment"
)

// TestProve_LooksAgainAtWhatWasWritten damages a segment that was proved before.
func TestProve_LooksAgainAtWhatWasWritten(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "index")
	at, err := create(dir, followingTier)
	if err != nil {
		t.Fatal(err)
	}
	if err := put(at, "1"); err != nil {
		t.Fatal(err)
	}
	if err := at.Close(); err != nil {
		t.Fatal(err)
	}
	for _, closed := range []bool{false, true} {
		if err := noteSums(dir, closed); err != nil {
			t.Fatal(err)
		}
		if err := prove(dir, math.MaxInt64); err != nil {
			t.Errorf("closed %v: a sound index: %v", closed, err)
		}
	}
	names, err := segmentFiles(dir)
	if err != nil || len(names) != 1 {
		t.Fatal(names, err)
	}
	before, err := os.Stat(names[0])
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(names[0])
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/2] ^= 1
	if err := os.WriteFile(names[0], b, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(names[0], time.Time{}, before.ModTime().Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	if err := prove(dir, 0); !errors.Is(err, ErrDamaged) {
		t.Errorf("written since: %v, want ErrDamaged", err)
	}
	if err := os.Chtimes(names[0], time.Time{}, before.ModTime()); err != nil {
		t.Fatal(err)
	}
	if err := prove(dir, 0); err != nil {
		t.Errorf("a large index is looked through though nothing was written: %v", err)
	}
	if err := prove(dir, proveAlways); !errors.Is(err, ErrDamaged) {
		t.Errorf("a small index: %v, want ErrDamaged", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "store", "root.bolt"), b, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := prove(dir, 0); !errors.Is(err, ErrDamaged) {
		t.Errorf("another root: %v, want ErrDamaged", err)
	}
}

func put(at bleve.Index, id string) error {
	b := at.NewBatch()
	made := segment.NewMaker(fields)
	set(made, inOwner, "ada")
	if err := b.IndexAdvanced(made.Finish(id)); err != nil {
		return err
	}
	return at.Batch(b)
}

func TestCatalogue_LooksThroughItsFilesWhenALoopOfBleveEnds(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "index")
	c, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	lossOf(c.dir) <- errors.New("a merger is gone")
	w := writer{at: c.at, batch: c.at.NewBatch()}
	if err := w.put(); err == nil {
		t.Log("the batch was quicker")
	}
	if !c.doubted() {
		t.Error("the catalogue is not in doubt")
	}
	c.shelve()
	if err := c.mend(); err != nil || c.doubted() {
		t.Errorf("mended: %v, in doubt %v", err, c.doubted())
	}
	if err := put(c.at, "1"); err != nil {
		t.Errorf("after it was mended: %v", err)
	}
}
