package index_test

import (
	"bytes"
	"context"
	"io"
	"io/fs"
	"slices"
	"testing"
	"time"

	"restante/filter"
	"restante/index"
	"restante/index/blob"
)

const day = 24 * time.Hour

// shredder is blobs that can erase, and whose erasing can fail.
type shredder struct {
	index.Blobs
	erased map[blob.Ref]bool
	fails  error
	after  bool // fails once it has erased all the same
	asked  int  // times
	lost   blob.Ref
}

func (s *shredder) Erase(_ context.Context, refs []blob.Ref) (int64, error) {
	s.asked++
	if s.fails != nil && !s.after {
		return 0, s.fails
	}
	if slices.Contains(refs, s.lost) {
		return 0, fs.ErrNotExist
	}
	var n int64
	for _, r := range refs {
		if !s.erased[r] {
			n += r.Length
		}
		s.erased[r] = true
	}
	return n, s.fails
}

func (s *shredder) Open(ctx context.Context, ref blob.Ref, want blob.Digest) (io.ReadCloser, error) {
	if s.erased[ref] {
		return nil, fs.ErrNotExist
	}
	return s.Blobs.Open(ctx, ref, want)
}

func (s *shredder) Scan(ctx context.Context, from blob.Position, each func(blob.Entry) error) error {
	return s.Blobs.Scan(ctx, from, func(e blob.Entry) error {
		if s.erased[e.Ref] {
			return nil
		}
		return each(e)
	})
}

// finder finds what has a word in its text, when it is well.
type finder struct {
	h     *house
	fails error
	blind map[int64]bool // messages that it does not know
}

func (f *finder) Find(ctx context.Context, owner, query string, _ int64, ids []int64) (map[int64]bool, error) {
	if f.fails != nil {
		return nil, f.fails
	}
	found := map[int64]bool{}
	for _, id := range ids {
		if f.blind[id] {
			continue
		}
		r, err := f.h.Open(ctx, owner, id)
		if err != nil {
			return nil, err
		}
		b, err := io.ReadAll(r)
		r.Close()
		if err != nil {
			return nil, err
		}
		found[id] = bytes.Contains(b, []byte(query))
	}
	return found, nil
}

// aging is a house whose clock can be set, and whose bytes can be erased.
type aging struct {
	*house
	clock  time.Time
	shred  *shredder
	finder *finder
	rules  index.Retentions
}

func newAging(t *testing.T, rules ...index.Retention) *aging {
	t.Helper()
	a := &aging{house: newHouse(t), clock: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC), rules: rules}
	a.shred = &shredder{erased: map[blob.Ref]bool{}}
	a.finder = &finder{h: a.house, blind: map[int64]bool{}}
	a.with = index.Options{Now: func() time.Time { return a.clock }, Eraser: a.shred}
	a.reopen(nil)
	return a
}

func (a *aging) reopen(store func(index.Store) index.Store) {
	a.t.Helper()
	a.close()
	a.open(func(b index.Blobs) index.Blobs { a.shred.Blobs = b; return a.shred }, store)
}

func (a *aging) retaining() index.Retaining {
	return index.Retaining{Rules: a.rules, Finder: a.finder}
}

func (a *aging) show() index.Outcome {
	a.t.Helper()
	out, err := a.ShowExpiring(context.Background(), a.retaining())
	if err != nil {
		a.t.Fatal(err)
	}
	return out
}

// take expires what was shown a week ago, and gives the numbers of what went.
func (a *aging) take() (gone []int64, out index.Outcome) {
	a.t.Helper()
	r := a.retaining()
	r.Each = func(c index.Candidate) error { gone = append(gone, c.ID); return nil }
	out, err := a.Expire(context.Background(), r, a.clock.Add(-7*day))
	if err != nil {
		a.t.Fatal(err)
	}
	return gone, out
}

func (a *aging) erase() {
	a.t.Helper()
	if _, err := a.EraseExpired(context.Background()); err != nil {
		a.t.Fatal(err)
	}
}

// put shelves a message that is received now, and gives its row.
func (a *aging) put(owner, uid, text string, more ...func(*filter.Sorted)) index.Message {
	a.t.Helper()
	s := sorted(a.t, owner, "isp", uid, text, more...)
	s.Parcel.Received = a.clock
	a.shelve(s)
	kept, err := a.store.Holds(context.Background(), owner, s.Parcel.Digest)
	if err != nil || len(kept) == 0 {
		a.t.Fatal(kept, err)
	}
	return kept[len(kept)-1]
}

func asSpam(s *filter.Sorted) { s.Verdict.Class, s.Verdict.Mailbox = filter.Spam, filter.Quarantine }

func (a *aging) stones() []index.Tombstone {
	a.t.Helper()
	all, err := a.Tombstones(context.Background(), 1000)
	if err != nil {
		a.t.Fatal(err)
	}
	return all
}

var junk = index.Retention{Name: "junk", Class: "spam", Keep: 30 * day}
