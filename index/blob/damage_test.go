package blob

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// segment makes a log of one segment and gives its bytes and references.
func segment(t testing.TB, msgs ...[]byte) (*memDisk, *Log, []Ref) {
	t.Helper()
	return segmentOfForm(t, Options{}, msgs...)
}

func segmentOfForm(t testing.TB, o Options, msgs ...[]byte) (*memDisk, *Log, []Ref) {
	t.Helper()
	d := newMemDisk()
	l := mustOpen(t, d, o)
	recs := make([]Record, len(msgs))
	for i, m := range msgs {
		recs[i] = rec(m)
	}
	refs, err := l.Append(ctx, recs)
	if err != nil {
		t.Fatal(err)
	}
	return d, l, refs
}

// withBytes is a disk whose first segment holds b.
func withBytes(b []byte) *memDisk {
	d := newMemDisk()
	d.files[one] = &memFile{now: slices.Clone(b)}
	return d
}

func scanned(l *Log) (refs []Ref, err error) {
	err = l.Scan(ctx, Position{}, func(e Entry) error { refs = append(refs, e.Ref); return nil })
	return refs, err
}

func TestOpen_CutsATailTornAtAnyOctet(t *testing.T) {
	for name, last := range map[string][]byte{"small": noise(300), "empty": nil, "encrypted": noise(200)} {
		o := Options{}
		if name == "encrypted" {
			o.Key = testKey
		}
		d, _, refs := segmentOfForm(t, o, []byte("first\n"), []byte("second\n"), last)
		whole := d.files[one].now
		for n := refs[2].Offset; n < int64(len(whole)); n++ {
			for junk, tail := range map[string][]byte{"nothing": nil, "zeros": make([]byte, 100), "noise": noise(100), "itself": append([]byte("~"), whole[refs[2].Offset:n]...)} {
				var logged bytes.Buffer
				d := withBytes(append(slices.Clone(whole[:n]), tail...))
				torn := len(d.files[one].now)
				o.Log = slog.New(slog.NewTextHandler(&logged, nil))
				l := mustOpen(t, d, o)
				if got := int64(len(d.files[one].now)); got != refs[2].Offset {
					t.Fatalf("%s, torn at %d, then %s: cut to %d, want %d", name, n, junk, got, refs[2].Offset)
				}
				if cut := torn > int(refs[2].Offset); cut != strings.Contains(logged.String(), "cut off") {
					t.Errorf("%s, torn at %d, then %s: logged %q", name, n, junk, &logged)
				}
				if want := append(slices.Clone(whole[refs[2].Offset:n]), tail...); !bytes.Equal(d.cut, want) {
					t.Errorf("%s, torn at %d, then %s: %d octets moved aside, want %d", name, n, junk, len(d.cut), len(want))
				}
				k := kept{refs[0]: rec([]byte("first\n")).Digest, refs[1]: rec([]byte("second\n")).Digest}
				if err := k.put(l, []byte("third")); err != nil {
					t.Fatal(err)
				}
				k.check(t, l, false)
			}
		}
	}
}

// A record that the rows know was acknowledged. Its damage is no torn end.
func TestOpen_CutsNothingThatTheRowsKnow(t *testing.T) {
	d, _, refs := segment(t, []byte("first\n"), noise(300))
	whole := d.files[one].now
	for n := refs[1].Offset; n < int64(len(whole)); n++ {
		b := slices.Clone(whole)
		b[n] ^= 1
		d := withBytes(b)
		l := mustOpen(t, d, Options{Floor: refs[1].End()})
		k := kept{refs[0]: rec([]byte("first\n")).Digest}
		if err := k.put(l, []byte("third")); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(d.files[one].now, b) {
			t.Fatalf("octet %d flipped: the segment was changed", n)
		}
		k.check(t, l, true)
	}
}

func TestOpen_LeavesATailThatCannotBeMovedAside(t *testing.T) {
	d, _, refs := segment(t, []byte("first\n"), noise(300))
	b := d.files[one].now[:refs[1].Offset+100]
	d = withBytes(b)
	d.fail = failNth("aside", 1, true, errNoSpace)
	l := mustOpen(t, d, Options{})
	k := kept{refs[0]: rec([]byte("first\n")).Digest}
	if err := k.put(l, []byte("third")); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(d.files[one].now, b) {
		t.Error("the segment was changed")
	}
	k.check(t, l, true)
}

func TestOpen_RefusesALogThatEndsBeforeTheRows(t *testing.T) {
	d, _, refs := segment(t, []byte("first\n"), []byte("second\n"))
	whole := d.files[one].now
	for name, d := range map[string]*memDisk{
		"an empty folder": newMemDisk(),
		"an older copy":   withBytes(whole[:refs[1].Offset]),
		"died at birth":   withBytes(nil),
	} {
		if _, err := open(d, Options{Floor: refs[1].End()}); !errors.Is(err, ErrBehind) {
			t.Errorf("%s: open = %v, want ErrBehind", name, err)
		}
		if d.opened != 0 {
			t.Errorf("%s: %d handles left open", name, d.opened)
		}
	}
	if _, err := open(withBytes(whole), Options{Floor: refs[1].End()}); err != nil {
		t.Errorf("the whole log: %v", err)
	}
}

func TestScan_StepsOverDamageAtAnyOctet(t *testing.T) {
	d, _, refs := segment(t, []byte("first\n"), noise(50), []byte("third\n"))
	whole := d.files[one].now
	for n := refs[1].Offset; n < refs[1].End().Offset; n++ {
		b := slices.Clone(whole)
		b[n] ^= 0x10
		l := mustOpen(t, withBytes(b), Options{})
		got, err := scanned(l)
		if !errors.Is(err, ErrDamaged) || !slices.Equal(got, []Ref{refs[0], refs[2]}) {
			t.Errorf("octet %d: %v, %v; want the first and the third, ErrDamaged", n, got, err)
		}
		want := fmt.Sprintf("segment 1 offset %d length %d", refs[1].Offset, refs[1].Length)
		if err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("octet %d: %v, want %q in it", n, err, want)
		}
	}
}

func TestScan_StartsBehindADamagedPosition(t *testing.T) {
	_, l, refs := segment(t, []byte("first\n"), noise(50), []byte("third\n"))
	var got []Ref
	err := l.Scan(ctx, Position{1, refs[0].Offset + 5}, func(e Entry) error { got = append(got, e.Ref); return nil })
	if !errors.Is(err, ErrDamaged) || !slices.Equal(got, refs[1:]) {
		t.Errorf("Scan = %v, %v; want what follows, ErrDamaged", got, err)
	}
}

func TestOpen_NeverGivesOtherBytes(t *testing.T) {
	for _, msg := range [][]byte{[]byte("From me\nhello"), noise(200), large} {
		d, l, refs := segment(t, msg)
		b, start, end := d.files[one].now, int(refs[0].Offset), int(refs[0].End().Offset)
		step := 1 + (end-start)/500 // each octet of the small ones
		for n := start; n < end; n += step {
			b[n] ^= 0x01
			r, err := l.Open(ctx, refs[0], rec(msg).Digest)
			if err == nil {
				var got []byte
				if got, err = io.ReadAll(r); err == nil && !bytes.Equal(got, msg) {
					t.Errorf("octet %d of %d: other bytes and no error", n, end)
				}
				r.Close()
			}
			if !errors.Is(err, ErrDamaged) {
				t.Errorf("octet %d of %d: %v, want ErrDamaged", n, end, err)
			}
			b[n] ^= 0x01
		}
		for _, n := range []int{start + 1, start + 200, (start + end) / 2, end - 1} {
			cut := &memFile{now: b[:min(n, end-1)]}
			d.files[one] = cut
			l := Log{read: &handles{disk: d, max: 1, gens: map[uint32]uint32{1: 0}, open: map[uint32]*handle{}}, codec: l.codec, texts: l.texts}
			r, err := l.Open(ctx, refs[0], rec(msg).Digest)
			if err == nil {
				_, err = io.ReadAll(r)
				r.Close()
			}
			if !errors.Is(err, ErrDamaged) {
				t.Errorf("cut at %d of %d: %v, want ErrDamaged", n, end, err)
			}
		}
	}
}

func TestScan_TakesNoBytesOfAMessageForARecord(t *testing.T) {
	other, _, refs := segment(t, []byte("a record of another log"))
	forged := other.files[one].now[refs[0].Offset:]
	// Noise around it keeps the message from being compressed.
	msg := slices.Concat(noise(200_000), forged, noise(1000))
	d, _, refs := segment(t, []byte("first\n"), msg, []byte("third\n"))
	b := d.files[one].now
	if !bytes.Contains(b, forged) {
		t.Fatal("the forged record was compressed: the test shows nothing")
	}
	b[refs[1].Offset+30] ^= 1
	got, err := scanned(mustOpen(t, d, Options{}))
	if !errors.Is(err, ErrDamaged) || !slices.Equal(got, []Ref{refs[0], refs[2]}) {
		t.Errorf("Scan = %v, %v; want the first and the third, ErrDamaged", got, err)
	}
}

func TestOpen_LeavesWhatItCannotJudge(t *testing.T) {
	d, _, refs := segment(t, []byte("first\n"), []byte("second\n"))
	whole := d.files[one].now
	newer := slices.Clone(whole)
	h := newer[refs[1].Offset:]
	n, _ := frameLen(h)
	h[20]++
	finish(h[:n-crcLen], 0)

	if _, err := open(withBytes(newer), Options{}); !errors.Is(err, errNewer) {
		t.Errorf("a newer record: open = %v, want errNewer", err)
	}
	d = withBytes(whole[:len(whole)-1])
	d.fail = failNth("read", 1, true, syscall.EIO)
	if _, err := open(d, Options{}); !errors.Is(err, syscall.EIO) || len(d.files[one].now) != len(whole)-1 {
		t.Errorf("an unreadable disk: open = %v, %d octets left", err, len(d.files[one].now))
	}
	if d.opened != 0 {
		t.Errorf("%d handles left open", d.opened)
	}
	for name, b := range map[string][]byte{
		"not ours":      noise(5000),
		"birth damaged": append([]byte{whole[0] ^ 1}, whole[1:]...),
	} {
		d := withBytes(b)
		l := mustOpen(t, d, Options{})
		k := kept{}
		if err := k.put(l, []byte("new")); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(d.files[one].now, b) || len(d.files) != 2 {
			t.Errorf("%s: the segment was written to", name)
		}
		k.check(t, l, true)
	}
}

func TestScan_FindsRecordsWhereTheBirthFrameIsDamaged(t *testing.T) {
	d, _, refs := segment(t, []byte("first\n"), []byte("second\n"))
	d.files[one].now[10] ^= 1
	got, err := scanned(mustOpen(t, d, Options{}))
	if !errors.Is(err, ErrDamaged) || !slices.Equal(got, refs) {
		t.Errorf("Scan = %v, %v; want both records, ErrDamaged", got, err)
	}
}

func TestOpen_DiedAtBirth(t *testing.T) {
	d, _, _ := segment(t)
	if err := (kept{}).put(mustOpen(t, d, Options{}), nil); err != nil {
		t.Fatal(err)
	}
	birth := d.files[one].now[:mustOpen(t, newMemDisk(), Options{}).birthLen]
	for n := 0; n <= len(birth); n++ {
		if n > 60 && n < len(birth)-10 {
			n += 30 // the dictionary
		}
		l := mustOpen(t, withBytes(birth[:n]), Options{})
		k := kept{}
		if err := k.put(l, []byte("x")); err != nil {
			t.Fatal(err)
		}
		k.check(t, l, false)
	}
}

func TestHandles_StayBounded(t *testing.T) {
	d := newMemDisk()
	l := mustOpen(t, d, Options{SegmentSize: 1, MaxOpen: 3})
	k := kept{}
	for i := range 10 {
		if err := k.put(l, fmt.Append(nil, i)); err != nil {
			t.Fatal(err)
		}
	}
	for range 3 {
		k.check(t, l, false)
		if d.opened > 3+1 { // and the one that grows
			t.Errorf("%d handles open, want at most 4", d.opened)
		}
	}
	if err := l.Close(); err != nil || d.opened != 0 {
		t.Errorf("Close: %v, %d handles left open", err, d.opened)
	}
}

func TestClose_LetsOpenReadersFinish(t *testing.T) {
	d, l, refs := segment(t, large)
	r, err := l.Open(ctx, refs[0], rec(large).Digest)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, large) {
		t.Errorf("got %d octets, %v; want %d", len(got), err, len(large))
	}
	if err := r.Close(); err != nil || d.opened != 0 {
		t.Errorf("Close: %v, %d handles left open", err, d.opened)
	}
	for what, err := range map[string]error{
		"Append": (kept{}).put(l, nil),
		"Scan":   l.Scan(ctx, Position{}, nil),
		"Open":   func() error { _, err := l.Open(ctx, refs[0], rec(large).Digest); return err }(),
	} {
		if err == nil {
			t.Errorf("%s after Close gave no error", what)
		}
	}
}

// FuzzScan lets anything stand in a segment: no panic, and every record lies
// within the segment, behind the one before.
func FuzzScan(f *testing.F) {
	d, _, _ := segment(f, []byte("first\n"), noise(100))
	f.Add(d.files[one].now)
	f.Add(d.files[one].now[:150])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		d := withBytes(b)
		l, err := open(d, Options{})
		if err != nil {
			return
		}
		var last Ref
		_ = l.Scan(ctx, Position{}, func(e Entry) error {
			if e.Ref.Offset < last.End().Offset || e.Ref.End().Offset > int64(len(b)) || len(e.Meta) > MaxMeta {
				t.Errorf("entry %v after %v in %d octets", e.Ref, last, len(b))
			}
			if r, err := l.Open(ctx, e.Ref, e.Digest); err == nil {
				r.Close()
			}
			last = e.Ref
			return nil
		})
	})
}
