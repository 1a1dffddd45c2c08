package memtest_test

import (
	"errors"
	"io/fs"
	"testing"

	"restante/fetch/memtest"
)

// sink keeps what the tests hold.
var sink []byte

func TestHeap_SeesWhatWasNeeded(t *testing.T) {
	const needed = 32 << 20
	got := memtest.Heap(func() { sink = make([]byte, needed) })
	sink = nil
	// What was there before may be let go of meanwhile.
	if got < needed-1<<20 || got > 2*needed {
		t.Errorf("%d octets for %d", got, needed)
	}
}

func TestMost_IsAtLeastWhatIsHeld(t *testing.T) {
	const held = 32 << 20
	sink = make([]byte, held)
	defer func() { sink = nil }()
	for i := 0; i < held; i += 4096 {
		sink[i] = 1 // only what was written to is in memory
	}
	got, err := memtest.Most()
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("this system has no /proc/self/status")
	}
	if err != nil || got < held {
		t.Errorf("%d octets, %v; %d are held", got, err, held)
	}
}
