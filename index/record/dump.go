package record

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"restante/index/blob"
)

// A dump is lines of JSON, so that it can be read in a hundred years and by
// either engine. The first line is its head, the last one its end; in between
// each table has a line that names its columns and their types, and then a line
// a row, an array in the order of the columns:
//
//	{"restante":"rows","format":1,"schema":3,"made":"2026-11-22T10:00:00Z","identity":"…"}
//	{"table":"users","columns":["name","password","created"],"types":["text","text","integer"]}
//	["ada","$argon2id$…",1700000000000000000]
//	{"end":{"users":1, …}}
//
// An integer may have 64 bits, more than some readers of JSON keep. Octets are
// base64 (RFC 4648, section 4), and so is text that is not UTF-8, as
// {"base64":"…"}. Times are integers, see the schema. The end counts the rows of
// each table: a dump without it was cut off.
const dumpFormat = 1

// The kinds of dumps.
const (
	kindRows      = "rows"      // everything
	kindKnowledge = "knowledge" // what the segments do not know
)

// The types of columns.
const (
	typeInteger = "integer"
	typeReal    = "real"
	typeText    = "text"
	typeBytes   = "bytes"
)

type dumpHead struct {
	Restante string    `json:"restante"` // the kind
	Format   int       `json:"format"`
	Schema   int       `json:"schema"`
	Made     time.Time `json:"made"`
	Identity string    `json:"identity"`
}

type dumpTable struct {
	Table   string   `json:"table"`
	Columns []string `json:"columns"`
	Types   []string `json:"types"`
	LastID  int64    `json:"last_id,omitempty"` // the last number that the table gave, of those that number their rows
}

type dumpEnd struct {
	End map[string]int64 `json:"end"` // rows, by table
}

// Contents is what a dump holds.
type Contents struct {
	Schema   int              // version
	Identity string           // of the database
	Made     time.Time        //
	Rows     map[string]int64 // by table
	Position blob.Position    // how far the segments were known to the rows; of dumps of everything
}

// Dump writes all rows of all tables as they were at one moment, while others go
// on writing. W should not be slow: a SQLite database grows by what is written
// meanwhile.
func (d *DB) Dump(ctx context.Context, w io.Writer) (Contents, error) {
	c, err := d.dump(ctx, w, kindRows)
	return c, d.explain("dump", err)
}

func (d *DB) dump(ctx context.Context, w io.Writer, kind string) (c Contents, err error) {
	out := bufio.NewWriterSize(w, 64<<10)
	err = d.snapshot(ctx, func(tx *sql.Tx) error {
		c = Contents{Rows: map[string]int64{}, Made: time.Now().UTC().Truncate(time.Second)}
		var segment int64
		err := tx.QueryRowContext(ctx, "SELECT (SELECT MAX(version) FROM schema_version), identity, segment, place FROM state").
			Scan(&c.Schema, &c.Identity, &segment, &c.Position.Offset)
		if err != nil {
			return err
		}
		c.Position.Segment = uint32(segment)
		head := dumpHead{Restante: kind, Format: dumpFormat, Schema: c.Schema, Made: c.Made, Identity: c.Identity}
		if err := writeLine(out, head); err != nil {
			return err
		}
		for _, t := range schemaTables(c.Schema) {
			if kind == kindKnowledge && t.known.none {
				continue
			}
			if c.Rows[t.name], err = d.dumpTable(ctx, tx, out, t, kind); err != nil {
				return fmt.Errorf("table %s: %w", t.name, err)
			}
		}
		return writeLine(out, dumpEnd{c.Rows})
	})
	return c, errors.Join(err, out.Flush())
}

// snapshot gives f a transaction that sees one moment and changes nothing.
func (d *DB) snapshot(ctx context.Context, f func(tx *sql.Tx) error) error {
	o := &sql.TxOptions{}
	if !d.engine.lite { // whose every transaction sees one moment
		o = &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
	}
	tx, err := d.r.BeginTx(ctx, o)
	if err != nil {
		return err
	}
	err = f(tx)
	if undo := tx.Rollback(); undo != nil && !errors.Is(undo, sql.ErrTxDone) && err == nil {
		err = undo
	}
	return err
}

func writeLine(w *bufio.Writer, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = w.Write(append(b, '\n'))
	return err
}

func (d *DB) dumpTable(ctx context.Context, tx *sql.Tx, w *bufio.Writer, t table, kind string) (n int64, err error) {
	head := dumpTable{Table: t.name}
	if t.ids {
		if head.LastID, err = d.lastID(ctx, tx, t.name); err != nil {
			return 0, err
		}
		var last int64 // that a person put there
		if err := tx.QueryRowContext(ctx, "SELECT COALESCE(MAX(id), 0) FROM "+t.name).Scan(&last); err != nil {
			return 0, err
		}
		head.LastID = max(head.LastID, last)
	}
	query := "SELECT * FROM " + t.name
	if kind == kindKnowledge && t.known.columns != nil {
		query = "SELECT " + strings.Join(t.known.columns, ", ") + " FROM " + t.name
	}
	if t.key != "" {
		query += " ORDER BY " + t.key
	}
	rows, err := tx.QueryContext(ctx, query)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	if head.Columns, head.Types, err = columnsOf(rows); err != nil {
		return 0, err
	}
	if err := writeLine(w, head); err != nil {
		return 0, err
	}
	values := make([]any, len(head.Columns))
	into := make([]any, len(values))
	for i := range values {
		into[i] = &values[i]
	}
	var line []byte
	err = drain(rows, func(scan func(...any) error) error {
		if err := scan(into...); err != nil {
			return err
		}
		line = line[:0]
		for i, v := range values {
			line = append(line, ",["[flag(i == 0)])
			if line, err = appendValue(line, head.Types[i], v); err != nil {
				return fmt.Errorf("column %s: %w", head.Columns[i], err)
			}
		}
		n++
		_, err := w.Write(append(line, "]\n"...))
		return err
	})
	return n, err
}

// columnsOf gives the names of columns and their types in the words of a dump.
func columnsOf(rows *sql.Rows) (names, types []string, err error) {
	all, err := rows.ColumnTypes()
	if err != nil {
		return nil, nil, err
	}
	for _, c := range all {
		var word string
		switch strings.ToUpper(c.DatabaseTypeName()) {
		case "BIGINT", "INTEGER", "INT8":
			word = typeInteger
		case "DOUBLE PRECISION", "FLOAT8":
			word = typeReal
		case "TEXT":
			word = typeText
		case "BLOB", "BYTEA":
			word = typeBytes
		default:
			return nil, nil, fmt.Errorf("column %s: type %s has no word in a dump", c.Name(), c.DatabaseTypeName())
		}
		names, types = append(names, c.Name()), append(types, word)
	}
	return names, types, nil
}

func appendValue(line []byte, kind string, v any) ([]byte, error) {
	switch v := v.(type) {
	case int64:
		if kind == typeInteger || kind == typeReal { // SQLite keeps a whole real as an integer
			return strconv.AppendInt(line, v, 10), nil
		}
	case float64:
		if kind == typeReal {
			if v == 0 {
				v = 0 // of the two zeros SQLite knows one
			}
			return strconv.AppendFloat(line, finite(v), 'g', -1, 64), nil
		}
	case string:
		if kind == typeText {
			return appendText(line, v), nil
		}
	case []byte:
		if kind == typeBytes {
			return appendBase64(line, v), nil
		}
	case nil:
		if kind == typeBytes { // the driver's way with no octets
			return append(line, `""`...), nil
		}
	}
	return nil, fmt.Errorf("a %T where the type is %s", v, kind)
}

func appendBase64(line, b []byte) []byte {
	line = append(line, '"')
	line = base64.StdEncoding.AppendEncode(line, b)
	return append(line, '"')
}

func appendText(line []byte, s string) []byte {
	odd := func(r rune) bool { return r < ' ' || r == '"' || r == '\\' || r >= utf8.RuneSelf }
	switch {
	case !strings.ContainsFunc(s, odd):
		line = append(line, '"')
		line = append(line, s...)
		return append(line, '"')
	case !utf8.ValidString(s):
		line = append(line, `{"base64":`...)
		return append(appendBase64(line, []byte(s)), '}')
	}
	b, _ := json.Marshal(s) // a string: cannot fail
	return append(line, b...)
}

// lastID gives the last number that a table gave to a row, which may be gone.
func (d *DB) lastID(ctx context.Context, tx *sql.Tx, name string) (n int64, err error) {
	if d.engine.lite {
		err = tx.QueryRowContext(ctx, "SELECT seq FROM sqlite_sequence WHERE name = $1", name).Scan(&n)
		if errors.Is(err, sql.ErrNoRows) {
			err = nil
		}
		return n, err
	}
	var seq string
	if err := tx.QueryRowContext(ctx, "SELECT pg_get_serial_sequence($1, 'id')", name).Scan(&seq); err != nil {
		return 0, err
	}
	var called bool
	if err := tx.QueryRowContext(ctx, "SELECT last_value, is_called FROM "+seq).Scan(&n, &called); err != nil || called {
		return n, err
	}
	return n - 1, nil
}

// setLastID is lastID's other way.
func (d *DB) setLastID(ctx context.Context, tx *sql.Tx, name string, n int64) error {
	if !d.engine.lite {
		_, err := tx.ExecContext(ctx, fmt.Sprintf("ALTER TABLE %s ALTER COLUMN id RESTART WITH %d", name, n+1))
		return err
	}
	if _, err := tx.ExecContext(ctx, "DELETE FROM sqlite_sequence WHERE name = $1", name); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, "INSERT INTO sqlite_sequence (name, seq) VALUES ($1, $2)", name, n)
	return err
}

// named finds a table by its name.
func named(all []table, name string) (table, bool) {
	i := slices.IndexFunc(all, func(t table) bool { return t.name == name })
	if i < 0 {
		return table{}, false
	}
	return all[i], true
}
