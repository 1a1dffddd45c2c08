package record

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"restante/index"
)

// SaveModel replaces the owner's snapshot. It survives a power cut.
func (d *DB) SaveModel(ctx context.Context, owner string, upTo int64, snapshot []byte) error {
	if err := index.CheckText("owner", owner); err != nil {
		return fmt.Errorf("save model: %w", err)
	}
	return d.explain("save model", d.writeBeside(ctx, true, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO models (owner, upto, snapshot) VALUES ($1, $2, $3)
			ON CONFLICT (owner) DO UPDATE SET upto = excluded.upto, snapshot = excluded.snapshot`, owner, upTo, notNil(snapshot))
		return err
	}))
}

// Model gives the owner's snapshot; nil and 0 when there is none.
func (d *DB) Model(ctx context.Context, owner string) (upTo int64, snapshot []byte, err error) {
	err = d.readOne(ctx, []any{&upTo, &snapshot}, "SELECT upto, snapshot FROM models WHERE owner = $1", owner)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil, nil
	}
	return upTo, snapshot, d.explain("read model", err)
}

// Kept tells what an owner's snapshot and lessons take, in octets.
func (d *DB) Kept(ctx context.Context, owner string) (snapshot, lessons int64, err error) {
	err = d.readOne(ctx, []any{&snapshot, &lessons}, `SELECT
		CAST(COALESCE((SELECT SUM(LENGTH(snapshot)) FROM models WHERE owner = $1), 0) AS BIGINT),
		CAST(COALESCE((SELECT SUM(LENGTH(change)) FROM lessons WHERE owner = $1), 0) AS BIGINT)`, owner)
	return snapshot, lessons, d.explain("measure the model", err)
}
