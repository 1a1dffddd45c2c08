package record

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// write runs f in a transaction. A durable one survives a power cut once write
// returned. Others may be undone by one on SQLite, together with every later
// one and with the position: their rows come again from the segments. Any view may
// list other mail afterwards.
func (d *DB) write(ctx context.Context, durable bool, f func(context.Context, *sql.Tx) error) error {
	ctx, cancel := context.WithTimeout(ctx, d.limit)
	defer cancel()
	return d.commit(ctx, durable, f)
}

// writeDear is a durable write of what only the database knows.
func (d *DB) writeDear(ctx context.Context, f func(context.Context, *sql.Tx) error) error {
	err := d.write(ctx, true, f)
	if err == nil {
		d.dear.Add(1)
	}
	return err
}

// Writes counts the commits of this process, and those among them of what people
// did and only the database knows.
func (d *DB) Writes() (all, dear int64) { return d.all.Load(), d.dear.Load() }

// writeBeside is write to tables that no listing is made of.
func (d *DB) writeBeside(ctx context.Context, durable bool, f func(context.Context, *sql.Tx) error) error {
	ctx, cancel := context.WithTimeout(ctx, d.limit)
	defer cancel()
	return d.transact(ctx, durable, func() {}, f)
}

// writeDearBeside is writeDear to such tables.
func (d *DB) writeDearBeside(ctx context.Context, f func(context.Context, *sql.Tx) error) error {
	err := d.writeBeside(ctx, true, f)
	if err == nil {
		d.dear.Add(1)
	}
	return err
}

// writeMail is write after which views may list otherwise what f named.
func (d *DB) writeMail(ctx context.Context, durable bool, f func(context.Context, *sql.Tx, namer) error) error {
	ctx, cancel := context.WithTimeout(ctx, d.limit)
	defer cancel()
	named := map[string][]int64{}
	return d.transact(ctx, durable, func() {
		for owner, messages := range named {
			d.touched.add(owner, messages)
		}
	}, func(ctx context.Context, tx *sql.Tx) error {
		return f(ctx, tx, func(owner string, messages ...int64) { named[owner] = append(named[owner], messages...) })
	})
}

// writeDearMail is writeDear in the same way.
func (d *DB) writeDearMail(ctx context.Context, f func(context.Context, *sql.Tx, namer) error) error {
	err := d.writeMail(ctx, true, f)
	if err == nil {
		d.dear.Add(1)
	}
	return err
}

// namer is told of messages that are about to be written.
type namer func(owner string, messages ...int64)

// commit is write without a bound of its own.
func (d *DB) commit(ctx context.Context, durable bool, f func(context.Context, *sql.Tx) error) error {
	return d.transact(ctx, durable, d.touched.any, f)
}

// transact is commit that calls touch before others see what was done, and after.
func (d *DB) transact(ctx context.Context, durable bool, touch func(), f func(context.Context, *sql.Tx) error) error {
	err := d.onWriter(ctx, durable, touch, f)
	d.ready.prepare(ctx, d.w)
	return err
}

// onWriter is transact on a connection that it takes and gives back.
func (d *DB) onWriter(ctx context.Context, durable bool, touch func(), f func(context.Context, *sql.Tx) error) (err error) {
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
	touch()
	defer touch() // whatever the error: it may have been done all the same
	err = tx.Commit()
	if err == nil {
		d.all.Add(1)
	}
	return err
}

// read runs a query and calls each for every row.
func (d *DB) read(ctx context.Context, each func(scan func(...any) error) error, query string, args ...any) error {
	ctx, cancel := context.WithTimeout(ctx, d.limit)
	defer cancel()
	stmt, err := d.prepared(ctx, query)
	if err != nil {
		return err
	}
	rows, err := stmt.QueryContext(ctx, args...)
	if err != nil {
		return err
	}
	return drain(rows, each)
}

// prepared gives the statement of a query, of which there are few: SQLite takes
// longer to read the text of most than to answer them.
func (d *DB) prepared(ctx context.Context, query string) (*sql.Stmt, error) {
	if known, ok := d.stmts.Load(query); ok {
		return known.(*sql.Stmt), nil
	}
	stmt, err := d.r.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	if first, lost := d.stmts.LoadOrStore(query, stmt); lost {
		stmt.Close()
		stmt = first.(*sql.Stmt)
	}
	return stmt, nil
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
	return d.row(ctx, query, args...)(into...)
}

// row runs a query of at most one row and gives what scans it.
func (d *DB) row(ctx context.Context, query string, args ...any) func(into ...any) error {
	stmt, err := d.prepared(ctx, query)
	if err != nil {
		return func(...any) error { return err }
	}
	return stmt.QueryRowContext(ctx, args...).Scan
}

// insert inserts rows. Each, where it is not nil, is called for what a
// RETURNING in the tail gives.
//
// SQLite gets one prepared statement and a row at a time: to parse many $n in
// one statement costs it more than the rows do. PostgreSQL gets many rows at a
// time, which spares round trips.
func (d *DB) insert(ctx context.Context, tx *sql.Tx, into, tail string, rows [][]any, each func(scan func(...any) error) error) error {
	if len(rows) == 0 {
		return nil
	}
	if d.engine.lite {
		stmt, err := d.statement(ctx, tx, "INSERT INTO "+into+" VALUES "+tuples(1, len(rows[0]))+" "+tail)
		if err != nil {
			return err
		}
		defer stmt.Close()
		for _, row := range rows {
			if err := run(ctx, stmt.ExecContext, stmt.QueryContext, row, each); err != nil {
				return err
			}
		}
		return nil
	}
	return pieces(len(rows), func(from, to int) error {
		text := "INSERT INTO " + into + " VALUES " + tuples(to-from, len(rows[0])) + " " + tail
		exec := func(ctx context.Context, args ...any) (sql.Result, error) { return tx.ExecContext(ctx, text, args...) }
		query := func(ctx context.Context, args ...any) (*sql.Rows, error) { return tx.QueryContext(ctx, text, args...) }
		return run(ctx, exec, query, slices.Concat(rows[from:to]...), each)
	})
}

func run(ctx context.Context, exec func(context.Context, ...any) (sql.Result, error), query func(context.Context, ...any) (*sql.Rows, error),
	args []any, each func(scan func(...any) error) error) error {
	if each == nil {
		_, err := exec(ctx, args...)
		return err
	}
	rows, err := query(ctx, args...)
	if err != nil {
		return err
	}
	return drain(rows, each)
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
