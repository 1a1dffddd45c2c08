package index

import "context"

// Move hangs an owner's messages into mailboxes, all of them or none. What they
// were judged or taught stays. One that is for the archive only is listed nowhere
// there either. ErrNotFound where one is not the owner's.
func (a *Archive) Move(ctx context.Context, owner string, moves []Move) error {
	if err := a.store.Move(ctx, owner, moves); err != nil {
		return err
	}
	a.changed()
	return nil
}

// Dismiss does what DELE means in a view, all or none, as Maildrop.Delete does.
func (a *Archive) Dismiss(ctx context.Context, v View, ids []int64) error {
	if err := a.store.Dismiss(ctx, v, ids); err != nil {
		return err
	}
	a.changed()
	return nil
}

// Lists tells which messages a view lists, of those that are asked for.
func (a *Archive) Lists(ctx context.Context, v View, ids []int64) (map[int64]bool, error) {
	list, err := a.listings.get(ctx, a.store, v)
	if err != nil {
		return nil, err
	}
	asked := make(map[int64]bool, len(ids))
	for _, id := range ids {
		asked[id] = true
	}
	out := map[int64]bool{}
	for _, l := range list {
		if asked[l.ID] {
			out[l.ID] = true
		}
	}
	return out, nil
}
