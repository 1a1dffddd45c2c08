package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
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
