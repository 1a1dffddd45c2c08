package index

import (
	"context"
	"io"
	"maps"
	"sync"

	"restante/filter"
	"restante/index/downgrade"
)

// plainSize counts the octets that POP3 sends for a message with its header made
// ASCII, given those that it sends otherwise; 0 where these are the same.
func plainSize(s *filter.Sorted, sent int64) int64 {
	grow, changes, err := downgrade.Grow(served(s.Parcel.Open(), s.Added, s.Tag))
	if err != nil || !changes {
		return 0
	}
	return sent + grow
}

// PlainSize is the octets that OpenPlain gives for message i, once its line ends
// are CRLF.
func (d *Maildrop) PlainSize(i int) int64 {
	if len(d.plain) > 0 { // most have none, and listings are long
		if n, ok := d.plain[d.list[i].ID]; ok {
			return n
		}
	}
	return d.list[i].Served
}

// OpenPlain gives message i as Open does, with its header in ASCII where that was
// counted at delivery.
func (d *Maildrop) OpenPlain(ctx context.Context, i int) (io.ReadCloser, error) {
	r, err := d.Open(ctx, i)
	if _, ok := d.plain[d.list[i].ID]; !ok || err != nil {
		return r, err
	}
	return struct {
		io.Reader
		io.Closer
	}{downgrade.Reader(r), r}, nil
}

// maxPlain bounds the owners whose plain sizes are remembered.
const maxPlain = 10_000

// plains remembers which messages of an owner's have a header that is made ASCII.
// They never change, and each message that comes has a higher number than all that
// the owner had before. It is safe for several goroutines, and its zero value is
// ready.
type plains struct {
	mu sync.Mutex // guards the field below
	of map[string]plain
}

type plain struct {
	upTo  int64 // the number up to which they are known
	sizes map[int64]int64
}

// get gives those of an owner's messages that a listing may have.
func (p *plains) get(ctx context.Context, s Store, owner string, list []Listing) (map[int64]int64, error) {
	last := int64(0)
	for i := range list {
		last = max(last, list[i].ID)
	}
	p.mu.Lock()
	known := p.of[owner]
	p.mu.Unlock()
	if last <= known.upTo {
		return known.sizes, nil
	}
	more, err := s.Plain(ctx, owner, known.upTo)
	if err != nil {
		return nil, err
	}
	known.upTo = last
	if len(more) > 0 { // others read the map as it was
		maps.Copy(more, known.sizes)
		known.sizes = more
		for id := range more {
			known.upTo = max(known.upTo, id)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.of == nil {
		p.of = make(map[string]plain)
	}
	for other := range p.of {
		if len(p.of) < maxPlain {
			break
		}
		delete(p.of, other)
	}
	p.of[owner] = known
	return known.sizes, nil
}
