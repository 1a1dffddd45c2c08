package record

import (
	"context"
	"database/sql"
	"encoding/binary"
	"encoding/json"
	"fmt"

	"restante/fetch"
	"restante/filter"
	"restante/index"
	"restante/index/blob"
)

const messageFields = "owner, uid, account, imported, mailbox, digest, segment, place, length, size, served, plain, received, class, score, added, tag, reasons, listed"

// scanMessage reads id and messageFields.
func scanMessage(scan func(...any) error, m *index.Message) error {
	var (
		digest, added, tag                         []byte
		imported, segment, received, class, listed int64
		reasons                                    string
	)
	err := scan(&m.ID, &m.Owner, &m.UID, &m.Account, &imported, &m.Mailbox, &digest, &segment, &m.Ref.Offset,
		&m.Ref.Length, &m.Size, &m.Served, &m.Plain, &received, &class, &m.Score, &added, &tag, &reasons, &listed)
	if err != nil {
		return err
	}
	if len(digest) != len(m.Digest) {
		return fmt.Errorf("message %d: digest of %d octets", m.ID, len(digest))
	}
	m.Imported = imported != 0
	m.Digest = blob.Digest(digest)
	m.Ref.Segment = uint32(segment)
	m.Received = fromNanos(received)
	m.Class = filter.Class(class)
	m.Added, m.Tag = string(added), string(tag)
	m.Listed, m.Archive = listed == isListed, listed == isArchive
	m.Reasons = nil
	if reasons != "" {
		if err := json.Unmarshal([]byte(reasons), &m.Reasons); err != nil {
			return fmt.Errorf("message %d: reasons: %w", m.ID, err)
		}
	}
	return nil
}

// Holds gives all of an owner's messages with a digest, the oldest first.
func (d *DB) Holds(ctx context.Context, owner string, digest blob.Digest) ([]index.Message, error) {
	var all []index.Message
	err := d.read(ctx, func(scan func(...any) error) error {
		var m index.Message
		err := scanMessage(scan, &m)
		all = append(all, m)
		return err
	}, holdsQuery, owner, digest[:])
	if err != nil {
		return nil, d.explain("look for message "+digest.String(), err)
	}
	return all, nil
}

const holdsQuery = "SELECT id, " + messageFields + " FROM messages WHERE owner = $1 AND digest = $2 ORDER BY id"

// Message gives an owner's message; ErrNotFound where it is not there or not
// the owner's.
func (d *DB) Message(ctx context.Context, owner string, id int64) (m index.Message, err error) {
	ctx, cancel := context.WithTimeout(ctx, d.limit)
	defer cancel()
	err = scanMessage(d.row(ctx, "SELECT id, "+messageFields+" FROM messages WHERE owner = $1 AND id = $2", owner, id), &m)
	return m, d.explain(fmt.Sprintf("read message %d", id), err)
}

// The owner is kept from SQLite's planner, which might walk all of the owner's rows.
const servingQuery = "SELECT id, segment, place, length, digest, added, tag FROM messages WHERE owner || '' = $1 AND id IN (ids)"

// Servings gives what it takes to serve those of an owner's messages that are there,
// by ID.
func (d *DB) Servings(ctx context.Context, owner string, ids []int64) (map[int64]index.Serving, error) {
	all := make(map[int64]index.Serving, len(ids))
	each := func(scan func(...any) error) error {
		var id int64
		var s index.Serving
		var digest, added, tag sql.RawBytes
		if err := scan(&id, &s.Ref.Segment, &s.Ref.Offset, &s.Ref.Length, &digest, &added, &tag); err != nil {
			return err
		}
		if len(digest) != len(s.Digest) {
			return fmt.Errorf("message %d: digest of %d octets", id, len(digest))
		}
		s.Digest, s.Added, s.Tag = blob.Digest(digest), string(added), string(tag)
		all[id] = s
		return nil
	}
	err := pieces(len(ids), func(from, to int) error {
		query, args := with(servingQuery, []any{owner}, ids[from:to])
		return d.read(ctx, each, query, args...)
	})
	if err != nil {
		return nil, d.explain("read messages", err)
	}
	return all, nil
}

// HasMailbox tells whether any message, listed or not, hangs in a mailbox.
func (d *DB) HasMailbox(ctx context.Context, owner, mailbox string) (has bool, err error) {
	if index.CheckText("", mailbox) != nil {
		return false, nil
	}
	err = d.read(ctx, func(scan func(...any) error) error {
		var one int
		has = true
		return scan(&one)
	}, "SELECT 1 FROM messages WHERE owner = $1 AND mailbox = $2 LIMIT 1", owner, mailbox)
	return has, d.explain("look for mailbox", err)
}

// Changes gives at most max of an owner's changes after a number, in order.
func (d *DB) Changes(ctx context.Context, owner string, after int64, max int) ([]index.Change, error) {
	if max <= 0 {
		return nil, nil
	}
	var all []index.Change
	err := d.read(ctx, func(scan func(...any) error) error {
		var c index.Change
		err := scan(&c.Number, &c.Kind, &c.Message)
		all = append(all, c)
		return err
	}, "SELECT number, kind, message FROM changes WHERE owner = $1 AND number > $2 ORDER BY number LIMIT $3", owner, after, max)
	if err != nil {
		return nil, d.explain("read changes", err)
	}
	return all, nil
}

// Taken gives an account's receipts by UID, as fetch.Ledger wants them: those
// of messages that are owner's, or were until they expired. Mail that another
// owner has is none of his.
func (d *DB) Taken(ctx context.Context, owner, account string) (map[string]fetch.Taken, error) {
	var (
		taken = map[string]fetch.Taken{}
		uid   sql.RawBytes
		at    int64
		head  int64
		t     fetch.Taken
	)
	err := d.read(ctx, func(scan func(...any) error) error {
		if err := scan(&uid, &at, &t.Size, &head); err != nil {
			return err
		}
		t.At = fromNanos(at)
		binary.BigEndian.PutUint64(t.Head[:], uint64(head))
		taken[string(uid)] = t
		return nil
	}, takenQuery, account, owner)
	if err != nil {
		return nil, d.explain("read receipts", err)
	}
	return taken, nil
}

// The owner of tombstones is kept from SQLite's planner, which might begin with
// all of them.
const takenQuery = `SELECT r.uid, r.taken, r.size, r.head FROM receipts r JOIN messages m ON m.id = r.message
	WHERE r.account = $1 AND m.owner = $2
	UNION ALL SELECT r.uid, r.taken, r.size, r.head FROM receipts r JOIN tombstones t ON t.message = r.message
	WHERE r.account = $1 AND t.owner || '' = $2`
