package blob

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"syscall"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var ctx = context.Background()

func rec(msg []byte) Record {
	return Record{Digest: sha256.Sum256(msg), Size: int64(len(msg)), Received: time.Unix(1e9, 0), Meta: []byte("meta"),
		Open: func() io.Reader { return bytes.NewReader(msg) }}
}

// kept is what a log has acknowledged.
type kept map[Ref]Digest

// put appends in one commit and remembers what was acknowledged.
func (k kept) put(l *Log, msgs ...[]byte) error {
	recs := make([]Record, len(msgs))
	for i, m := range msgs {
		recs[i] = rec(m)
	}
	refs, err := l.Append(ctx, recs)
	for i, ref := range refs {
		k[ref] = recs[i].Digest
	}
	return err
}

// tester is what testing and rapid have in common.
type tester interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// check asks for every acknowledged message, by reference and by scan; extra
// whole records are allowed where more is.
func (k kept) check(t tester, l *Log, more bool) {
	t.Helper()
	for ref, d := range k {
		r, err := l.Open(ctx, ref, d)
		if err != nil {
			t.Errorf("Open(%v): %v", ref, err)
			continue
		}
		sum := sha256.New()
		if _, err := io.Copy(sum, r); err != nil || Digest(sum.Sum(nil)) != d {
			t.Errorf("Open(%v): %v, or other bytes", ref, err)
		}
		r.Close()
	}
	seen := 0
	err := l.Scan(ctx, Position{}, func(e Entry) error {
		if d, ok := k[e.Ref]; ok && d == e.Digest && string(e.Meta) == "meta" {
			seen++
		} else if !more {
			t.Errorf("Scan gave %v, which was not acknowledged", e.Ref)
		}
		return nil
	})
	if err != nil && !(more && errors.Is(err, ErrDamaged)) {
		t.Errorf("Scan: %v", err)
	}
	if seen != len(k) {
		t.Errorf("Scan gave %d of %d acknowledged records", seen, len(k))
	}
}

func mustOpen(t tester, d disk, o Options) *Log {
	t.Helper()
	l, err := open(d, o)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	return l
}

func noise(n int) []byte {
	rnd := rand.New(rand.NewPCG(uint64(n), 0))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rnd.Uint32())
	}
	return b
}

var large = noise(wholeMax + 1<<17)

// workload is small and streamed messages in three commits over two segments.
func workload(l *Log, k kept) error {
	return errors.Join(
		k.put(l, []byte("one\n"), []byte("two"), nil),
		k.put(l, large, []byte("after the large one")),
		k.put(l, large[:5000], large[:300]),
	)
}

func TestAppend_SurvivesEveryFailure(t *testing.T) {
	for _, op := range []string{"write", "sync", "create", "sync folder"} {
		for _, second := range []string{"", "truncate", "remove"} {
			for _, many := range []bool{false, true} {
				for n := 1; ; n++ {
					if passed(n) {
						continue
					}
					d := newMemDisk()
					l := mustOpen(t, d, Options{SegmentSize: 4000})
					first, hits := failNth(op, n, many, errNoSpace), 0
					d.fail = func(got string) error {
						err := first(got)
						if err == nil && got == second {
							err = errors.New("that too")
						}
						if err != nil && got == op {
							hits++
						}
						return err
					}
					k := kept{}
					err := workload(l, k)
					if hits == 0 {
						break // the workload has fewer operations of the kind
					}
					name := fmt.Sprintf("%s %d, many %v, %q fails too", op, n, many, second)
					if !errors.Is(err, syscall.ENOSPC) {
						t.Errorf("%s: %v, want ENOSPC", name, err)
					}
					d.fail = nil
					k.check(t, l, second != "")
					if err := workload(l, k); err != nil {
						t.Errorf("%s: not well again: %v", name, err)
					}
					k.check(t, l, second != "")
					if err := l.Close(); err != nil {
						t.Errorf("%s: Close: %v", name, err)
					}
					if d.opened != 0 {
						t.Errorf("%s: %d handles left open", name, d.opened)
					}
					again := mustOpen(t, d, Options{})
					k.check(t, again, second != "")
				}
			}
		}
	}
}

func TestAppend_NeverSyncsAgainAfterAFailedSync(t *testing.T) {
	d := newMemDisk()
	l := mustOpen(t, d, Options{})
	k := kept{}
	if err := k.put(l, []byte("safe")); err != nil {
		t.Fatal(err)
	}
	d.fail = failNth("sync", 1, false, syscall.EIO)
	if err := k.put(l, []byte("lost")); !errors.Is(err, syscall.EIO) {
		t.Fatalf("Append = %v, want EIO", err)
	}
	d.fail = nil
	if err := k.put(l, []byte("lost")); err != nil {
		t.Fatal(err)
	}
	for ref := range k {
		if ref.Segment == 1 && ref.Offset != l.birthLen {
			t.Errorf("the abandoned segment was written to at %d", ref.Offset)
		}
	}
	if len(d.files) != 2 {
		t.Errorf("%d segments, want 2", len(d.files))
	}
	k.check(t, l, false)
}

func TestAppend_FullDiskLeavesNoEmptySegments(t *testing.T) {
	d := newMemDisk()
	l := mustOpen(t, d, Options{})
	d.fail = failNth("write", 1, true, errNoSpace)
	for range 100 {
		if err := (kept{}).put(l, []byte("x")); !errors.Is(err, syscall.ENOSPC) {
			t.Fatalf("Append = %v, want ENOSPC", err)
		}
	}
	if len(d.files) != 0 {
		t.Errorf("%d segments left", len(d.files))
	}
}

func TestScan_NeverShowsWhatAFailedSyncLeft(t *testing.T) {
	d := newMemDisk()
	l := mustOpen(t, d, Options{})
	k := kept{}
	if err := k.put(l, []byte("safe")); err != nil {
		t.Fatal(err)
	}
	d.fail = func(op string) error {
		if op == "sync" || op == "truncate" {
			return syscall.EIO
		}
		return nil
	}
	if err := k.put(l, []byte("perhaps nowhere")); !errors.Is(err, syscall.EIO) {
		t.Fatalf("Append = %v, want EIO", err)
	}
	k.check(t, l, false)
	d.fail = nil
	if err := k.put(l, []byte("safe too")); err != nil {
		t.Fatal(err)
	}
	k.check(t, l, false)
}

func TestOpen_MakesDurableWhatAKilledProcessLeft(t *testing.T) {
	for seed := range uint64(20) {
		d := newMemDisk()
		l := mustOpen(t, d, Options{})
		if err := (kept{}).put(l, []byte("safe")); err != nil {
			t.Fatal(err)
		}
		killed := errors.New("killed")
		d.fail = func(op string) error {
			if op == "sync" || op == "truncate" {
				return killed
			}
			return nil
		}
		if err := (kept{}).put(l, noise(500), noise(600)); !errors.Is(err, killed) {
			t.Fatalf("Append = %v", err)
		}
		d.fail = nil
		k := kept{}
		next := mustOpen(t, d, Options{})
		if err := next.Scan(ctx, Position{}, func(e Entry) error { k[e.Ref] = e.Digest; return nil }); err != nil || len(k) != 3 {
			t.Fatalf("Scan = %v after %d records, want 3", err, len(k))
		}
		k.check(t, mustOpen(t, d.crash(rand.New(rand.NewPCG(seed, 1))), Options{}), false)
	}
}

func TestCrash_LosesNothingAcknowledged(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		seed := rapid.Uint64().Draw(r, "seed")
		rnd := rand.New(rand.NewPCG(seed, 1))
		d := newMemDisk()
		k := kept{}
		o := Options{SegmentSize: 4500}
		if rapid.Bool().Draw(r, "encrypted") {
			o.Key = testKey
		}
		for range 3 {
			l, err := open(d, o)
			if err != nil {
				r.Fatalf("open after a crash: %v", err)
			}
			k.check(r, l, true)
			// What a scan shows once may be built upon: it must stay, too.
			err = l.Scan(ctx, Position{}, func(e Entry) error { k[e.Ref] = e.Digest; return nil })
			if err != nil && !errors.Is(err, ErrDamaged) {
				r.Fatalf("Scan: %v", err)
			}
			if rnd.IntN(2) == 0 {
				d.fail = failNth(killOps[rnd.IntN(len(killOps))], 1+rnd.IntN(20), true, errNoSpace)
				_, _ = l.Seal(ctx) // what it leaves is what matters
				d.fail = nil
			}
			for range rnd.IntN(5) {
				// At random the commit that the crash interrupts.
				d.fail = failNth([]string{"sync", "write", "none"}[rnd.IntN(3)], 1+rnd.IntN(8), true, errNoSpace)
				var msgs [][]byte
				for range 1 + rnd.IntN(4) {
					msgs = append(msgs, noise(rnd.IntN(2000)))
				}
				failed := k.put(l, msgs...) != nil
				if failed && rnd.IntN(2) == 0 {
					break
				}
			}
			d.fail = nil
			d = d.crash(rnd)
		}
	})
}

// What a disk did not give this time may be whole the next time: to step over
// it would be to forget it.
func TestScan_EndsAtAReadErrorAndShowsNothingBehindIt(t *testing.T) {
	var msgs [][]byte
	for range 40 {
		msgs = append(msgs, noise(100<<10))
	}
	d, l, refs := segment(t, msgs...)
	for n := 1; n <= 4; n++ {
		d.fail = failNth("read", n, false, syscall.EIO)
		got, err := scanned(l)
		if !errors.Is(err, syscall.EIO) || errors.Is(err, ErrDamaged) {
			t.Errorf("bad read %d: Scan = %v, want EIO only", n, err)
		}
		if len(got) == len(refs) || !slices.Equal(got, refs[:len(got)]) {
			t.Errorf("bad read %d: Scan gave %d records, want some of the first and no more", n, len(got))
		}
	}
	d.fail = nil
	if got, err := scanned(l); err != nil || !slices.Equal(got, refs) {
		t.Errorf("Scan = %d records, %v; want all", len(got), err)
	}
}
