package record

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"restante/index"
	"restante/index/blob"
)

var ctx = context.Background()

func openFile(t *testing.T) *DB {
	t.Helper()
	d, err := Open(ctx, filepath.Join(t.TempDir(), "x.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// What was released is in use: a change of the schema is a new file.
func TestSchema_ReleasedFilesAreFrozen(t *testing.T) {
	for name, want := range map[string]string{
		"schema/001_rows.sql": "f7a5d147fff9021face2e56316ff62b8c503841a884cfc9d292d0e4b0ad3d6d0",
	} {
		text, err := schema.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprintf("%x", sha256.Sum256(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")))); got != want {
			t.Errorf("%s has SHA-256 %s, was released with %s", name, got, want)
		}
	}
}

func TestWrite_WaitsForTheDiskOnlyWhereNothingElseKnows(t *testing.T) {
	d := openFile(t)
	for i, durable := range []bool{false, true, false} {
		want := map[bool]int{false: 1, true: 2}[durable] // NORMAL, FULL
		var got int
		err := d.write(ctx, durable, func(ctx context.Context, tx *sql.Tx) error {
			return tx.QueryRowContext(ctx, "PRAGMA synchronous").Scan(&got)
		})
		if err != nil || got != want {
			t.Errorf("write %d: synchronous = %d, %v; want %d", i, got, err, want)
		}
	}
}

func TestWrite_FullDiskIsENOSPCAndChangesNothing(t *testing.T) {
	d := openFile(t)
	if _, err := d.w.Exec("PRAGMA max_page_count = 60"); err != nil {
		t.Fatal(err)
	}
	var failed error
	n := 0
	for ; failed == nil && n < 10_000; n++ {
		_, failed = d.Add(ctx, []index.Addition{{Message: index.Message{Owner: "ada", UID: fmt.Sprint(n), Mailbox: "inbox", Listed: true,
			Added: strings.Repeat("x", 1000)}}}, blob.Position{Segment: 1, Offset: int64(n + 1)})
	}
	if !errors.Is(failed, syscall.ENOSPC) || !strings.Contains(failed.Error(), "free some space") {
		t.Fatalf("Add = %v after %d, want ENOSPC and advice", failed, n)
	}
	list, err := d.List(ctx, index.View{Owner: "ada", Boxes: []index.Box{{Name: "inbox"}}})
	if err != nil || len(list) != n-1 {
		t.Errorf("Mailbox = %d, %v; want %d", len(list), err, n-1)
	}
	if p, err := d.Position(ctx); err != nil || p.Offset != int64(n-1) {
		t.Errorf("Position = %v, %v; want offset %d", p, err, n-1)
	}
	if _, err := d.w.Exec("PRAGMA max_page_count = 10000"); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Add(ctx, []index.Addition{{Message: index.Message{Owner: "ada", UID: "after"}}}, blob.Position{}); err != nil {
		t.Errorf("Add once there is space: %v", err)
	}
}

// The number that a database notes is a file's.
func TestSchema_FilesAreNumberedWithoutGaps(t *testing.T) {
	files, err := schema.ReadDir("schema")
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range files {
		if want := fmt.Sprintf("%03d_", i+1); !strings.HasPrefix(f.Name(), want) {
			t.Errorf("%s stands where %s… should", f.Name(), want)
		}
	}
}

func TestExplain_ReadOnlyDatabase(t *testing.T) {
	d := openFile(t)
	if _, err := d.w.Exec("PRAGMA query_only = 1"); err != nil {
		t.Fatal(err)
	}
	if err := d.AddUser(ctx, index.User{Name: "ada"}); err == nil || !strings.Contains(err.Error(), "make the file and its folder writable") {
		t.Errorf("AddUser = %v, want advice", err)
	}
}

func TestQueries_UseTheirIndexes(t *testing.T) {
	d := openFile(t)
	for query, want := range map[string]string{
		mailboxQuery:                             "COVERING INDEX messages_listed",
		deviceQuery:                              "COVERING INDEX messages_listed (owner=? AND mailbox=? AND listed=?)",
		spanQuery:                                "COVERING INDEX messages_listed (owner=?)",
		mailboxQuery + " AND id IN ($4, 7)":      "messages_listed (owner=? AND mailbox=? AND listed=? AND id=?)",
		deviceQuery + " AND id IN ($4, 7)":       "messages_listed (owner=? AND mailbox=? AND listed=? AND id=?)",
		spanQuery + " AND id IN ($4, 7)":         "PRIMARY KEY",
		hiddenQuery + " AND message IN ($3, $4)": "COVERING INDEX hidden_message (message=? AND device=? AND mailbox=?)",
		hiddenQuery:                              "PRIMARY KEY",
		deliveriesQuery:                          "INDEX deliveries_place (owner=? AND device=? AND mailbox=?)",
		"SELECT uid, taken, size, head FROM receipts WHERE account = $1": "PRIMARY KEY",
		holdsQuery:   "INDEX messages_digest",
		takenQuery:   "INDEX tombstones_message",
		markedQuery:  "INDEX deletions_marked",
		countedQuery: "COVERING INDEX messages_day (owner=? AND <expr>>?)",
		"SELECT number FROM lessons WHERE owner = $1 AND digest = $2 ORDER BY number DESC LIMIT 1":              "INDEX lessons_digest",
		"SELECT number, kind, message FROM changes WHERE owner = $1 AND number > $2 ORDER BY number LIMIT 1000": "PRIMARY KEY",
	} {
		var plan []string
		err := d.read(ctx, func(scan func(...any) error) error {
			var a, b, c int
			var line string
			err := scan(&a, &b, &c, &line)
			plan = append(plan, line)
			return err
		}, "EXPLAIN QUERY PLAN "+query, "x", "y", 0, 0)
		text := strings.Join(plan, "; ")
		if err != nil || !strings.Contains(text, want) || strings.Contains(text, "TEMP B-TREE") {
			t.Errorf("%s: %v, plan %q; want %q and no sorting", query, err, text, want)
		}
	}
}
