package blob

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// chained makes a log of sealed segments, one of them erased from, and one that
// grows.
func chained(t tester) (*memDisk, *Log, kept) {
	t.Helper()
	d, l, k := ended(t, Options{})
	if _, err := l.Seal(ctx); err != nil {
		t.Fatalf("Seal: %v", err)
	}
	for ref := range k {
		if ref.Segment == 1 {
			if _, err := l.Erase(ctx, []Ref{ref}); err != nil {
				t.Fatalf("Erase: %v", err)
			}
			delete(k, ref)
			break
		}
	}
	return d, l, k
}

// copyDisk is what a copy of the folder holds.
func copyDisk(d *memDisk) *memDisk {
	to := newMemDisk()
	for name, f := range d.files {
		to.files[name] = &memFile{now: slices.Clone(f.now), synced: slices.Clone(f.now)}
	}
	to.named = maps.Clone(to.files)
	return to
}

// Anyone can check a line with sha256sum.
func TestChain_IsWhatItsDocumentationSays(t *testing.T) {
	d, l, _ := chained(t)
	rows := strings.Split(strings.TrimSuffix(string(d.files[chainName].now), "\n"), "\n")
	if len(rows) != 3 || !strings.HasPrefix(rows[0], "1 000001-1.mbox.zst ") || !strings.Contains(rows[2], " 000001-2.mbox.zst ") || !strings.Contains(rows[2], " erased:1 ") {
		t.Fatalf("chain: %q", rows)
	}
	before := strings.Repeat("0", 64)
	for _, row := range rows {
		i := strings.LastIndexByte(row, ' ')
		before = fmt.Sprintf("%x", sha256.Sum256([]byte(before+"\n"+row[:i])))
		if row[i+1:] != before {
			t.Errorf("%q: want hash %s", row, before)
		}
	}
	if r := sound(t, l, "chain"); r.Head != before || r.Links != 3 {
		t.Errorf("Verify = %+v, want head %s", r, before)
	}
	files, err := l.Files()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		sum := Digest(sha256.Sum256(d.files[f.Name].now))
		if f.Sealed != strings.Contains(f.Name, "-") || f.Sealed && f.Sum != sum || f.Octets != int64(len(d.files[f.Name].now)) {
			t.Errorf("Files: %+v", f)
		}
	}
}

func TestVerify_NamesWhatWasChangedOrRemoved(t *testing.T) {
	const two = "000002-1.mbox.zst"
	d, _, _ := chained(t)
	for name, c := range map[string]struct {
		do   func(d *memDisk)
		want string
		deep bool // found only then
		open string
	}{
		"a sealed segment is gone":   {func(d *memDisk) { delete(d.files, two) }, "the segment is missing", false, "segment is missing"},
		"two segments are gone":      {func(d *memDisk) { delete(d.files, "000002-1.mbox.zst"); delete(d.files, "000001-2.mbox.zst") }, "the segment is missing", false, "segment is missing"},
		"another file of a segment":  {func(d *memDisk) { d.files[two] = d.files["000001-2.mbox.zst"] }, "the chain says", false, ""},
		"an octet of the birth":      {func(d *memDisk) { d.files[two].now[25] ^= 1 }, "SHA-256", true, ""},
		"a chain line changed":       {func(d *memDisk) { swap(d.files[chainName], " erased:1 ", " erased:2 ") }, "hash does not follow", false, "chain"},
		"a chain line left out":      {func(d *memDisk) { cutLine(d.files[chainName], 1) }, "hash does not follow", false, "chain"},
		"a chain line with no sense": {func(d *memDisk) { swap(d.files[chainName], "000002-1", "00000201") }, "chain line 2", false, "chain"},
	} {
		d := copyDisk(d)
		c.do(d)
		var logged bytes.Buffer
		l := mustOpen(t, d, Options{Log: slog.New(slog.NewTextHandler(&logged, nil))})
		if !strings.Contains(logged.String(), c.open) || c.open == "" && logged.Len() > 0 {
			t.Errorf("%s: Open logged %q, want %q", name, &logged, c.open)
		}
		for _, deep := range []bool{false, true} {
			r, err := l.Verify(ctx, deep, nil)
			found := slices.ContainsFunc(r.Faults, func(f Fault) bool { return strings.Contains(f.Problem, c.want) })
			if err != nil || found != (deep || !c.deep) {
				t.Errorf("%s: Verify(deep %v) = %+v, %v; want %q", name, deep, r.Faults, err, c.want)
			}
		}
	}
}

func TestOpen_TakesMailWhenTheChainCannotBeWritten(t *testing.T) {
	d, _, k := chained(t)
	b := d.files[chainName].now
	d.files[chainName].now = b[:len(b)-10]
	first := failNth("write", 1, true, errNoSpace)
	d.fail = first
	l := mustOpen(t, d, Options{})
	k.check(t, l, false)
	if _, err := l.Seal(ctx); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("Seal = %v, want ENOSPC", err)
	}
	d.fail = nil
	if _, err := l.Seal(ctx); err != nil {
		t.Errorf("with room again: %v", err)
	}
	if r := sound(t, l, "with room again"); r.Links < 3 {
		t.Errorf("%d links, want three at least", r.Links)
	}
}

func TestOpen_GivesNoNumberOfALostSegmentAgain(t *testing.T) {
	d, _, _ := chained(t)
	delete(d.files, "000002-1.mbox.zst")
	delete(d.files, "000003.mbox.zst")
	l := mustOpen(t, d, Options{})
	k := kept{}
	if err := k.put(l, []byte("new")); err != nil {
		t.Fatal(err)
	}
	for ref := range k {
		if ref.Segment != 3 { // of the third the chain knows nothing yet
			t.Errorf("written to segment %d, want 3", ref.Segment)
		}
	}
	k.check(t, l, true)
}

func swap(f *memFile, from, to string) { f.now = bytes.Replace(f.now, []byte(from), []byte(to), 1) }

func cutLine(f *memFile, n int) {
	rows := bytes.SplitAfter(f.now, []byte("\n"))
	f.now = bytes.Join(slices.Delete(rows, n, n+1), nil)
}

func TestOpen_GivesASegmentTheLineThatACrashTook(t *testing.T) {
	d, _, k := chained(t)
	last := bytes.LastIndexByte(d.files[chainName].now[:len(d.files[chainName].now)-1], '\n') + 1
	for n := last; n < len(d.files[chainName].now); n += 7 {
		d := copyDisk(d)
		d.files[chainName].now = d.files[chainName].now[:n]
		for range 2 {
			l := mustOpen(t, d, Options{})
			k.check(t, l, false)
			if r := sound(t, l, fmt.Sprint("cut at ", n)); r.Links != 3 {
				t.Errorf("cut at %d: %d links, want 3", n, r.Links)
			}
		}
		if rows := string(d.files[chainName].now); !strings.Contains(rows, " found ") {
			t.Errorf("cut at %d: %q", n, rows)
		}
	}
	// A file that is not what its end says gets no line.
	damaged := copyDisk(d)
	damaged.files[chainName].now = damaged.files[chainName].now[:last]
	damaged.files["000001-2.mbox.zst"].now[100] ^= 1
	l := mustOpen(t, damaged, Options{})
	if r, err := l.Verify(ctx, false, nil); err != nil || r.Links != 2 || len(r.Faults) == 0 {
		t.Errorf("damaged and without a line: %+v, %v", r, err)
	}
}

func TestFiles_OfAReplacedSegmentAreGone(t *testing.T) {
	_, l, _ := ended(t, Options{})
	files, err := l.Files()
	if err != nil {
		t.Fatal(err)
	}
	open, err := l.OpenFile(files[0].Name)
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close()
	if _, err := l.Seal(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := l.OpenFile(files[0].Name); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("OpenFile = %v, want fs.ErrNotExist", err)
	}
	var b bytes.Buffer
	if n, err := b.ReadFrom(open); err != nil || n != files[0].Octets {
		t.Errorf("the open one gives %d octets, %v; want the old %d", n, err, files[0].Octets)
	}
}

func FuzzChain(f *testing.F) {
	d, _, _ := chained(f)
	f.Add(d.files[chainName].now)
	f.Fuzz(func(t *testing.T, b []byte) {
		c, torn := readChain(b)
		if c.size+torn != int64(len(b)) || len(c.links) > c.n {
			t.Errorf("%d octets and %d torn of %d, %d links in %d lines", c.size, torn, len(b), len(c.links), c.n)
		}
	})
}
