package record

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"restante/index"
)

// KeySeed gives random text that is made once.
func (d *DB) KeySeed(ctx context.Context) (seed string, err error) {
	const query = "SELECT keys FROM login_keys WHERE owner = ''"
	if err = d.readOne(ctx, []any{&seed}, query); !errors.Is(err, sql.ErrNoRows) {
		return seed, d.explain("read the seed of salts", err)
	}
	err = d.writeBeside(ctx, true, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO login_keys (owner, secret, keys) VALUES ('', $1, $2) ON CONFLICT (owner, secret) DO NOTHING",
			[]byte{}, rand.Text())
		if err != nil {
			return err
		}
		return tx.QueryRowContext(ctx, query).Scan(&seed)
	})
	return seed, d.explain("make the seed of salts", err)
}

// LoginKeys gives an owner's login keys by secret; everybody's, by owner and secret,
// where owner is empty.
func (d *DB) LoginKeys(ctx context.Context, owner string) ([]index.LoginKeys, error) {
	if index.CheckText("", owner) != nil {
		return nil, nil // strangers send anything
	}
	query, args := "SELECT owner, secret, keys FROM login_keys WHERE owner = $1", []any{owner}
	if owner == "" {
		query, args = "SELECT owner, secret, keys FROM login_keys WHERE owner <> ''", nil
	}
	var all []index.LoginKeys
	err := d.read(ctx, func(scan func(...any) error) error {
		var p index.LoginKeys
		var secret []byte
		if err := scan(&p.Owner, &secret, &p.Keys); err != nil {
			return err
		}
		if len(secret) != len(p.Secret) {
			return fmt.Errorf("login keys of %s: secret of %d octets", p.Owner, len(secret))
		}
		p.Secret = [32]byte(secret)
		all = append(all, p)
		return nil
	}, query, args...)
	if err != nil {
		return nil, d.explain("read login keys", err)
	}
	// Engines order text each in their own way.
	slices.SortFunc(all, func(a, b index.LoginKeys) int {
		return cmp.Or(cmp.Compare(a.Owner, b.Owner), bytes.Compare(a.Secret[:], b.Secret[:]))
	})
	return all, nil
}

// SetLoginKeys replaces an owner's login keys. It survives a power cut.
func (d *DB) SetLoginKeys(ctx context.Context, owner string, all []index.LoginKeys) error {
	err := index.CheckText("owner", owner)
	if owner == "" {
		err = errors.New("login keys need an owner")
	}
	for _, p := range all {
		err = errors.Join(err, index.CheckText("keys", p.Keys))
		if p.Owner != owner {
			err = errors.Join(err, fmt.Errorf("login keys of %q among those of %q", p.Owner, owner))
		}
	}
	if err != nil {
		return fmt.Errorf("set login keys: %w", err)
	}
	return d.explain("set login keys of "+owner, d.writeDearBeside(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM login_keys WHERE owner = $1", owner)
		for i := 0; err == nil && i < len(all); i++ {
			_, err = tx.ExecContext(ctx, `INSERT INTO login_keys (owner, secret, keys) VALUES ($1, $2, $3)
				ON CONFLICT (owner, secret) DO UPDATE SET keys = excluded.keys`, owner, all[i].Secret[:], all[i].Keys)
		}
		return err
	}))
}

// DropLoginKeys takes out everybody's login keys. The seed stays.
func (d *DB) DropLoginKeys(ctx context.Context) error {
	there, err := d.LoginKeys(ctx, "")
	if err != nil || len(there) == 0 { // no write at each start
		return err
	}
	return d.explain("drop login keys", d.writeDearBeside(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM login_keys WHERE owner <> ''")
		return err
	}))
}
