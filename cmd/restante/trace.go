package main

import (
	"fmt"
	"io"
	"sync"

	"restante/fetch"
	"restante/fetch/pop3"
)

// taps is who hears which accounts' dialogues. In a running house a command may
// come to listen while the rounds of other accounts go on unheard.
type taps struct {
	mu    sync.Mutex // guards the field below
	hears map[string]*pop3.Tracer
}

// of gives who hears an account's dialogue, for pop3.Options.Trace.
func (t *taps) of(account string) pop3.Tracer {
	t.mu.Lock()
	defer t.mu.Unlock()
	if f := t.hears[account]; f != nil {
		return *f
	}
	return nil
}

// open writes the accounts' dialogues until it is closed, each line with its
// account and who says it, until a write fails: the session waits for each, and a
// caller who stopped reading would have it wait as often as it has lines. Sessions
// that are under way go on as they began.
func (t *taps) open(accounts []fetch.Account, w io.Writer) (shut func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.hears == nil {
		t.hears = map[string]*pop3.Tracer{}
	}
	var writing sync.Mutex // guards err
	var err error
	mine := map[string]*pop3.Tracer{}
	for _, a := range accounts {
		f := pop3.Tracer(func(from pop3.Side, line string) {
			writing.Lock()
			defer writing.Unlock()
			if err == nil {
				_, err = fmt.Fprintf(w, "%s %s: %s\n", a.Name, from, line)
			}
		})
		mine[a.Name], t.hears[a.Name] = &f, &f
	}
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		for name, f := range mine {
			if t.hears[name] == f {
				delete(t.hears, name)
			}
		}
	}
}
