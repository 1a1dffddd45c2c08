package blob_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"restante/index/blob"
	"restante/index/blob/blobtest"
)

// copyOut copies what Files names, as a backup does.
func copyOut(t *testing.T, l *blob.Log, dir string) []blob.File {
	t.Helper()
	files, err := l.Files()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		r, err := l.OpenFile(f.Name)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(io.LimitReader(r, f.Octets))
		if err := errors.Join(err, r.Close()); err != nil || int64(len(b)) != f.Octets {
			t.Fatalf("%s: %d octets, %v; want %d", f.Name, len(b), err, f.Octets)
		}
		if err := os.WriteFile(filepath.Join(dir, f.Name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

func TestFiles_AreAllThatARestoredFolderNeeds(t *testing.T) {
	l := openLog(t, t.TempDir(), blob.Options{SegmentSize: 5000, Key: secret})
	defer l.Close()
	var recs []blob.Record
	var refs []blob.Ref
	for name, msg := range blobtest.Messages() {
		if len(recs) == len(blobtest.Messages())/2 {
			if err := l.Retire(); err != nil {
				t.Fatal(err)
			}
			if _, err := l.Seal(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
		r := blobtest.Record(msg, name)
		got, err := l.Append(context.Background(), []blob.Record{r})
		if err != nil {
			t.Fatal(err)
		}
		recs, refs = append(recs, r), append(refs, got...)
	}
	dir := t.TempDir()
	copyOut(t, l, dir)
	again := openLog(t, dir, blob.Options{Floor: refs[len(refs)-1].End(), Key: secret})
	defer again.Close()
	if p, err := again.Verify(context.Background(), true, nil); err != nil || len(p.Faults) > 0 || p.Sealed == 0 {
		t.Errorf("Verify of the copy: %+v, %v", p, err)
	}
	for i, ref := range refs {
		r, err := again.Open(context.Background(), ref, recs[i].Digest)
		if err != nil {
			t.Errorf("%s: %v", recs[i].Meta, err)
			continue
		}
		if n, err := io.Copy(io.Discard, r); err != nil || n != recs[i].Size {
			t.Errorf("%s: %d octets, %v", recs[i].Meta, n, err)
		}
		r.Close()
	}
}

func TestOpenFile_OpensNothingElse(t *testing.T) {
	dir := t.TempDir()
	l, err := blob.Open(filepath.Join(dir, "log"), blob.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := os.WriteFile(filepath.Join(dir, "secret"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"", ".", "lock", "../secret", "000001.mbox.zst", "1.mbox.zst", "000000.mbox.zst"} {
		if _, err := l.OpenFile(name); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("OpenFile(%q) = %v, want fs.ErrNotExist", name, err)
		}
	}
}
