package mbox_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"restante/fetch"
	"restante/fetch/mbox"
	"restante/fetch/peertest"
)

const fromLine = "From a@example.org Thu Jan  1 00:00:01 2026\n"

// lay writes files into a new folder; a name that ends in / is a folder.
func lay(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if strings.HasSuffix(name, "/") {
			text, path = "", filepath.Join(path, ".keep")
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func open(t *testing.T, path string) (*mbox.Source, []fetch.Item) {
	t.Helper()
	s, err := mbox.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	items, err := s.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s, items
}

// take retrieves all items, checking sizes on the way.
func take(t *testing.T, s *mbox.Source, items []fetch.Item) (texts []string, faults []error) {
	t.Helper()
	texts = []string{}
	err := s.Retrieve(t.Context(), items, func(it fetch.Item, r io.Reader, err error) error {
		if err != nil {
			faults = append(faults, err)
			return nil
		}
		text, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		if int64(len(text)) != it.Size {
			t.Errorf("%s: %d octets, listed with %d", it.UID, len(text), it.Size)
		}
		texts = append(texts, string(text))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return texts, faults
}

func uids(items []fetch.Item) []string {
	out := []string{}
	for _, it := range items {
		out = append(out, it.UID)
	}
	return out
}

func TestSource_TakesEachKindOfPath(t *testing.T) {
	maildir := map[string]string{
		"cur/1700000000.a.host:2,S": "A: cur\n\n", "new/1700000001.b.host": "no header at all", "tmp/1700000002.c.host": "A: tmp\n",
		"dovecot-uidlist": "A: index\n", ".Sent/cur/1700000003.d.host:2,": "A: sent\r\n\r\n.\r\n", ".Sent/new/": "", ".Sent/tmp/": "",
		".hidden/x.eml": "A: hidden\n",
	}
	folder := map[string]string{
		"1.eml": "A: one\n", "sub/2.EML": "not like mail", "sub/3": "Received: x\n\nthree\n", "empty.eml": "",
		"notes.txt": "shopping list\n", ".DS_Store": "A: b\n", "box": fromLine + "A: four\n\n>From x\n\n" + fromLine + "A: five\n",
	}
	tests := []struct {
		name    string
		files   map[string]string
		path    string
		want    []string
		skipped []mbox.Skip
	}{
		{"Maildir", maildir, "", []string{"A: sent\r\n\r\n.\r\n", "A: cur\n\n", "no header at all"}, nil},
		{"folder", folder, "", []string{"A: one\n", "A: four\n\nFrom x\n", "A: five\n", "Received: x\n\nthree\n", "not like mail"}, []mbox.Skip{{File: "empty.eml", Why: "it is empty"}, {File: "notes.txt", Why: "it does not look like mail"}}},
		{"one message", folder, "1.eml", []string{"A: one\n"}, nil},
		{"one odd message", folder, "notes.txt", []string{"shopping list\n"}, nil},
		{"mbox", folder, "box", []string{"A: four\n\nFrom x\n", "A: five\n"}, nil},
		{"empty file", folder, "empty.eml", []string{}, []mbox.Skip{{File: "empty.eml", Why: "it is empty"}}},
		{"empty folder", nil, "", []string{}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, items := open(t, filepath.Join(lay(t, tt.files), tt.path))
			got, faults := take(t, s, items)
			if d := cmp.Diff(tt.want, got); d != "" || faults != nil {
				t.Errorf("%v\n%s", faults, d)
			}
			if d := cmp.Diff(tt.skipped, s.Skipped()); d != "" {
				t.Errorf("skipped: %s", d)
			}
			seen := map[string]bool{}
			for i, it := range items {
				if it.Num != i+1 || it.UID == "" || seen[it.UID] || strings.ContainsAny(it.UID, " \n") {
					t.Errorf("item %+v", it)
				}
				seen[it.UID] = true
			}
		})
	}
}

func TestSource_UIDsStayWhenFlagsChangeAndMailArrives(t *testing.T) {
	dir := lay(t, map[string]string{"new/1700000000.a.host": "A: b\n", "cur/": "", "box/in": fromLine + "A: b\n\n"})
	_, before := open(t, dir)
	if err := os.Rename(dir+"/new/1700000000.a.host", dir+"/cur/1700000000.a.host:2,RS"); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(dir+"/box/in", os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(f, fromLine+"C: d\n\n")
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	_, after := open(t, dir)
	if len(after) != 3 {
		t.Fatalf("items = %v", after)
	}
	known := map[string]bool{}
	for _, uid := range uids(after) {
		known[uid] = true
	}
	for _, uid := range uids(before) {
		if !known[uid] {
			t.Errorf("%s is gone: %v", uid, uids(after))
		}
	}
}

func TestSource_UIDTellsOneContentFromAnotherInItsPlace(t *testing.T) {
	for _, name := range []string{"box", "x.eml"} {
		dir := lay(t, map[string]string{"box": fromLine + "A: b\n\n", "x.eml": "A: b\n"})
		path := filepath.Join(dir, name)
		_, before := open(t, path)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(strings.ReplaceAll(string(text), "A: b", "A: c")), 0o600); err != nil {
			t.Fatal(err)
		}
		then := time.Now().Add(time.Hour)
		if err := os.Chtimes(path, then, then); err != nil {
			t.Fatal(err)
		}
		_, after := open(t, path)
		if before[0].UID == after[0].UID {
			t.Errorf("%s: both are %s", name, after[0].UID)
		}
	}
}

func TestSource_OddNamesMakeUIDsOfOneWord(t *testing.T) {
	_, items := open(t, lay(t, map[string]string{"a b\n\xff.eml": "A: b\n"}))
	if len(items) != 1 || !strings.HasPrefix(items[0].UID, `"a\x20b\n\xff.eml"@`) {
		t.Errorf("items = %v", items)
	}
}

func TestSource_WhatCannotBeReadIsToldAndTheRestGoesOn(t *testing.T) {
	dir := lay(t, map[string]string{
		"1.eml": "A: one\n", "2.eml": "A: two\n", "3box": fromLine + "A: three\n\n", "4box": fromLine + "A: four\n", "5.eml": "A: five\n",
	})
	if err := os.Symlink(dir+"/nowhere", dir+"/0.eml"); err != nil {
		t.Fatal(err)
	}
	s, items := open(t, dir)
	if err := os.Remove(dir + "/2.eml"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir+"/3box", []byte("x"+fromLine+"A: three\n\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, faults := take(t, s, items)
	if d := cmp.Diff([]string{"A: one\n", "A: four\n", "A: five\n"}, got); d != "" {
		t.Error(d)
	}
	for i, want := range []string{"0.eml", "2.eml", "3box: it was changed"} {
		if len(faults) != 3 || !strings.Contains(faults[i].Error(), want) {
			t.Errorf("faults = %v", faults)
		}
	}
}

func TestSource_KnowsWhenMailWasReceived(t *testing.T) {
	dir := lay(t, map[string]string{
		"a": fromLine + "A: b\n\nFrom c\n\n", "b.eml": "A: b\n", "m/cur/1600000000.x:2,": "A: b\n", "m/new/odd": "A: b\n",
		"to-come.eml": "Date: Tue, 05 Mar 2999 12:00:00 +0000\n", "to-come.mbox": "From x Sun Jan  1 00:00:01 2999\nA: b\n\nFrom c\n\n",
	})
	changed := time.Date(2020, 5, 6, 7, 8, 9, 0, time.UTC)
	for _, name := range []string{"a", "b.eml", "m/cur/1600000000.x:2,", "m/new/odd", "to-come.eml", "to-come.mbox"} {
		if err := os.Chtimes(filepath.Join(dir, name), changed, changed); err != nil {
			t.Fatal(err)
		}
	}
	s, items := open(t, dir)
	want := []time.Time{time.Date(2026, 1, 1, 0, 0, 1, 0, time.UTC), changed, time.Unix(1600000000, 0), changed, changed, changed}
	if len(items) != len(want) {
		t.Fatalf("items = %v", items)
	}
	for i, it := range items {
		if got := s.Received(it); !got.Equal(want[i]) {
			t.Errorf("%s: %v, want %v", it.UID, got, want[i])
		}
	}
	if got := s.Received(fetch.Item{Num: 99}); !got.IsZero() {
		t.Errorf("of no message: %v", got)
	}
}

func TestSource_KeepsTheMaildropsPromises(t *testing.T) {
	s, items := open(t, lay(t, map[string]string{"1.eml": "A: one\n", "2.eml": "A: two\n"}))
	if marked, err := s.Delete(t.Context(), []int{1}); err == nil || marked != nil {
		t.Errorf("Delete = %v, %v", marked, err)
	}
	stop := errors.New("enough")
	n := 0
	err := s.Retrieve(t.Context(), items, func(fetch.Item, io.Reader, error) error { n++; return stop })
	if !errors.Is(err, stop) || n != 1 {
		t.Errorf("Retrieve = %v after %d", err, n)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Retrieve(ctx, items, func(fetch.Item, io.Reader, error) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("Retrieve when called off: %v", err)
	}
	if _, err := s.List(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("List when called off: %v", err)
	}
	if err := s.Quit(t.Context()); err != nil {
		t.Errorf("Quit: %v", err)
	}
}

func TestOpen_NamesAPathThatIsNotThere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "nowhere")
	if _, err := mbox.Open(path); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), path) {
		t.Errorf("Open: %v", err)
	}
}

// Python's mailbox writes what many programs read: mboxo in one file, and Maildir.
func TestSource_ReadsWhatPythonWrote(t *testing.T) {
	peertest.Needs(t, "python3")
	dir := t.TempDir()
	script := `
import mailbox, sys
texts = [b"A: one\n\nFrom here\nto there\n", b"A: two\n\n\n\n.\n", b"A: three\n\n" + b"x" * 200000 + b"\n"]
box, folder = mailbox.mbox(sys.argv[1] + "/box"), mailbox.Maildir(sys.argv[1] + "/maildir")
for t in texts:
    box.add(t)
    folder.add(t)
box.flush()
`
	if out, err := exec.CommandContext(t.Context(), "python3", "-c", script, dir).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	want := map[string]bool{"A: one\n\nFrom here\nto there\n": true, "A: two\n\n\n\n.\n": true, "A: three\n\n" + strings.Repeat("x", 200000) + "\n": true}
	for _, name := range []string{"box", "maildir"} {
		s, items := open(t, filepath.Join(dir, name))
		texts, faults := take(t, s, items)
		if len(texts) != 3 || faults != nil {
			t.Errorf("%s: %d messages, %v", name, len(texts), faults)
		}
		for _, text := range texts {
			if !want[text] {
				t.Errorf("%s: %.80q", name, text)
			}
		}
	}
}

func TestSource_TakesNoBinaryFileForMail(t *testing.T) {
	path := filepath.Join(t.TempDir(), "archive.tar.zst")
	if err := os.WriteFile(path, []byte("\x28\xb5\x2f\xfd\x00\x00binary"), 0o600); err != nil {
		t.Fatal(err)
	}
	src, err := mbox.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	items, err := src.List(t.Context())
	if err != nil || len(items) != 1 {
		t.Fatalf("%d items, %v", len(items), err)
	}
	var said error
	err = src.Retrieve(t.Context(), items, func(_ fetch.Item, _ io.Reader, err error) error { said = err; return nil })
	if err != nil || said == nil || !strings.Contains(said.Error(), "it is zstd, which is not read here") {
		t.Errorf("told %v, %v", said, err)
	}
}
