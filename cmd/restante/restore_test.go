package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A restore that was killed before it was whole is begun again, and one that was
// whole is finished by whoever opens the house.
func TestRestore_KilledAtAnyTime(t *testing.T) {
	_, dest := backedUp(t, "")
	fresh := settings(t, "")
	half := filepath.Join(dataDir(fresh), restoringName, "segments")
	if err := os.MkdirAll(half, 0o700); err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(half, "000001.mbox.zst"), "half")
	refused(t, 1, []string{"broken off", "run restante restore again"}, fresh, "verify")
	do(t, fresh, "restore", dest)

	data := dataDir(fresh)
	whole := filepath.Join(data, restoredName)
	if err := os.Mkdir(whole, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"restante.db", "segments"} {
		if err := os.Rename(filepath.Join(data, name), filepath.Join(whole, name)); err != nil {
			t.Fatal(err)
		}
	}
	if out := do(t, fresh, "verify"); !strings.Contains(out, "3 messages") {
		t.Errorf("verify: %s", out)
	}
	if _, err := os.Stat(whole); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s is left: %v", whole, err)
	}
}

// A house that was just brought back may lose its database again, however short it
// served.
func TestRestore_KeepsTheKnowledgeFromTheStart(t *testing.T) {
	t.Parallel()
	_, dest := backedUp(t, "")
	for _, elsewhere := range []string{"", fmt.Sprintf("storage: { blobs: %q }\n", filepath.Join(t.TempDir(), "s"))} {
		fresh := settings(t, elsewhere)
		do(t, fresh, "restore", dest)
		if err := os.Remove(filepath.Join(dataDir(fresh), "restante.db")); err != nil {
			t.Fatal(err)
		}
		if out := do(t, fresh, "user", "list"); !strings.Contains(out, "bob") {
			t.Errorf("after the loss of the database: %s", out)
		}
	}
}

// Without its key an encrypted archive is no use: that is said while the data
// folder is still empty, and the next try succeeds.
func TestRestore_RefusesAnotherKeyOfTheArchiveFirst(t *testing.T) {
	dir := t.TempDir()
	set := func(name, text string) string {
		writeFile(t, filepath.Join(dir, name), text)
		return filepath.Join(dir, name)
	}
	key := fmt.Sprintf("storage: { key_file: %q }\n", set("key", strings.Repeat("ab", 32)))
	other := fmt.Sprintf("storage: { key_file: %q }\n", set("other", strings.Repeat("cd", 32)))
	phrase := fmt.Sprintf("storage: { passphrase_file: %q }\n", set("phrase", "correct horse battery staple\n"))
	_, dest := backedUp(t, key)
	fresh := settings(t, "")
	text, err := os.ReadFile(fresh)
	if err != nil {
		t.Fatal(err)
	}
	for _, wrong := range []string{"", other, phrase} {
		writeFile(t, fresh, string(text)+wrong)
		refused(t, 1, []string{"storage.key_file", "Nothing was restored"}, fresh, "restore", dest)
	}
	writeFile(t, fresh, string(text)+key)
	if out := do(t, fresh, "restore", dest); !strings.Contains(out, "3 messages") {
		t.Errorf("restore: %s", out)
	}
}

// Rows and segments may be elsewhere than in the data folder.
func TestRestore_FillsEveryPlaceOfTheSettings(t *testing.T) {
	_, dest := backedUp(t, "")
	dir := t.TempDir()
	blobs, rows := filepath.Join(dir, "segments"), filepath.Join(dir, "rows.db")
	elsewhere := fmt.Sprintf("storage: { blobs: %q, database: %q }\n", blobs, rows)
	do(t, settings(t, elsewhere), "restore", dest)
	for _, path := range []string{rows, filepath.Join(blobs, "000001.mbox.zst")} {
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	}
	refused(t, 1, []string{blobs, "is not empty"}, settings(t, elsewhere), "restore", dest)
}
