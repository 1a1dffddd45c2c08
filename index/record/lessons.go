package record

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"restante/filter"
	"restante/index"
	"restante/index/blob"
)

// Teach puts the lesson, the message's class and mailbox, and the owner's
// change number into one commit that survives a power cut, and sets l.Number.
// A message that moves is listed again if its owner had deleted it; one for the
// archive only never is. An empty mailbox leaves it where it is. ErrNotFound where l.Message is not the owner's.
func (d *DB) Teach(ctx context.Context, l *index.Lesson) error {
	err := errors.Join(checkText("owner", l.Owner), checkText("mailbox", l.Mailbox))
	if l.Owner == "" {
		err = errors.Join(err, errors.New("a lesson needs an owner"))
	}
	if err != nil {
		return fmt.Errorf("teach: %w", err)
	}
	var number int64
	err = d.write(ctx, true, func(ctx context.Context, tx *sql.Tx) error {
		change, last, err := lockOwner(ctx, tx, l.Owner)
		if err != nil {
			return err
		}
		number = last + 1
		_, err = tx.ExecContext(ctx, "INSERT INTO lessons (owner, number, digest, was, became, taught, change, message, mailbox) VALUES "+tuples(1, 9),
			l.Owner, number, l.Digest[:], int64(l.Was), int64(l.Now), nanos(l.At), notNil(l.Change), l.Message, l.Mailbox)
		if err != nil {
			return err
		}
		if l.Message != 0 {
			change++
			if err := alter(ctx, tx, l, change); err != nil {
				return err
			}
		}
		_, err = tx.ExecContext(ctx, "UPDATE owners SET change = $1, lesson = $2 WHERE name = $3", change, number, l.Owner)
		return err
	})
	if err != nil {
		return d.explain("teach", err)
	}
	l.Number = number
	return nil
}

// alter gives the message that a lesson is about its new class and mailbox.
func alter(ctx context.Context, tx *sql.Tx, l *index.Lesson, change int64) error {
	set, args := "class = $1", []any{int64(l.Now), l.Owner, l.Message}
	if l.Mailbox != "" {
		set += ", listed = CASE WHEN mailbox = $4 OR listed = 2 THEN listed ELSE 1 END, mailbox = $4"
		args = append(args, l.Mailbox)
	}
	ok, err := one(tx.ExecContext(ctx, "UPDATE messages SET "+set+" WHERE owner = $2 AND id = $3", args...))
	if err != nil {
		return err
	}
	if !ok {
		return index.ErrNotFound
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO changes (owner, number, kind, message) VALUES ($1, $2, $3, $4)",
		l.Owner, change, int64(index.Altered), l.Message)
	return err
}

// notNil keeps an empty slice from becoming NULL.
func notNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

const lessonFields = "number, owner, digest, was, became, taught, change, message, mailbox"

func scanLesson(scan func(...any) error) (l index.Lesson, err error) {
	var digest []byte
	var was, now, at int64
	if err := scan(&l.Number, &l.Owner, &digest, &was, &now, &at, &l.Change, &l.Message, &l.Mailbox); err != nil {
		return l, err
	}
	if len(digest) != len(l.Digest) {
		return l, fmt.Errorf("lesson %d: digest of %d octets", l.Number, len(digest))
	}
	l.Digest = blob.Digest(digest)
	l.Was, l.Now, l.At = filter.Class(was), filter.Class(now), fromNanos(at)
	return l, nil
}

// Taught gives an owner's last lesson about a message; ErrNotFound when none.
func (d *DB) Taught(ctx context.Context, owner string, digest blob.Digest) (index.Lesson, error) {
	ctx, cancel := context.WithTimeout(ctx, d.limit)
	defer cancel()
	l, err := scanLesson(d.r.QueryRowContext(ctx,
		"SELECT "+lessonFields+" FROM lessons WHERE owner = $1 AND digest = $2 ORDER BY number DESC LIMIT 1", owner, digest[:]).Scan)
	return l, d.explain("look for lesson "+digest.String(), err)
}

// Lessons gives at most max of an owner's lessons after a number, in order.
func (d *DB) Lessons(ctx context.Context, owner string, after int64, max int) ([]index.Lesson, error) {
	if max <= 0 {
		return nil, nil
	}
	var all []index.Lesson
	err := d.read(ctx, func(scan func(...any) error) error {
		l, err := scanLesson(scan)
		all = append(all, l)
		return err
	}, "SELECT "+lessonFields+" FROM lessons WHERE owner = $1 AND number > $2 ORDER BY number LIMIT $3", owner, after, max)
	if err != nil {
		return nil, d.explain("read lessons", err)
	}
	return all, nil
}

// SaveModel replaces the owner's snapshot. It survives a power cut.
func (d *DB) SaveModel(ctx context.Context, owner string, upTo int64, snapshot []byte) error {
	if err := checkText("owner", owner); err != nil {
		return fmt.Errorf("save model: %w", err)
	}
	return d.explain("save model", d.write(ctx, true, func(ctx context.Context, tx *sql.Tx) error {
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
