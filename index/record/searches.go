package record

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"restante/index"
)

var _ index.SavedSearches = (*DB)(nil)

// SaveSearch keeps a search under a name; ErrExists where the owner has one of
// the name. It survives a power cut.
func (d *DB) SaveSearch(ctx context.Context, s index.SavedSearch) error {
	return d.putSearch(ctx, s, "NOTHING")
}

// ReplaceSearch keeps a search under a name, in place of the one of that name if
// there is one. It survives a power cut.
func (d *DB) ReplaceSearch(ctx context.Context, s index.SavedSearch) error {
	return d.putSearch(ctx, s, "UPDATE SET query = excluded.query, saved = excluded.saved")
}

func (d *DB) putSearch(ctx context.Context, s index.SavedSearch, taken string) error {
	err := errors.Join(index.CheckText("owner", s.Owner), index.CheckText("name", s.Name), index.CheckText("query", s.Query))
	if s.Owner == "" || s.Name == "" {
		err = errors.Join(err, errors.New("a search needs an owner and a name"))
	}
	if err != nil {
		return fmt.Errorf("save search: %w", err)
	}
	return d.explain("save search "+s.Name, d.writeDearBeside(ctx, func(ctx context.Context, tx *sql.Tx) error {
		added, err := one(tx.ExecContext(ctx, `INSERT INTO searches (owner, name, query, saved) VALUES ($1, $2, $3, $4)
			ON CONFLICT (owner, name) DO `+taken, s.Owner, s.Name, s.Query, nanos(s.Saved)))
		if err == nil && !added {
			err = index.ErrExists
		}
		return err
	}))
}

// RemoveSearch forgets a search; ErrNotFound where there is none. It survives a
// power cut.
func (d *DB) RemoveSearch(ctx context.Context, owner, name string) error {
	if index.CheckText("", owner) != nil || index.CheckText("", name) != nil {
		return fmt.Errorf("remove search: %w", index.ErrNotFound)
	}
	return d.explain("remove search "+name, d.writeDearBeside(ctx, func(ctx context.Context, tx *sql.Tx) error {
		was, err := one(tx.ExecContext(ctx, "DELETE FROM searches WHERE owner = $1 AND name = $2", owner, name))
		if err == nil && !was {
			err = index.ErrNotFound
		}
		return err
	}))
}

// SavedSearches gives an owner's searches, by name.
func (d *DB) SavedSearches(ctx context.Context, owner string) ([]index.SavedSearch, error) {
	if index.CheckText("", owner) != nil {
		return nil, nil
	}
	var all []index.SavedSearch
	err := d.read(ctx, func(scan func(...any) error) error {
		s := index.SavedSearch{Owner: owner}
		var saved int64
		err := scan(&s.Name, &s.Query, &saved)
		s.Saved = fromNanos(saved)
		all = append(all, s)
		return err
	}, "SELECT name, query, saved FROM searches WHERE owner = $1", owner)
	if err != nil {
		return nil, d.explain("read searches", err)
	}
	// Here, because the engines sort text each in its own way.
	slices.SortFunc(all, func(a, b index.SavedSearch) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}
