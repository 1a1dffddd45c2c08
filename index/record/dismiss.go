package record

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"restante/index"
)

// Dismiss does what DELE means in a view, all in one commit that survives a power
// cut. What hangs outside the view by now stays as it is, and so does what is not
// the owner's.
func (d *DB) Dismiss(ctx context.Context, v index.View, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	if err := checkView(v); err != nil {
		return fmt.Errorf("delete messages: %w", err)
	}
	ids = slices.Compact(slices.Sorted(slices.Values(ids))) // in one order, so that no two writers wait for each other
	return d.explain("delete messages", d.writeDearMail(ctx, func(ctx context.Context, tx *sql.Tx, name namer) error {
		name(v.Owner, ids...)
		change, lesson, err := d.lockOwner(ctx, tx, v.Owner)
		if err == nil {
			err = holdDevice(ctx, tx, v)
		}
		if err != nil {
			return err
		}
		for _, box := range v.Boxes {
			x := dismissal{d: d, ctx: ctx, tx: tx, v: v, box: box, change: change}
			if err := pieces(len(ids), func(from, to int) error { return x.piece(ids[from:to]) }); err != nil {
				return err
			}
			change = x.change
		}
		return setHeads(ctx, tx, v.Owner, change, lesson)
	}))
}

func checkView(v index.View) error {
	err := index.CheckText("owner", v.Owner)
	for _, box := range v.Boxes {
		err = errors.Join(err, index.CheckText("mailbox", box.Name))
	}
	return err
}

// dismissal is what DELE does in one box of a view.
type dismissal struct {
	d      *DB
	ctx    context.Context
	tx     *sql.Tx
	v      index.View
	box    index.Box
	change int64 // the owner's last
}

// Statements of a piece of ids, which stand where (ids) does. The owner is kept
// from SQLite's planner, which would walk all of the owner's rows sooner than look
// up so many by their number.
const (
	hideQuery = `INSERT INTO hidden (device, mailbox, message) SELECT CAST($1 AS BIGINT), CAST($2 AS TEXT), id FROM messages
		WHERE owner || '' = $3 AND (mailbox = $2 OR $4 = 1) AND id IN (ids) ON CONFLICT (device, mailbox, message) DO NOTHING`
	unlistQuery  = "UPDATE messages SET listed = 0 WHERE owner || '' = $1 AND mailbox = $2 AND listed = 1 AND id IN (ids)"
	fileQuery    = "UPDATE messages SET listed = 3 WHERE owner || '' = $1 AND mailbox = $2 AND listed IN (0, 1) AND id IN (ids)"
	endAllQuery  = "DELETE FROM deliveries WHERE owner = $1 AND home <> '' AND message IN (ids)"
	endQuery     = "DELETE FROM deliveries WHERE owner = $1 AND device = $2 AND mailbox = $3 AND message IN (ids)"
	unhideQuery  = "DELETE FROM hidden WHERE mailbox = $3 AND message IN (SELECT id FROM messages WHERE owner || '' = $1 AND mailbox = $2 AND id IN (ids))"
	intoBinQuery = "UPDATE messages SET listed = CASE WHEN listed = 2 THEN 2 ELSE 1 END, mailbox = $3 WHERE owner || '' = $1 AND mailbox = $2 AND id IN (ids) RETURNING id"
)

// with puts numbered arguments behind those that are there into a statement.
func with(stmt string, args []any, ids []int64) (string, []any) {
	var list strings.Builder
	for i := range ids {
		fmt.Fprintf(&list, ",$%d", len(args)+i+1)
	}
	return strings.Replace(stmt, "(ids)", "("+list.String()[1:]+")", 1), append(args, anys(ids)...)
}

func (x *dismissal) exec(ids []int64, stmt string, args ...any) error {
	stmt, args = with(stmt, args, ids)
	_, err := x.tx.ExecContext(x.ctx, stmt, args...)
	return err
}

func (x *dismissal) piece(ids []int64) error {
	owner, device, box := x.v.Owner, x.v.Device, x.box.Name
	var err error
	switch {
	case x.box.Virtual:
		err = x.exec(ids, hideQuery, device, box, owner, int64(1))
	case x.v.Dele == index.DeleFile:
		if err = x.exec(ids, fileQuery, owner, box); err == nil {
			err = x.exec(ids, endAllQuery, owner)
		}
	case x.v.Dele == index.DeleTrash && box != index.Trash:
		err = x.trash(ids)
	case device == 0:
		err = x.exec(ids, unlistQuery, owner, box)
	default:
		err = x.exec(ids, hideQuery, device, box, owner, int64(0))
	}
	if err != nil {
		return err
	}
	return x.exec(ids, endQuery, owner, device, box)
}

// trash moves messages that hang in the box. What was delivered again into it and
// hangs elsewhere stays there.
func (x *dismissal) trash(ids []int64) error {
	if err := x.exec(ids, unhideQuery, x.v.Owner, x.box.Name, index.Trash); err != nil {
		return err
	}
	stmt, args := with(intoBinQuery, []any{x.v.Owner, x.box.Name, index.Trash}, ids)
	rows, err := x.tx.QueryContext(x.ctx, stmt, args...)
	if err != nil {
		return err
	}
	var changes [][]any
	err = drain(rows, func(scan func(...any) error) error {
		var id int64
		err := scan(&id)
		x.change++
		changes = append(changes, []any{x.v.Owner, x.change, int64(index.Altered), id})
		return err
	})
	if err != nil {
		return err
	}
	return x.d.insert(x.ctx, x.tx, "changes (owner, number, kind, message)", "", changes, nil)
}

// Redeliver lets a view list messages again in its first box, in one commit that
// survives a power cut. What was delivered there before gets the new UID. A
// message that is not the owner's is none.
func (d *DB) Redeliver(ctx context.Context, v index.View, all []index.Redelivery, now time.Time) (n int, err error) {
	if err := checkView(v); err != nil {
		return 0, fmt.Errorf("deliver again: %w", err)
	}
	if len(v.Boxes) == 0 {
		return 0, errors.New("deliver again: into no mailbox")
	}
	all = slices.SortedFunc(slices.Values(all), func(a, b index.Redelivery) int { return cmp.Compare(a.Message, b.Message) })
	err = d.writeDearMail(ctx, func(ctx context.Context, tx *sql.Tx, name namer) error {
		n = 0
		if err := holdDevice(ctx, tx, v); err != nil {
			return err
		}
		var behind int64
		if err := tx.QueryRowContext(ctx, "SELECT COALESCE(MAX(id), 0) FROM messages").Scan(&behind); err != nil {
			return err
		}
		for _, x := range all {
			name(v.Owner, x.Message)
			done, err := one(tx.ExecContext(ctx, redeliverQuery, v.Owner, v.Device, v.Boxes[0].Name, x.Message, x.UID,
				flag(v.Boxes[0].Virtual), behind, nanos(now)))
			if err != nil {
				return err
			}
			n += int(flag(done))
		}
		return nil
	})
	return n, d.explain("deliver again", err)
}

const redeliverQuery = `INSERT INTO deliveries (owner, device, mailbox, message, uid, home, behind, made)
	SELECT owner, CAST($2 AS BIGINT), CAST($3 AS TEXT), id, CAST($5 AS TEXT), CASE WHEN $6 = 1 THEN '' ELSE mailbox END, CAST($7 AS BIGINT), CAST($8 AS BIGINT)
	FROM messages WHERE owner = $1 AND id = $4
	ON CONFLICT (owner, device, mailbox, message) DO UPDATE SET uid = excluded.uid, home = excluded.home, behind = excluded.behind, made = excluded.made`
