package record_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"restante/index"
	"restante/index/blob"
	"restante/index/record"
	"restante/index/record/recordtest"
)

// engines give the DSN of an empty database, and the name of its driver.
var engines = map[string]struct {
	driver string
	dsn    func(t testing.TB) string
}{
	"SQLite":     {"sqlite", func(t testing.TB) string { return filepath.Join(t.TempDir(), "x.db") }},
	"PostgreSQL": {"pgx", recordtest.Postgres},
}

func open(t testing.TB, dsn string) *record.DB {
	t.Helper()
	db, err := record.Open(ctx, dsn, record.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func dump(t testing.TB, dsn string) (string, record.Contents) {
	t.Helper()
	db := open(t, dsn)
	defer db.Close()
	var b bytes.Buffer
	c, err := db.Dump(ctx, &b)
	if err != nil {
		t.Fatal(err)
	}
	return b.String(), c
}

func load(t testing.TB, dsn, text string) record.Contents {
	t.Helper()
	c, err := record.Load(ctx, dsn, record.Options{}, strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var made = regexp.MustCompile(`"made":"[^"]*"`)

// alike makes dumps of both engines comparable: each orders text in its own way.
func alike(dump string) string {
	lines := strings.SplitAfter(made.ReplaceAllString(dump, `"made":""`), "\n")
	slices.Sort(lines)
	return strings.Join(lines, "")
}

// shape is what a table's columns are made of, by the first rune of their types.
type shape struct {
	table   string
	columns []string
	types   []string
}

// shapes asks the database itself, not the program.
func shapes(t testing.TB, driver string, db *sql.DB) []shape {
	t.Helper()
	query := "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() ORDER BY 1"
	if driver == "sqlite" {
		query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY 1"
	}
	rows, err := db.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var all []shape
	for rows.Next() {
		var s shape
		if err := rows.Scan(&s.table); err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	rows.Close()
	for i := range all {
		some, err := db.Query("SELECT * FROM " + all[i].table + " WHERE 1 = 0")
		if err != nil {
			t.Fatal(err)
		}
		types, err := some.ColumnTypes()
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range types {
			all[i].columns = append(all[i].columns, c.Name())
			all[i].types = append(all[i].types, strings.ToUpper(c.DatabaseTypeName()))
		}
		some.Close()
	}
	return all
}

// A table that is in no dump would be missing on the day that it is needed.
func TestDump_HoldsEveryTableOfTheSchema(t *testing.T) {
	for name, e := range engines {
		t.Run(name, func(t *testing.T) {
			dsn := e.dsn(t)
			text, c := dump(t, dsn)
			other, err := sql.Open(e.driver, dsn)
			if err != nil {
				t.Fatal(err)
			}
			defer other.Close()
			for _, s := range shapes(t, e.driver, other) {
				if s.table == "schema_version" {
					continue // the head of a dump
				}
				want := fmt.Sprintf(`{"table":%q,"columns":["%s"],`, s.table, strings.Join(s.columns, `","`))
				if !strings.Contains(text, want) {
					t.Errorf("the dump has no line that begins with %s", want)
				}
				if _, ok := c.Rows[s.table]; !ok {
					t.Errorf("the table %s is not counted", s.table)
				}
			}
		})
	}
}

func TestDump_AnyRowsComeBackOnEitherEngine(t *testing.T) {
	for _, way := range [][2]string{{"SQLite", "SQLite"}, {"SQLite", "PostgreSQL"}, {"PostgreSQL", "SQLite"}, {"PostgreSQL", "PostgreSQL"}} {
		t.Run(way[0]+" to "+way[1], func(t *testing.T) {
			if slices.Contains(way[:], "PostgreSQL") {
				checks(t, 8) // each makes its databases anew, for a second
			} else {
				checks(t, 50)
			}
			from, to := engines[way[0]], engines[way[1]]
			dsn, second := from.dsn(t), to.dsn(t)
			raw, other := connected(t, from.driver, dsn), connected(t, to.driver, second)
			rapid.Check(t, func(r *rapid.T) {
				dropAll(t, from.driver, raw)
				dropAll(t, to.driver, other)
				open(t, dsn).Close()
				for _, s := range shapes(t, from.driver, raw) {
					if s.table != "schema_version" {
						fill(r, raw, s)
					}
				}
				text, was := dump(t, dsn)
				is := load(t, second, text)
				again, _ := dump(t, second)
				if alike(text) != alike(again) {
					r.Fatalf("dumped\n%s\nloaded\n%s", text, again)
				}
				if was.Position != is.Position || was.Identity != is.Identity {
					r.Fatalf("Load = %+v, want %+v", is, was)
				}
			})
		})
	}
}

// checks is how many draws rapid makes in this test, where nobody says so.
func checks(t *testing.T, n int) {
	t.Helper()
	f := flag.Lookup("rapid.checks")
	if f.Value.String() != f.DefValue {
		return
	}
	if err := f.Value.Set(strconv.Itoa(n)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Value.Set(f.DefValue) })
}

func connected(t *testing.T, driver, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// dropAll makes a database empty.
func dropAll(t *testing.T, driver string, db *sql.DB) {
	t.Helper()
	for _, s := range shapes(t, driver, db) {
		if _, err := db.Exec("DROP TABLE " + s.table); err != nil {
			t.Fatal(err)
		}
	}
}

// fill puts rows of any values into a table.
func fill(r *rapid.T, db *sql.DB, s shape) {
	rows := rapid.IntRange(0, 4).Draw(r, s.table)
	if s.table == "state" {
		rows = 1
		if _, err := db.Exec("DELETE FROM state"); err != nil {
			r.Fatal(err)
		}
	}
	for n := range rows {
		args := make([]any, len(s.columns))
		marks := make([]string, len(s.columns))
		for i, kind := range s.types {
			marks[i] = fmt.Sprintf("$%d", i+1)
			switch {
			case strings.Contains(kind, "INT"):
				args[i] = rapid.Int64().Draw(r, s.columns[i])
			case kind == "TEXT": // no two rows may have one key
				args[i] = fmt.Sprint(n, rapid.StringMatching(`[a-zà-ÿ"\\<>& \n\x{2028}😀]{0,9}`).Draw(r, s.columns[i]))
			case kind == "BLOB" || kind == "BYTEA":
				args[i] = append([]byte{}, rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(r, s.columns[i])...)
			default:
				args[i] = rapid.Float64().Draw(r, s.columns[i])
			}
			if s.columns[i] == "id" {
				args[i] = rapid.Int64Range(1, 1<<40).Draw(r, "id")*8 + int64(n)
			}
			if s.table == "state" && s.columns[i] == "segment" {
				args[i] = int64(n)
			}
		}
		_, err := db.Exec("INSERT INTO "+s.table+" VALUES ("+strings.Join(marks, ", ")+")", args...)
		if err != nil && !strings.Contains(strings.ToLower(err.Error()), "unique") {
			r.Fatalf("fill %s: %v", s.table, err)
		}
	}
}

// Numbers of rows that are gone are not given again after a load.
func TestLoad_NumbersGoOn(t *testing.T) {
	for name, e := range engines {
		t.Run(name, func(t *testing.T) {
			dsn := e.dsn(t)
			db := open(t, dsn)
			ids, err := db.Add(ctx, []index.Addition{recordtest.Addition("ada", 1), recordtest.Addition("ada", 2)}, blob.Position{})
			if err = errors.Join(err, db.Close()); err != nil {
				t.Fatal(err)
			}
			raw, err := sql.Open(e.driver, dsn)
			if err != nil {
				t.Fatal(err)
			}
			defer raw.Close()
			if _, err := raw.Exec("DELETE FROM messages"); err != nil {
				t.Fatal(err)
			}
			text, _ := dump(t, dsn)
			for into, e := range engines {
				t.Run(into, func(t *testing.T) {
					dsn := e.dsn(t)
					load(t, dsn, text)
					db := open(t, dsn)
					defer db.Close()
					got, err := db.Add(ctx, []index.Addition{recordtest.Addition("ada", 3)}, blob.Position{})
					if err != nil || got[0] <= ids[1] {
						t.Errorf("the next message got %d, %v; want more than %d", got, err, ids[1])
					}
				})
			}
		})
	}
}

func TestLoad_BringsAnOldDumpUpToDate(t *testing.T) {
	old, err := os.ReadFile("testdata/v1.ndjson")
	if err != nil {
		t.Fatal(err)
	}
	for name, e := range engines {
		t.Run(name, func(t *testing.T) {
			dsn := e.dsn(t)
			c := load(t, dsn, string(old))
			if c.Schema != 1 || c.Rows["messages"] != 1 {
				t.Errorf("Load = %+v, want one message of schema 1", c)
			}
			db := open(t, dsn)
			defer db.Close()
			checkFirst(t, db)
		})
	}
}

func TestLoad_RefusesWhatItCannotKeepWhole(t *testing.T) {
	dsn := engines["SQLite"].dsn(t)
	db := open(t, dsn)
	if _, err := db.Add(ctx, []index.Addition{recordtest.Addition("ada", 1)}, blob.Position{}); err != nil {
		t.Fatal(err)
	}
	db.Close()
	good, _ := dump(t, dsn)
	swap := func(old, new string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("no %s in the dump", old)
		}
		return strings.Replace(good, old, new, 1)
	}
	lines := strings.SplitAfter(good, "\n")
	for name, c := range map[string]struct{ text, want string }{
		"nothing":           {"", "cut off"},
		"no dump":           {"From ada\n", "line 1: no dump"},
		"later format":      {swap(`"format":1`, `"format":2`), "format 2, this program knows 1"},
		"later schema":      {swap(`"schema":`, `"schema":9`), "a later one"},
		"knowledge":         {swap(`"rows"`, `"knowledge"`), "dump of knowledge"},
		"unknown table":     {swap(`"table":"quirks"`, `"table":"wishes"`), `table "wishes": this program does not know it`},
		"table twice":       {swap(`"table":"quirks"`, `"table":"users"`), "this begins no table"},
		"unknown column":    {swap(`"password"`, `"pass; DROP TABLE users"`), `column "pass; DROP TABLE users": this program does not know it`},
		"column missing":    {swap(`"uid","account",`, `"uid",`), "line"},
		"other type":        {swap(`["text","text","integer"]`, `["text","bytes","integer"]`), `column password: type "bytes", want text`},
		"no integer":        {swap(`["ada",1,0]`, `["ada",1.5,0]`), "column change"},
		"no string":         {swap(`["ada",1,0]`, `[null,1,0]`), "column name: no string"},
		"too few values":    {swap(`["ada",1,0]`, `["ada",1]`), "2 values for 3 columns"},
		"row lost":          {swap("[\"ada\",1,0]\n", ""), "table owners: 0 rows, and there were 1"},
		"cut in a line":     {good[:len(good)/2], "cut off"},
		"cut between lines": {strings.Join(lines[:len(lines)-2], ""), "cut off"},
		"table lost":        {withoutTable(good, "quirks"), "lacks the table quirks"},
	} {
		t.Run(name, func(t *testing.T) {
			dsn := engines["SQLite"].dsn(t)
			_, err := record.Load(ctx, dsn, record.Options{}, strings.NewReader(c.text))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("Load = %v, want %q", err, c.want)
			}
			// Nothing of it stays: the right one can be loaded.
			load(t, dsn, good)
		})
	}
	if _, err := record.Load(ctx, dsn, record.Options{}, strings.NewReader(good)); !errors.Is(err, record.ErrNotEmpty) {
		t.Errorf("Load into a database that has rows = %v, want ErrNotEmpty", err)
	}
}

// withoutTable takes an empty table out of a dump, its count too.
func withoutTable(dump, name string) string {
	line := regexp.MustCompile(`(?m)^\{"table":"` + name + `".*\n`)
	return regexp.MustCompile(`"`+name+`":0,?`).ReplaceAllString(line.ReplaceAllString(dump, ""), "")
}

// What is written while a dump runs is not in it, and is not kept waiting.
func TestDump_SeesOneMoment(t *testing.T) {
	for name, e := range engines {
		t.Run(name, func(t *testing.T) {
			dsn := e.dsn(t)
			db := open(t, dsn)
			defer db.Close()
			var adds []index.Addition
			for n := range 2000 { // more than the dump's buffer holds
				adds = append(adds, recordtest.Addition("ada", n))
			}
			if _, err := db.Add(ctx, adds, blob.Position{}); err != nil {
				t.Fatal(err)
			}
			w := &meanwhile{do: func() error {
				_, err := db.Add(ctx, []index.Addition{recordtest.Addition("bob", 1)}, blob.Position{Segment: 9})
				return err
			}}
			c, err := db.Dump(ctx, w)
			if err != nil || w.done == 0 {
				t.Fatalf("Dump = %v, after %d additions meanwhile", err, w.done)
			}
			if c.Rows["messages"] != 2000 || c.Rows["receipts"] != 2000 || c.Rows["changes"] != 2000 || c.Position.Segment != 0 {
				t.Errorf("Dump = %+v, want what was there when it began", c)
			}
		})
	}
}

// meanwhile does something at its first write.
type meanwhile struct {
	do   func() error
	done int
}

func (m *meanwhile) Write(b []byte) (int, error) {
	if m.done++; m.done == 1 {
		if err := m.do(); err != nil {
			return 0, err
		}
	}
	return len(b), nil
}

func TestDump_EndsWithItsContextAndItsWriter(t *testing.T) {
	db := openLite(t)
	defer db.Close()
	done, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := db.Dump(done, &bytes.Buffer{}); !errors.Is(err, context.Canceled) {
		t.Errorf("Dump = %v, want context.Canceled", err)
	}
	full := errors.New("full")
	if _, err := db.Dump(ctx, &meanwhile{do: func() error { return full }}); !errors.Is(err, full) {
		t.Errorf("Dump = %v, want the writer's error", err)
	}
}
