package record

import (
	"context"
	"database/sql"
	"sync"
)

// ready holds the statements that writes run over and over. SQLite reads the text
// of a statement anew in each transaction that brings one, which takes it longer
// than a row does; and one that stays must be prepared outside of transactions, by
// the pool, of which each holds the only connection.
type ready struct {
	mu     sync.Mutex // guards the fields below
	stmts  map[string]*sql.Stmt
	wanted []string // not prepared yet
}

// find gives the statement of a text, or nil, and then it is wanted.
func (r *ready) find(text string) *sql.Stmt {
	r.mu.Lock()
	defer r.mu.Unlock()
	stmt, known := r.stmts[text]
	if !known {
		if r.stmts == nil {
			r.stmts = map[string]*sql.Stmt{}
		}
		r.stmts[text] = nil
		r.wanted = append(r.wanted, text)
	}
	return stmt
}

// prepare prepares what is wanted. What cannot be prepared is wanted by the next
// who asks for it.
func (r *ready) prepare(ctx context.Context, pool *sql.DB) {
	r.mu.Lock()
	wanted := r.wanted
	r.wanted = nil
	r.mu.Unlock()
	for _, text := range wanted {
		stmt, err := pool.PrepareContext(ctx, text)
		r.mu.Lock()
		if err != nil {
			delete(r.stmts, text)
		} else {
			r.stmts[text] = stmt
		}
		r.mu.Unlock()
	}
}

// statement gives a statement of a transaction, for its caller to close. Its text
// is one of few. PostgreSQL's driver keeps such statements by itself.
func (d *DB) statement(ctx context.Context, tx *sql.Tx, text string) (*sql.Stmt, error) {
	if d.engine.lite {
		if stmt := d.ready.find(text); stmt != nil {
			return tx.StmtContext(ctx, stmt), nil
		}
	}
	return tx.PrepareContext(ctx, text)
}

// exec runs a statement as statement gives it.
func (d *DB) exec(ctx context.Context, tx *sql.Tx, text string, args ...any) error {
	stmt, err := d.statement(ctx, tx, text)
	if err != nil {
		return err
	}
	defer stmt.Close()
	_, err = stmt.ExecContext(ctx, args...)
	return err
}
