package index

import (
	"container/list"
	"context"
	"strconv"
	"sync"

	"golang.org/x/sync/singleflight"
)

// maxListings bounds how many messages the remembered listings have together;
// each takes some 60 octets.
const maxListings = 1_000_000

// versioned is a store that knows when its rows may have changed. ok is false
// where others write them too, so that nobody here can know.
type versioned interface {
	Version() (n int64, ok bool)
}

// listings remembers what mailboxes list. Mail programs come every few minutes,
// each device for itself, and to read 100,000 rows takes longer than all else of
// a login together. A listing is good until anything at all was written; sessions
// share it, and nobody changes it. It is safe for several goroutines, and its
// zero value is ready.
type listings struct {
	flight singleflight.Group

	mu    sync.Mutex // guards the fields below
	order list.List  // of *listed, the one used last in front
	at    map[box]*list.Element
	total int // messages of all
}

type box struct{ owner, mailbox string }

type listed struct {
	box     box
	version int64
	all     []Listing
}

// get gives a mailbox's listing as it is now or was when this call began.
func (l *listings) get(ctx context.Context, s Store, owner, mailbox string) ([]Listing, error) {
	v, ok := s.(versioned)
	if !ok {
		return s.Mailbox(ctx, owner, mailbox)
	}
	version, ok := v.Version()
	if !ok {
		return s.Mailbox(ctx, owner, mailbox)
	}
	b := box{owner, mailbox}
	if all, ok := l.known(b, version); ok {
		return all, nil
	}
	// Who waits for another's reading has what was there after he came: the
	// reading is of this version or a later one.
	res := l.flight.DoChan(owner+"\x00"+mailbox+"\x00"+strconv.FormatInt(version, 10), func() (any, error) {
		if all, ok := l.known(b, version); ok { // another flight has just landed
			return all, nil
		}
		all, err := s.Mailbox(context.WithoutCancel(ctx), owner, mailbox)
		if err == nil {
			l.put(&listed{b, version, all})
		}
		return all, err
	})
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case r := <-res:
		all, _ := r.Val.([]Listing)
		return all, r.Err
	}
}

// known gives a listing of that version.
func (l *listings) known(b box, version int64) ([]Listing, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	el := l.at[b]
	if el == nil {
		return nil, false
	}
	e := el.Value.(*listed)
	if e.version != version {
		l.drop(el)
		return nil, false
	}
	l.order.MoveToFront(el)
	return e.all, true
}

func (l *listings) put(e *listed) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if el := l.at[e.box]; el != nil {
		l.drop(el)
	}
	if l.at == nil {
		l.at = make(map[box]*list.Element)
	}
	l.at[e.box] = l.order.PushFront(e)
	l.total += len(e.all) + 1 // an empty one takes room too
	for l.total > maxListings {
		l.drop(l.order.Back())
	}
}

func (l *listings) drop(el *list.Element) {
	e := l.order.Remove(el).(*listed)
	delete(l.at, e.box)
	l.total -= len(e.all) + 1
}
