package record

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"restante/index"
)

var _ index.Sessions = (*DB)(nil)

const sessionFields = "id, owner, secret, agent, remote, made, seen"

func scanSession(scan func(...any) error) (s index.Session, err error) {
	var secret []byte
	var made, seen int64
	if err := scan(&s.ID, &s.Owner, &secret, &s.Agent, &s.Remote, &made, &seen); err != nil {
		return s, err
	}
	if len(secret) != len(s.Secret) {
		return s, fmt.Errorf("session %d: secret of %d octets", s.ID, len(secret))
	}
	s.Secret, s.Made, s.Seen = [32]byte(secret), fromNanos(made), fromNanos(seen)
	return s, nil
}

// AddSession keeps a session, and of the owner's in all the newest only.
func (d *DB) AddSession(ctx context.Context, s *index.Session, most int) error {
	if err := s.Check(); err != nil {
		return fmt.Errorf("add session: %w", err)
	}
	var id int64
	err := d.writeBeside(ctx, true, func(ctx context.Context, tx *sql.Tx) error {
		err := tx.QueryRowContext(ctx, `INSERT INTO web_sessions (owner, secret, agent, remote, made, seen)
			VALUES ($1, $2, $3, $4, $5, $6) RETURNING id`,
			s.Owner, s.Secret[:], s.Agent, s.Remote, nanos(s.Made), nanos(s.Seen)).Scan(&id)
		if err == nil {
			_, err = tx.ExecContext(ctx, `DELETE FROM web_sessions WHERE owner = $1 AND id NOT IN
				(SELECT id FROM web_sessions WHERE owner = $1 ORDER BY id DESC LIMIT $2)`, s.Owner, most)
		}
		return err
	})
	if err == nil {
		s.ID = id
	}
	return d.explain("add session", err)
}

// Session gives a session by its secret.
func (d *DB) Session(ctx context.Context, secret [32]byte) (index.Session, error) {
	ctx, cancel := context.WithTimeout(ctx, d.limit)
	defer cancel()
	s, err := scanSession(d.row(ctx, "SELECT "+sessionFields+" FROM web_sessions WHERE secret = $1", secret[:]))
	if err != nil {
		return index.Session{}, d.explain("look for session", err)
	}
	return s, nil
}

// SeeSession notes when a session was seen.
func (d *DB) SeeSession(ctx context.Context, id int64, at time.Time) error {
	return d.explain("see session", d.writeBeside(ctx, false, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "UPDATE web_sessions SET seen = $1 WHERE id = $2", nanos(at), id)
		return err
	}))
}

// Sessions gives an owner's sessions, the newest first.
func (d *DB) Sessions(ctx context.Context, owner string) ([]index.Session, error) {
	if index.CheckText("", owner) != nil {
		return nil, nil
	}
	var all []index.Session
	err := d.read(ctx, func(scan func(...any) error) error {
		s, err := scanSession(scan)
		all = append(all, s)
		return err
	}, "SELECT "+sessionFields+" FROM web_sessions WHERE owner = $1", owner)
	if err != nil {
		return nil, d.explain("read sessions", err)
	}
	slices.SortFunc(all, func(a, b index.Session) int { return cmp.Compare(b.ID, a.ID) })
	return all, nil
}

// EndSession ends one of an owner's sessions.
func (d *DB) EndSession(ctx context.Context, owner string, id int64) error {
	if index.CheckText("", owner) != nil {
		return fmt.Errorf("end session: %w", index.ErrNotFound)
	}
	return d.explain("end session", d.writeBeside(ctx, true, func(ctx context.Context, tx *sql.Tx) error {
		was, err := one(tx.ExecContext(ctx, "DELETE FROM web_sessions WHERE owner = $1 AND id = $2", owner, id))
		if err == nil && !was {
			err = index.ErrNotFound
		}
		return err
	}))
}

// EndSessions ends all of an owner's sessions but one.
func (d *DB) EndSessions(ctx context.Context, owner string, but int64) (int, error) {
	if index.CheckText("", owner) != nil {
		return 0, nil
	}
	var ended int64
	err := d.writeBeside(ctx, true, func(ctx context.Context, tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, "DELETE FROM web_sessions WHERE owner = $1 AND id <> $2", owner, but)
		if err == nil {
			ended, err = res.RowsAffected()
		}
		return err
	})
	return int(ended), d.explain("end sessions", err)
}
