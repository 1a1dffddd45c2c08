package record

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"restante/index"
)

// AddUser adds a person; ErrExists where the name is taken. It survives a power
// cut.
func (d *DB) AddUser(ctx context.Context, u index.User) error {
	err := errors.Join(index.CheckText("name", u.Name), index.CheckText("password hash", u.Password))
	if u.Name == "" {
		err = errors.New("a user needs a name")
	}
	if err != nil {
		return fmt.Errorf("add user: %w", err)
	}
	return d.explain("add user "+u.Name, d.writeDearBeside(ctx, func(ctx context.Context, tx *sql.Tx) error {
		added, err := one(tx.ExecContext(ctx, "INSERT INTO users (name, password, created) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING",
			u.Name, u.Password, nanos(u.Created)))
		if err == nil && !added {
			err = index.ErrExists
		}
		return err
	}))
}

// SetPassword gives a person another password, as an argon2id PHC string;
// ErrNotFound where there is no such person. It survives a power cut.
func (d *DB) SetPassword(ctx context.Context, name, phc string) error {
	if index.CheckText("", phc) != nil {
		return errors.New("set password: the hash is no text")
	}
	if index.CheckText("", name) != nil {
		return fmt.Errorf("set password: %w", index.ErrNotFound)
	}
	return d.explain("set password of "+name, d.writeDearBeside(ctx, func(ctx context.Context, tx *sql.Tx) error {
		set, err := one(tx.ExecContext(ctx, "UPDATE users SET password = $1 WHERE name = $2", phc, name))
		if err == nil && !set {
			err = index.ErrNotFound
		}
		return err
	}))
}

func scanUser(scan func(...any) error) (u index.User, err error) {
	var created int64
	err = scan(&u.Name, &u.Password, &created)
	u.Created = fromNanos(created)
	return u, err
}

// User gives a person by name; ErrNotFound where there is none.
func (d *DB) User(ctx context.Context, name string) (index.User, error) {
	if index.CheckText("", name) != nil {
		return index.User{}, fmt.Errorf("look for user: %w", index.ErrNotFound) // strangers send anything
	}
	ctx, cancel := context.WithTimeout(ctx, d.limit)
	defer cancel()
	u, err := scanUser(d.row(ctx, "SELECT name, password, created FROM users WHERE name = $1", name))
	if err != nil {
		return index.User{}, d.explain("look for user "+name, err)
	}
	return u, nil
}

// Users gives everybody, in order of their names' octets.
func (d *DB) Users(ctx context.Context) ([]index.User, error) {
	var all []index.User
	err := d.read(ctx, func(scan func(...any) error) error {
		u, err := scanUser(scan)
		all = append(all, u)
		return err
	}, "SELECT name, password, created FROM users")
	if err != nil {
		return nil, d.explain("read users", err)
	}
	// Engines order text each in their own way.
	slices.SortFunc(all, func(a, b index.User) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}
