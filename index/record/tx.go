package record

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

// write runs f in a transaction. A durable one survives a power cut once write
// returned. Others may be undone by one on SQLite, together with every later
// one and with the position: their rows come again from the segments.
func (d *DB) write(ctx context.Context, durable bool, f func(context.Context, *sql.Tx) error) (err error) {
	ctx, cancel := context.WithTimeout(ctx, d.limit)
	defer cancel()
	conn, err := d.w.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close() // goes back to the pool
	if durable && d.engine.lite {
		if _, err := conn.ExecContext(ctx, "PRAGMA synchronous=FULL"); err != nil {
			return err
		}
		// Where this fails, later writes are slower, not less safe.
		defer conn.ExecContext(context.WithoutCancel(ctx), "PRAGMA synchronous=NORMAL")
	}
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := f(ctx, tx); err != nil {
		if undo := tx.Rollback(); undo != nil && !errors.Is(undo, sql.ErrTxDone) {
			err = errors.Join(err, undo)
		}
		return err
	}
	return tx.Commit()
}

// read runs a query and calls each for every row.
func (d *DB) read(ctx context.Context, each func(scan func(...any) error) error, query string, args ...any) error {
	ctx, cancel := context.WithTimeout(ctx, d.limit)
	defer cancel()
	rows, err := d.r.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	return drain(rows, each)
}

func drain(rows *sql.Rows, each func(scan func(...any) error) error) error {
	defer rows.Close()
	for rows.Next() {
		if err := each(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// readOne runs a query of at most one row; sql.ErrNoRows when there is none.
func (d *DB) readOne(ctx context.Context, into []any, query string, args ...any) error {
	ctx, cancel := context.WithTimeout(ctx, d.limit)
	defer cancel()
	return d.r.QueryRowContext(ctx, query, args...).Scan(into...)
}

// pieces cuts n into 64s, 8s and 1s, so that statements of many rows come in
// three forms only, which the drivers then know already.
func pieces(n int, f func(from, to int) error) error {
	for from := 0; from < n; {
		size := 1
		switch {
		case n-from >= 64:
			size = 64
		case n-from >= 8:
			size = 8
		}
		if err := f(from, from+size); err != nil {
			return err
		}
		from += size
	}
	return nil
}

// insert inserts rows, many a statement. Each, where it is not nil, is called
// for what a RETURNING in the tail gives.
func insert(ctx context.Context, tx *sql.Tx, into, tail string, rows [][]any, each func(scan func(...any) error) error) error {
	return pieces(len(rows), func(from, to int) error {
		width := len(rows[from])
		args := make([]any, 0, (to-from)*width)
		for _, row := range rows[from:to] {
			args = append(args, row...)
		}
		stmt := "INSERT INTO " + into + " VALUES " + tuples(to-from, width) + " " + tail
		if each == nil {
			_, err := tx.ExecContext(ctx, stmt, args...)
			return err
		}
		got, err := tx.QueryContext(ctx, stmt, args...)
		if err != nil {
			return err
		}
		return drain(got, each)
	})
}

// tuples gives ($1,$2),($3,$4) and so on.
func tuples(rows, width int) string {
	var b strings.Builder
	for i := range rows * width {
		switch {
		case i%width != 0:
			b.WriteByte(',')
		case i == 0:
			b.WriteByte('(')
		default:
			b.WriteString("),(")
		}
		fmt.Fprintf(&b, "$%d", i+1)
	}
	b.WriteByte(')')
	return b.String()
}

// one says whether a statement changed exactly one row.
func one(r sql.Result, err error) (bool, error) {
	if err != nil {
		return false, err
	}
	n, err := r.RowsAffected()
	return n == 1, err
}
