package fetch

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"sync"

	"golang.org/x/sync/semaphore"
)

// sinkStrikes is how many messages in a row our house may fail to take before
// the round ends: then it is the store that is in trouble, not a message.
const sinkStrikes = 8

// take retrieves messages and hands them to the sink, several at a time. It
// returns when every parcel was answered for. A session that breaks at a
// message is a *broken; every other error ends the round.
func (s *session) take(ctx context.Context, items []Item) error {
	if len(items) == 0 {
		return nil
	}
	t := &taking{session: s, slots: semaphore.NewWeighted(int64(s.o.InFlight))}
	err := s.drop.Retrieve(ctx, items, func(it Item, rd io.Reader, err error) error {
		return t.one(ctx, it, rd, err)
	})
	t.wait.Wait()
	if err == nil {
		t.past = len(items)
	}
	s.gotPast(items[:t.past])
	switch {
	case err == nil:
		return nil
	case t.stopped != nil || ctx.Err() != nil || t.past == len(items):
		return fmt.Errorf("retrieve: %w", err)
	}
	it := items[t.past]
	s.stumbled(it, err)
	return &broken{fmt.Errorf("retrieve message %d: %w", it.Num, err)}
}

type taking struct {
	*session
	slots *semaphore.Weighted
	wait  sync.WaitGroup

	asked   int   // items that came to one
	past    int   // items that broke nothing
	stopped error // why we ended it ourselves

	strikes int   // messages in a row that our house did not take; guarded by round.mu
	last    error // why it did not take the last of them; guarded by round.mu
}

// one takes an item as it comes. Where its octets end in an error, it is for
// the Maildrop to say whether the session can go on.
func (t *taking) one(ctx context.Context, it Item, rd io.Reader, err error) error {
	t.past = t.asked
	t.asked++
	if err != nil {
		t.fail(it, err)
		return nil
	}
	if err := t.struckOut(); err != nil {
		return t.stop(err)
	}
	w := &watched{r: rd, left: t.largest()}
	p, err := Pack(t.o.Spool, w)
	switch {
	case err != nil && w.err == nil: // it is our spool, which may have room for the next
		t.struck(it, err)
		return nil
	case errors.Is(err, errTooLong):
		return err // the rest of it is not worth the time
	case err != nil && ctx.Err() != nil: // it was under way when the round was called off
		return t.stop(err)
	case err != nil:
		t.fail(it, err)
		return nil
	}
	t.past = t.asked
	if t.internalParcel(it, p) {
		t.skip(it, NoteInternal, whyInternal)
		return p.Close()
	}
	t.label(p, it)
	weight := min(p.Size, inFlightBytes)
	if err := t.bytes.Acquire(ctx, weight); err != nil {
		return t.stop(errors.Join(err, p.Close()))
	}
	if err := t.slots.Acquire(ctx, 1); err != nil {
		t.bytes.Release(weight)
		return t.stop(errors.Join(err, p.Close()))
	}
	t.wait.Go(func() {
		defer t.bytes.Release(weight)
		defer t.slots.Release(1)
		t.deliver(ctx, it, p)
	})
	return nil
}

func (t *taking) stop(err error) error {
	t.stopped = err
	return err
}

// watched tells an upstream's errors from the spool's, and ends a message that
// is too long.
type watched struct {
	r    io.Reader
	left int64
	err  error
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	if w.left -= int64(n); w.left < 0 {
		err = errTooLong
	}
	if err != nil && err != io.EOF {
		w.err = err
	}
	return n, err
}

// label writes on a parcel where it comes from and where it goes.
func (t *taking) label(p *Parcel, it Item) {
	p.Owner, p.Account, p.UID, p.Listed = t.a.Owner, t.a.Name, it.UID, it.Size
	p.Mailbox, p.Archive, p.Imported = t.a.Mailbox, t.a.Archive, t.a.Import
	if d, ok := t.drop.(Placed); ok && p.Mailbox == "" {
		p.Mailbox = d.Mailbox(it)
	}
	if p.UID == "" {
		p.UID = nameless + hex.EncodeToString(p.Digest[:])
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
	err := t.handOver(ctx, p)
	size, twin := p.Size, p.Twin
	if cerr := p.Close(); cerr != nil {
		t.o.Log.Warn("spool file stays behind", "account", t.a.Name, "err", cerr)
	}
	if err != nil {
		t.struck(it, err)
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.strikes = 0
	// A message retrieved again is due by the moment at which it was first seen.
	seen, k := p.Received, keyOf(it)
	was, known := t.taken[p.UID]
	if known && was.Head == p.Head {
		seen = was.At
	}
	t.reused = t.reused || known && was.Head != p.Head
	if t.mayDelete(it) && t.a.Keep.Due(seen, t.o.Now()) {
		t.safe[it.Num] = reason{p.UID, t.because(seen, proofRetrieved)}
	}
	t.outcome(it, p)
	t.taken[p.UID] = Taken{At: seen, Size: it.Size, Head: p.Head}
	delete(t.failed, k)
	if _, again := t.got[k]; !again {
		t.sum.Taken++
		t.sum.Bytes += size
		if twin {
			t.sum.Twins++
		}
	}
	t.got[k] = seen
	t.o.Progress(Progress{Account: t.a.Name, Done: t.sum.Taken, Total: t.sum.New})
}

// errPanicked says that a delivery panicked.
var errPanicked = errors.New("deliver: panic")

// handOver gives a parcel to the sink. Where that panics, the message failed,
// and the house stands.
func (t *taking) handOver(ctx context.Context, p *Parcel) (err error) {
	defer func() {
		if e := recover(); e != nil {
			t.o.Log.Error("delivery panicked; the message stays upstream", "account", t.a.Name, "err", e, "stack", string(debug.Stack()))
			err = fmt.Errorf("%w: %v", errPanicked, e)
		}
	}()
	return t.o.Sink.Deliver(ctx, p)
}

// struck notes that our house did not take a message.
func (t *taking) struck(it Item, err error) {
	t.mu.Lock()
	t.strikes++
	t.last = err
	t.mu.Unlock()
	t.fail(it, ours{err})
}

func (t *taking) struckOut() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.strikes >= sinkStrikes {
		return fmt.Errorf("the archive takes no mail: %w", t.last)
	}
	return nil
}
