package record

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"restante/index"
)

// Sight notes what a saved search finds, and gives what it has found so far, in
// the order of first sight: what was found at once by number. Most logins find
// nothing new, and write nothing.
func (d *DB) Sight(ctx context.Context, s index.Sighting, now time.Time) ([]int64, error) {
	if err := errors.Join(index.CheckText("owner", s.Owner), index.CheckText("name", s.Name)); err != nil {
		return nil, fmt.Errorf("note what a search finds: %w", err)
	}
	which := fmt.Sprintf("%x", sha256.Sum256([]byte(s.Query)))
	all, err := d.sights(ctx, s, which)
	if err != nil {
		return nil, err
	}
	seen := make(map[int64]bool, len(all))
	for _, id := range all {
		seen[id] = true
	}
	fresh := slices.DeleteFunc(slices.Compact(slices.Sorted(slices.Values(s.Found))), func(id int64) bool { return seen[id] })
	if len(fresh) == 0 {
		return all, nil
	}
	err = d.writeDearBeside(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM sights WHERE owner = $1 AND name = $2 AND which <> $3", s.Owner, s.Name, which)
		if err != nil {
			return err
		}
		return pieces(len(fresh), func(from, to int) error {
			stmt, args := with(sightQuery, []any{s.Owner, s.Name, which, nanos(now)}, fresh[from:to])
			_, err := tx.ExecContext(ctx, stmt, args...)
			return err
		})
	})
	if err != nil {
		return nil, d.explain("note what a search finds", err)
	}
	return d.sights(ctx, s, which)
}

const sightQuery = `INSERT INTO sights (owner, name, message, which, seen)
	SELECT owner, CAST($2 AS TEXT), id, CAST($3 AS TEXT), CAST($4 AS BIGINT) FROM messages
	WHERE owner || '' = $1 AND id IN (ids) ON CONFLICT (owner, name, message) DO NOTHING`

func (d *DB) sights(ctx context.Context, s index.Sighting, which string) (all []int64, err error) {
	err = d.read(ctx, func(scan func(...any) error) error {
		var id int64
		err := scan(&id)
		all = append(all, id)
		return err
	}, "SELECT message FROM sights WHERE owner = $1 AND name = $2 AND which = $3 ORDER BY seen, message", s.Owner, s.Name, which)
	return all, d.explain("read what a search has found", err)
}
