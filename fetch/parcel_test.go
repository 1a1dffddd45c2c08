package fetch_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"runtime"
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

// A message may be one line, of text or of blanks.
func TestPack_MemoryDoesNotGrowWithTheMessage(t *testing.T) {
	const long = 64 << 20
	for _, c := range []byte{'x', ' ', '\r', '\n'} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		p, err := fetch.Pack(t.TempDir(), io.LimitReader(endless(c), long))
		if err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		if got := after.TotalAlloc - before.TotalAlloc; got > long/4 {
			t.Errorf("%q: %d MiB were allocated for %d MiB", c, got>>20, long>>20)
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
}

// endless is one octet over and over.
type endless byte

func (e endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = byte(e)
	}
	return len(b), nil
}

// The sum is the one that receipts hold: of the lines, with LF and without
// blanks at their ends.
func TestHeadSum_IsOfTheLinesWithoutTheirLastBlanks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(rapid.SampledFrom([]string{"\r\n", "\n", "\r", " ", "\t", "a", "Subject: x", "\n\n", strings.Repeat(" ", 100)}), 0, 30)
		b := []byte(strings.Join(parts.Draw(t, "parts"), ""))
		want := sha256.New()
		for line := range bytes.Lines(b) {
			if line = bytes.TrimRight(line, "\r\n \t"); len(line) == 0 {
				break
			}
			want.Write(append(bytes.Clone(line), '\n'))
		}
		if got := fetch.HeadSum(b); !bytes.Equal(got[:], want.Sum(nil)[:8]) {
			t.Fatalf("%q: another sum", b)
		}
		p, err := fetch.Pack("", iotest.OneByteReader(bytes.NewReader(b)))
		if err != nil || p.Head != fetch.HeadSum(b) {
			t.Fatalf("%q: octet by octet the sum is another, %v", b, err)
		}
	})
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
