package mail

import (
	"context"
	"sync"
	"time"

	"restante/filter"
	"restante/index"
	"restante/index/search"
)

// boxesLast is how long the names of somebody's mailboxes are believed.
const boxesLast = time.Minute

// boxes remembers which mailboxes everybody has: to count them is to look at all
// mail.
type boxes struct {
	mu sync.Mutex // guards of
	of map[string]known
}

// known is what was found at a time.
type known struct {
	at    time.Time
	names []string
}

// get gives an owner's mailboxes: those that everybody has, and those with mail.
func (b *boxes) get(ctx context.Context, in Catalogue, owner string, now time.Time) ([]string, error) {
	b.mu.Lock()
	k, ok := b.of[owner]
	b.mu.Unlock()
	if ok && now.Sub(k.at) < boxesLast {
		return k.names, nil
	}
	res, err := in.Search(ctx, owner, nothing, search.Page{Limit: 1, Facets: true})
	if err != nil {
		return nil, err
	}
	names := []string{filter.Inbox, filter.Quarantine, index.Trash}
	if res.Facets != nil {
		for _, n := range res.Facets.Mailboxes {
			if n.Value != filter.Inbox && n.Value != filter.Quarantine && n.Value != index.Trash {
				names = append(names, n.Value)
			}
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.of == nil {
		b.of = map[string]known{}
	}
	b.of[owner] = known{now, names}
	return names, nil
}

func (b *boxes) forget(owner string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.of, owner)
}
