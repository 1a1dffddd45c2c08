package fetch_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"

	"restante/fetch"
)

func TestPack_MeasuresAndGivesBackTheBytes(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		b := []byte(strings.Join(rapid.SliceOf(rapid.SampledFrom([]string{"\r\n", "\n", "\r", "a", "Subject: x", "\r\n\r\n", ".", "\x00"})).Draw(t, "parts"), ""))
		p, err := fetch.Pack(dir, iotest.OneByteReader(bytes.NewReader(b)))
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		got, err := io.ReadAll(p.Open())
		if err != nil || !bytes.Equal(got, b) {
			t.Fatalf("got %q, %v; want %q", got, err, b)
		}
		if p.Digest != sha256.Sum256(b) || p.Size != int64(len(b)) {
			t.Fatal("digest or size is wrong")
		}
		wire := bytes.ReplaceAll(bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n"))
		if len(wire) > 0 && !bytes.HasSuffix(wire, []byte("\n")) {
			wire = append(wire, "\r\n"...)
		}
		if p.Size+p.Grow != int64(len(wire)) {
			t.Fatalf("%q: %d octets and %d more, want %d", b, p.Size, p.Grow, len(wire))
		}
	})
}

func TestPack_SpoolsWhatIsLongAndCleansUp(t *testing.T) {
	dir := t.TempDir()
	b := bytes.Repeat([]byte("0123456789abcde\n"), 200_000) // 3.2 MB
	p, err := fetch.Pack(dir, bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // may be read again
		if got, err := io.ReadAll(p.Open()); err != nil || !bytes.Equal(got, b) {
			t.Fatalf("%d octets, %v", len(got), err)
		}
	}
	if n := files(t, dir); n != 1 {
		t.Errorf("%d spool files, want 1", n)
	}
	if err := p.Close(); err != nil || files(t, dir) != 0 {
		t.Errorf("close: %v, %d files left", err, files(t, dir))
	}
}

func TestPack_MakesNoParcelOfAPartialTransfer(t *testing.T) {
	for _, n := range []int{10, 3 << 20} {
		dir := t.TempDir()
		lost := errors.New("lost")
		r := io.MultiReader(strings.NewReader(strings.Repeat("x", n)), iotest.ErrReader(lost))
		if p, err := fetch.Pack(dir, r); !errors.Is(err, lost) || p != nil {
			t.Errorf("%d octets: %v, %v", n, p, err)
		}
		if files(t, dir) != 0 {
			t.Errorf("%d octets: a spool file is left", n)
		}
	}
}

func files(t *testing.T, dir string) int {
	t.Helper()
	es, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	return len(es)
}

func TestHeadSum_AgreesBetweenTopAndRetr(t *testing.T) {
	message := "Subject: a  \r\nFrom: b\r\n\r\nbody\r\n"
	p, err := fetch.Pack(t.TempDir(), strings.NewReader(message))
	if err != nil {
		t.Fatal(err)
	}
	for _, top := range []string{"Subject: a  \r\nFrom: b\r\n\r\n", "Subject: a\nFrom: b\n", "Subject: a\r\nFrom: b"} {
		if fetch.HeadSum([]byte(top)) != p.Head {
			t.Errorf("%q: another sum", top)
		}
	}
	if fetch.HeadSum([]byte("Subject: c\r\nFrom: b\r\n\r\n")) == p.Head {
		t.Error("another header has the same sum")
	}
}
