package index

import (
	"context"
	"errors"
	"fmt"
	"io"
	"syscall"

	"restante/index/blob"
)

// Fault is a kept message whose bytes are not what its row says, or one that has
// no row: Message is 0 then.
type Fault struct {
	Owner   string `json:"owner"`
	Message int64  `json:"message"`
	UID     string `json:"uid"`
	Digest  string `json:"digest"`
	Segment uint32 `json:"segment"`
	Offset  int64  `json:"offset"`
	Problem string `json:"problem"`
}

// Proof is the outcome of Verify.
type Proof struct {
	Messages int     `json:"messages"`
	Bytes    int64   `json:"octets"`
	Faults   []Fault `json:"faults"`
	More     int64   `json:"more_faults,omitempty"` // without rows, beyond those that are named
}

// rowlessMost bounds the messages without rows that a proof names.
const rowlessMost = 2000

// rowless is the problem of a message that lies in the archive only.
const rowless = "no row: restante rebuild brings it back"

// Verify reads every message that has a row and checks its bytes against the
// digest, and looks for messages that lie in the archive and have neither a row
// nor a tombstone: nobody is served those. The error is for what kept it from
// looking; what it found is in the proof. Progress, if not nil, is called with the
// messages done.
func (a *Archive) Verify(ctx context.Context, progress func(done int)) (Proof, error) {
	p := Proof{Faults: []Fault{}}
	err := a.store.Each(ctx, func(m Message) error {
		n, err := a.readThrough(ctx, m)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		p.Messages++
		p.Bytes += n
		if err != nil {
			p.Faults = append(p.Faults, Fault{
				Owner: m.Owner, Message: m.ID, UID: m.UID, Digest: m.Digest.String(),
				Segment: m.Ref.Segment, Offset: m.Ref.Offset, Problem: err.Error(),
			})
		}
		if progress != nil {
			progress(p.Messages)
		}
		return nil
	})
	if err == nil {
		err = a.findRowless(ctx, &p)
	}
	return p, err
}

// findRowless adds to a proof the messages that lie where the rows know the
// segments, and have none: a segment was away when the rows were made, perhaps.
// What came since the position was read may be about to get its row.
func (a *Archive) findRowless(ctx context.Context, p *Proof) error {
	upTo, err := a.store.Position(ctx)
	if err != nil {
		return err
	}
	var batch []Addition
	flush := func() error {
		alone, err := a.withoutRows(ctx, batch)
		for i := range alone {
			m := &alone[i].Message
			if len(p.Faults) >= rowlessMost {
				p.More++
				continue
			}
			p.Faults = append(p.Faults, Fault{
				Owner: m.Owner, UID: m.UID, Digest: m.Digest.String(),
				Segment: m.Ref.Segment, Offset: m.Ref.Offset, Problem: rowless,
			})
		}
		batch = batch[:0]
		return err
	}
	err = a.blobs.Scan(ctx, blob.Position{}, func(e blob.Entry) error {
		if end := e.Ref.End(); end.Segment > upTo.Segment || end.Segment == upTo.Segment && end.Offset > upTo.Offset {
			return nil
		}
		ad, err := addition(e)
		if err != nil { // replay has said so
			return nil
		}
		if batch = append(batch, ad); len(batch) >= groupMessages {
			return flush()
		}
		return nil
	})
	if errors.Is(err, blob.ErrDamaged) { // what is whole was visited; the log's own proof names the rest
		err = nil
	}
	if err == nil {
		err = flush()
	}
	if errors.Is(err, syscall.EIO) { // what was found is to be told all the same
		p.Faults = append(p.Faults, Fault{Problem: fmt.Sprintf("not all messages without rows were found: %v", err)})
		err = nil
	}
	if err != nil {
		return fmt.Errorf("look for messages without rows: %w", err)
	}
	return nil
}

// withoutRows gives those that have neither a row nor a tombstone. Rows are asked
// first: what expires in between has its tombstone by then.
func (a *Archive) withoutRows(ctx context.Context, adds []Addition) ([]Addition, error) {
	adds, err := without(ctx, adds, a.store.KeptUIDs)
	if err != nil {
		return nil, err
	}
	return a.living(ctx, adds)
}

// readThrough reads a kept message to its end, which proves its bytes.
func (a *Archive) readThrough(ctx context.Context, m Message) (int64, error) {
	r, err := a.blobs.Open(ctx, m.Ref, m.Digest)
	if err != nil {
		return 0, err
	}
	defer r.Close()
	n, err := io.Copy(io.Discard, r)
	if err == nil && n != m.Size {
		err = fmt.Errorf("%d octets, want %d", n, m.Size)
	}
	return n, err
}
