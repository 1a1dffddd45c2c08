package api

import (
	"net/http"
	"sync"
)

// askingMost is how many requests of one owner are answered at a time.
const askingMost = 16

// turns bounds how much goes on at a time, of each owner and of all.
type turns struct {
	most, all int // 0: no bound

	mu    sync.Mutex // guards the fields below
	of    map[string]int
	taken int
}

func newTurns(most, all int) *turns { return &turns{most: most, all: all, of: map[string]int{}} }

// enter takes a turn, which leave gives back.
func (t *turns) enter(owner string) (leave func(), err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.of[owner] >= t.most:
		return nil, &problem{status: http.StatusTooManyRequests, detail: "too many at a time; let others end first", wait: true}
	case t.all > 0 && t.taken >= t.all:
		return nil, &problem{status: http.StatusServiceUnavailable, detail: "too many of all users at a time", wait: true}
	}
	t.of[owner]++
	t.taken++
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.taken--
		if t.of[owner]--; t.of[owner] == 0 {
			delete(t.of, owner)
		}
	}, nil
}
