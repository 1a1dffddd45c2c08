package record_test

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"restante/fetch"
	"restante/filter"
	"restante/index"
	"restante/index/blob"
	"restante/index/record"
	"restante/index/record/recordtest"
)

var ctx = context.Background()

// raw opens a file as another program would.
func raw(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func TestOpen_KeepsAFirstVersionDatabase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "v1.db")
	old, err := os.ReadFile("testdata/v1.sql")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := raw(t, path).Exec(string(old)); err != nil {
		t.Fatal(err)
	}
	// Twice: the second Open finds what the first made of it.
	for range 2 {
		db, err := record.Open(ctx, path, record.Options{})
		if err != nil {
			t.Fatal(err)
		}
		checkFirst(t, db)
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// Lessons of the first version did not say what they took back.
func TestOpen_FindsWhatOldLessonsTookBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "v1.db")
	old, err := os.ReadFile("testdata/v1.sql")
	if err != nil {
		t.Fatal(err)
	}
	const more = `INSERT INTO lessons SELECT owner, 2, digest, 2, 0, taught + 1000000000, change FROM lessons WHERE number = 1;
		INSERT INTO lessons SELECT owner, 3, digest, 0, 1, taught + 2000000000, change FROM lessons WHERE number = 1;
		INSERT INTO lessons SELECT 'bob', 3, digest, 0, 1, taught, change FROM lessons WHERE number = 1;
		UPDATE owners SET lesson = 3;`
	if _, err := raw(t, path).Exec(string(old) + more); err != nil {
		t.Fatal(err)
	}
	db, err := record.Open(ctx, path, record.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	acts, err := db.Acts(ctx, "ada", index.ActQuery{})
	if err != nil || len(acts) != 2 {
		t.Fatalf("%+v, %v; want lessons 3 and 1", acts, err)
	}
	if last, first := acts[0], acts[1]; last.Number != 3 || !last.Stands() || first.Number != 1 || !first.Undone.Equal(time.Unix(1700000002, 0)) {
		t.Errorf("%+v; want lesson 3 standing, and lesson 1 taken back a second later", acts)
	}
}

func checkFirst(t *testing.T, db *record.DB) {
	t.Helper()
	raw, err := hex.DecodeString("0102030405060708091011121314151617181920212223242526272829303132")
	if err != nil {
		t.Fatal(err)
	}
	digest := blob.Digest(raw)
	m := index.Message{
		ID: 5, Owner: "ada", UID: "aaaabbbbccccdddd", Account: "home", Mailbox: "spam", Digest: digest,
		Ref: blob.Ref{Segment: 7, Offset: 100, Length: 3996}, Size: 9000, Served: 9100,
		Received: time.Unix(1700000000, 123456789).UTC(), Class: filter.Spam, Score: 0.75, Added: "X: y\r\n", Tag: "[]",
		Reasons: []filter.Reason{{Name: "R", Weight: 2.5, Text: "t"}}, Listed: true,
	}
	l := index.Lesson{Number: 1, Owner: "ada", Digest: digest, Now: filter.Spam, At: time.Unix(1700000001, 0).UTC(),
		Change: []byte{0, 0xff}}
	check := func(what string, want any) func(got any, err error) {
		return func(got any, err error) {
			t.Helper()
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("%s: %v (-want +got):\n%s", what, err, diff)
			}
		}
	}
	got, err := db.Message(ctx, "ada", 5)
	check("Message", m)(got, err)
	list, err := db.List(ctx, recordtest.Own("ada", "spam"))
	check("Mailbox", []index.Listing{{ID: 5, UID: m.UID, Served: m.Served}})(list, err)
	taken, err := db.Taken(ctx, "ada", "home")
	check("Taken", map[string]fetch.Taken{"\xff1": {At: time.Unix(1700000000, 0).UTC(), Size: -1,
		Head: [8]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe}}})(taken, err)
	changes, err := db.Changes(ctx, "ada", 0, 10)
	check("Changes", []index.Change{{Number: 1, Kind: 1, Message: 5}, {Number: 2, Kind: 2, Message: 5}})(changes, err)
	taught, err := db.Taught(ctx, "ada", digest)
	check("Taught", l)(taught, err)
	_, model, err := db.Model(ctx, "ada")
	check("Model", []byte{0xca, 0xfe})(model, err)
	user, err := db.User(ctx, "ada")
	check("User", index.User{Name: "ada", Password: "$argon2id$", Created: time.Unix(1700000000, 0).UTC()})(user, err)
	p, err := db.Position(ctx)
	check("Position", blob.Position{Segment: 7, Offset: 4096})(p, err)
	identity, err := db.Identity(ctx)
	check("Identity", "ABCDEFGHIJKLMNOPQRSTUVWXYZ")(identity, err)
	heads, err := db.Heads(ctx)
	check("Heads", map[string]int64{"ada": 2})(heads, err)
}

func TestOpen_SaysWhatToDo(t *testing.T) {
	dir := t.TempDir()
	filled := func(name string, fill func(path string)) string {
		path := filepath.Join(dir, name)
		fill(path)
		return path
	}
	for name, c := range map[string]struct{ dsn, want string }{
		"folder missing": {filepath.Join(dir, "none", "x.db"), "folder must exist"},
		"a folder":       {dir, "folder must exist"},
		"in memory":      {":memory:", "want the path of a file"},
		"nothing":        {"", "want the path of a file"},
		"newer": {filled("newer.db", func(path string) {
			if _, err := raw(t, path).Exec("CREATE TABLE schema_version (version BIGINT NOT NULL); INSERT INTO schema_version VALUES (99)"); err != nil {
				t.Fatal(err)
			}
		}), "version 99, this program knows "},
		"no database": {filled("text.db", func(path string) {
			if err := os.WriteFile(path, []byte(strings.Repeat("no database ", 1000)), 0o600); err != nil {
				t.Fatal(err)
			}
		}), "damaged; restante rebuild"},
		"locked": {filled("locked.db", func(path string) {
			other, err := raw(t, path).Conn(ctx)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { other.Close() })
			if _, err := other.ExecContext(ctx, "PRAGMA journal_mode=WAL; BEGIN IMMEDIATE; CREATE TABLE x (y)"); err != nil {
				t.Fatal(err)
			}
		}), "another program keeps it locked"},
		"no server":  {"postgres://ada:hunter2@127.0.0.1:1/rows", "127.0.0.1:1/rows"},
		"not a URL":  {"postgres://ada:hunter2@[::1/rows", "cannot be read"},
		"odd option": {"postgres://ada:hunter2@127.0.0.1:1/rows?sslmode=odd", "sslmode"},
	} {
		db, err := record.Open(ctx, c.dsn, record.Options{Timeout: 300 * time.Millisecond})
		if err == nil {
			t.Errorf("%s: opened", name)
			db.Close()
			continue
		}
		if !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v; want %q in it, and no password", name, err, c.want)
		}
	}
}

func TestOpen_NewDatabaseIsForItsOwnerOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "odd name?#%41.db")
	for _, dsn := range []string{path, "sqlite:" + path, "sqlite://" + path} {
		db, err := record.Open(ctx, dsn, record.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	names, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(names) != 1 {
		t.Fatalf("%v, %v; want one file", names, err)
	}
	if fi, err := names[0].Info(); err != nil || fi.Name() != filepath.Base(path) || fi.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v; want %s with mode 0600", fi, err, filepath.Base(path))
	}
}

func TestIdentity_StaysAndIsNoOthers(t *testing.T) {
	dir := t.TempDir()
	names := map[string]bool{}
	for _, file := range []string{"one.db", "one.db", "two.db"} {
		db, err := record.Open(ctx, filepath.Join(dir, file), record.Options{})
		if err != nil {
			t.Fatal(err)
		}
		name, err := db.Identity(ctx)
		if err = errors.Join(err, db.Close()); err != nil || name == "" {
			t.Fatal(name, err)
		}
		names[name] = true
	}
	if len(names) != 2 {
		t.Errorf("%v, want one name a database", names)
	}
}

func TestSQLite_OthersMayReadBeside(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	db, err := record.Open(ctx, path, record.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Add(ctx, []index.Addition{recordtest.Addition("ada", 1)}, blob.Position{}); err != nil {
		t.Fatal(err)
	}
	other := raw(t, path)
	tx, err := other.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	count := func() (n int) {
		if err := tx.QueryRow("SELECT COUNT(*) FROM messages").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := count(); n != 1 {
		t.Errorf("another reader sees %d messages, want 1", n)
	}
	if _, err := db.Add(ctx, []index.Addition{recordtest.Addition("ada", 2)}, blob.Position{}); err != nil {
		t.Errorf("Add beside a reader: %v", err)
	}
	if n := count(); n != 1 {
		t.Errorf("a reader's snapshot grew to %d messages", n)
	}
}
