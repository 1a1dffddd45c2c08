package fetch

import (
	"context"
	"strings"
	"sync"
)

// gates bound what goes on at once, by name.
type gates struct {
	width int

	mu    sync.Mutex // guards the field below
	slots map[string]chan struct{}
}

// enter waits for a slot, and gives what leaves it.
func (g *gates) enter(ctx context.Context, name string) (leave func(), err error) {
	g.mu.Lock()
	slot := g.slots[name]
	if slot == nil {
		slot = make(chan struct{}, g.width)
		g.slots[name] = slot
	}
	g.mu.Unlock()
	select {
	case slot <- struct{}{}:
		return func() { <-slot }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func newGates(width int) *gates { return &gates{width: width, slots: map[string]chan struct{}{}} }

// admit waits until an account may be asked: its maildrop by one round at a
// time, whatever accounts name it, its host by few, and all by a few more.
// Whoever waits for a wide gate holds narrower ones only, so nobody waits in a
// circle.
func (f *Fetcher) admit(ctx context.Context, a Account) (leave func(), err error) {
	var held []func()
	leave = func() {
		for i := len(held) - 1; i >= 0; i-- {
			held[i]()
		}
	}
	host := strings.ToLower(strings.TrimSuffix(a.Host, "."))
	for _, at := range []struct {
		g    *gates
		name string
		skip bool
	}{
		{f.drops, host + " " + a.Username, host == ""}, // an import has no host
		{f.hosts, host, host == ""},
		{f.all, "", false},
	} {
		if at.skip {
			continue
		}
		out, err := at.g.enter(ctx, at.name)
		if err != nil {
			leave()
			return nil, err
		}
		held = append(held, out)
	}
	return leave, nil
}
