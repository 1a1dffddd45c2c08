package record

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"restante/filter"
	"restante/index"
)

// Place gives the owner's messages a class, a mailbox and a change number each,
// all or none, under the name of a lesson, and survives a power cut. ErrNotFound
// where one is not the owner's.
func (d *DB) Place(ctx context.Context, owner string, c filter.Class, moves []index.Move, lesson int64) error {
	if err := checkMoves(owner, moves); err != nil {
		return fmt.Errorf("place messages: %w", err)
	}
	return d.explain("place messages", d.writeDearMail(ctx, func(ctx context.Context, tx *sql.Tx, name namer) error {
		change, last, err := d.lockOwner(ctx, tx, owner)
		if err == nil {
			change, err = place(ctx, tx, name, owner, c, moves, change, lesson)
		}
		if err != nil {
			return err
		}
		return setHeads(ctx, tx, owner, change, last)
	}))
}

// Move hangs the owner's messages elsewhere, all or none, with a change number
// each, and survives a power cut. ErrNotFound where one is not the owner's.
func (d *DB) Move(ctx context.Context, owner string, moves []index.Move) error {
	if err := checkMoves(owner, moves); err != nil {
		return fmt.Errorf("move messages: %w", err)
	}
	return d.explain("move messages", d.writeDear(ctx, func(ctx context.Context, tx *sql.Tx) error {
		change, last, err := d.lockOwner(ctx, tx, owner)
		if err != nil {
			return err
		}
		for _, m := range moves {
			var there string
			err := tx.QueryRowContext(ctx, "SELECT mailbox FROM messages WHERE owner = $1 AND id = $2", owner, m.Message).Scan(&there)
			if errors.Is(err, sql.ErrNoRows) {
				err = index.ErrNotFound
			}
			if err != nil {
				return err
			}
			if there == m.Mailbox {
				continue
			}
			if err := unhide(ctx, tx, owner, m); err != nil {
				return err
			}
			_, err = tx.ExecContext(ctx, `UPDATE messages SET listed = CASE WHEN listed = 2 THEN 2 ELSE 1 END, mailbox = $1
				WHERE owner = $2 AND id = $3`, m.Mailbox, owner, m.Message)
			if err != nil {
				return err
			}
			change++
			if err := altered(ctx, tx, owner, m.Message, change); err != nil {
				return err
			}
		}
		return setHeads(ctx, tx, owner, change, last)
	}))
}

func checkMoves(owner string, moves []index.Move) error {
	err := index.CheckText("owner", owner)
	if owner == "" {
		err = errors.New("whose it is must be said")
	}
	for _, m := range moves {
		err = errors.Join(err, index.CheckText("mailbox", m.Mailbox))
		if m.Mailbox == "" {
			err = errors.Join(err, fmt.Errorf("message %d: no mailbox", m.Message))
		}
	}
	return err
}

// place moves messages, notes how they were before the lesson, and gives the
// owner's last change number, of which change is the one before.
func place(ctx context.Context, tx *sql.Tx, name namer, owner string, c filter.Class, moves []index.Move, change, lesson int64) (int64, error) {
	for _, m := range moves {
		name(owner, m.Message)
		_, err := tx.ExecContext(ctx, `INSERT INTO moved (owner, number, message, class, listed, mailbox, went)
			SELECT owner, CAST($1 AS BIGINT), id, class, listed, mailbox, CAST($2 AS TEXT) FROM messages WHERE owner = $3 AND id = $4
			ON CONFLICT (owner, number, message) DO UPDATE SET went = excluded.went`, lesson, m.Mailbox, owner, m.Message)
		if err != nil {
			return 0, err
		}
		// What a device deleted where the message comes to now is listed again there.
		if err := unhide(ctx, tx, owner, m); err != nil {
			return 0, err
		}
		ok, err := one(tx.ExecContext(ctx, `UPDATE messages SET class = $1,
			listed = CASE WHEN mailbox = $2 OR listed = 2 THEN listed ELSE 1 END, mailbox = $2
			WHERE owner = $3 AND id = $4`, int64(c), m.Mailbox, owner, m.Message))
		if err == nil && !ok {
			err = index.ErrNotFound
		}
		if err == nil {
			change++
			err = altered(ctx, tx, owner, m.Message, change)
		}
		if err != nil {
			return 0, err
		}
	}
	return change, nil
}

func unhide(ctx context.Context, tx *sql.Tx, owner string, m index.Move) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM hidden WHERE mailbox = $1 AND message =
		(SELECT id FROM messages WHERE id = $2 AND owner || '' = $3 AND mailbox <> $1)`, m.Mailbox, m.Message, owner)
	return err
}

func altered(ctx context.Context, tx *sql.Tx, owner string, message, change int64) error {
	_, err := tx.ExecContext(ctx, "INSERT INTO changes (owner, number, kind, message) VALUES ($1, $2, $3, $4)",
		owner, change, int64(index.Altered), message)
	return err
}

// Undo puts lessons, the first of which takes one back, into one commit that
// survives a power cut, and with it puts back what that one had placed. Where a
// second lesson teaches another again, what that one placed counts as its own.
func (d *DB) Undo(ctx context.Context, ls []*index.Lesson) (moved int, err error) {
	if err := checkLessons(ls); err != nil {
		return 0, fmt.Errorf("undo: %w", err)
	}
	back := ls[0]
	var numbers []int64
	err = d.writeDearMail(ctx, func(ctx context.Context, tx *sql.Tx, name namer) error {
		change, number, err := d.lockOwner(ctx, tx, back.Owner)
		if err != nil {
			return err
		}
		if numbers, err = addLessons(ctx, tx, number, ls); err != nil {
			return err
		}
		if moved, change, err = putBack(ctx, tx, name, back.Owner, back.Undoes, change); err != nil {
			return err
		}
		if len(ls) > 1 {
			_, err = tx.ExecContext(ctx, `INSERT INTO moved (owner, number, message, class, listed, mailbox, went)
				SELECT owner, CAST($1 AS BIGINT), message, class, listed, mailbox, went FROM moved WHERE owner = $2 AND number = $3`,
				numbers[1], back.Owner, ls[1].Again)
			if err != nil {
				return err
			}
		}
		return setHeads(ctx, tx, back.Owner, change, number+int64(len(ls)))
	})
	if err != nil {
		return 0, d.explain("undo", err)
	}
	setNumbers(ls, numbers)
	return moved, nil
}

// before is how a message was before a lesson, and where it is now.
type before struct {
	message, class, listed int64
	mailbox, went, now     string
}

// putBack takes back what a lesson did to messages. One that was moved on since
// stays where it is, and one that was deleted since stays deleted.
func putBack(ctx context.Context, tx *sql.Tx, name namer, owner string, lesson, change int64) (moved int, last int64, err error) {
	rows, err := tx.QueryContext(ctx, `SELECT b.message, b.class, b.listed, b.mailbox, b.went, m.mailbox
		FROM moved b JOIN messages m ON m.id = b.message AND m.owner = b.owner
		WHERE b.owner = $1 AND b.number = $2 ORDER BY b.message`, owner, lesson)
	if err != nil {
		return 0, 0, err
	}
	var all []before
	err = drain(rows, func(scan func(...any) error) error {
		var b before
		err := scan(&b.message, &b.class, &b.listed, &b.mailbox, &b.went, &b.now)
		all = append(all, b)
		return err
	})
	if err != nil {
		return 0, 0, err
	}
	for _, b := range all {
		name(owner, b.message)
		_, err := tx.ExecContext(ctx, `UPDATE messages SET class = $1,
			listed = CASE WHEN mailbox = $2 AND listed = 1 THEN $3 ELSE listed END,
			mailbox = CASE WHEN mailbox = $2 THEN $4 ELSE mailbox END
			WHERE owner = $5 AND id = $6`, b.class, b.went, b.listed, b.mailbox, owner, b.message)
		if err != nil {
			return 0, 0, err
		}
		change++
		if err := altered(ctx, tx, owner, b.message, change); err != nil {
			return 0, 0, err
		}
		if b.now == b.went && b.mailbox != b.went {
			moved++
		}
	}
	return moved, change, nil
}
