package record

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"restante/index"
)

var _ index.Tokens = (*DB)(nil)

const tokenFields = "id, owner, name, secret, scopes, made, expires, used"

func scanToken(scan func(...any) error) (t index.Token, err error) {
	var secret []byte
	var scopes string
	var made, expires, used int64
	if err := scan(&t.ID, &t.Owner, &t.Name, &secret, &scopes, &made, &expires, &used); err != nil {
		return t, err
	}
	if len(secret) != len(t.Secret) {
		return t, fmt.Errorf("token %d: secret of %d octets", t.ID, len(secret))
	}
	t.Secret, t.Scopes = [32]byte(secret), strings.Fields(scopes)
	t.Made, t.Expires, t.Used = fromNanos(made), fromNanos(expires), fromNanos(used)
	return t, nil
}

// AddToken keeps a token.
func (d *DB) AddToken(ctx context.Context, t *index.Token) error {
	if err := t.Check(); err != nil {
		return fmt.Errorf("add token: %w", err)
	}
	var id int64
	err := d.writeDearBeside(ctx, func(ctx context.Context, tx *sql.Tx) error {
		err := tx.QueryRowContext(ctx, `INSERT INTO tokens (owner, name, secret, scopes, made, expires, used)
			VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (owner, name) DO NOTHING RETURNING id`,
			t.Owner, t.Name, t.Secret[:], strings.Join(t.Scopes, " "), nanos(t.Made), nanos(t.Expires), nanos(t.Used)).Scan(&id)
		if err == sql.ErrNoRows {
			return index.ErrExists
		}
		return err
	})
	if err == nil {
		t.ID = id
	}
	return d.explain("add token "+t.Name, err)
}

// Token gives a token by its secret.
func (d *DB) Token(ctx context.Context, secret [32]byte) (index.Token, error) {
	ctx, cancel := context.WithTimeout(ctx, d.limit)
	defer cancel()
	t, err := scanToken(d.row(ctx, "SELECT "+tokenFields+" FROM tokens WHERE secret = $1", secret[:]))
	if err != nil {
		return index.Token{}, d.explain("look for token", err)
	}
	return t, nil
}

// UseToken notes when a token was used.
func (d *DB) UseToken(ctx context.Context, id int64, at time.Time) error {
	return d.explain("use token", d.writeBeside(ctx, false, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "UPDATE tokens SET used = $1 WHERE id = $2", nanos(at), id)
		return err
	}))
}

// Tokens gives an owner's tokens, or everybody's, by owner and name.
func (d *DB) Tokens(ctx context.Context, owner string) ([]index.Token, error) {
	if index.CheckText("", owner) != nil {
		return nil, nil
	}
	var all []index.Token
	err := d.read(ctx, func(scan func(...any) error) error {
		t, err := scanToken(scan)
		all = append(all, t)
		return err
	}, "SELECT "+tokenFields+" FROM tokens WHERE owner = $1 OR $1 = ''", owner)
	if err != nil {
		return nil, d.explain("read tokens", err)
	}
	// Engines order text each in their own way.
	slices.SortFunc(all, func(a, b index.Token) int {
		return cmp.Or(cmp.Compare(a.Owner, b.Owner), cmp.Compare(a.Name, b.Name))
	})
	return all, nil
}

// RemoveToken takes out a token.
func (d *DB) RemoveToken(ctx context.Context, owner, name string) error {
	if index.CheckText("", owner+name) != nil {
		return fmt.Errorf("remove token: %w", index.ErrNotFound)
	}
	return d.explain("remove token "+name, d.writeDearBeside(ctx, func(ctx context.Context, tx *sql.Tx) error {
		was, err := one(tx.ExecContext(ctx, "DELETE FROM tokens WHERE owner = $1 AND name = $2", owner, name))
		if err == nil && !was {
			err = index.ErrNotFound
		}
		return err
	}))
}
