package record

import "context"

// Plain gives the sizes of an owner's messages whose header is made ASCII, by
// number, of those with a number after one. They are few, so listings leave them
// out.
func (d *DB) Plain(ctx context.Context, owner string, after int64) (map[int64]int64, error) {
	var all map[int64]int64
	err := d.read(ctx, func(scan func(...any) error) error {
		var id, size int64
		err := scan(&id, &size)
		if all == nil {
			all = make(map[int64]int64)
		}
		all[id] = size
		return err
	}, "SELECT id, plain FROM messages WHERE owner = $1 AND plain <> 0 AND id > $2", owner, after)
	return all, d.explain("read the sizes of plain headers", err)
}
