package entry

import (
	"sync"
	"time"
)

// Bounds of what waits in memory.
const (
	waitMost  = 1000
	waitLasts = 10 * time.Minute
	waitTries = 10 // wrong codes
)

// wait is something that somebody began and has not finished.
type wait struct {
	owner  string
	next   string // where to go in the end
	secret []byte // of a second factor
	tries  int
	until  time.Time
}

// waiting is what waits, by a key. It is safe for several goroutines.
type waiting struct {
	now func() time.Time

	mu sync.Mutex // guards of
	of map[string]wait
}

func newWaiting(now func() time.Time) *waiting { return &waiting{now: now, of: map[string]wait{}} }

// put has something wait; what has waited longest makes room.
func (w *waiting) put(key string, x wait) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.now()
	oldest := ""
	for k, y := range w.of {
		if now.After(y.until) {
			delete(w.of, k)
		} else if oldest == "" || y.until.Before(w.of[oldest].until) {
			oldest = k
		}
	}
	if len(w.of) >= waitMost {
		delete(w.of, oldest)
	}
	x.until = now.Add(waitLasts)
	w.of[key] = x
}

func (w *waiting) get(key string) (x wait, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	x, ok = w.of[key]
	return x, ok && !w.now().After(x.until)
}

// try is get that counts a try. The last one that is allowed ends it.
func (w *waiting) try(key string) (x wait, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	x, ok = w.of[key]
	if !ok || w.now().After(x.until) {
		return x, false
	}
	if x.tries++; x.tries >= waitTries {
		delete(w.of, key)
	} else {
		w.of[key] = x
	}
	return x, true
}

func (w *waiting) drop(key string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.of, key)
}
