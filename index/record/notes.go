package record

import (
	"context"
	"database/sql"
	"strings"

	"restante/fetch"
)

var (
	_ fetch.Notes     = (*DB)(nil)
	_ fetch.Deletions = (*DB)(nil)
	_ fetch.Renamer   = (*DB)(nil)
)

// maxWhy bounds what is kept of a reason, in octets: it may quote an upstream.
const maxWhy = 500

// plain makes text that both engines take.
func plain(s string) string {
	if len(s) > maxWhy {
		s = s[:maxWhy]
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "?"), "\x00", "?")
}

// Notes gives what is noted of an account's messages, in order of their UIDs.
func (d *DB) Notes(ctx context.Context, owner, account string) ([]fetch.Note, error) {
	var all []fetch.Note
	err := d.read(ctx, func(scan func(...any) error) error {
		var uid sql.RawBytes
		var since, next int64
		var n fetch.Note
		if err := scan(&uid, &n.Kind, &n.Tries, &since, &next, &n.Size, &n.Why); err != nil {
			return err
		}
		n.UID, n.Since, n.Next = string(uid), fromNanos(since), fromNanos(next)
		all = append(all, n)
		return nil
	}, "SELECT uid, kind, tries, since, next, size, why FROM notes WHERE owner = $1 AND account = $2 ORDER BY uid", owner, account)
	if err != nil {
		return nil, d.explain("read notes of "+account, err)
	}
	return all, nil
}

// Note sets notes and drops those of some UIDs, in one commit that survives a
// power cut. A UID must not be in both.
func (d *DB) Note(ctx context.Context, owner, account string, set []fetch.Note, drop []string) error {
	if len(set)+len(drop) == 0 {
		return nil
	}
	rows := make([][]any, 0, len(set))
	at := map[string]int{} // no statement may touch a row twice
	for _, n := range set {
		row := []any{owner, account, []byte(n.UID), int64(n.Kind), n.Tries, nanos(n.Since), nanos(n.Next), n.Size, plain(n.Why)}
		if i, twice := at[n.UID]; twice {
			rows[i] = row
			continue
		}
		at[n.UID] = len(rows)
		rows = append(rows, row)
	}
	return d.explain("note messages of "+account, d.writeBeside(ctx, true, func(ctx context.Context, tx *sql.Tx) error {
		err := d.insert(ctx, tx, "notes (owner, account, uid, kind, tries, since, next, size, why)",
			`ON CONFLICT (owner, account, uid) DO UPDATE SET kind = excluded.kind, tries = excluded.tries,
			since = excluded.since, next = excluded.next, size = excluded.size, why = excluded.why`, rows, nil)
		if err != nil {
			return err
		}
		return d.dropRows(ctx, tx, "DELETE FROM notes WHERE owner = $1 AND account = $2 AND uid = $3", owner, account, drop)
	}))
}

// dropRows runs a statement with each of some UIDs.
func (d *DB) dropRows(ctx context.Context, tx *sql.Tx, query, owner, account string, uids []string) error {
	if len(uids) == 0 {
		return nil
	}
	stmt, err := tx.PrepareContext(ctx, query)
	if err != nil {
		return err
	}
	defer stmt.Close()
	for _, uid := range uids {
		if _, err := stmt.ExecContext(ctx, owner, account, []byte(uid)); err != nil {
			return err
		}
	}
	return nil
}

// ForgetNotes lets an account try again, at its next round, what could not be
// taken. What is noted for other reasons than failures stays.
func (d *DB) ForgetNotes(ctx context.Context, owner, account string) error {
	return d.explain("forget notes of "+account, d.writeBeside(ctx, true, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM notes WHERE owner = $1 AND account = $2 AND kind IN ($3, $4)",
			owner, account, int64(fetch.NoteRefused), int64(fetch.NoteBroke))
		return err
	}))
}
