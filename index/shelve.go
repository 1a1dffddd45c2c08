package index

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"restante/fetch"
	"restante/filter"
	"restante/index/blob"
)

// Bounds of a group commit. What waits beyond them goes with the next one.
const (
	groupMessages = 100
	groupBytes    = 4 << 20
)

// commitTime bounds a commit. A disk that takes longer is in trouble.
const commitTime = 2 * time.Minute

// queue gathers what waits for a commit.
type queue struct {
	mu      sync.Mutex // guards the fields below
	waiting []*waiter
	leading bool
	unsure  bool // the segments may hold records that the rows do not know
}

type waiter struct {
	s    *filter.Sorted
	done chan error // nil: safe
	lead chan struct{}
}

// Shelve takes custody of a message: nil means that its bytes and its row are
// on stable storage. A message that its owner has already (from the same
// account, or where one of the two was imported from any) gets one more
// receipt and no copy.
//
// Shelve waits for its commit even when ctx is done, because the parcel is
// read until then; a commit is bounded in time.
func (a *Archive) Shelve(ctx context.Context, s *filter.Sorted) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	w := &waiter{s: s, done: make(chan error, 1), lead: make(chan struct{}, 1)}
	q := &a.queue
	q.mu.Lock()
	q.waiting = append(q.waiting, w)
	if !q.leading {
		q.leading = true
		w.lead <- struct{}{}
	}
	q.mu.Unlock()
	select {
	case err := <-w.done:
		return err
	case <-w.lead:
		a.lead(context.WithoutCancel(ctx))
		return <-w.done
	}
}

// lead commits one group, whose first member is the caller, and hands the lead
// to the first who waits by then.
func (a *Archive) lead(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, commitTime)
	defer cancel()
	q := &a.queue
	q.mu.Lock()
	group := q.take()
	q.mu.Unlock()
	a.commit(ctx, group)
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) > 0 {
		q.waiting[0].lead <- struct{}{}
		return
	}
	q.leading = false
}

func (q *queue) take() []*waiter {
	n, bytes := 0, int64(0)
	for n < len(q.waiting) && n < groupMessages && (n == 0 || bytes < groupBytes) {
		bytes += q.waiting[n].s.Parcel.Size
		n++
	}
	group := q.waiting[:n:n]
	q.waiting = q.waiting[n:]
	return group
}

// commit answers every waiter of the group.
func (a *Archive) commit(ctx context.Context, group []*waiter) {
	fresh, err := a.settleKnown(ctx, group)
	if err == nil && len(fresh) > 0 {
		err = a.add(ctx, fresh)
	}
	for _, w := range group {
		w.done <- err
	}
	if err == nil {
		a.changed()
	}
}

// same tells whether a parcel is a message that its owner has, given that the
// bytes are: one of the same account, and with an import on either side one of
// any.
func same(p *fetch.Parcel, account string, imported bool) bool {
	return account == p.Account || imported || p.Imported
}

// settleKnown gives receipts to messages that are kept already, and returns
// one batch of the others, twins within the group folded into one.
func (a *Archive) settleKnown(ctx context.Context, group []*waiter) ([]batched, error) {
	if err := a.settleRows(ctx); err != nil {
		return nil, err
	}
	var fresh []batched
next:
	for _, w := range group {
		p := w.s.Parcel
		for i := range fresh {
			f := fresh[i].s.Parcel
			if f.Digest == p.Digest && f.Owner == p.Owner && same(p, f.Account, f.Imported) {
				fresh[i].also = append(fresh[i].also, receipt(p))
				p.Twin = true
				continue next
			}
		}
		kept, err := a.store.Holds(ctx, p.Owner, p.Digest)
		if err != nil {
			return nil, fmt.Errorf("look for the message: %w", err)
		}
		i := slices.IndexFunc(kept, func(m Message) bool { return same(p, m.Account, m.Imported) })
		if i < 0 {
			fresh = append(fresh, batched{s: w.s})
			continue
		}
		if err := a.store.Receipts(ctx, kept[i].ID, receipt(p)); err != nil {
			return nil, fmt.Errorf("note receipt: %w", err)
		}
		p.Twin = true
	}
	return fresh, nil
}

type batched struct {
	s    *filter.Sorted
	also []Receipt // of twins in the same group
}

// add appends the bytes, then the rows.
func (a *Archive) add(ctx context.Context, fresh []batched) error {
	adds := make([]Addition, len(fresh))
	recs := make([]blob.Record, len(fresh))
	for i, f := range fresh {
		adds[i] = newAddition(f.s, newUID())
		m, err := adds[i].meta()
		if err != nil {
			return err
		}
		p := f.s.Parcel
		recs[i] = blob.Record{Digest: p.Digest, Size: p.Size, Received: adds[i].Message.Received, Sender: f.s.Letter.ReturnPath, Meta: m, Open: p.Open}
	}
	refs, err := a.blobs.Append(ctx, recs)
	if err != nil {
		a.queue.doubt()
		return fmt.Errorf("write the segment: %w", err)
	}
	for i := range adds {
		adds[i].Message.Ref = refs[i]
	}
	ids, err := a.store.Add(ctx, adds, refs[len(refs)-1].End())
	if err != nil {
		a.queue.doubt()
		return fmt.Errorf("write the rows: %w", err)
	}
	for i, f := range fresh {
		a.recent.put(adds[i].Message.Owner, ids[i], f.s.Letter)
		for _, r := range f.also {
			if err := a.store.Receipts(ctx, ids[i], r); err != nil {
				return fmt.Errorf("note receipt: %w", err)
			}
		}
	}
	return nil
}

// doubt notes that a commit broke between the segment and the rows.
func (q *queue) doubt() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.unsure = true
}

// settleRows replays the segments if an earlier commit broke: what it wrote
// but did not promise gets its rows, or else the same message, fetched again,
// would be kept twice.
func (a *Archive) settleRows(ctx context.Context) error {
	a.queue.mu.Lock()
	unsure := a.queue.unsure
	a.queue.mu.Unlock()
	if !unsure {
		return nil
	}
	if _, err := a.replay(ctx); err != nil {
		return fmt.Errorf("replay the segments: %w", err)
	}
	a.queue.mu.Lock()
	a.queue.unsure = false
	a.queue.mu.Unlock()
	return nil
}

// replay makes the rows that the segments know and the database does not.
func (a *Archive) replay(ctx context.Context) (int, error) {
	from, err := a.store.Position(ctx)
	if err != nil {
		return 0, err
	}
	var adds []Addition
	var end blob.Position
	n := 0
	flush := func() error {
		if len(adds) == 0 {
			return nil
		}
		_, err := a.store.Add(ctx, adds, end)
		n += len(adds)
		adds = adds[:0]
		return err
	}
	err = a.blobs.Scan(ctx, from, func(e blob.Entry) error {
		ad, err := addition(e)
		if err != nil {
			a.log.Error("a record in the segments makes no row; its bytes stay where they are", "err", err)
			return nil
		}
		adds, end = append(adds, ad), e.Ref.End()
		if len(adds) >= groupMessages {
			return flush()
		}
		return nil
	})
	if errors.Is(err, blob.ErrDamaged) { // what is whole was visited all the same
		a.log.Error("the segments are damaged; restante verify names the messages", "err", err)
		err = nil
	}
	if err == nil {
		err = flush()
	}
	if n > 0 {
		a.changed()
	}
	return n, err
}

var uidText = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// newUID gives 16 characters that no message had before: 80 random bits.
func newUID() string {
	var b [10]byte
	rand.Read(b[:]) // never fails: crypto/rand, since Go 1.24
	return uidText.EncodeToString(b[:])
}
