package record

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"restante/filter"
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

// Judged counts an owner's messages received since a time, by day, class as
// first judged, and class now. A message's first lesson noted how it was judged.
func (d *DB) Judged(ctx context.Context, owner string, since time.Time) ([]index.Tally, error) {
	const day = int64(24 * time.Hour)
	var all []index.Tally
	err := d.read(ctx, func(scan func(...any) error) error {
		var n, judged, now int64
		var t index.Tally
		err := scan(&n, &judged, &now, &t.Count)
		t.Day, t.Judged, t.Now = time.Unix(0, n*day).UTC(), filter.Class(judged), filter.Class(now)
		all = append(all, t)
		return err
	}, `SELECT m.received / 86400000000000, COALESCE(f.class, m.class), m.class, COUNT(*) FROM messages m
		LEFT JOIN (SELECT message, MIN(number) AS number FROM moved WHERE owner = $1 GROUP BY message) o ON o.message = m.id
		LEFT JOIN moved f ON f.owner = $1 AND f.number = o.number AND f.message = m.id
		WHERE m.owner = $1 AND m.received / 86400000000000 >= $2 / 86400000000000 - 1 AND m.received >= $2
		GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`, owner, nanos(since))
	if err != nil {
		return nil, d.explain("count messages", err)
	}
	return all, nil
}
