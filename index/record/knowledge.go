package record

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// unfinished begins the identity of a database whose rows are being made anew
// from the segments, until it has learnt what these do not know. It is what a
// crash in between is known by.
const unfinished = "unfinished-"

// Fresh tells whether the database holds nothing that anybody could miss.
func (d *DB) Fresh(ctx context.Context) (fresh bool, err error) {
	var n int64
	err = d.readOne(ctx, []any{&n}, `SELECT (SELECT COUNT(*) FROM state WHERE segment > 0 OR place > 0)
		+ (SELECT COUNT(*) FROM (SELECT 1 AS one FROM messages LIMIT 1) m)
		+ (SELECT COUNT(*) FROM users) + (SELECT COUNT(*) FROM owners) + (SELECT COUNT(*) FROM devices) + (SELECT COUNT(*) FROM standings)`)
	return n == 0, d.explain("look for rows", err)
}

// Begin readies a fresh database for being filled from the segments, and then by
// Learn with the same knowledge: messages get numbers that no message had before,
// because tombstones and others go on naming those; and what expired has its
// tombstones, so that it does not come back. Scratch is as for Learn.
func (d *DB) Begin(ctx context.Context, r io.Reader, scratch string) error {
	return d.explain("begin anew", d.withKnowledge(ctx, r, scratch, func(from *DB, _ *dumpReader) error {
		return d.commit(ctx, true, func(ctx context.Context, tx *sql.Tx) error {
			tombs, _ := named(tables, "tombstones")
			err := d.learnTable(ctx, tx, from, tombs)
			if err == nil {
				err = d.copyLastID(ctx, tx, from, "messages")
			}
			if err == nil {
				_, err = tx.ExecContext(ctx, "UPDATE state SET identity = $1", unfinished+rand.Text())
			}
			return err
		})
	}))
}

// Unfinished tells whether Learn is still to come after a Begin.
func (d *DB) Unfinished(ctx context.Context) (bool, error) {
	name, err := d.Identity(ctx)
	return strings.HasPrefix(name, unfinished), err
}

// Knowledge is Dump of what the segments do not know: people, lessons, what
// became of messages since they came, and what the fetcher remembers. It holds
// the hashes of passwords.
func (d *DB) Knowledge(ctx context.Context, w io.Writer) (Contents, error) {
	c, err := d.dump(ctx, w, kindKnowledge)
	return c, d.explain("dump the knowledge", err)
}

// Learnt says what came of knowledge.
type Learnt struct {
	Contents
	Missing int64 // messages that it knows and the rows do not: their bytes are lost
	Newer   int64 // messages that the rows know and it does not: as they were first sorted
}

// Lost is a message that the knowledge has and the rows have not.
type Lost struct {
	Owner   string `json:"owner"`
	UID     string `json:"uid"`
	Mailbox string `json:"mailbox"`
}

// Learn puts what Knowledge wrote into a database whose messages were made anew
// from the segments, in one commit, and ends what Begin began. Messages are
// known by owner and UID: their numbers are others now. Lost, if not nil, is
// called for every missing message before the commit, and an error of it undoes
// all. Scratch is a folder for a file that is gone when Learn returns.
func (d *DB) Learn(ctx context.Context, r io.Reader, scratch string, lost func(Lost) error) (l Learnt, err error) {
	err = d.withKnowledge(ctx, r, scratch, func(from *DB, in *dumpReader) error {
		l.Contents = Contents{Schema: in.head.Schema, Identity: in.head.Identity, Made: in.head.Made, Rows: in.rows}
		return d.commit(ctx, true, func(ctx context.Context, tx *sql.Tx) error { return d.learn(ctx, tx, from, &l, lost) })
	})
	return l, d.explain("learn what the segments do not know", err)
}

// Recall puts what older knowledge says of messages into a database that Begin
// began: the knowledge of a time before messages were lost, which came back since.
// It comes before Learn, which corrects whatever it knows itself. Missing counts
// the messages that are not back, and did not expire.
func (d *DB) Recall(ctx context.Context, r io.Reader, scratch string) (missing int64, err error) {
	err = d.withKnowledge(ctx, r, scratch, func(from *DB, _ *dumpReader) error {
		return d.commit(ctx, true, func(ctx context.Context, tx *sql.Tx) error {
			if err := d.hang(ctx, tx, from); err != nil {
				return err
			}
			if err := d.learnTables(ctx, tx, from, table.goesWithMessage); err != nil {
				return err
			}
			err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM known WHERE now IS NULL AND NOT EXISTS
				(SELECT 1 FROM tombstones t WHERE t.owner = known.owner AND t.uid = known.uid)`).Scan(&missing)
			if err == nil {
				_, err = tx.ExecContext(ctx, "DROP TABLE known")
			}
			return err
		})
	})
	return missing, d.explain("learn what was known before a loss", err)
}

// ScratchPrefix begins the names of the folders that knowledge is read into. What a
// killed process left of them may be removed.
const ScratchPrefix = "knowledge-"

// withKnowledge reads knowledge into a database of its own, which brings it up
// to date where it is of an older schema.
func (d *DB) withKnowledge(ctx context.Context, r io.Reader, scratch string, do func(from *DB, in *dumpReader) error) (err error) {
	in, err := newDumpReader(r)
	if err == nil && in.head.Restante != kindKnowledge {
		err = fmt.Errorf("this is a dump of %s, and not of the knowledge", in.head.Restante)
	}
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp(scratch, ScratchPrefix)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	from, err := connect(ctx, filepath.Join(dir, "knowledge.db"), Options{Readers: 1})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	if err = from.load(ctx, in); err == nil {
		err = from.migrate(ctx)
	}
	if err != nil {
		return err
	}
	return do(from, in)
}

// hang makes the temporary table known, which tells the messages of knowledge by
// the numbers that they have now, and hangs them where it says.
func (d *DB) hang(ctx context.Context, tx *sql.Tx, from *DB) error {
	if _, err := tx.ExecContext(ctx, "CREATE TEMPORARY TABLE known (id BIGINT NOT NULL PRIMARY KEY, owner TEXT NOT NULL, uid TEXT NOT NULL, "+
		"mailbox TEXT NOT NULL, class BIGINT NOT NULL, listed BIGINT NOT NULL, now BIGINT)"); err != nil {
		return err
	}
	columns := strings.Join(knownMessages, ", ")
	if err := d.pour(ctx, tx, from, "SELECT "+columns+" FROM messages ORDER BY id", "known ("+columns+")"); err != nil {
		return err
	}
	all := []string{
		"UPDATE known SET now = (SELECT m.id FROM messages m WHERE m.owner = known.owner AND m.uid = known.uid)",
		"CREATE INDEX known_now ON known (now)",
		`UPDATE messages SET (mailbox, class, listed) = (SELECT k.mailbox, k.class, k.listed FROM known k WHERE k.now = messages.id)
			WHERE id IN (SELECT now FROM known)`,
	}
	for _, t := range tables { // what the segments, or older knowledge, say of them
		if t.goesWithMessage() {
			all = append(all, "DELETE FROM "+t.name+" WHERE "+t.known.message+" IN (SELECT now FROM known)")
		}
	}
	for _, s := range all {
		if _, err := tx.ExecContext(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

func (d *DB) learnTables(ctx context.Context, tx *sql.Tx, from *DB, which func(table) bool) error {
	for _, t := range tables {
		if !which(t) {
			continue
		}
		if err := d.learnTable(ctx, tx, from, t); err != nil {
			return fmt.Errorf("table %s: %w", t.name, err)
		}
	}
	return nil
}

func (d *DB) learn(ctx context.Context, tx *sql.Tx, from *DB, l *Learnt, lost func(Lost) error) error {
	if err := d.hang(ctx, tx, from); err != nil {
		return err
	}
	err := d.learnTables(ctx, tx, from, func(t table) bool { return !t.known.none && t.name != "messages" && t.name != "tombstones" })
	if err != nil {
		return err
	}
	err = tx.QueryRowContext(ctx, `SELECT (SELECT COUNT(*) FROM known WHERE now IS NULL),
		(SELECT COUNT(*) FROM messages m WHERE NOT EXISTS (SELECT 1 FROM known k WHERE k.now = m.id))`).Scan(&l.Missing, &l.Newer)
	if err == nil && lost != nil && l.Missing > 0 {
		err = eachLost(ctx, tx, lost)
	}
	if err == nil {
		_, err = tx.ExecContext(ctx, "DROP TABLE known")
	}
	if err == nil {
		_, err = tx.ExecContext(ctx, "UPDATE state SET identity = $1", rand.Text())
	}
	return err
}

func eachLost(ctx context.Context, tx *sql.Tx, lost func(Lost) error) error {
	rows, err := tx.QueryContext(ctx, "SELECT owner, uid, mailbox FROM known WHERE now IS NULL ORDER BY id")
	if err != nil {
		return err
	}
	return drain(rows, func(scan func(...any) error) error {
		var m Lost
		if err := scan(&m.Owner, &m.UID, &m.Mailbox); err != nil {
			return err
		}
		return lost(m)
	})
}

// learnTable takes a table over. What is of a message goes by its number now.
func (d *DB) learnTable(ctx context.Context, tx *sql.Tx, from *DB, t table) error {
	rows, err := tx.QueryContext(ctx, "SELECT * FROM "+t.name+" WHERE 1 = 0")
	if err != nil {
		return err
	}
	columns, err := rows.Columns()
	if err = errors.Join(err, rows.Close()); err != nil {
		return err
	}
	list := strings.Join(columns, ", ")
	if _, err := tx.ExecContext(ctx, "CREATE TEMPORARY TABLE poured AS SELECT * FROM "+t.name+" WHERE 1 = 0"); err != nil {
		return err
	}
	if err := d.pour(ctx, tx, from, "SELECT "+list+" FROM "+t.name, "poured ("+list+")"); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, learnQuery(t, columns)); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "DROP TABLE poured"); err != nil || !t.ids {
		return err
	}
	return d.copyLastID(ctx, tx, from, t.name)
}

// learnQuery moves what was poured into a table. What is there is newer, and
// stays; the last lesson's number is no other's.
func learnQuery(t table, columns []string) string {
	if t.name == "owners" {
		return "INSERT INTO owners (name, change, lesson) SELECT name, 0, lesson FROM poured WHERE 1 = 1 " +
			"ON CONFLICT (name) DO UPDATE SET lesson = excluded.lesson"
	}
	fields, from := slices.Clone(columns), " FROM poured p WHERE 1 = 1"
	for i, c := range columns {
		fields[i] = "p." + c
	}
	if of := t.known.message; of != "" {
		fields[slices.Index(columns, of)] = "COALESCE(k.now, p." + of + ")"
		from = " FROM poured p LEFT JOIN known k ON k.id = p." + of + " WHERE 1 = 1"
		if !t.known.alone { // of a message that expired it is kept, of one that was lost it is not
			from += " AND (k.id IS NULL OR k.now IS NOT NULL)"
		}
	}
	return "INSERT INTO " + t.name + " (" + strings.Join(columns, ", ") + ") SELECT " + strings.Join(fields, ", ") + from +
		" ON CONFLICT (" + t.key + ") DO NOTHING"
}

func (d *DB) copyLastID(ctx context.Context, tx *sql.Tx, from *DB, name string) error {
	var last int64
	err := from.snapshot(ctx, func(theirs *sql.Tx) (err error) {
		last, err = from.lastID(ctx, theirs, name)
		return err
	})
	if err != nil {
		return err
	}
	return d.setLastID(ctx, tx, name, last)
}

// pour copies rows from another database.
func (d *DB) pour(ctx context.Context, tx *sql.Tx, from *DB, query, into string) error {
	return from.snapshot(ctx, func(theirs *sql.Tx) error {
		rows, err := theirs.QueryContext(ctx, query)
		if err != nil {
			return err
		}
		defer rows.Close()
		columns, types, err := columnsOf(rows)
		if err != nil {
			return err
		}
		var batch [][]any
		err = drain(rows, func(scan func(...any) error) error {
			values, ptrs := make([]any, len(columns)), make([]any, len(columns))
			for i := range values {
				ptrs[i] = &values[i]
			}
			if err := scan(ptrs...); err != nil {
				return err
			}
			for i, v := range values {
				if b, ok := v.([]byte); v == nil || ok && b == nil { // no octets, in the drivers' ways
					values[i] = zeroOf(types[i])
				}
			}
			if batch = append(batch, values); len(batch) < loadBatch {
				return nil
			}
			full := batch
			batch = batch[:0]
			return d.insert(ctx, tx, into, "", full, nil)
		})
		if err != nil {
			return err
		}
		return d.insert(ctx, tx, into, "", batch, nil)
	})
}
