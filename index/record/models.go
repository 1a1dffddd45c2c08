package record

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
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

// countedQuery counts what came each day by its class now, in the order of an index
// that holds all it reads. Where a first round took a hundred thousand messages in a
// day, to sort them would take most of the time.
const countedQuery = `SELECT m.received / 86400000000000, 0, 0,
		COUNT(*) FILTER (WHERE m.class = 0), COUNT(*) FILTER (WHERE m.class = 1), COUNT(*) FILTER (WHERE m.class = 2)
	FROM messages m
	WHERE m.owner = $1 AND m.received / 86400000000000 >= $2 / 86400000000000 - 1 AND m.received >= $2
	GROUP BY m.received / 86400000000000`

// otherwiseQuery counts what was first judged otherwise than it is now. A message's
// first lesson noted how it was judged.
const otherwiseQuery = `SELECT m.received / 86400000000000, f.class, m.class, COUNT(*), 0, 0
	FROM (SELECT message, MIN(number) AS number FROM moved WHERE owner = $1 GROUP BY message) o
	JOIN moved f ON f.owner = $1 AND f.number = o.number AND f.message = o.message
	JOIN messages m ON m.id = o.message
	WHERE m.owner = $1 AND m.received >= $2 AND f.class <> m.class
	GROUP BY m.received / 86400000000000, f.class, m.class`

// Judged counts an owner's messages received since a time, by day, class as
// first judged, and class now.
func (d *DB) Judged(ctx context.Context, owner string, since time.Time) ([]index.Tally, error) {
	type kind struct{ day, judged, now int64 }
	count := map[kind]int64{}
	err := d.read(ctx, func(scan func(...any) error) error {
		var k kind
		var n [3]int64
		if err := scan(&k.day, &k.judged, &k.now, &n[0], &n[1], &n[2]); err != nil {
			return err
		}
		if k.judged != k.now { // counted as what it is now, too
			count[k] += n[0]
			count[kind{k.day, k.now, k.now}] -= n[0]
			return nil
		}
		for class, n := range n {
			count[kind{k.day, int64(class), int64(class)}] += n
		}
		return nil
	}, countedQuery+" UNION ALL "+otherwiseQuery, owner, nanos(since))
	if err != nil {
		return nil, d.explain("count messages", err)
	}
	var all []index.Tally
	for k, n := range count {
		if n != 0 {
			all = append(all, index.Tally{Day: time.Unix(0, k.day*int64(24*time.Hour)).UTC(), Judged: filter.Class(k.judged), Now: filter.Class(k.now), Count: int(n)})
		}
	}
	slices.SortFunc(all, func(a, b index.Tally) int {
		return cmp.Or(a.Day.Compare(b.Day), cmp.Compare(a.Judged, b.Judged), cmp.Compare(a.Now, b.Now))
	})
	return all, nil
}
