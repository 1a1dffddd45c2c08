package pop3d

import (
	"hash/maphash"
	"sync"
)

const (
	maxSeen    = 1000 // names whose last listing is remembered
	maxSamples = 64   // UIDs of a listing
)

// memory knows the last listing of some names, well enough to tell whether UIDs
// went away or were given anew. Either makes mail programs download everything
// again, which people then report as "all mail came twice". It is safe for
// several goroutines, and its zero value is ready.
//
// Of a listing it keeps how many UIDs there were, and some of them by their
// places. Mail is added behind: as long as those are in their places nothing
// went away, and that is all that most sessions cost.
type memory struct {
	mu    sync.Mutex // guards the field below
	names map[string]trail
}

// trail is what a session left behind.
type trail struct {
	count   int
	samples [maxSamples]uint64 // hashes of the UIDs at place(k)
}

// place says where the k-th sample of a listing is; the last one is its end.
func (t *trail) place(k int) int { return (k+1)*t.count/maxSamples - 1 }

var uidSeed = maphash.MakeSeed()

// compare says how a listing differs from the one the last session of name
// left, and remembers what this session leaves: all but the marked, where any
// is. It is first, same, grown (UIDs are new), shrunk (UIDs went away otherwise
// than by the last session's deletions) or renumbered (none is left).
func (m *memory) compare(name string, drop Maildrop, marked func(i int) bool) string {
	m.mu.Lock()
	old, known := m.names[name]
	m.mu.Unlock()

	change := "first"
	if known {
		change = old.differs(drop)
	}
	left := leave(drop, marked)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.names == nil {
		m.names = make(map[string]trail)
	}
	for other := range m.names {
		if len(m.names) < maxSeen {
			break
		}
		delete(m.names, other) // whichever: the log says "first" once more
	}
	m.names[name] = left
	return change
}

func (t *trail) differs(drop Maildrop) string {
	if t.count == 0 && drop.Len() == 0 {
		return "same"
	}
	wanted := make(map[uint64]bool)
	for k := range maxSamples {
		at := t.place(k)
		if at < 0 {
			continue // fewer UIDs than samples
		}
		if at >= drop.Len() || maphash.String(uidSeed, drop.UID(at)) != t.samples[k] {
			wanted[t.samples[k]] = true
		}
	}
	switch {
	case len(wanted) > 0:
	case drop.Len() > t.count:
		return "grown"
	default:
		return "same"
	}
	for k := range maxSamples {
		if t.place(k) >= 0 {
			wanted[t.samples[k]] = true
		}
	}
	for i := range drop.Len() {
		if wanted[maphash.String(uidSeed, drop.UID(i))] {
			return "shrunk"
		}
	}
	if drop.Len() == 0 {
		return "shrunk"
	}
	return "renumbered"
}

// leave makes the trail of a listing without what is marked.
func leave(drop Maildrop, marked func(i int) bool) (t trail) {
	var left []int // nil: all
	t.count = drop.Len()
	if marked != nil {
		for i := range drop.Len() {
			if !marked(i) {
				left = append(left, i)
			}
		}
		t.count = len(left)
	}
	for k := range maxSamples {
		at := t.place(k)
		if at < 0 {
			continue
		}
		if marked != nil {
			at = left[at]
		}
		t.samples[k] = maphash.String(uidSeed, drop.UID(at))
	}
	return t
}
