package blob

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
)

var testKey = bytes.Repeat([]byte("k"), KeyLen)

// forms are the options that give a log another form.
var forms = map[string]Options{"clear": {}, "encrypted": {Key: testKey}}

// seal ends the growing segment and seals all.
func seal(t tester, l *Log) Sealing {
	t.Helper()
	if err := l.retire(true); err != nil {
		t.Fatalf("retire: %v", err)
	}
	done, err := l.Seal(ctx)
	if err != nil {
		t.Fatalf("Seal: %v", err)
	}
	return done
}

func catted(t tester, l *Log, seg uint32) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := l.Cat(ctx, seg, &b); err != nil && !errors.Is(err, ErrDamaged) {
		t.Fatalf("Cat: %v", err)
	}
	return b.Bytes()
}

// many are messages for several blocks, small ones and streamed ones.
func many() (msgs [][]byte) {
	for i := range 300 {
		msgs = append(msgs, fmt.Appendf(nil, "Subject: %d\n\n%s", i, strings.Repeat(fmt.Sprintf("From %d\n", i*i), i*2)))
	}
	return append(msgs, large, nil, noise(wholeMax), []byte("last"))
}

func TestSeal_ChangesNoReferenceAndNoText(t *testing.T) {
	for form, o := range forms {
		d := newMemDisk()
		l := mustOpen(t, d, o)
		k := kept{}
		if err := k.put(l, many()...); err != nil {
			t.Fatal(err)
		}
		before, err := scanned(l)
		if err != nil {
			t.Fatal(err)
		}
		text := catted(t, l, 1)
		done := seal(t, l)
		if done.Segments != 1 || done.Messages != int64(len(k)) || done.After >= done.Before {
			t.Errorf("%s: Seal = %+v", form, done)
		}
		for _, l := range []*Log{l, mustOpen(t, d, o)} {
			if after, err := scanned(l); err != nil || !slices.Equal(after, before) {
				t.Errorf("%s: %d references after sealing, %v; want the same %d", form, len(after), err, len(before))
			}
			k.check(t, l, false)
			if !bytes.Equal(catted(t, l, 1), text) {
				t.Errorf("%s: the text is another after sealing", form)
			}
		}
		if names := slices.Sorted(mapsKeys(d)); !slices.Equal(names, wantNames(o, "000001-1.mbox.zst")) {
			t.Errorf("%s: the folder holds %v", form, names)
		}
		again, err := l.Seal(ctx)
		if err != nil || again.Segments != 0 {
			t.Errorf("%s: sealed again: %+v, %v", form, again, err)
		}
	}
}

func mapsKeys(d *memDisk) func(func(string) bool) {
	return func(yield func(string) bool) {
		for name := range d.files {
			if !yield(name) {
				return
			}
		}
	}
}

func wantNames(o Options, names ...string) []string {
	names = append(names, chainName)
	if o.Key != nil {
		names = append(names, keyName)
	}
	slices.Sort(names)
	return names
}

// From any position a sealed segment gives what the growing one gave.
func TestScan_OfASealedSegmentStartsAnywhere(t *testing.T) {
	d := newMemDisk()
	l := mustOpen(t, d, Options{})
	k := kept{}
	var msgs [][]byte
	for i := range 40 {
		msgs = append(msgs, noise(i*1000))
	}
	if err := k.put(l, msgs...); err != nil {
		t.Fatal(err)
	}
	refs, err := scanned(l)
	if err != nil {
		t.Fatal(err)
	}
	seal(t, l)
	for i, ref := range refs {
		var got []Ref
		if err := l.Scan(ctx, ref.position(), func(e Entry) error { got = append(got, e.Ref); return nil }); err != nil || !slices.Equal(got, refs[i:]) {
			t.Errorf("from entry %d: %d entries, %v; want %d", i, len(got), err, len(refs)-i)
		}
	}
	if err := l.Scan(ctx, refs[len(refs)-1].End(), func(e Entry) error { return errors.New("one more") }); err != nil {
		t.Errorf("from the end: %v", err)
	}
}

// A block whose bytes are damaged costs its messages and no others.
func TestScan_StepsOverADamagedBlockAndNamesIt(t *testing.T) {
	d := newMemDisk()
	l := mustOpen(t, d, Options{})
	k := kept{}
	var msgs [][]byte
	for range 12 {
		msgs = append(msgs, noise(100_000))
	}
	if err := k.put(l, msgs...); err != nil {
		t.Fatal(err)
	}
	refs, _ := scanned(l)
	seal(t, l)
	whole := slices.Clone(d.files["000001-1.mbox.zst"].now)
	h, err := l.read.get(1)
	if err != nil {
		t.Fatal(err)
	}
	blocks, end := h.sealed.blocks, h.sealed.end
	l.read.put(h)
	if len(blocks) < 4 {
		t.Fatalf("%d blocks, want some", len(blocks))
	}
	for i, at := range blocks {
		next := end
		if i+1 < len(blocks) {
			next = blocks[i+1].start
		}
		for _, off := range []int64{at.at, at.at + 30, at.at + at.frame - 1, at.at + at.frame, at.at + at.frame + at.data - 1} {
			d.files["000001-1.mbox.zst"].now = slices.Clone(whole)
			d.files["000001-1.mbox.zst"].now[off] ^= 1
			got, err := scanned(mustOpen(t, d, Options{}))
			want := slices.DeleteFunc(slices.Clone(refs), func(r Ref) bool { return r.Offset >= at.start && r.Offset < next })
			name := fmt.Sprintf("segment 1 offset %d length %d", at.start, next-at.start)
			if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), name) || !slices.Equal(got, want) {
				t.Errorf("block %d octet %d: %d entries, %v; want %d and %q", i, off-at.at, len(got), err, len(want), name)
			}
		}
	}
	// The index is made anew where it is damaged, from its first octet on.
	for off := blocks[len(blocks)-1].at + blocks[len(blocks)-1].frame + blocks[len(blocks)-1].data; off < int64(len(whole)); off++ {
		d.files["000001-1.mbox.zst"].now = slices.Clone(whole)
		d.files["000001-1.mbox.zst"].now[off] ^= 1
		l := mustOpen(t, d, Options{Floor: refs[len(refs)-1].End()})
		if got, err := scanned(l); err != nil || !slices.Equal(got, refs) {
			t.Errorf("octet %d of the index: %d entries, %v", off, len(got), err)
		}
	}
	d.files["000001-1.mbox.zst"].now = whole
	k.check(t, mustOpen(t, d, Options{}), false)
}

// What was damaged when it was sealed stays, octet for octet, and is named.
func TestSeal_KeepsDamagedPlaces(t *testing.T) {
	d, l, refs := segment(t, []byte("first\n"), noise(50), []byte("third\n"), noise(700_000), []byte("last\n"))
	b := d.files[one].now
	b[refs[1].Offset+30] ^= 1
	b[refs[3].Offset+400_000] ^= 1
	damaged := []Ref{refs[1], refs[3]}
	var was [][]byte
	for _, r := range damaged {
		was = append(was, slices.Clone(b[r.Offset:r.End().Offset]))
	}
	seal(t, l)
	got, err := scanned(l)
	if !errors.Is(err, ErrDamaged) || !slices.Equal(got, []Ref{refs[0], refs[2], refs[4]}) {
		t.Errorf("Scan = %v, %v", got, err)
	}
	for i, r := range damaged {
		if name := fmt.Sprintf("segment 1 offset %d length %d", r.Offset, r.Length); !strings.Contains(err.Error(), name) {
			t.Errorf("Scan = %v, want %q in it", err, name)
		}
		if _, err := l.Open(ctx, r, Digest{}); !errors.Is(err, ErrDamaged) {
			t.Errorf("Open = %v, want ErrDamaged", err)
		}
		for rest, now := was[i], d.files["000001-1.mbox.zst"].now; len(rest) > 0; {
			n := min(len(rest), remainsLen)
			if !bytes.Contains(now, rest[:n]) {
				t.Errorf("damaged place %d is not in the sealed file", i)
			}
			rest = rest[n:]
		}
	}
	if r, err := l.Open(ctx, refs[4], rec([]byte("last\n")).Digest); err != nil {
		t.Error(err)
	} else if got, err := io.ReadAll(r); err != nil || string(got) != "last\n" {
		t.Errorf("got %q, %v", got, err)
	}
}

// A segment whose key is lost stays as it is, and keeps no other from sealing.
func TestSeal_LeavesASegmentWithADamagedBirth(t *testing.T) {
	d, _, k := ended(t, Options{})
	d.files[one].now[20] ^= 1
	was := slices.Clone(d.files[one].now)
	l := mustOpen(t, d, Options{})
	done, err := l.Seal(ctx)
	if err != nil || done.Segments != 1 || !slices.Equal(done.Left, []uint32{1}) {
		t.Errorf("Seal = %+v, %v; want the second sealed and the first left", done, err)
	}
	if !bytes.Equal(d.files[one].now, was) {
		t.Error("the damaged segment was changed")
	}
	k.check(t, l, true)
}
