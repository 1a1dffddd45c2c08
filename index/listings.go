package index

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sync/singleflight"

	"restante/index/lru"
)

// maxListings bounds how many messages the remembered listings have together;
// each takes some 50 octets.
const maxListings = 1_000_000

// listings remembers what views list. Mail programs come every few minutes,
// each device for itself, and to read 100,000 rows takes longer than all else of
// a login together. Of one that is remembered only those messages are read that
// were written since. Sessions share it, and nobody changes it. It is safe for
// several goroutines, and its zero value is ready.
type listings struct {
	flight singleflight.Group
	all    lru.Cache[string, *listed]
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
	at    int64 // the moment that it is of, of Store.Touched
	lines Lines
}

const (
	// never is a moment since which nothing was written.
	never = math.MaxInt64
	// maxPatch is how many messages are read one by one: more take as long as all
	// of a large mailbox.
	maxPatch = 2048
	// maxTries is how often a listing is read again because something was written
	// meanwhile.
	maxTries = 4
)

// get gives a view's listing as it is now or was when this call began.
func (l *listings) get(ctx context.Context, s Store, v View) ([]Listing, error) {
	key := v.key()
	e := l.known(key)
	since := int64(never)
	if e != nil {
		since = e.at
	}
	t := s.Touched(v.Owner, since)
	switch {
	case t.Others:
		return s.List(ctx, v)
	case e != nil && t.Known && len(t.Messages) == 0:
		l.put(key, &listed{t.Now, e.lines})
		return e.lines.All, nil
	}
	// Who waits for another's reading has what was there after he came: nothing of
	// the owner's was written since the reading began.
	res := l.flight.DoChan(key+"\x00"+strconv.FormatInt(t.Last, 10), func() (any, error) {
		lines, at, err := l.read(context.WithoutCancel(ctx), s, v, l.known(key))
		if err == nil {
			l.put(key, &listed{at, lines})
		}
		return lines.All, err
	})
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case r := <-res:
		all, _ := r.Val.([]Listing)
		return all, r.Err
	}
}

// read gives a view's lines and the moment that they are of. E is the listing as
// it was remembered; nil: it was not.
func (l *listings) read(ctx context.Context, s Store, v View, e *listed) (Lines, int64, error) {
	only := slices.ContainsFunc(v.Boxes, func(b Box) bool { return b.Only != nil })
	for tries := 0; e != nil && !only && tries < maxTries; tries++ {
		t := s.Touched(v.Owner, e.at)
		switch {
		case !t.Known || len(t.Messages) > maxPatch:
			tries = maxTries
			continue
		case len(t.Messages) == 0: // another flight has just landed
			return e.lines, t.Now, nil
		}
		lines, err := s.Relist(ctx, v, e.lines, t.Messages)
		if err != nil {
			return Lines{}, 0, err
		}
		// What was written meanwhile may have been seen in part: of two messages that
		// went at once, the one that was looked at.
		if after := s.Touched(v.Owner, t.Now); after.Known && len(after.Messages) == 0 {
			return lines, t.Now, nil
		}
	}
	t := s.Touched(v.Owner, never)
	lines, err := s.Relist(ctx, v, Lines{}, nil)
	return lines, t.Now, err
}

// known gives what is remembered of a listing; nil: nothing.
func (l *listings) known(key string) *listed {
	e, _ := l.all.Get(key)
	return e
}

// put remembers a listing, unless another was faster. An empty one takes room too.
func (l *listings) put(key string, e *listed) {
	l.all.Put(key, e, int64(len(e.lines.All))+1, maxListings, func(old *listed) bool { return old.at > e.at })
}
