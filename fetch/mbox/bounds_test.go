package mbox

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"restante/fetch"
)

// bombs are archives that unpack to far more than they are.
func bombs(t *testing.T, octets int64) map[string][]byte {
	t.Helper()
	zeros := func(w io.Writer) {
		if _, err := io.CopyN(w, zeroes{}, octets); err != nil {
			t.Fatal(err)
		}
	}
	var one, packed, tarred bytes.Buffer
	z := gzip.NewWriter(&one)
	fmt.Fprint(z, "From a Thu Jan  1 00:00:01 2026\n\n")
	zeros(z)
	z.Close()
	w := zip.NewWriter(&packed)
	for i := range 4 {
		f, err := w.Create(fmt.Sprint(i, ".mbox"))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(f, "From a Thu Jan  1 00:00:01 2026\n\n")
		zeros(f)
	}
	w.Close()
	z = gzip.NewWriter(&tarred)
	tw := tar.NewWriter(z)
	if err := tw.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: "notes", Size: octets}); err != nil {
		t.Fatal(err)
	}
	zeros(tw)
	tw.Close()
	z.Close()
	return map[string][]byte{"gzip": one.Bytes(), "zip": packed.Bytes(), "tar.gz": tarred.Bytes()}
}

type zeroes struct{}

func (zeroes) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// listed lists what is in a file, under limits.
func listed(t *testing.T, text []byte, lim limits) (*Source, []fetch.Item) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	s.lim = lim
	items, err := s.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s, items
}

func TestSource_EndsAtAnArchiveMadeToFillADisk(t *testing.T) {
	lim := usualLimits
	lim.floor = 1 << 18
	for name, text := range bombs(t, 3<<20) {
		s, _ := listed(t, text, lim)
		faults := s.Faults()
		if len(faults) == 0 || !errors.Is(faults[len(faults)-1], errBomb) {
			t.Errorf("%s of %d octets: %v", name, len(text), faults)
		}
		s, _ = listed(t, text, limits{members: 10, name: 10, ratio: 2000, floor: 1})
		if faults := s.Faults(); len(faults) != 0 {
			t.Errorf("%s within its bounds: %v", name, faults)
		}
	}
}

func TestSource_BoundsTheFilesOfAnArchiveAndTheirNames(t *testing.T) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, name := range []string{"a.eml", strings.Repeat("b", 101) + ".eml", "dir/", "c.eml", "d.eml"} {
		h := &tar.Header{Typeflag: tar.TypeReg, Name: name, Size: 5, ModTime: time.Unix(1600000000, 0)}
		if strings.HasSuffix(name, "/") {
			h.Typeflag, h.Size = tar.TypeDir, 0
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if h.Size > 0 {
			fmt.Fprint(w, "A: b\n")
		}
	}
	w.Close()
	s, items := listed(t, b.Bytes(), limits{members: 4, name: 100, ratio: 250, floor: 1 << 20})
	faults := s.Faults()
	if len(items) != 4 || len(faults) != 2 || !strings.Contains(faults[0].Error(), "its name has 105 octets, and 100 are allowed") || !errors.Is(faults[1], errMembers) {
		t.Errorf("%d items, %v", len(items), faults)
	}
	if got := s.Received(items[0]); !got.Equal(time.Unix(1600000000, 0)) {
		t.Errorf("received %v", got)
	}
}

func TestSource_TellsWhatItCannotOpenInAZip(t *testing.T) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i, name := range []string{"secret.eml", "odd.eml", "plain.eml"} {
		f, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(f, "A: %d\n", i)
	}
	w.Close()
	text := b.Bytes()
	// In the directory at the end: a flag, and a method.
	at := bytes.Index(text, []byte("PK\x01\x02"))
	text[at+8] |= 1
	at += 4 + bytes.Index(text[at+4:], []byte("PK\x01\x02"))
	text[at+10] = 99
	s, items := listed(t, text, usualLimits)
	faults := s.Faults()
	if len(items) != 3 || len(faults) != 2 || !strings.Contains(faults[0].Error(), "secret.eml: it is encrypted") || !strings.Contains(faults[1].Error(), "odd.eml: ") {
		t.Errorf("%d items, %v", len(items), faults)
	}
}

func TestSource_TakesNoHalfOfAnEmlxInAnArchive(t *testing.T) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, text := range map[string]string{"whole.emlx": "5\nA: b\n<?xml?>", "half.emlx": "50\nA: b\n"} {
		f, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(f, text)
	}
	w.Close()
	s, items := listed(t, b.Bytes(), usualLimits)
	if len(items) != 2 {
		t.Fatalf("%d items", len(items))
	}
	for _, it := range items {
		half := strings.Contains(it.UID, "half")
		err := s.Retrieve(t.Context(), []fetch.Item{it}, func(_ fetch.Item, r io.Reader, err error) error {
			if _, err := io.Copy(io.Discard, r); errors.Is(err, io.ErrUnexpectedEOF) != half {
				t.Errorf("%s: %v", it.UID, err)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}

func TestSource_TakesNothingOfAnArchiveThatWasChanged(t *testing.T) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	fmt.Fprint(z, "From a Thu Jan  1 00:00:01 2026\nA: b\n\n")
	z.Close()
	s, items := listed(t, b.Bytes(), usualLimits)
	if err := os.WriteFile(s.path, []byte("From a Thu Jan  1 00:00:01 2026\nA: c\n\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var said error
	err := s.Retrieve(t.Context(), items, func(_ fetch.Item, _ io.Reader, err error) error { said = err; return nil })
	if err != nil || said == nil || !strings.Contains(said.Error(), "changed since it was listed") {
		t.Errorf("%v, %v", err, said)
	}
}

func TestSource_SaysTheOffsetOfWhatItCannotRead(t *testing.T) {
	box := "From a Thu Jan  1 00:00:01 2026\nA: b\n\n"
	s, items := listed(t, []byte(box+box), usualLimits)
	if err := os.Truncate(s.path, int64(len(box))+3); err != nil {
		t.Fatal(err)
	}
	var faults []*Fault
	err := s.Retrieve(t.Context(), items, func(_ fetch.Item, _ io.Reader, err error) error {
		if f, ok := errors.AsType[*Fault](err); ok {
			faults = append(faults, f)
		}
		return nil
	})
	if err != nil || len(faults) != 2 || faults[1].Offset != int64(len(box)) || faults[1].File != s.path {
		t.Errorf("%v, %v", err, faults)
	}
}

func FuzzArchive(f *testing.F) {
	for _, text := range seeds() {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		s, items := listed(t, text, limits{members: 20, name: 100, ratio: 10, floor: 1 << 16})
		err := s.Retrieve(t.Context(), items, func(_ fetch.Item, r io.Reader, err error) error {
			if err != nil {
				return nil
			}
			n, err := io.Copy(io.Discard, r)
			if n > 1<<20+int64(len(text))*20 {
				t.Fatalf("%d octets of %d", n, len(text))
			}
			if f, ok := errors.AsType[*Fault](err); err != nil && (!ok || f.File == "") {
				t.Fatalf("a fault without a place: %v", err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// seeds are small archives to begin with.
func seeds() (all [][]byte) {
	var z, g, r bytes.Buffer
	w, gz, tw := zip.NewWriter(&z), gzip.NewWriter(&g), tar.NewWriter(&r)
	f, _ := w.Create("a/b.mbox") // into memory: it cannot fail
	fmt.Fprint(f, "From a Thu Jan  1 00:00:01 2026\nContent-Length: 3\n\nabc\n")
	w.Close()
	fmt.Fprint(gz, "A: b\n\nc")
	gz.Close()
	_ = tw.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: ".x/cur/1700000000.a:2,S", Size: 5})
	fmt.Fprint(tw, "A: b\n")
	tw.Close()
	return [][]byte{z.Bytes(), g.Bytes(), r.Bytes(), []byte("12\nA: b\n\nhello<plist>")}
}
