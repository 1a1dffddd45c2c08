package fetch

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	"golang.org/x/sync/semaphore"
)

// inFlightBytes bounds the octets of one round's parcels that wait for the
// sink. A parcel that alone is larger waits for all others.
const inFlightBytes = 64 << 20

// sinkStrikes is how many deliveries in a row may fail before the round ends:
// then it is the store that is in trouble, not a message.
const sinkStrikes = 8

// take retrieves messages and hands them to the sink, several at a time. It
// returns when every parcel was answered for, with the error that ended it
// early, if any.
func (r *round) take(ctx context.Context, items []Item) error {
	if len(items) == 0 {
		return nil
	}
	t := &taking{
		round: r, total: len(items),
		slots: semaphore.NewWeighted(int64(r.o.InFlight)), bytes: semaphore.NewWeighted(inFlightBytes),
	}
	err := r.drop.Retrieve(ctx, items, func(it Item, rd io.Reader, err error) error {
		return t.one(ctx, it, rd, err)
	})
	t.wait.Wait()
	if err == nil {
		return nil
	}
	return fmt.Errorf("retrieve: %w", err)
}

type taking struct {
	*round
	total int
	slots *semaphore.Weighted
	bytes *semaphore.Weighted
	wait  sync.WaitGroup

	strikes int   // deliveries failed in a row; guarded by round.mu
	last    error // of the last failed delivery; guarded by round.mu
}

func (t *taking) one(ctx context.Context, it Item, rd io.Reader, err error) error {
	if err != nil {
		t.fail(it, err)
		return nil
	}
	if err := t.struckOut(); err != nil {
		return err
	}
	p, err := Pack(t.o.Spool, rd)
	if err != nil {
		t.stumble(it.UID)
		t.fail(it, err)
		return fmt.Errorf("message %d: %w", it.Num, err)
	}
	t.label(p, it)
	weight := min(p.Size, inFlightBytes)
	if err := t.bytes.Acquire(ctx, weight); err != nil {
		return errors.Join(err, p.Close())
	}
	if err := t.slots.Acquire(ctx, 1); err != nil {
		t.bytes.Release(weight)
		return errors.Join(err, p.Close())
	}
	t.wait.Go(func() {
		defer t.bytes.Release(weight)
		defer t.slots.Release(1)
		t.deliver(ctx, it, p)
	})
	return nil
}

// label writes on a parcel where it comes from and where it goes.
func (t *taking) label(p *Parcel, it Item) {
	p.Owner, p.Account, p.UID, p.Listed = t.a.Owner, t.a.Name, it.UID, it.Size
	p.Mailbox, p.Archive, p.Imported = t.a.Mailbox, t.a.Archive, t.a.Import
	if p.UID == "" {
		p.UID = "sha256-" + hex.EncodeToString(p.Digest[:])
	}
	if d, ok := t.drop.(Dated); ok {
		p.Received = d.Received(it)
	}
	if p.Received.IsZero() {
		p.Received = t.o.Now()
	}
}

// deliver hands one parcel over and notes what came of it.
func (t *taking) deliver(ctx context.Context, it Item, p *Parcel) {
	err := t.o.Sink.Deliver(ctx, p)
	size, twin := p.Size, p.Twin
	if cerr := p.Close(); cerr != nil {
		t.o.Log.Warn("spool file stays behind", "account", t.a.Name, "err", cerr)
	}
	if err != nil {
		t.mu.Lock()
		t.strikes++
		t.last = err
		t.mu.Unlock()
		t.fail(it, err)
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.strikes = 0
	t.sum.Taken++
	t.sum.Bytes += size
	if twin {
		t.sum.Twins++
	}
	// A message retrieved again is due by the moment at which it was first seen.
	seen := p.Received
	if was, known := t.taken[it.UID]; known && was.Head == p.Head {
		seen = was.At
	}
	if t.a.Keep.Due(seen, t.o.Now()) {
		t.safe[it.Num] = true
	}
	t.o.Progress(Progress{Account: t.a.Name, Done: t.sum.Taken, Total: t.total, Bytes: t.sum.Bytes})
}

func (t *taking) struckOut() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.strikes >= sinkStrikes {
		return fmt.Errorf("the archive takes no mail: %w", t.last)
	}
	return nil
}

func (r *round) fail(it Item, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	uid := it.UID
	if uid == "" {
		uid = fmt.Sprintf("message %d", it.Num)
	}
	r.sum.Failed = append(r.sum.Failed, Failure{UID: uid, Err: err})
}

// stumble notes that a message's transfer broke the session.
func (r *round) stumble(uid string) {
	r.Fetcher.mu.Lock()
	defer r.Fetcher.mu.Unlock()
	if r.stumbled[r.a.Name] == nil {
		r.stumbled[r.a.Name] = map[string]int{}
	}
	r.stumbled[r.a.Name][uid]++
}

// stumblersLast puts messages whose transfer broke an earlier round behind the
// others, so that one bad message cannot keep the good ones from coming in.
func (r *round) stumblersLast(items []Item) []Item {
	r.Fetcher.mu.Lock()
	defer r.Fetcher.mu.Unlock()
	bad := r.stumbled[r.a.Name]
	if len(bad) == 0 {
		return items
	}
	here := map[string]int{}
	for _, it := range items {
		if n := bad[it.UID]; n > 0 {
			here[it.UID] = n
		}
	}
	r.stumbled[r.a.Name] = here // forget those that are gone or safe by now
	slices.SortStableFunc(items, func(a, b Item) int { return here[a.UID] - here[b.UID] })
	return items
}
