package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"restante/index/blob"
)

// The segments may lie in a folder of their own, and then be the wrong ones.

func TestSegments_TwoDataFoldersNeverWriteToOneFolder(t *testing.T) {
	shared := fmt.Sprintf("storage: { blobs: %q }\n", t.TempDir())
	startServe(t, settings(t, doors+shared))
	refused(t, 1, []string{"segments folder", "another data_dir", "set storage.blobs to another folder"}, settings(t, shared), "verify")
}

func TestSegments_MissingOnesAreAskedFor(t *testing.T) {
	conf := settings(t, "")
	letter := filepath.Join(filepath.Dir(conf), "letter.eml")
	writeFile(t, letter, string(letterAbout("apples")))
	do(t, conf, "import", "--user", "alice", letter)
	segments := filepath.Join(dataDir(conf), "segments")
	if err := os.Rename(segments, segments+".away"); err != nil {
		t.Fatal(err)
	}
	refused(t, 1, []string{segments, "the database knows mail up to segment 1 offset", "put back the segments", "restante rebuild"}, conf, "verify")
	if err := os.RemoveAll(segments); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(segments+".away", segments); err != nil {
		t.Fatal(err)
	}
	do(t, conf, "verify")
}

// A chain that was removed is made anew from the files, and verify says that it is
// another.
func TestVerify_KnowsTheChainAgain(t *testing.T) {
	t.Parallel()
	conf := settings(t, "")
	segments := filepath.Join(dataDir(conf), "segments")
	seal := func() {
		t.Helper()
		l, err := blob.Open(segments, blob.Options{SegmentAge: 1})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := l.Seal(context.Background()); err != nil {
			t.Fatal(err)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 3 {
		letter := filepath.Join(filepath.Dir(conf), "letter.eml")
		writeFile(t, letter, string(letterAbout(fmt.Sprint("apples ", i))))
		do(t, conf, "import", "--user", "alice", letter)
		seal()
		do(t, conf, "verify")
	}
	chain := filepath.Join(segments, "chain")
	whole, err := os.ReadFile(chain)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(chain); err != nil {
		t.Fatal(err)
	}
	for range 2 { // it does not grow used to it
		r := finish(t, program(conf, "verify"))
		if r.status != 1 || !strings.Contains(r.out, "chain: line 3 is not the one of the last verify") {
			t.Errorf("verify of a chain made anew: %+v", r)
		}
	}
	writeFile(t, chain, string(whole))
	do(t, conf, "verify")
}
