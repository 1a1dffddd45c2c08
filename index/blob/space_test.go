package blob

import (
	"errors"
	"testing"
	"time"
)

func TestAppend_KeepsTheFloorAndRecovers(t *testing.T) {
	d := newMemDisk()
	now := time.Unix(1e9, 0)
	asked := 0
	d.fail = func(op string) error {
		if op == "free" {
			asked++
		}
		return nil
	}
	const floor = 100 << 20
	d.room = floor + 50<<10
	l := mustOpen(t, d, Options{MinFree: floor, SegmentAge: -1, now: func() time.Time { return now }})
	k := kept{}
	for range 4 {
		if err := k.put(l, noise(10_000)); err != nil {
			t.Fatal(err)
		}
	}
	if asked != 1 {
		t.Errorf("the file system was asked %d times in a second, want once", asked)
	}
	d.room = floor + 1000
	now = now.Add(spaceAge)
	before := len(d.files[one].now)
	for range 3 {
		if err := k.put(l, noise(10_000)); !errors.Is(err, ErrNoSpace) {
			t.Errorf("Append = %v, want ErrNoSpace", err)
		}
	}
	if len(d.files[one].now) != before {
		t.Error("something was written below the floor")
	}
	if free, low, err := l.Free(); err != nil || free != d.room || low != floor {
		t.Errorf("Free = %d, %d, %v", free, low, err)
	}
	if err := l.retire(true); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Seal(ctx); !errors.Is(err, ErrNoSpace) {
		t.Errorf("Seal = %v, want ErrNoSpace", err)
	}
	for ref := range k {
		if _, err := l.Erase(ctx, []Ref{ref}); !errors.Is(err, ErrNoSpace) {
			t.Errorf("Erase = %v, want ErrNoSpace", err)
		}
	}
	k.check(t, l, false)
	d.room = 2 * floor
	now = now.Add(spaceAge)
	if err := k.put(l, noise(10_000)); err != nil {
		t.Errorf("with room again: %v", err)
	}
	if done, err := l.Seal(ctx); err != nil || done.Segments != 1 {
		t.Errorf("with room again: Seal = %+v, %v", done, err)
	}
	k.check(t, l, false)
}

func TestAppend_EndsAnOldSegment(t *testing.T) {
	d := newMemDisk()
	now := time.Unix(1e9, 0)
	o := Options{SegmentAge: time.Hour, now: func() time.Time { return now }}
	l := mustOpen(t, d, o)
	k := kept{}
	put := func(want uint32) {
		t.Helper()
		if err := k.put(l, []byte("x")); err != nil {
			t.Fatal(err)
		}
		if l.tail.Segment != want {
			t.Errorf("written to segment %d, want %d", l.tail.Segment, want)
		}
	}
	put(1)
	now = now.Add(59 * time.Minute)
	put(1)
	l = mustOpen(t, d, o) // the birth says when
	now = now.Add(time.Minute)
	put(2)
	now = now.Add(time.Hour)
	if done, err := l.Seal(ctx); err != nil || done.Segments != 2 {
		t.Errorf("Seal = %+v, %v; want both", done, err)
	}
	now = now.Add(time.Hour)
	if done, err := l.Seal(ctx); err != nil || done.Segments != 0 {
		t.Errorf("Seal = %+v, %v; want none", done, err)
	}
	put(3)
	k.check(t, l, false)
}
