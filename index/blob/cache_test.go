package blob

import (
	"slices"
	"testing"
)

// Inside the package: from outside only the time that it takes shows.
func TestBlockCache_HoldsWhatWasReadLast(t *testing.T) {
	var c blockCache
	text := make([]byte, cacheSize/10)
	key := func(i int) blockKey { return blockKey{seg: uint32(1 + i%2), start: int64(i)} }
	for i := range 30 {
		c.put(key(i), &unpacked{text: text})
		c.put(key(i), &unpacked{text: text})
		if c.get(key(0)) == nil {
			t.Fatalf("the block that is always read is gone after %d", i)
		}
	}
	held := func() (all []int) {
		for i := range 30 {
			if c.get(key(i)) != nil {
				all = append(all, i)
			}
		}
		return all
	}
	if got, want := held(), []int{0, 22, 23, 24, 25, 26, 27, 28, 29}; !slices.Equal(got, want) {
		t.Errorf("blocks %v, want %v: those that were read last", got, want)
	}
	c.forget(1)
	if c.get(key(0)) != nil || c.get(key(29)) == nil {
		t.Error("the wrong segment's blocks were forgotten")
	}
	c.forget(2)
	if left := held(); len(left) > 0 {
		t.Errorf("blocks %v of forgotten segments are left", left)
	}
	c.put(key(1), &unpacked{text: make([]byte, cacheSize)})
	if c.get(key(1)) != nil {
		t.Error("a block larger than all is kept")
	}
}
