package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"restante/configs"
	"restante/index/backup"
	"restante/index/blob"
	"restante/index/record"
)

func newRebuild(e *env) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "rebuild",
		Short: "Make the database anew from the segments",
		Long: `Rebuild moves the database aside and makes it anew from the segments, and from
the knowledge that lies beside them: users, lessons, what became of each message.
No UIDL changes. The old database is never removed. Where messages that the
knowledge has are in no segment, they are named and the exit status is 1: put the
segments back, and run rebuild again.

A PostgreSQL database is not moved: name another, empty one in storage.database.`,
		RunE: func(c *cobra.Command, _ []string) error {
			if e.house != nil {
				return errors.New("a restante serves with the database; stop that one first")
			}
			cfg, err := e.settings()
			if err != nil {
				return err
			}
			return e.rebuild(c.Context(), cfg, asJSON)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return c
}

// rebuilt is the JSON form of what a rebuild did.
type rebuilt struct {
	Messages  int64     `json:"messages"`
	Old       string    `json:"old_database,omitempty"` // where it is now
	Knowledge time.Time `json:"knowledge,omitzero"`     // of when it was; zero: there was none
	Newer     int64     `json:"newer"`                  // messages that it did not know
	Missing   int64     `json:"missing"`                // messages that it knew, and no segment has
	// Lost are the missing ones.
	Lost []record.Lost `json:"missing_messages,omitempty"`
}

// lostShown bounds the missing messages that are printed as text.
const lostShown = 20

func (e *env) rebuild(ctx context.Context, cfg *configs.Settings, asJSON bool) error {
	log := newLog(cfg.Log, e.errOut, quietly)
	old, err := e.setAside(ctx, cfg, log)
	if err != nil {
		return err
	}
	b := e.bar("making rows", 0)
	h, err := openTelling(ctx, cfg, log, func(n int) { b.set(int64(n), 0) })
	b.end()
	if err != nil {
		return errors.Join(err, toldWhere(old))
	}
	err = h.index(ctx, e)
	r := rebuilt{Old: old}
	if h.learnt != nil {
		r.Knowledge, r.Newer, r.Missing, r.Lost = h.learnt.Made, h.learnt.Newer, h.learnt.Missing, h.lost
	}
	var merr error
	r.Messages, merr = h.store.Count(ctx)
	if err = errors.Join(err, merr, h.close(ctx)); err != nil {
		return err
	}
	if asJSON {
		err = e.json(r)
	} else {
		err = e.sayRebuilt(r)
	}
	if err == nil && r.Missing > 0 {
		return exitError{exitFailed, nil}
	}
	return err
}

func (e *env) sayRebuilt(r rebuilt) error {
	fmt.Fprintf(e.out, "%d messages made anew from the segments\n", r.Messages)
	switch {
	case r.Knowledge.IsZero():
		fmt.Fprintln(e.out, "no knowledge was beside them: users and lessons are lost, and mail hangs where it first came to")
	default:
		fmt.Fprintf(e.out, "users, lessons and the places of mail are those of %s; %d messages came later\n", stamp(r.Knowledge), r.Newer)
	}
	if r.Missing > 0 {
		for _, m := range r.Lost[:min(len(r.Lost), lostShown)] {
			fmt.Fprintf(e.out, "%s: %s in %s is missing\n", m.Owner, m.UID, m.Mailbox)
		}
		if more := len(r.Lost) - lostShown; more > 0 {
			fmt.Fprintf(e.out, "and %d more; --json names them all\n", more)
		}
		fmt.Fprintf(e.out, "%d messages are lost: the knowledge has them, and no segment; put the missing segments back and run restante rebuild again, "+
			"or restore a backup; what is known of them is kept until then\n", r.Missing)
	}
	if r.Old != "" {
		fmt.Fprintf(e.out, "the old database is %s\n", r.Old)
	}
	return nil
}

// toldWhere says in an error where the old database is.
func toldWhere(old string) error {
	if old == "" {
		return nil
	}
	return fmt.Errorf("the old database is %s; mend what is wrong and run restante rebuild again, or move it back to its name before .old-", old)
}

// index brings the catalogue up to date, under a bar.
func (h *house) index(ctx context.Context, e *env) error {
	b := e.bar("indexing", 0)
	defer b.end()
	return h.catalogue.CatchUp(ctx, h.archive, b.set)
}

// setAside takes from the old database what it can tell, and moves it aside. It
// gives where it is then; nothing where there was none.
func (e *env) setAside(ctx context.Context, cfg *configs.Settings, log *slog.Logger) (moved string, err error) {
	if err := makeDataDir(cfg); err != nil {
		return "", err
	}
	lock, err := lockData(cfg)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	if err := finishRestore(cfg); err != nil {
		return "", err
	}
	s, err := tryLog(cfg, log)
	if err != nil {
		return "", fmt.Errorf("nothing was changed: %w", err)
	}
	dsn := database(cfg)
	path, lite := record.File(dsn)
	if lite {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return "", nil
		}
	}
	empty, err := e.lastWords(ctx, cfg, dsn, s.seal)
	switch {
	case err != nil && !lite:
		return "", err
	case err != nil: // what a damaged one can no longer tell, the last knowledge does
		fmt.Fprintf(e.errOut, "restante: the old database cannot tell what it knows; the knowledge that was kept is used: %v\n", err)
	case !lite && !empty:
		return "", errors.New("what the database knows is written beside the segments; now make an empty database, name it in storage.database, and run restante rebuild again; this one is left as it is")
	case !lite:
		return "", nil
	}
	moved = path + ".old-" + time.Now().UTC().Format("20060102T150405Z")
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Rename(path+suffix, moved+suffix); err != nil && (suffix == "" || !errors.Is(err, fs.ErrNotExist)) {
			return "", fmt.Errorf("move the database aside: %w", err)
		}
	}
	return moved, syncFolder(filepath.Dir(path))
}

// tryLog looks whether the segments can be opened, with this key: while the
// database is where it was.
func tryLog(cfg *configs.Settings, log *slog.Logger) (secrets, error) {
	s, err := archiveSecrets(cfg)
	if err != nil {
		return s, err
	}
	l, err := openLog(cfg, s.key, blob.Position{}, log)
	if err != nil {
		return s, err
	}
	return s, l.Close()
}

// lastWords writes the knowledge of a database that is to be replaced, or was
// brought back. Empty says that it has none.
func (e *env) lastWords(ctx context.Context, cfg *configs.Settings, dsn string, to backup.Recipients) (empty bool, err error) {
	db, err := record.Open(ctx, dsn, record.Options{})
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	unfinished, err := db.Unfinished(ctx)
	if err != nil || unfinished {
		return unfinished, err
	}
	if fresh, err := db.Fresh(ctx); fresh || err != nil {
		return fresh, err
	}
	if err := os.MkdirAll(cfg.Segments(), 0o700); err != nil {
		return false, err
	}
	k, err := backup.NewKeeper(cfg.Segments(), db, to, nil)
	if err != nil {
		return false, err
	}
	if err := k.Write(ctx); err != nil {
		return false, err
	}
	return false, k.Close(ctx)
}

// syncFolder makes names in a folder durable.
func syncFolder(dir string) error {
	f, err := os.Open(strings.TrimSuffix(dir, "/"))
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
