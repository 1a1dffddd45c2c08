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

// Teach puts the lesson and what Place does with its class into one commit that
// survives a power cut, and sets l.Number.
func (d *DB) Teach(ctx context.Context, l *index.Lesson, moves []index.Move) error {
	if err := checkMoves(l.Owner, moves); err != nil {
		return fmt.Errorf("teach: %w", err)
	}
	var number int64
	err := d.write(ctx, true, func(ctx context.Context, tx *sql.Tx) error {
		change, last, err := lockOwner(ctx, tx, l.Owner)
		if err != nil {
			return err
		}
		number = last + 1
		_, err = tx.ExecContext(ctx, "INSERT INTO lessons ("+lessonFields+") VALUES "+tuples(1, 7),
			number, l.Owner, l.Digest[:], int64(l.Was), int64(l.Now), nanos(l.At), notNil(l.Change))
		if err != nil {
			return err
		}
		return place(ctx, tx, l.Owner, l.Now, moves, change, number)
	})
	if err != nil {
		return d.explain("teach", err)
	}
	l.Number = number
	return nil
}

// Place gives the owner's messages a class, a mailbox and a change number each,
// all or none, and survives a power cut. ErrNotFound where one is not the
// owner's.
func (d *DB) Place(ctx context.Context, owner string, c filter.Class, moves []index.Move) error {
	if err := checkMoves(owner, moves); err != nil {
		return fmt.Errorf("place messages: %w", err)
	}
	return d.explain("place messages", d.write(ctx, true, func(ctx context.Context, tx *sql.Tx) error {
		change, lesson, err := lockOwner(ctx, tx, owner)
		if err != nil {
			return err
		}
		return place(ctx, tx, owner, c, moves, change, lesson)
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

// place moves messages and sets the owner's last numbers, of which change is
// the one before the moves.
func place(ctx context.Context, tx *sql.Tx, owner string, c filter.Class, moves []index.Move, change, lesson int64) error {
	for _, m := range moves {
		ok, err := one(tx.ExecContext(ctx, `UPDATE messages SET class = $1,
			listed = CASE WHEN mailbox = $2 OR listed = 2 THEN listed ELSE 1 END, mailbox = $2
			WHERE owner = $3 AND id = $4`, int64(c), m.Mailbox, owner, m.Message))
		if err == nil && !ok {
			err = index.ErrNotFound
		}
		if err != nil {
			return err
		}
		change++
		_, err = tx.ExecContext(ctx, "INSERT INTO changes (owner, number, kind, message) VALUES ($1, $2, $3, $4)",
			owner, change, int64(index.Altered), m.Message)
		if err != nil {
			return err
		}
	}
	_, err := tx.ExecContext(ctx, "UPDATE owners SET change = $1, lesson = $2 WHERE name = $3", change, lesson, owner)
	return err
}

// notNil keeps an empty slice from becoming NULL.
func notNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

const lessonFields = "number, owner, digest, was, became, taught, change"

func scanLesson(scan func(...any) error) (l index.Lesson, err error) {
	var digest []byte
	var was, now, at int64
	if err := scan(&l.Number, &l.Owner, &digest, &was, &now, &at, &l.Change); err != nil {
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
	l, err := scanLesson(d.row(ctx,
		"SELECT "+lessonFields+" FROM lessons WHERE owner = $1 AND digest = $2 ORDER BY number DESC LIMIT 1", owner, digest[:]))
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
	if err := index.CheckText("owner", owner); err != nil {
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
