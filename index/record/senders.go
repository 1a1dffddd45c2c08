package record

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"restante/filter/sender"
	"restante/index"
)

var _ index.Senders = (*DB)(nil)

// Senders gives whom an owner allows and blocks, by name.
func (d *DB) Senders(ctx context.Context, owner string) (sender.List, error) {
	if index.CheckText("", owner) != nil {
		return nil, nil
	}
	all := sender.List{}
	err := d.read(ctx, func(scan func(...any) error) error {
		s, err := scanSender(scan)
		all[s.Name] = s
		return err
	}, "SELECT name, blocked, since FROM senders WHERE owner = $1", owner)
	return all, d.explain("read senders", err)
}

func scanSender(scan func(...any) error) (s sender.Sender, err error) {
	var blocked, since int64
	err = scan(&s.Name, &blocked, &since)
	s.Blocked, s.Since = blocked != 0, fromNanos(since)
	return s, err
}

// ChangeSenders forgets some senders and keeps others, all in one commit that
// survives a power cut, and gives what was there of all of these. ErrMany, and
// nothing is changed, where the owner would have more than most.
func (d *DB) ChangeSenders(ctx context.Context, owner string, forget []string, keep []sender.Sender, most int) (before []sender.Sender, err error) {
	if err = index.CheckText("owner", owner); owner == "" {
		err = errors.New("they need an owner")
	}
	names := append([]string(nil), forget...)
	for _, s := range keep {
		err = errors.Join(err, index.CheckText("sender", s.Name))
		names = append(names, s.Name)
	}
	if err != nil {
		return nil, fmt.Errorf("change senders: %w", err)
	}
	err = d.writeDearBeside(ctx, func(ctx context.Context, tx *sql.Tx) error {
		before = nil
		for _, name := range names {
			if index.CheckText("", name) != nil {
				continue
			}
			s, err := scanSender(tx.QueryRowContext(ctx, "DELETE FROM senders WHERE owner = $1 AND name = $2 RETURNING name, blocked, since", owner, name).Scan)
			if errors.Is(err, sql.ErrNoRows) {
				continue
			}
			if err != nil {
				return err
			}
			before = append(before, s)
		}
		for _, s := range keep {
			blocked := 0
			if s.Blocked {
				blocked = 1
			}
			if _, err := tx.ExecContext(ctx, `INSERT INTO senders (owner, name, blocked, since) VALUES ($1, $2, $3, $4)
				ON CONFLICT (owner, name) DO UPDATE SET blocked = excluded.blocked, since = excluded.since`, owner, s.Name, blocked, nanos(s.Since)); err != nil {
				return err
			}
		}
		var n int
		err := tx.QueryRowContext(ctx, "SELECT COUNT(*) FROM senders WHERE owner = $1", owner).Scan(&n)
		if err == nil && len(keep) > 0 && n > most {
			err = index.ErrMany
		}
		return err
	})
	return before, d.explain("change senders", err)
}
