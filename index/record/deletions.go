package record

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"restante/fetch"
)

// Mark notes deletions upstream that are about to be asked for, in one commit
// that survives a power cut, as do then the receipts that it believes. It fills
// in ID, Message and Digest; what the owner has no message of, and had none of
// that expired, gets no row. A row that the message has already gives way: it is
// still there.
func (d *DB) Mark(ctx context.Context, owner, account string, all []fetch.Deletion) error {
	done := make([]fetch.Deletion, len(all))
	err := d.writeBeside(ctx, true, func(ctx context.Context, tx *sql.Tx) error {
		stmt, err := tx.PrepareContext(ctx, markQuery)
		if err != nil {
			return err
		}
		defer stmt.Close()
		again, err := tx.PrepareContext(ctx, againQuery)
		if err != nil {
			return err
		}
		defer again.Close()
		for i, del := range all {
			var digest []byte
			err := stmt.QueryRowContext(ctx, owner, account, []byte(del.UID), nanos(del.At), plain(del.Why)).Scan(&del.ID, &del.Message, &digest)
			switch {
			case errors.Is(err, sql.ErrNoRows):
				del.ID, del.Message, del.Digest = 0, 0, [32]byte{}
			case err != nil:
				return err
			case copy(del.Digest[:], digest) != len(del.Digest):
				return fmt.Errorf("message %d: digest of %d octets", del.Message, len(digest))
			}
			if del.ID != 0 {
				if _, err := again.ExecContext(ctx, owner, account, []byte(del.UID), del.Message, del.ID, untrueFrom(del.UID)); err != nil {
					return err
				}
			}
			del.State = fetch.DeletionMarked
			done[i] = del
		}
		return nil
	})
	if err != nil {
		return d.explain("note deletions of "+account, err)
	}
	copy(all, done)
	return nil
}

// PostgreSQL wants to be told the types of what is selected.
const markQuery = `INSERT INTO deletions (owner, account, uid, message, digest, deleted, state, why)
	SELECT m.owner, r.account, r.uid, m.id, m.digest, CAST($4 AS BIGINT), 0, CAST($5 AS TEXT)
	FROM receipts r JOIN messages m ON m.id = r.message
	WHERE r.account = $2 AND r.uid = $3 AND m.owner = $1
	UNION ALL SELECT t.owner, r.account, r.uid, t.message, t.digest, CAST($4 AS BIGINT), 0, CAST($5 AS TEXT)
	FROM receipts r JOIN tombstones t ON t.message = r.message
	WHERE r.account = $2 AND r.uid = $3 AND t.owner = $1
	RETURNING id, message, digest`

// againQuery drops rows that say otherwise of a message that is about to be
// deleted. Without it an upstream that never deletes would get a row a message a
// round.
const againQuery = `DELETE FROM deletions WHERE owner = $1 AND account = $2 AND uid = $3 AND message = $4 AND id < $5
	AND state >= $6`

// untrueFrom gives the first of the states that an earlier row cannot have of
// a message that is listed. What goes by its digest, see fetch.Parcel, may be a
// second copy.
func untrueFrom(uid string) int64 {
	if strings.HasPrefix(uid, "sha256-") {
		return int64(fetch.DeletionUndone)
	}
	return int64(fetch.DeletionDone)
}

const deletionFields = "id, uid, message, digest, deleted, state, why"

func (d *DB) deletions(ctx context.Context, query string, args ...any) ([]fetch.Deletion, error) {
	var all []fetch.Deletion
	err := d.read(ctx, func(scan func(...any) error) error {
		var uid, digest sql.RawBytes
		var at int64
		var del fetch.Deletion
		if err := scan(&del.ID, &uid, &del.Message, &digest, &at, &del.State, &del.Why); err != nil {
			return err
		}
		del.UID, del.At = string(uid), fromNanos(at)
		copy(del.Digest[:], digest)
		all = append(all, del)
		return nil
	}, query, args...)
	return all, err
}

// Deletions gives at most max of the deletions upstream of an owner's mail in
// an account, the last first.
func (d *DB) Deletions(ctx context.Context, owner, account string, max int) ([]fetch.Deletion, error) {
	if max <= 0 {
		return nil, nil
	}
	all, err := d.deletions(ctx, "SELECT "+deletionFields+" FROM deletions WHERE owner = $1 AND account = $2 ORDER BY id DESC LIMIT $3",
		owner, account, max)
	return all, d.explain("read deletions of "+account, err)
}

// Marked gives those deletions of which it is not known what came of them, the
// oldest first.
func (d *DB) Marked(ctx context.Context, owner, account string) ([]fetch.Deletion, error) {
	all, err := d.deletions(ctx, markedQuery, owner, account)
	return all, d.explain("read deletions of "+account, err)
}

const markedQuery = "SELECT " + deletionFields + " FROM deletions WHERE owner = $1 AND account = $2 AND state = 0 ORDER BY id"

// Settle says what came of deletions, by their numbers. A power cut may undo
// it: then the next listing shows it again.
func (d *DB) Settle(ctx context.Context, owner, account string, states map[int64]fetch.DeletionState) error {
	if len(states) == 0 {
		return nil
	}
	return d.explain("settle deletions of "+account, d.writeBeside(ctx, false, func(ctx context.Context, tx *sql.Tx) error {
		stmt, err := tx.PrepareContext(ctx, "UPDATE deletions SET state = $1 WHERE id = $2 AND owner = $3 AND account = $4")
		if err != nil {
			return err
		}
		defer stmt.Close()
		for id, state := range states {
			if _, err := stmt.ExecContext(ctx, int64(state), id, owner, account); err != nil {
				return err
			}
		}
		return nil
	}))
}

// Archived gives the numbers of the owner's messages that an account's receipts
// name, by UID.
func (d *DB) Archived(ctx context.Context, owner, account string, uids []string) (map[string]int64, error) {
	found := make(map[string]int64, len(uids))
	for _, uid := range uids {
		var id int64
		err := d.readOne(ctx, []any{&id}, `SELECT m.id FROM receipts r JOIN messages m ON m.id = r.message
			WHERE r.account = $1 AND r.uid = $2 AND m.owner = $3`, account, []byte(uid), owner)
		switch {
		case errors.Is(err, sql.ErrNoRows):
		case err != nil:
			return nil, d.explain("look for messages of "+account, err)
		default:
			found[uid] = id
		}
	}
	return found, nil
}

// Rename lets receipts of an owner's messages, expired or not, go by other UIDs, in
// one commit.
// A receipt that is there under the new one gives way.
func (d *DB) Rename(ctx context.Context, owner, account string, names map[string]string) error {
	if len(names) == 0 {
		return nil
	}
	return d.explain("rename receipts of "+account, d.writeBeside(ctx, false, func(ctx context.Context, tx *sql.Tx) error {
		var rows [][]any
		drop := make([]string, 0, len(names))
		for old, name := range names {
			row := []any{account, []byte(name), nil, nil, nil, nil}
			err := tx.QueryRowContext(ctx, `SELECT r.message, r.taken, r.size, r.head FROM receipts r
				WHERE r.account = $1 AND r.uid = $2 AND (EXISTS (SELECT 1 FROM messages m WHERE m.id = r.message AND m.owner = $3)
				OR EXISTS (SELECT 1 FROM tombstones t WHERE t.message = r.message AND t.owner = $3))`, account, []byte(old), owner).Scan(&row[2], &row[3], &row[4], &row[5])
			if errors.Is(err, sql.ErrNoRows) {
				continue
			}
			if err != nil {
				return err
			}
			rows, drop = append(rows, row), append(drop, old)
		}
		// The old ones go first: a new name may be another one's old name.
		err := d.dropRows(ctx, tx, `DELETE FROM receipts WHERE account = $2 AND uid = $3
			AND (EXISTS (SELECT 1 FROM messages m WHERE m.id = receipts.message AND m.owner = $1)
			OR EXISTS (SELECT 1 FROM tombstones t WHERE t.message = receipts.message AND t.owner = $1))`, owner, account, drop)
		if err != nil {
			return err
		}
		return d.insert(ctx, tx, receiptsInto, receiptsTail, rows, nil)
	}))
}
