package record

import (
	"hash/maphash"
	"slices"
	"sync"

	"restante/index"
)

const (
	maxTouches = 1 << 16 // remembered, of 16 octets each
	owners     = 1 << 10 // among which the owners are spread
)

// touches remembers which messages were written last, so that a listing of
// 100,000 is not read again for the one message that came. Its moments count the
// writes. It is safe for several goroutines, and its zero value is ready.
//
// A commit touches its messages before it begins to be seen and when it is done. So
// who reads a listing, and sees that nothing was touched meanwhile that was not
// before, has read all of each commit or nothing.
type touches struct {
	mu   sync.Mutex // guards the fields below
	now  int64
	all  int64         // the moment when anything may have been written of anybody's
	last [owners]int64 // when something was, of the owners who share the place
	ring []touch       // of moment n at (n-1) % maxTouches
}

type touch struct {
	owner   uint64
	message int64
}

var ownerSeed = maphash.MakeSeed()

// add notes that messages of an owner's are written.
func (t *touches) add(owner string, messages []int64) {
	who := maphash.String(ownerSeed, owner)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ring == nil {
		t.ring = make([]touch, maxTouches)
	}
	for _, id := range messages {
		t.ring[t.now%maxTouches] = touch{who, id}
		t.now++
	}
	if len(messages) > 0 {
		t.last[who%owners] = t.now
	}
}

// any notes that any message of anybody's may be written.
func (t *touches) any() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.now++
	t.all = t.now
}

// since gives what was touched of an owner's after a moment.
func (t *touches) since(owner string, since int64) index.Touched {
	who := maphash.String(ownerSeed, owner)
	t.mu.Lock()
	defer t.mu.Unlock()
	out := index.Touched{Now: t.now, Last: max(t.all, t.last[who%owners])}
	if since < t.all {
		return out
	}
	out.Known = out.Last <= since || since >= t.now-maxTouches
	if out.Last <= since || !out.Known {
		return out
	}
	for n := since; n < t.now; n++ {
		if x := t.ring[n%maxTouches]; x.owner == who {
			out.Messages = append(out.Messages, x.message)
		}
	}
	slices.Sort(out.Messages)
	out.Messages = slices.Compact(out.Messages)
	return out
}

// Touched gives what was written of an owner's since a moment. SQLite's rows are
// this process's alone to write; PostgreSQL's are not.
func (d *DB) Touched(owner string, since int64) index.Touched {
	if !d.engine.lite {
		return index.Touched{Others: true}
	}
	return d.touched.since(owner, since)
}
