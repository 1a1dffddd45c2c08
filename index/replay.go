package index

import (
	"context"
	"errors"
	"fmt"
	"slices"

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
	if _, err := a.replay(ctx, nil); err != nil {
		return fmt.Errorf("replay the segments: %w", err)
	}
	a.queue.mu.Lock()
	a.queue.unsure = false
	a.queue.mu.Unlock()
	return nil
}

// replay makes the rows that the segments know and the database does not.
// Progress, if not nil, is told how many there are so far.
func (a *Archive) replay(ctx context.Context, progress func(messages int)) (int, error) {
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
		living, err := a.living(ctx, adds)
		if err == nil {
			_, err = a.store.Add(ctx, living, end)
		}
		n += len(living)
		adds = adds[:0]
		if progress != nil {
			progress(n)
		}
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

// living leaves out what expired and is not erased yet.
func (a *Archive) living(ctx context.Context, adds []Addition) ([]Addition, error) {
	return without(ctx, adds, a.store.BuriedUIDs)
}

// without leaves out messages whose UIDs are among those that which gives of an
// owner's.
func without(ctx context.Context, adds []Addition, which func(ctx context.Context, owner string, uids []string) (map[string]bool, error)) ([]Addition, error) {
	uids := map[string][]string{}
	for i := range adds {
		m := &adds[i].Message
		uids[m.Owner] = append(uids[m.Owner], m.UID)
	}
	has := map[string]map[string]bool{}
	for owner, all := range uids {
		var err error
		if has[owner], err = which(ctx, owner, all); err != nil {
			return nil, err
		}
	}
	return slices.DeleteFunc(slices.Clone(adds), func(ad Addition) bool { return has[ad.Message.Owner][ad.Message.UID] }), nil
}
