package record

import (
	"context"

	"restante/index"
	"restante/index/blob"
)

// Position is how far the segments are known to the rows.
func (d *DB) Position(ctx context.Context) (p blob.Position, err error) {
	var segment int64
	err = d.readOne(ctx, []any{&segment, &p.Offset}, "SELECT segment, place FROM state")
	p.Segment = uint32(segment)
	return p, d.explain("read position", err)
}

// Identity is a random name that the database got when it was made.
func (d *DB) Identity(ctx context.Context) (name string, err error) {
	err = d.readOne(ctx, []any{&name}, "SELECT identity FROM state")
	return name, d.explain("read identity", err)
}

// Heads gives the last change number of each owner that has any.
func (d *DB) Heads(ctx context.Context) (map[string]int64, error) {
	heads := map[string]int64{}
	err := d.read(ctx, func(scan func(...any) error) error {
		var name string
		var n int64
		err := scan(&name, &n)
		heads[name] = n
		return err
	}, "SELECT name, change FROM owners WHERE change > 0")
	if err != nil {
		return nil, d.explain("read heads", err)
	}
	return heads, nil
}

// Count gives the number of messages, of all owners.
func (d *DB) Count(ctx context.Context) (n int64, err error) {
	err = d.readOne(ctx, []any{&n}, "SELECT COUNT(*) FROM messages")
	return n, d.explain("count messages", err)
}

// page is how many messages Each reads at a time.
const page = 500

// Each calls f for every message of every owner, in order of ID, and ends with
// f's error. No transaction stays open while f runs: it may write.
func (d *DB) Each(ctx context.Context, f func(index.Message) error) error {
	var after int64
	for all := make([]index.Message, 0, page); ; all = all[:0] {
		err := d.read(ctx, func(scan func(...any) error) error {
			var m index.Message
			err := scanMessage(scan, &m)
			all = append(all, m)
			return err
		}, "SELECT id, "+messageFields+" FROM messages WHERE id > $1 ORDER BY id LIMIT $2", after, page)
		if err != nil {
			return d.explain("read messages", err)
		}
		for _, m := range all {
			if err := f(m); err != nil {
				return err
			}
			after = m.ID
		}
		if len(all) < page {
			return nil
		}
	}
}
