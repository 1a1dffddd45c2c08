package pop3d

import (
	"hash/maphash"
	"slices"
	"sync"
)

const (
	maxSeen    = 1000 // names whose last listing is remembered
	sampleSize = 64   // UIDs of a listing
)

// memory knows the last listing of some names, well enough to tell whether UIDs
// went away or were given anew. Either makes mail programs download everything
// again, which people then report as "all mail came twice". It is safe for
// several goroutines, and its zero value is ready.
//
// Of a listing it keeps how many UIDs there were and the 64 whose hashes are
// smallest: these are a fair sample, and the same ones of the same UIDs.
type memory struct {
	mu    sync.Mutex // guards the field below
	names map[string]sample
}

type sample struct {
	count  int
	hashes []uint64 // in order
}

var uidSeed = maphash.MakeSeed()

// compare says how a listing differs from the one the last session of name
// left, and remembers what this session leaves: all but what it deleted. It is
// first, same, grown (UIDs are new), shrunk (UIDs went away otherwise than by
// the last session's deletions) or renumbered (not one is left).
func (m *memory) compare(name string, drop Maildrop, deleted func(i int) bool) string {
	m.mu.Lock()
	old, known := m.names[name]
	m.mu.Unlock()

	kept, found := sample{}, 0
	for i := range drop.Len() {
		h := maphash.String(uidSeed, drop.UID(i))
		if n := len(old.hashes); n > 0 && h <= old.hashes[n-1] {
			if _, ok := slices.BinarySearch(old.hashes, h); ok {
				found++
			}
		}
		if !deleted(i) {
			kept.add(h)
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.names == nil {
		m.names = make(map[string]sample)
	}
	for other := range m.names {
		if len(m.names) < maxSeen {
			break
		}
		delete(m.names, other) // whichever: the log says "first" once more
	}
	m.names[name] = kept
	switch {
	case !known:
		return "first"
	case found == 0 && old.count > 0 && drop.Len() > 0:
		return "renumbered"
	case found < len(old.hashes):
		return "shrunk"
	case drop.Len() > old.count:
		return "grown"
	}
	return "same"
}

func (s *sample) add(h uint64) {
	s.count++
	n := len(s.hashes)
	if n == sampleSize && h >= s.hashes[n-1] {
		return
	}
	at, _ := slices.BinarySearch(s.hashes, h)
	if n == sampleSize {
		s.hashes = s.hashes[:n-1]
	}
	s.hashes = slices.Insert(s.hashes, at, h)
}
