package record

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"

	"restante/index"
)

var (
	_ index.Records = (*DB)(nil)
	_ index.Lessons = (*DB)(nil)
	_ index.Users   = (*DB)(nil)
	_ index.Keyring = (*DB)(nil)
	_ index.Survey  = (*DB)(nil)
	_ index.Views   = (*DB)(nil)
)

// Options tunes a DB. The zero value is good.
type Options struct {
	// Timeout bounds one call, waiting for others' writes included; 0 means
	// 30 s. Each is bounded a page at a time.
	Timeout time.Duration
	// Readers bounds the connections that read; 0 means 4, or twice the
	// processors where these are more.
	Readers int
}

// DB is the rows on one of the two engines. All its methods may be called at
// once.
type DB struct {
	engine engine
	r, w   *sql.DB // the same pool on PostgreSQL
	limit  time.Duration
	stmts  sync.Map // of queries, by their text: *sql.Stmt
	ready  ready    // of writes

	all, dear atomic.Int64 // commits, see Writes
	touched   touches
}

// engine is what differs between the two.
type engine struct {
	name  string // SQLite or PostgreSQL
	where string // for messages to people: a path, or host and database
	lite  bool
	types *strings.Replacer // of the schema
}

// Open opens the database that dsn names, makes it when it is missing, and
// brings its schema up to date. A DSN is a file path, sqlite:PATH, or a
// postgres://user@host/database URL. A schema of a later version than this
// program knows is an error.
func Open(ctx context.Context, dsn string, o Options) (*DB, error) {
	d, err := connect(ctx, dsn, o)
	if err != nil {
		return nil, err
	}
	if err := d.migrate(ctx); err != nil {
		return nil, errors.Join(d.explain("open", err), d.Close())
	}
	return d, nil
}

// connect is Open that leaves the schema as it is.
func connect(ctx context.Context, dsn string, o Options) (*DB, error) {
	if o.Timeout <= 0 {
		o.Timeout = 30 * time.Second
	}
	if o.Readers <= 0 {
		o.Readers = max(4, 2*runtime.GOMAXPROCS(0))
	}
	open := openPostgres
	if _, lite := File(dsn); lite {
		open = openLite
	}
	return open(ctx, dsn, o)
}

// File gives the file of a SQLite database; false where a DSN names another. Its
// log and its index lie beside it, with -wal and -shm behind the name.
func File(dsn string) (path string, ok bool) {
	if strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://") {
		return "", false
	}
	return strings.TrimPrefix(strings.TrimPrefix(dsn, "sqlite:"), "//"), true
}

func openLite(ctx context.Context, dsn string, o Options) (*DB, error) {
	path, _ := File(dsn)
	if path == "" || strings.Contains(path, ":memory:") {
		return nil, fmt.Errorf("open database %q: want the path of a file", dsn)
	}
	d := &DB{engine: engine{name: "SQLite", where: path, lite: true, types: liteTypes}, limit: o.Timeout}
	// SQLite would say "unable to open database file" to everything that can
	// be wrong here, and would let others read the hashes of passwords.
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open database: %w; its folder must exist and be writable", err)
	}
	if err := f.Close(); err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	// SQLite waits for other programs by itself, and does not hear of contexts.
	wait := min(d.limit, 10*time.Second).Milliseconds()
	uri := fmt.Sprintf("file:%s?_pragma=busy_timeout(%d)", (&url.URL{Path: filepath.ToSlash(abs)}).EscapedPath(), wait)
	d.w, err = sql.Open("sqlite", uri+"&_txlock=immediate&_pragma=synchronous(NORMAL)")
	if err != nil {
		return nil, d.explain("open", err)
	}
	d.w.SetMaxOpenConns(1)
	d.r, err = sql.Open("sqlite", uri+"&_pragma=query_only(1)")
	if err != nil {
		return nil, errors.Join(d.explain("open", err), d.w.Close())
	}
	d.r.SetMaxOpenConns(o.Readers)
	d.r.SetMaxIdleConns(o.Readers)
	// Once, on one connection: connections that all set it as they open stand
	// in each other's way.
	ctx, cancel := context.WithTimeout(ctx, d.limit)
	defer cancel()
	var mode string
	if err := d.w.QueryRowContext(ctx, "PRAGMA journal_mode=WAL").Scan(&mode); err != nil {
		return nil, errors.Join(d.explain("open", err), d.Close())
	}
	if mode != "wal" {
		return nil, errors.Join(fmt.Errorf("open database %s: no write-ahead log on this file system (mode %s); put it on a local disk", path, mode), d.Close())
	}
	return d, nil
}

func openPostgres(ctx context.Context, dsn string, o Options) (*DB, error) {
	u, err := url.Parse(dsn)
	if err != nil {
		// The URL itself may hold a password: it is not repeated.
		return nil, errors.New("open database: the postgres:// URL cannot be read")
	}
	d := &DB{engine: engine{name: "PostgreSQL", where: u.Host + u.Path, types: postgresTypes}, limit: o.Timeout}
	d.w, err = sql.Open("pgx", dsn)
	if err != nil {
		return nil, d.explain("open", err)
	}
	d.r = d.w
	d.w.SetMaxOpenConns(o.Readers)
	d.w.SetMaxIdleConns(o.Readers)
	ctx, cancel := context.WithTimeout(ctx, d.limit)
	defer cancel()
	if err := d.w.PingContext(ctx); err != nil {
		return nil, errors.Join(d.explain("open", err), d.Close())
	}
	return d, nil
}

// Close waits for the calls that run and closes the connections.
func (d *DB) Close() error {
	err := d.w.Close()
	if d.r != d.w && d.r != nil {
		err = errors.Join(d.r.Close(), err)
	}
	return err
}
