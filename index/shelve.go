package index

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"runtime/debug"
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

// gatherTime is how long a commit waits for as many as came at once before: about
// what a commit more would take, on disks that take a while.
const gatherTime = time.Millisecond

// commitTime bounds a commit. A disk that takes longer is in trouble.
const commitTime = 2 * time.Minute

// queue gathers what waits for a commit.
type queue struct {
	mu       sync.Mutex // guards the fields below
	waiting  []*waiter
	leading  bool
	patience time.Duration // gatherTime
	inside   int           // callers that have no answer yet
	peak     int           // most of these since the last commit was taken
	usual    int           // how many came at once of late
	enough   chan struct{} // closed when so many wait again; nil: nobody waits for them
	unsure   bool          // the segments may hold records that the rows do not know
}

type waiter struct {
	batched
	done chan error // nil: safe
	lead chan struct{}
}

// batched is a message that is ready to be written.
type batched struct {
	s    *filter.Sorted
	row  Addition
	meta []byte
	also []Receipt // of twins in the same group
}

// newBatched makes ready what the segment and the rows will hold, and refuses
// what one of them would: nobody else's commit shall fail for it.
func newBatched(s *filter.Sorted, row Addition) (batched, error) {
	if err := row.Check(); err != nil {
		return batched{}, err
	}
	meta, err := row.meta()
	return batched{s: s, row: row, meta: meta}, err
}

// Shelve takes custody of a message: nil means that its bytes and its row are
// on stable storage. A message that its owner has already (from the same
// account, or where one of the two was imported from any) gets one more
// receipt and no copy, unless the bytes that are held cannot be read: these
// take their place.
//
// Shelve waits for its commit even when ctx is done, because the parcel is
// read until then; a commit is bounded in time.
func (a *Archive) Shelve(ctx context.Context, s *filter.Sorted) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	b, err := newBatched(s, newAddition(s, newUID()))
	if err != nil {
		return err
	}
	w := &waiter{batched: b, done: make(chan error, 1), lead: make(chan struct{}, 1)}
	q := &a.queue
	q.mu.Lock()
	q.waiting = append(q.waiting, w)
	q.inside++
	q.peak = max(q.peak, q.inside)
	if q.enough != nil && len(q.waiting) >= min(q.usual, groupMessages) {
		close(q.enough)
		q.enough = nil
	}
	if !q.leading {
		q.leading = true
		w.lead <- struct{}{}
	}
	q.mu.Unlock()
	defer func() {
		q.mu.Lock()
		q.inside--
		q.mu.Unlock()
	}()
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
	q.gather()
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

// gather waits for a moment until as many wait as came at once of late: where mail
// comes in several at a time, the first would else have a commit of its own. Who
// comes alone, and did before, waits for nobody.
func (q *queue) gather() {
	q.mu.Lock()
	if len(q.waiting) >= min(q.usual, groupMessages) {
		q.mu.Unlock()
		return
	}
	enough := make(chan struct{})
	q.enough = enough
	q.mu.Unlock()
	late := time.NewTimer(q.patience)
	defer late.Stop()
	select {
	case <-enough:
	case <-late.C:
	}
	q.mu.Lock()
	q.enough = nil
	q.mu.Unlock()
}

func (q *queue) take() []*waiter {
	n, bytes := 0, int64(0)
	for n < len(q.waiting) && n < groupMessages && (n == 0 || bytes < groupBytes) {
		bytes += q.waiting[n].s.Parcel.Size
		n++
	}
	group := q.waiting[:n:n]
	q.waiting = q.waiting[n:]
	q.peak, q.usual = q.inside, max(q.peak, q.usual/2)
	return group
}

// commit answers every waiter of the group. Where the group cannot be
// committed, each is tried alone: one message that breaks it, because its
// spool file cannot be read perhaps, must not hold up the others.
func (a *Archive) commit(ctx context.Context, group []*waiter) {
	err := a.attempt(ctx, group)
	kept := err == nil
	for _, w := range group {
		own := err
		if err != nil && len(group) > 1 {
			own = a.attempt(ctx, []*waiter{w})
		}
		kept = kept || own == nil
		w.done <- own
	}
	if kept {
		a.changed()
	}
}

// attempt commits a group, all or none. A panic is an error: whoever waits for
// the lead would wait for ever.
func (a *Archive) attempt(ctx context.Context, group []*waiter) (err error) {
	a.commits.Lock()
	defer a.commits.Unlock()
	defer func() {
		if e := recover(); e != nil {
			a.queue.doubt()
			a.log.Error("a commit broke", "err", e, "stack", string(debug.Stack()))
			err = fmt.Errorf("commit: %v", e)
		}
	}()
	fresh, err := a.settleKnown(ctx, group)
	if err == nil && len(fresh) > 0 {
		err = a.add(ctx, fresh)
	}
	return err
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
		p.Twin = false
		for i := range fresh {
			m := &fresh[i].row.Message
			if m.Digest == p.Digest && m.Owner == p.Owner && same(p, m.Account, m.Imported) {
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
			fresh = append(fresh, w.batched)
			continue
		}
		p.Twin = true
		if _, err := a.readThrough(ctx, kept[i]); err != nil {
			again, herr := a.heal(w.s, kept[i])
			if herr = errors.Join(ctx.Err(), herr); herr != nil {
				return nil, herr
			}
			a.log.Warn("a kept message cannot be read; its bytes came again and are kept anew", "owner", p.Owner, "message", kept[i].ID, "err", err)
			fresh = append(fresh, again)
			continue
		}
		if err := a.store.Receipts(ctx, kept[i].ID, receipt(p)); err != nil {
			return nil, fmt.Errorf("note receipt: %w", err)
		}
	}
	return fresh, nil
}

// heal makes a record with new bytes of a row that is there: the same owner,
// UID and place in a mailbox.
func (a *Archive) heal(s *filter.Sorted, kept Message) (batched, error) {
	row := Addition{Message: kept}
	if r := receipt(s.Parcel); r.Account == kept.Account {
		row.Receipt = r
	}
	b, err := newBatched(s, row)
	b.also = []Receipt{receipt(s.Parcel)}
	return b, err
}

// add appends the bytes, then the rows.
func (a *Archive) add(ctx context.Context, fresh []batched) error {
	adds := make([]Addition, len(fresh))
	recs := make([]blob.Record, len(fresh))
	for i, f := range fresh {
		adds[i] = f.row
		p := f.s.Parcel
		recs[i] = blob.Record{
			Digest: p.Digest, Size: p.Size, Received: f.row.Message.Received,
			Sender: f.s.Letter.ReturnPath, Meta: f.meta, Open: p.Open,
		}
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

var uidText = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// newUID gives 16 characters that no message had before: 80 random bits.
func newUID() string {
	var b [10]byte
	rand.Read(b[:]) // never fails: crypto/rand, since Go 1.24
	return uidText.EncodeToString(b[:])
}
