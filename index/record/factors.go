package record

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"restante/index"
)

var _ index.Factors = (*DB)(nil)

// SetFactor gives an owner a second factor and recovery codes.
func (d *DB) SetFactor(ctx context.Context, owner string, f index.Factor, codes [][32]byte) error {
	err := index.CheckText("owner", owner)
	if owner == "" || len(f.Secret) == 0 {
		err = errors.Join(err, errors.New("a factor needs an owner and a secret"))
	}
	if err != nil {
		return fmt.Errorf("set factor: %w", err)
	}
	return d.explain("set factor of "+owner, d.writeDearBeside(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if _, err := dropFactor(ctx, tx, owner); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO factors (owner, secret, step, made) VALUES ($1, $2, $3, $4)",
			owner, f.Secret, f.Step, nanos(f.Made))
		for i := 0; err == nil && i < len(codes); i++ {
			_, err = tx.ExecContext(ctx, "INSERT INTO recovery_codes (owner, code) VALUES ($1, $2)", owner, codes[i][:])
		}
		return err
	}))
}

// dropFactor takes out a factor with its codes, and tells whether there was one.
func dropFactor(ctx context.Context, tx *sql.Tx, owner string) (bool, error) {
	if _, err := tx.ExecContext(ctx, "DELETE FROM recovery_codes WHERE owner = $1", owner); err != nil {
		return false, err
	}
	return one(tx.ExecContext(ctx, "DELETE FROM factors WHERE owner = $1", owner))
}

// Factor gives an owner's second factor.
func (d *DB) Factor(ctx context.Context, owner string) (f index.Factor, err error) {
	if index.CheckText("", owner) != nil {
		return f, fmt.Errorf("look for factor: %w", index.ErrNotFound) // strangers send anything
	}
	var made int64
	err = d.readOne(ctx, []any{&f.Secret, &f.Step, &made, &f.Codes},
		"SELECT secret, step, made, (SELECT COUNT(*) FROM recovery_codes WHERE owner = $1) FROM factors WHERE owner = $1", owner)
	if err != nil {
		return index.Factor{}, d.explain("look for factor of "+owner, err)
	}
	f.Made = fromNanos(made)
	return f, nil
}

// SpendStep notes that a step's code was taken, once.
func (d *DB) SpendStep(ctx context.Context, owner string, step int64) (first bool, err error) {
	if index.CheckText("", owner) != nil {
		return false, nil
	}
	err = d.writeDearBeside(ctx, func(ctx context.Context, tx *sql.Tx) error {
		first, err = one(tx.ExecContext(ctx, "UPDATE factors SET step = $1 WHERE owner = $2 AND step < $1", step, owner))
		return err
	})
	return first && err == nil, d.explain("spend a code of "+owner, err)
}

// SpendCode takes out a recovery code.
func (d *DB) SpendCode(ctx context.Context, owner string, code [32]byte) (was bool, err error) {
	if index.CheckText("", owner) != nil {
		return false, nil
	}
	err = d.writeDearBeside(ctx, func(ctx context.Context, tx *sql.Tx) error {
		was, err = one(tx.ExecContext(ctx, "DELETE FROM recovery_codes WHERE owner = $1 AND code = $2", owner, code[:]))
		return err
	})
	return was && err == nil, d.explain("spend a recovery code of "+owner, err)
}

// DropFactor takes out a second factor with its codes.
func (d *DB) DropFactor(ctx context.Context, owner string) error {
	if index.CheckText("", owner) != nil {
		return fmt.Errorf("drop factor: %w", index.ErrNotFound)
	}
	return d.explain("drop factor of "+owner, d.writeDearBeside(ctx, func(ctx context.Context, tx *sql.Tx) error {
		was, err := dropFactor(ctx, tx, owner)
		if err == nil && !was {
			err = index.ErrNotFound
		}
		return err
	}))
}
