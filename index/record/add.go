package record

import (
	"context"
	"database/sql"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"restante/filter"
	"restante/index"
	"restante/index/blob"
)

// Add puts messages, receipts and change numbers into one commit and moves the
// position forward, never back. It sets each Message.ID and gives them in the
// order of adds. A message whose owner has the UID already is left as it is and
// gets no change number, and its receipt is left as it is if it is there; but
// where the same bytes lie further on now, its place follows them, which is a
// change. A receipt without account and UID is none.
func (d *DB) Add(ctx context.Context, adds []index.Addition, upTo blob.Position) ([]int64, error) {
	rows, err := messageRows(adds)
	if err != nil {
		return nil, fmt.Errorf("add messages: %w", err)
	}
	ids := make([]int64, len(adds))
	err = d.writeMail(ctx, false, func(ctx context.Context, tx *sql.Tx, name namer) error {
		if d.engine.lite {
			// The driver hears of the end of a context through a goroutine for
			// each statement, and all of these are short.
			ctx = context.WithoutCancel(ctx)
		}
		heads, err := d.lockOwners(ctx, tx, adds)
		if err != nil {
			return err
		}
		kinds, err := d.insertMessages(ctx, tx, adds, rows, ids)
		if err != nil {
			return err
		}
		for i := range adds {
			name(adds[i].Message.Owner, ids[i])
		}
		if err := d.insertChanges(ctx, tx, adds, kinds, ids, heads); err != nil {
			return err
		}
		if err := d.insertReceipts(ctx, tx, adds, kinds, ids); err != nil {
			return err
		}
		return d.exec(ctx, tx, "UPDATE state SET segment = $1, place = $2 WHERE segment < $1 OR segment = $1 AND place < $2",
			int64(upTo.Segment), upTo.Offset)
	})
	if err != nil {
		return nil, d.explain("add messages", err)
	}
	for i := range adds {
		adds[i].Message.ID = ids[i]
	}
	return ids, nil
}

// messageRows makes the rows, in the order of messageFields without id.
func messageRows(adds []index.Addition) ([][]any, error) {
	rows := make([][]any, len(adds))
	for i := range adds {
		if err := adds[i].Check(); err != nil {
			return nil, err
		}
		m := &adds[i].Message
		reasons, err := encodeReasons(m.Reasons)
		if err != nil {
			return nil, err
		}
		rows[i] = []any{m.Owner, m.UID, m.Account, flag(m.Imported), m.Mailbox, m.Digest[:], int64(m.Ref.Segment), m.Ref.Offset,
			m.Ref.Length, m.Size, m.Served, m.Plain, nanos(m.Received), int64(m.Class), finite(m.Score), []byte(m.Added), []byte(m.Tag), reasons, listed(m)}
	}
	return rows, nil
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// The values of the column listed. What was filed as read everywhere has 3.
const (
	isDeleted = 0
	isListed  = 1
	isArchive = 2
)

func listed(m *index.Message) int64 {
	switch {
	case m.Archive:
		return isArchive
	case m.Listed:
		return isListed
	}
	return isDeleted
}

func encodeReasons(reasons []filter.Reason) (string, error) {
	if len(reasons) == 0 {
		return "", nil
	}
	clean := slices.Clone(reasons)
	for i := range clean {
		clean[i].Weight = finite(clean[i].Weight)
	}
	b, err := json.Marshal(clean)
	return string(b), err
}

// lockOwners takes the owners' rows, in one order everywhere so that no two
// writers wait for each other, and gives their last change numbers. Nobody
// else can take the next ones before this transaction ends.
func (d *DB) lockOwners(ctx context.Context, tx *sql.Tx, adds []index.Addition) (map[string]int64, error) {
	heads := map[string]int64{}
	for i := range adds {
		heads[adds[i].Message.Owner] = 0
	}
	for _, owner := range slices.Sorted(maps.Keys(heads)) {
		head, _, err := d.lockOwner(ctx, tx, owner)
		if err != nil {
			return nil, err
		}
		heads[owner] = head
	}
	return heads, nil
}

func (d *DB) lockOwner(ctx context.Context, tx *sql.Tx, owner string) (change, lesson int64, err error) {
	stmt, err := d.statement(ctx, tx, `INSERT INTO owners (name, change, lesson) VALUES ($1, 0, 0)
		ON CONFLICT (name) DO UPDATE SET change = owners.change RETURNING change, lesson`)
	if err != nil {
		return 0, 0, err
	}
	defer stmt.Close()
	err = stmt.QueryRowContext(ctx, owner).Scan(&change, &lesson)
	return change, lesson, err
}

type ownUID struct{ owner, uid string }

// insertMessages sets ids, and tells what happened to each message: Added where
// it was not there before, Altered where it lies elsewhere now, 0 otherwise.
func (d *DB) insertMessages(ctx context.Context, tx *sql.Tx, adds []index.Addition, rows [][]any, ids []int64) ([]index.ChangeKind, error) {
	found := make(map[ownUID]int64, len(adds))
	err := d.insert(ctx, tx, "messages ("+messageFields+")", "ON CONFLICT (owner, uid) DO NOTHING RETURNING id, owner, uid", rows,
		func(scan func(...any) error) error {
			var id int64
			var k ownUID
			err := scan(&id, &k.owner, &k.uid)
			found[k] = id
			return err
		})
	if err != nil {
		return nil, err
	}
	kinds := make([]index.ChangeKind, len(adds))
	done := make(map[ownUID]bool, len(adds))
	for i := range adds {
		k := ownUID{adds[i].Message.Owner, adds[i].Message.UID}
		id, inserted := found[k]
		if inserted && !done[k] { // the same UID may stand in adds twice
			ids[i], kinds[i], done[k] = id, index.Added, true
			continue
		}
		if !inserted {
			err := tx.QueryRowContext(ctx, "SELECT id FROM messages WHERE owner = $1 AND uid = $2", k.owner, k.uid).Scan(&id)
			if err != nil {
				return nil, err
			}
		}
		ids[i] = id
		moved, err := follow(ctx, tx, id, &adds[i].Message)
		if err != nil {
			return nil, err
		}
		if moved {
			kinds[i] = index.Altered
		}
	}
	return kinds, nil
}

// follow lets a row name the last place of its bytes: they are written again
// where those that are held cannot be read. The place before is noted, because
// what was written there may be readable all the same, and is to be erased with
// the message.
func follow(ctx context.Context, tx *sql.Tx, id int64, m *index.Message) (bool, error) {
	moved, err := one(tx.ExecContext(ctx, `INSERT INTO leftovers (message, segment, place, length)
		SELECT id, segment, place, length FROM messages
		WHERE id = $3 AND digest = $4 AND (segment < $1 OR segment = $1 AND place < $2)`,
		int64(m.Ref.Segment), m.Ref.Offset, id, m.Digest[:]))
	if err != nil || !moved {
		return false, err
	}
	_, err = tx.ExecContext(ctx, "UPDATE messages SET segment = $1, place = $2, length = $3 WHERE id = $4",
		int64(m.Ref.Segment), m.Ref.Offset, m.Ref.Length, id)
	return true, err
}

func (d *DB) insertChanges(ctx context.Context, tx *sql.Tx, adds []index.Addition, kinds []index.ChangeKind, ids []int64, heads map[string]int64) error {
	var rows [][]any
	grown := map[string]bool{}
	for i := range adds {
		if kinds[i] != 0 {
			owner := adds[i].Message.Owner
			heads[owner]++
			grown[owner] = true
			rows = append(rows, []any{owner, heads[owner], int64(kinds[i]), ids[i]})
		}
	}
	for owner := range grown {
		if err := d.exec(ctx, tx, "UPDATE owners SET change = $1 WHERE name = $2", heads[owner], owner); err != nil {
			return err
		}
	}
	return d.insert(ctx, tx, "changes (owner, number, kind, message)", "", rows, nil)
}

func (d *DB) insertReceipts(ctx context.Context, tx *sql.Tx, adds []index.Addition, kinds []index.ChangeKind, ids []int64) error {
	var news, replayed [][]any
	at := map[[2]string]int{} // no statement may touch a row twice
	for i := range adds {
		r := &adds[i].Receipt
		switch k := [2]string{r.Account, r.UID}; {
		case k == [2]string{}:
		case kinds[i] != index.Added:
			replayed = append(replayed, receiptRow(ids[i], r))
		default:
			if n, twice := at[k]; twice {
				news[n] = receiptRow(ids[i], r)
				continue
			}
			at[k] = len(news)
			news = append(news, receiptRow(ids[i], r))
		}
	}
	if err := d.insert(ctx, tx, receiptsInto, "ON CONFLICT (account, uid) DO NOTHING", replayed, nil); err != nil {
		return err
	}
	return d.insert(ctx, tx, receiptsInto, receiptsTail, news, nil)
}

// A UID seen again may name another message than before: upstreams number
// theirs anew. When the message was first seen stays while it is the same.
const (
	receiptsInto = "receipts (account, uid, message, taken, size, head)"
	receiptsTail = `ON CONFLICT (account, uid) DO UPDATE SET
		taken = CASE WHEN receipts.message = excluded.message THEN receipts.taken ELSE excluded.taken END,
		message = excluded.message, size = excluded.size, head = excluded.head`
)

func receiptRow(message int64, r *index.Receipt) []any {
	return []any{r.Account, []byte(r.UID), message, nanos(r.Taken.At), r.Taken.Size, int64(binary.BigEndian.Uint64(r.Taken.Head[:]))}
}

// Receipts adds a receipt to a message that is there; ErrNotFound when it is
// not. One that is there under its account and UID is overwritten, but for when
// the same message was first seen.
func (d *DB) Receipts(ctx context.Context, message int64, r index.Receipt) error {
	if err := index.CheckText("receipt's account", r.Account); err != nil {
		return fmt.Errorf("add receipt: %w", err)
	}
	return d.explain("add receipt", d.writeBeside(ctx, false, func(ctx context.Context, tx *sql.Tx) error {
		var there int64
		if err := tx.QueryRowContext(ctx, "SELECT id FROM messages WHERE id = $1", message).Scan(&there); err != nil {
			return err
		}
		return d.insert(ctx, tx, receiptsInto, receiptsTail, [][]any{receiptRow(message, &r)}, nil)
	}))
}
