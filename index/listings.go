package index

import (
	"container/list"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
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

// listings remembers what views list. Mail programs come every few minutes,
// each device for itself, and to read 100,000 rows takes longer than all else of
// a login together. A listing is good until anything at all was written; sessions
// share it, and nobody changes it. It is safe for several goroutines, and its
// zero value is ready.
type listings struct {
	flight singleflight.Group

	mu    sync.Mutex // guards the fields below
	order list.List  // of *listed, the one used last in front
	at    map[string]*list.Element
	total int // messages of all
}

// key stands for a view in which the same is listed.
func (v *View) key() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%q %d %d", v.Owner, v.Device, v.Since.Unix())
	for _, x := range v.Boxes {
		fmt.Fprintf(&b, " %q", x.Name)
		if x.Only != nil { // what a search finds grows
			h := sha256.New()
			for _, id := range x.Only {
				h.Write(binary.BigEndian.AppendUint64(nil, uint64(id)))
			}
			b.Write(h.Sum(nil))
		}
	}
	return b.String()
}

type listed struct {
	key     string
	version int64
	all     []Listing
}

// get gives a view's listing as it is now or was when this call began.
func (l *listings) get(ctx context.Context, s Store, v View) ([]Listing, error) {
	known, ok := s.(versioned)
	if !ok {
		return s.List(ctx, v)
	}
	version, ok := known.Version()
	if !ok {
		return s.List(ctx, v)
	}
	key := v.key()
	if all, ok := l.known(key, version); ok {
		return all, nil
	}
	// Who waits for another's reading has what was there after he came: the
	// reading is of this version or a later one.
	res := l.flight.DoChan(key+"\x00"+strconv.FormatInt(version, 10), func() (any, error) {
		if all, ok := l.known(key, version); ok { // another flight has just landed
			return all, nil
		}
		all, err := s.List(context.WithoutCancel(ctx), v)
		if err == nil {
			l.put(&listed{key, version, all})
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
func (l *listings) known(key string, version int64) ([]Listing, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	el := l.at[key]
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
	if el := l.at[e.key]; el != nil {
		l.drop(el)
	}
	if l.at == nil {
		l.at = make(map[string]*list.Element)
	}
	l.at[e.key] = l.order.PushFront(e)
	l.total += len(e.all) + 1 // an empty one takes room too
	for l.total > maxListings {
		l.drop(l.order.Back())
	}
}

func (l *listings) drop(el *list.Element) {
	e := l.order.Remove(el).(*listed)
	delete(l.at, e.key)
	l.total -= len(e.all) + 1
}
