package record

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"strings"

	"restante/filter"
	"restante/index"
	"restante/index/blob"
)

// Teach puts lessons and what Place does with each one's class and moves into one
// commit that survives a power cut, and sets their numbers.
func (d *DB) Teach(ctx context.Context, ls []*index.Lesson) error {
	if err := checkLessons(ls); err != nil {
		return fmt.Errorf("teach: %w", err)
	}
	owner := ls[0].Owner
	var numbers []int64
	err := d.writeDearMail(ctx, func(ctx context.Context, tx *sql.Tx, name namer) error {
		change, number, err := d.lockOwner(ctx, tx, owner)
		if err != nil {
			return err
		}
		if numbers, err = addLessons(ctx, tx, number, ls); err != nil {
			return err
		}
		for i, l := range ls {
			if change, err = place(ctx, tx, name, owner, l.Now, l.Moves, change, numbers[i]); err != nil {
				return err
			}
		}
		return setHeads(ctx, tx, owner, change, number+int64(len(ls)))
	})
	if err != nil {
		return d.explain("teach", err)
	}
	setNumbers(ls, numbers)
	return nil
}

func checkLessons(ls []*index.Lesson) error {
	for _, l := range ls {
		if l.Owner != ls[0].Owner {
			return errors.New("lessons of several owners")
		}
		if err := errors.Join(index.CheckText("source", l.Source), checkMoves(l.Owner, l.Moves)); err != nil {
			return err
		}
	}
	return nil
}

// addLessons inserts lessons behind the number and gives theirs.
func addLessons(ctx context.Context, tx *sql.Tx, number int64, ls []*index.Lesson) (numbers []int64, err error) {
	for _, l := range ls {
		number++
		numbers = append(numbers, number)
		_, err := tx.ExecContext(ctx, "INSERT INTO lessons ("+lessonFields+") VALUES "+tuples(1, 11),
			number, l.Owner, l.Digest[:], int64(l.Was), int64(l.Now), nanos(l.At), int64(l.By), l.Source, l.Undoes, l.Again, notNil(l.Change))
		if err != nil {
			return nil, err
		}
	}
	return numbers, nil
}

func setNumbers(ls []*index.Lesson, numbers []int64) {
	for i, l := range ls {
		l.Number = numbers[i]
	}
}

func setHeads(ctx context.Context, tx *sql.Tx, owner string, change, lesson int64) error {
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

const lessonFields = "number, owner, digest, was, became, taught, means, source, undoes, again, change"

func scanLesson(scan func(...any) error, more ...any) (l index.Lesson, err error) {
	var digest []byte
	var was, now, at, means int64
	into := append([]any{&l.Number, &l.Owner, &digest, &was, &now, &at, &means, &l.Source, &l.Undoes, &l.Again}, more...)
	if err := scan(into...); err != nil {
		return l, err
	}
	if len(digest) != len(l.Digest) {
		return l, fmt.Errorf("lesson %d: digest of %d octets", l.Number, len(digest))
	}
	l.Digest = blob.Digest(digest)
	l.Was, l.Now, l.At, l.By = filter.Class(was), filter.Class(now), fromNanos(at), index.Means(means)
	return l, nil
}

// Taught gives an owner's last lesson about a message; ErrNotFound when none.
func (d *DB) Taught(ctx context.Context, owner string, digest blob.Digest) (index.Lesson, error) {
	ctx, cancel := context.WithTimeout(ctx, d.limit)
	defer cancel()
	var change []byte
	l, err := scanLesson(d.row(ctx,
		"SELECT "+lessonFields+" FROM lessons WHERE owner = $1 AND digest = $2 ORDER BY number DESC LIMIT 1", owner, digest[:]), &change)
	l.Change = change
	return l, d.explain("look for lesson "+digest.String(), err)
}

// Lessons gives at most max of an owner's lessons after a number, in order.
func (d *DB) Lessons(ctx context.Context, owner string, after int64, max int) ([]index.Lesson, error) {
	if max <= 0 {
		return nil, nil
	}
	var all []index.Lesson
	err := d.read(ctx, func(scan func(...any) error) error {
		var change []byte
		l, err := scanLesson(scan, &change)
		l.Change = change
		all = append(all, l)
		return err
	}, "SELECT "+lessonFields+" FROM lessons WHERE owner = $1 AND number > $2 ORDER BY number LIMIT $3", owner, after, max)
	if err != nil {
		return nil, d.explain("read lessons", err)
	}
	return all, nil
}

// Pupils gives the owners who have lessons, by name.
func (d *DB) Pupils(ctx context.Context) (names []string, err error) {
	err = d.read(ctx, func(scan func(...any) error) error {
		var name string
		err := scan(&name)
		names = append(names, name)
		return err
	}, "SELECT name FROM owners WHERE lesson > 0 ORDER BY name")
	return names, d.explain("read who has lessons", err)
}

// Acts gives an owner's acts of teaching, the last first.
func (d *DB) Acts(ctx context.Context, owner string, q index.ActQuery) ([]index.Act, error) {
	most := int64(math.MaxInt64)
	if q.Max > 0 {
		most = int64(q.Max)
	}
	args := []any{owner, most}
	where := ""
	and := func(condition string, arg int64) {
		args = append(args, arg)
		where += fmt.Sprintf(" AND "+condition, len(args))
	}
	if q.Number != 0 {
		and("l.number = $%d", q.Number)
	}
	if q.Before != 0 {
		and("l.number < $%d", q.Before)
	}
	if !q.Since.IsZero() {
		and("l.taught >= $%d", nanos(q.Since))
	}
	if q.Class != filter.Unsure {
		and("l.became = $%d", int64(q.Class))
	}
	order := "DESC"
	if q.Oldest {
		order = "ASC"
	}
	if q.Standing {
		where += " AND u.number IS NULL"
	}
	fields := "l." + strings.ReplaceAll(strings.TrimSuffix(lessonFields, ", change"), ", ", ", l.")
	var all []index.Act
	err := d.read(ctx, func(scan func(...any) error) error {
		var at, by int64
		l, err := scanLesson(scan, &at, &by)
		all = append(all, index.Act{Lesson: l, Undone: fromNanos(at), UndoneBy: index.Means(by)})
		return err
	}, "SELECT "+fields+fmt.Sprintf(", COALESCE(u.taught, %d), COALESCE(u.means, 0)", int64(blob.NoTime))+
		" FROM lessons l LEFT JOIN lessons u ON u.owner = l.owner AND u.undoes = l.number AND u.undoes > 0"+
		" WHERE l.owner = $1 AND l.undoes = 0"+where+" ORDER BY l.number "+order+" LIMIT $2", args...)
	if err != nil {
		return nil, d.explain("read lessons", err)
	}
	return all, nil
}
