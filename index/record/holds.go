package record

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"restante/index"
)

var _ index.Expiry = (*DB)(nil)

// AddHold places a hold and sets its ID; ErrExists where the owner has one of the
// name. It takes the owner's row, as burials do, so that it comes before one or
// after. It survives a power cut.
func (d *DB) AddHold(ctx context.Context, h *index.Hold) error {
	err := errors.Join(index.CheckText("owner", h.Owner), index.CheckText("name", h.Name), index.CheckText("query", h.Query),
		index.CheckText("placer", h.By), index.CheckText("reason", h.Why))
	if h.Owner == "" || h.Name == "" {
		err = errors.Join(err, errors.New("a hold needs an owner and a name"))
	}
	if err != nil {
		return fmt.Errorf("place hold: %w", err)
	}
	var id int64
	err = d.writeDearBeside(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if _, _, err := d.lockOwner(ctx, tx, h.Owner); err != nil {
			return err
		}
		err := tx.QueryRowContext(ctx, `INSERT INTO holds (owner, name, query, placer, why, placed) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (owner, name) DO NOTHING RETURNING id`, h.Owner, h.Name, h.Query, h.By, h.Why, nanos(h.Placed)).Scan(&id)
		if errors.Is(err, sql.ErrNoRows) {
			return index.ErrExists
		}
		return err
	})
	if err != nil {
		return d.explain("place hold "+h.Name, err)
	}
	h.ID = id
	return nil
}

// RemoveHold lifts a hold and drops the owner's marks; ErrNotFound where there is
// no such hold. It survives a power cut.
func (d *DB) RemoveHold(ctx context.Context, owner, name string) error {
	if index.CheckText("", owner) != nil || index.CheckText("", name) != nil {
		return fmt.Errorf("lift hold: %w", index.ErrNotFound)
	}
	return d.explain("lift hold "+name, d.writeDearBeside(ctx, func(ctx context.Context, tx *sql.Tx) error {
		was, err := one(tx.ExecContext(ctx, "DELETE FROM holds WHERE owner = $1 AND name = $2", owner, name))
		if err == nil && !was {
			err = index.ErrNotFound
		}
		if err == nil {
			_, err = tx.ExecContext(ctx, "DELETE FROM expiring WHERE owner = $1", owner)
		}
		return err
	}))
}

// PlacedHolds gives all holds, in order of their numbers.
func (d *DB) PlacedHolds(ctx context.Context) ([]index.Hold, error) {
	var all []index.Hold
	err := d.read(ctx, func(scan func(...any) error) error {
		var h index.Hold
		var placed int64
		err := scan(&h.ID, &h.Owner, &h.Name, &h.Query, &h.By, &h.Why, &placed)
		h.Placed = fromNanos(placed)
		all = append(all, h)
		return err
	}, "SELECT id, owner, name, query, placer, why, placed FROM holds ORDER BY id")
	if err != nil {
		return nil, d.explain("read holds", err)
	}
	return all, nil
}
