package record

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"restante/index"
	"restante/index/blob"
)

// Unerased gives at most max places of what was buried, in the order of the
// segments. One that a message of the owner's lies at all the same, which no
// commit of ours makes, is none of them: nothing may be erased that somebody has.
func (d *DB) Unerased(ctx context.Context, max int) ([]index.Place, error) {
	var all []index.Place
	err := d.read(ctx, func(scan func(...any) error) error {
		var p index.Place
		var segment int64
		err := scan(&p.Message, &segment, &p.Ref.Offset, &p.Ref.Length)
		p.Ref.Segment = uint32(segment)
		all = append(all, p)
		return err
	}, unerasedQuery, max)
	if err != nil {
		return nil, d.explain("look for what is to be erased", err)
	}
	return all, nil
}

const unerasedQuery = `SELECT l.message, l.segment, l.place, l.length FROM leftovers l JOIN tombstones t ON t.message = l.message
	WHERE NOT EXISTS (SELECT 1 FROM messages m
		WHERE m.owner = t.owner AND m.digest = t.digest AND m.segment = l.segment AND m.place = l.place)
	ORDER BY l.segment, l.place LIMIT $1`

// Erased notes that the bytes at places are gone, and when, of messages of which
// none are left. It survives a power cut.
func (d *DB) Erased(ctx context.Context, places []index.Place, at time.Time) error {
	if len(places) == 0 {
		return nil
	}
	return d.explain("note what was erased", d.writeBeside(ctx, true, func(ctx context.Context, tx *sql.Tx) error {
		drop, err := tx.PrepareContext(ctx, "DELETE FROM leftovers WHERE message = $1 AND segment = $2 AND place = $3")
		if err != nil {
			return err
		}
		defer drop.Close()
		note, err := tx.PrepareContext(ctx, `UPDATE tombstones SET erased = $1 WHERE message = $2
			AND NOT EXISTS (SELECT 1 FROM leftovers l WHERE l.message = tombstones.message)`)
		if err != nil {
			return err
		}
		defer note.Close()
		for _, p := range places {
			if _, err := drop.ExecContext(ctx, p.Message, int64(p.Ref.Segment), p.Ref.Offset); err != nil {
				return err
			}
			if _, err := note.ExecContext(ctx, nanos(at), p.Message); err != nil {
				return err
			}
		}
		return nil
	}))
}

// Tombstones gives at most max of them, the last first.
func (d *DB) Tombstones(ctx context.Context, max int) ([]index.Tombstone, error) {
	if max <= 0 {
		return nil, nil
	}
	var all []index.Tombstone
	err := d.read(ctx, func(scan func(...any) error) error {
		var t index.Tombstone
		var digest []byte
		var received, shown, expired, erased int64
		err := scan(&t.Message, &t.Owner, &t.UID, &t.Account, &t.Mailbox, &digest, &t.Size, &received, &t.Rule, &shown, &expired, &erased)
		if err != nil {
			return err
		}
		if len(digest) != len(t.Digest) {
			return fmt.Errorf("tombstone of message %d: digest of %d octets", t.Message, len(digest))
		}
		t.Digest = blob.Digest(digest)
		t.Received, t.Shown, t.Expired, t.Erased = fromNanos(received), fromNanos(shown), fromNanos(expired), fromNanos(erased)
		all = append(all, t)
		return nil
	}, `SELECT message, owner, uid, account, mailbox, digest, size, received, rule, shown, expired, erased
		FROM tombstones ORDER BY id DESC LIMIT $1`, max)
	if err != nil {
		return nil, d.explain("read what expired", err)
	}
	return all, nil
}

// BuriedUIDs tells which of an owner's UIDs are those of tombstones.
func (d *DB) BuriedUIDs(ctx context.Context, owner string, uids []string) (map[string]bool, error) {
	buried, err := d.uidsIn(ctx, "tombstones", owner, uids)
	return buried, d.explain("look for what expired", err)
}

// KeptUIDs tells which of an owner's UIDs are those of messages.
func (d *DB) KeptUIDs(ctx context.Context, owner string, uids []string) (map[string]bool, error) {
	kept, err := d.uidsIn(ctx, "messages", owner, uids)
	return kept, d.explain("look for messages", err)
}

func (d *DB) uidsIn(ctx context.Context, table, owner string, uids []string) (map[string]bool, error) {
	found := map[string]bool{}
	err := pieces(len(uids), func(from, to int) error {
		args := append([]any{owner}, anys(uids[from:to])...)
		// ($1,$2,…) without its first is the list of UIDs.
		return d.read(ctx, func(scan func(...any) error) error {
			var uid string
			err := scan(&uid)
			found[uid] = true
			return err
		}, "SELECT uid FROM "+table+" WHERE owner = $1 AND uid IN ("+tuples(1, len(args))[len("($1,"):], args...)
	})
	return found, err
}
