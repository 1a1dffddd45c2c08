package search

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"restante/index/search/segment"
)

// TestQuietly_LeavesMemoryAsItWas reads a file of which the system holds some parts.
func TestQuietly_LeavesMemoryAsItWas(t *testing.T) {
	const octets = 8*segment.Piece + 6144 // and half a page
	want := bytes.Repeat([]byte("what was written"), octets/16)
	f, err := os.OpenFile(filepath.Join(t.TempDir(), "x"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Write(want); err != nil {
		t.Fatal(err)
	}
	if err := f.Sync(); err != nil {
		t.Fatal(err)
	}
	if len(absent(f, 0, octets)) > 0 {
		t.Skip("the system does not tell what it holds in memory")
	}
	control(f, func(fd int) { err = unix.Fadvise(fd, 0, 0, unix.FADV_DONTNEED) })
	if err != nil || held(f, octets) > 0 {
		t.Skip("the file system keeps files in memory")
	}
	notAhead(f)
	for _, s := range []span{{0, 2 * segment.Piece}, {3*segment.Piece + 8192, 4096}, {octets - 6144, 4096}} {
		if _, err := f.ReadAt(make([]byte, s.octets), s.at); err != nil {
			t.Fatal(err)
		}
	}
	before := held(f, octets)
	var got bytes.Buffer
	r, piece := quietly(f), make([]byte, segment.Piece)
	for got.Len() < octets {
		n, err := io.ReadFull(r, piece[:min(len(piece), octets-got.Len())])
		if err != nil {
			t.Fatal(err)
		}
		got.Write(piece[:n])
	}
	if _, err := r.Read(piece); err != io.EOF || !bytes.Equal(got.Bytes(), want) {
		t.Fatalf("read %d octets, %v", got.Len(), err)
	}
	if after := held(f, octets); after != before {
		t.Errorf("of %d octets %d were in memory before, and %d are afterwards", octets, before, after)
	}
}

// held is how much of a file is in memory.
func held(f *os.File, octets int64) int64 {
	for _, s := range absent(f, 0, octets) {
		octets -= s.octets
	}
	return octets
}
