package index

import "context"

// Redeliver lets a view list messages of the archive again, in its first box and
// each under a UID that no message had before. What the view lists already stays
// as it is. It tells how many it listed again; dry tells how many it would.
func (a *Archive) Redeliver(ctx context.Context, v View, ids []int64, dry bool) (again, listed int, err error) {
	there, err := a.listings.get(ctx, a.store, v)
	if err != nil {
		return 0, 0, err
	}
	done := make(map[int64]bool, len(there))
	for _, l := range there {
		done[l.ID] = true
	}
	var all []Redelivery
	for _, id := range ids {
		if done[id] {
			listed++
			continue
		}
		done[id] = true
		all = append(all, Redelivery{Message: id, UID: newUID()})
	}
	if dry || len(all) == 0 {
		return len(all), listed, nil
	}
	again, err = a.store.Redeliver(ctx, v, all, a.now())
	return again, listed, err
}
