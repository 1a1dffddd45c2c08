package search

import (
	"context"
	"sync"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/blevesearch/bleve/v2"
)

// sortKeys keeps the sort keys of the messages of segments, which never change: 15
// octets a message. A segment has them packed by the thousand, so that to read a
// hundred of them takes a third as long as to read all.
type sortKeys struct {
	mu sync.Mutex // guards the fields below
	of bleve.Index
	by map[uint64][]byte // of segments, by the number that the index gave them
}

// readAllFrom is of how many messages one is asked for when all are read.
const readAllFrom = 1000

func (k *sortKeys) get(of bleve.Index, segment uint64) []byte {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.of != of {
		return nil
	}
	return k.by[segment]
}

// put takes the keys of a section, and forgets those of segments that are no more.
func (k *sortKeys) put(v *view, s *section, keys []byte) {
	k.mu.Lock()
	defer k.mu.Unlock()
	kept := map[uint64][]byte{s.id: keys}
	if k.of == v.at {
		for _, s := range v.sections {
			if keys, ok := k.by[s.id]; ok {
				kept[s.id] = keys
			}
		}
	}
	k.of, k.by = v.at, kept
}

// keys gives what reads the sort keys of about so many messages of a section. A key
// is valid until the next is read.
func (v *view) keys(ctx context.Context, s *section, messages uint64) (func(message uint32) ([]byte, error), error) {
	all := v.known.get(v.at, s.id)
	if all == nil && messages*readAllFrom >= s.inner.Count() {
		every := roaring.New()
		every.AddRange(0, s.inner.Count())
		all = make([]byte, s.inner.Count()*keyLen)
		err := s.values(ctx, every, []string{inWhen}, func(message uint32, v [][]byte) error {
			if len(v[0]) != keyLen {
				return badKey(v[0])
			}
			copy(all[message*keyLen:], v[0])
			return nil
		})
		if err != nil {
			return nil, err
		}
		v.known.put(v, s, all)
	}
	if all != nil {
		return func(message uint32) ([]byte, error) { return all[message*keyLen:][:keyLen], nil }, nil
	}
	read, err := s.reading([]string{inWhen})
	return func(message uint32) ([]byte, error) {
		v, err := read(message)
		if err == nil && len(v[0]) != keyLen {
			err = badKey(v[0])
		}
		return v[0], err
	}, err
}

// eachKey calls each for the sort keys of some messages of a section, in the order
// of the section. A key is valid during the call.
func (v *view) eachKey(ctx context.Context, s *section, set *roaring.Bitmap, each func(message uint32, key []byte) error) error {
	read, err := v.keys(ctx, s, set.GetCardinality())
	if err != nil {
		return err
	}
	return eachOf(ctx, set, func(message uint32) error {
		key, err := read(message)
		if err != nil {
			return err
		}
		return each(message, key)
	})
}
