package record

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"restante/index"
	"restante/index/blob"
)

// Aged gives at most max messages behind one, in order of ID, that were received
// at a time or before it. One without a time of receipt is none of them.
func (d *DB) Aged(ctx context.Context, until time.Time, after int64, max int) ([]index.Message, error) {
	var all []index.Message
	err := d.read(ctx, func(scan func(...any) error) error {
		var m index.Message
		err := scanMessage(scan, &m)
		all = append(all, m)
		return err
	}, "SELECT id, "+messageFields+" FROM messages WHERE id > $1 AND received <= $2 AND received > $3 ORDER BY id LIMIT $4",
		after, nanos(until), int64(blob.NoTime), max)
	if err != nil {
		return nil, d.explain("look for old messages", err)
	}
	return all, nil
}

// Marks gives the marks of messages behind one, up to another.
func (d *DB) Marks(ctx context.Context, after, upTo int64) ([]index.Mark, error) {
	var all []index.Mark
	err := d.read(ctx, func(scan func(...any) error) error {
		var m index.Mark
		var shown int64
		err := scan(&m.Message, &m.Owner, &m.Rule, &shown)
		m.Shown = fromNanos(shown)
		all = append(all, m)
		return err
	}, "SELECT message, owner, rule, shown FROM expiring WHERE message > $1 AND message <= $2 ORDER BY message", after, upTo)
	if err != nil {
		return nil, d.explain("read what was shown", err)
	}
	return all, nil
}

// SetMarks sets marks, in place of those that the messages had, and drops those of
// some messages, in one commit that survives a power cut.
func (d *DB) SetMarks(ctx context.Context, set []index.Mark, drop []int64) error {
	if len(set)+len(drop) == 0 {
		return nil
	}
	rows := make([][]any, len(set))
	for i, m := range set {
		if err := errors.Join(index.CheckText("owner", m.Owner), index.CheckText("rule", m.Rule)); err != nil {
			return fmt.Errorf("note what was shown: %w", err)
		}
		rows[i] = []any{m.Message, m.Owner, m.Rule, nanos(m.Shown)}
	}
	return d.explain("note what was shown", d.writeBeside(ctx, true, func(ctx context.Context, tx *sql.Tx) error {
		err := pieces(len(drop), func(from, to int) error {
			_, err := tx.ExecContext(ctx, "DELETE FROM expiring WHERE message IN "+tuples(1, to-from), anys(drop[from:to])...)
			return err
		})
		if err != nil {
			return err
		}
		return d.insert(ctx, tx, "expiring (message, owner, rule, shown)",
			"ON CONFLICT (message) DO UPDATE SET owner = excluded.owner, rule = excluded.rule, shown = excluded.shown", rows, nil)
	}))
}

func anys[T any](all []T) []any {
	out := make([]any, len(all))
	for i, v := range all {
		out[i] = v
	}
	return out
}

// Bury takes messages out of the rows and leaves tombstones, in one commit that
// survives a power cut. What is not marked as it should be, or has changed, stays.
func (d *DB) Bury(ctx context.Context, b index.Burial) (out index.Buried, err error) {
	if err := index.CheckText("owner", b.Owner); err != nil {
		return out, fmt.Errorf("expire messages: %w", err)
	}
	err = d.writeDearMail(ctx, func(ctx context.Context, tx *sql.Tx, name namer) error {
		name(b.Owner, b.Messages...)
		out = index.Buried{}
		head, lesson, err := d.lockOwner(ctx, tx, b.Owner)
		if err != nil {
			return err
		}
		var held int64
		if err := tx.QueryRowContext(ctx, "SELECT COALESCE(MAX(id), 0) FROM holds WHERE owner = $1", b.Owner).Scan(&held); err != nil {
			return err
		}
		if held > b.Hold {
			return index.ErrHeld
		}
		if out.Changed, err = changedSince(ctx, tx, b.Owner, b.Head); err != nil {
			return err
		}
		for i, id := range b.Messages {
			if slices.Contains(out.Changed, id) {
				continue
			}
			gone, err := bury(ctx, tx, b, id, b.Rules[i], head+1)
			if err != nil {
				return err
			}
			if gone {
				head++
				out.Gone = append(out.Gone, id)
			}
		}
		out.Head = head
		return setHeads(ctx, tx, b.Owner, head, lesson)
	})
	if errors.Is(err, index.ErrHeld) {
		return index.Buried{}, fmt.Errorf("expire messages: %w", err)
	}
	return out, d.explain("expire messages", err)
}

// changedSince gives the messages of an owner that came or changed after a change.
func changedSince(ctx context.Context, tx *sql.Tx, owner string, head int64) (ids []int64, err error) {
	rows, err := tx.QueryContext(ctx, "SELECT DISTINCT message FROM changes WHERE owner = $1 AND number > $2 AND kind <> $3 ORDER BY message",
		owner, head, int64(index.Removed))
	if err != nil {
		return nil, err
	}
	err = drain(rows, func(scan func(...any) error) error {
		var id int64
		err := scan(&id)
		ids = append(ids, id)
		return err
	})
	return ids, err
}

// bury takes one message out of the rows. Its receipts stay, and name a
// tombstone from now on.
func bury(ctx context.Context, tx *sql.Tx, b index.Burial, id int64, rule string, change int64) (gone bool, err error) {
	gone, err = one(tx.ExecContext(ctx, `INSERT INTO tombstones (message, owner, uid, account, mailbox, digest, size, received, rule, shown, expired, erased)
		SELECT m.id, m.owner, m.uid, m.account, m.mailbox, m.digest, m.size, m.received, e.rule, e.shown, CAST($1 AS BIGINT), CAST($2 AS BIGINT)
		FROM messages m JOIN expiring e ON e.message = m.id AND e.owner = m.owner
		WHERE m.id = $3 AND m.owner || '' = $4 AND e.rule = $5 AND e.shown <= $6`,
		nanos(b.At), int64(blob.NoTime), id, b.Owner, rule, nanos(b.Shown)))
	if err != nil || !gone {
		return false, err
	}
	for _, stmt := range []string{
		`INSERT INTO leftovers (message, segment, place, length) SELECT id, segment, place, length FROM messages WHERE id = $1
			ON CONFLICT (message, segment, place) DO NOTHING`,
		"DELETE FROM expiring WHERE message = $1",
		"DELETE FROM hidden WHERE message = $1",
		"DELETE FROM deliveries WHERE message = $1",
		"DELETE FROM sights WHERE message = $1",
		"DELETE FROM messages WHERE id = $1",
	} {
		if _, err := tx.ExecContext(ctx, stmt, id); err != nil {
			return false, err
		}
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO changes (owner, number, kind, message) VALUES ($1, $2, $3, $4)",
		b.Owner, change, int64(index.Removed), id)
	return true, err
}
