package record

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// ErrNotEmpty says that a database has tables already.
var ErrNotEmpty = errors.New("the database is not empty")

// Load makes a database of what Dump wrote, on either engine, whichever the dump
// is from, and brings its schema up to date. The DSN is as for Open; a database
// that has tables of restante's is ErrNotEmpty. All rows come in one commit: on
// an error there are none.
//
// Numbers that the database gives to rows go on behind those that were given
// before the dump, and its identity is the dumped one's.
func Load(ctx context.Context, dsn string, o Options, r io.Reader) (c Contents, err error) {
	in, err := newDumpReader(r)
	if err == nil && in.head.Restante != kindRows {
		err = fmt.Errorf("this is a dump of %s, and not of all rows", in.head.Restante)
	}
	if err != nil {
		return c, fmt.Errorf("load dump: %w", err)
	}
	d, err := connect(ctx, dsn, o)
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	if err := d.load(ctx, in); err != nil {
		return c, d.explain("load dump", err)
	}
	c = Contents{Schema: in.head.Schema, Identity: in.head.Identity, Made: in.head.Made, Rows: in.rows}
	if err := d.migrate(ctx); err != nil {
		return c, d.explain("load dump", err)
	}
	c.Position, err = d.Position(ctx)
	return c, err
}

// load makes the schema of the dump's version and fills it.
func (d *DB) load(ctx context.Context, in *dumpReader) error {
	return d.commit(ctx, true, func(ctx context.Context, tx *sql.Tx) error {
		if err := d.mustBeEmpty(ctx, tx); err != nil {
			return err
		}
		if err := d.migrateTo(ctx, tx, in.head.Schema); err != nil {
			return err
		}
		l := &loader{d: d, tx: tx, wanted: schemaTables(in.head.Schema), whole: in.head.Restante == kindRows, schema: in.head.Schema}
		if !l.whole {
			l.wanted = slices.DeleteFunc(l.wanted, func(t table) bool { return t.known.none })
		}
		err := in.read(func(t dumpTable) error { return l.begin(ctx, t) }, func(row []any) error { return l.row(ctx, row) })
		if err == nil {
			err = l.flush(ctx)
		}
		if err == nil && len(l.wanted) > 0 {
			err = fmt.Errorf("the dump lacks the table %s", l.wanted[0].name)
		}
		return err
	})
}

func (d *DB) mustBeEmpty(ctx context.Context, tx *sql.Tx) error {
	query := "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()"
	if d.engine.lite {
		query = "SELECT name FROM sqlite_master WHERE type = 'table'"
	}
	rows, err := tx.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	return drain(rows, func(scan func(...any) error) error {
		var name string
		if err := scan(&name); err != nil {
			return err
		}
		if _, ours := named(tables, name); ours || name == "schema_version" {
			return fmt.Errorf("%w: it has the table %s; name another, or make a new one", ErrNotEmpty, name)
		}
		return nil
	})
}

// loadBatch is how many rows go into the database at a time.
const loadBatch = 256

// loader puts the rows of a dump into a schema of its version.
type loader struct {
	d      *DB
	tx     *sql.Tx
	wanted []table // that did not come yet
	whole  bool    // a dump of everything: no column may be missing
	schema int     // version

	into string
	rest []any // values of the columns that the dump does not have
	rows [][]any
}

// begin turns to a table.
func (l *loader) begin(ctx context.Context, t dumpTable) error {
	if err := l.flush(ctx); err != nil {
		return err
	}
	plan, known := named(l.wanted, t.Table)
	if !known {
		return fmt.Errorf("table %q: this program does not know it in schema %d, or it came before", t.Table, l.schema)
	}
	l.wanted = slices.DeleteFunc(l.wanted, func(w table) bool { return w.name == t.Table })
	missing, err := l.missing(ctx, t)
	if err != nil {
		return fmt.Errorf("table %s: %w", t.Table, err)
	}
	if len(missing.Columns) > 0 && l.whole {
		return fmt.Errorf("table %s: the dump lacks the column %s", t.Table, missing.Columns[0])
	}
	l.rest = l.rest[:0]
	for _, kind := range missing.Types {
		l.rest = append(l.rest, zeroOf(kind))
	}
	l.into = t.Table + " (" + strings.Join(slices.Concat(t.Columns, missing.Columns), ", ") + ")"
	if _, err := l.tx.ExecContext(ctx, "DELETE FROM "+t.Table); err != nil { // what the schema put there
		return err
	}
	if plan.ids {
		return l.d.setLastID(ctx, l.tx, t.Table, t.LastID)
	}
	return nil
}

// missing gives the columns of a table that the dump does not have, and refuses
// those that the table does not have, or has of another type. What passes is
// safe to stand in a statement.
func (l *loader) missing(ctx context.Context, t dumpTable) (dumpTable, error) {
	rows, err := l.tx.QueryContext(ctx, "SELECT * FROM "+t.Table+" WHERE 1 = 0")
	if err != nil {
		return dumpTable{}, err
	}
	defer rows.Close()
	var out dumpTable
	names, types, err := columnsOf(rows)
	if err != nil {
		return out, err
	}
	found := map[string]bool{}
	for i, name := range names {
		at := slices.Index(t.Columns, name)
		switch {
		case at < 0:
			out.Columns, out.Types = append(out.Columns, name), append(out.Types, types[i])
		case t.Types[at] != types[i]:
			return out, fmt.Errorf("column %s: type %q, want %s", name, t.Types[at], types[i])
		}
		found[name] = true
	}
	for i, name := range t.Columns {
		if !found[name] || slices.Index(t.Columns, name) != i {
			return out, fmt.Errorf("column %q: this program does not know it, or it came before", name)
		}
	}
	return out, rows.Err()
}

func zeroOf(kind string) any {
	switch kind {
	case typeInteger:
		return int64(0)
	case typeReal:
		return float64(0)
	case typeText:
		return ""
	}
	return []byte{}
}

func (l *loader) row(ctx context.Context, values []any) error {
	l.rows = append(l.rows, append(values, l.rest...))
	if len(l.rows) < loadBatch {
		return nil
	}
	return l.flush(ctx)
}

func (l *loader) flush(ctx context.Context) error {
	err := l.d.insert(ctx, l.tx, l.into, "", l.rows, nil)
	l.rows = l.rows[:0]
	return err
}
