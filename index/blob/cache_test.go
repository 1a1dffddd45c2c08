package blob

import "testing"

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
	if c.get(key(29)) == nil || c.get(key(5)) != nil || c.size > cacheSize || len(c.at) != 9 || c.order.Len() != 9 {
		t.Errorf("%d blocks of %d octets, want the 9 that were read last", len(c.at), c.size)
	}
	c.forget(1)
	if c.get(key(0)) != nil || c.get(key(29)) == nil {
		t.Error("the wrong segment's blocks were forgotten")
	}
	c.forget(2)
	if c.size != 0 || c.order.Len() != 0 {
		t.Errorf("%d octets are left of nothing", c.size)
	}
	c.put(key(1), &unpacked{text: make([]byte, cacheSize)})
	if c.get(key(1)) != nil || c.size != 0 {
		t.Error("a block larger than all is kept")
	}
}
