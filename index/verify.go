package index

import (
	"context"
	"fmt"
	"io"
)

// Fault is a kept message whose bytes are not what its row says.
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
	Bytes    int64   `json:"bytes"`
	Faults   []Fault `json:"faults"`
}

// Verify reads every message that has a row and checks its bytes against the
// digest. The error is for what kept it from looking; what it found is in the
// proof. Progress, if not nil, is called with the messages done.
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
	return p, err
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
