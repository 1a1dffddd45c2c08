package index

import (
	"context"
	"errors"
	"fmt"

	"restante/index/blob"
)

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
