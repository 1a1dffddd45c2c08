package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"restante/configs"
	"restante/index"
	"restante/index/backup"
	"restante/index/blob"
	"restante/index/record"
)

// A restore gathers everything in a folder within each of the folders that it
// fills, under the name of restoring. When all of it is whole the folder is called
// restored instead, which is the moment from when on it counts, and its content
// moves up. So a folder that is a disk of its own can be filled, and whoever opens
// the house finishes what a crash left.
const (
	restoringName = "restoring"
	restoredName  = "restored"
)

func newRestore(e *env) *cobra.Command {
	var snapshot, identity string
	var asJSON bool
	c := &cobra.Command{
		Use:   "restore SRC",
		Short: "Bring a backup back into an empty data folder",
		Long: `Restore takes a folder of backups, a .tar file, or - for a tar on standard input,
and fills the data_dir of the settings, and storage.blobs and storage.database
where these are elsewhere. All of them must be empty. Every file is checked against
its SHA-256: where one is wrong it is named, and nothing is restored.

Settings that are part of the backup become restored.yaml in the data folder.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if e.house != nil {
				return errors.New("a restante serves in the data folder, which must be empty")
			}
			cfg, err := e.settings()
			if err != nil {
				return err
			}
			ids, err := e.identities(identity)
			if err != nil {
				return err
			}
			src := args[0]
			if src != "-" {
				src = e.path(src)
			}
			r := &restorer{e: e, cfg: cfg, ids: ids}
			if err := r.restore(c.Context(), src, snapshot); err != nil {
				return err
			}
			return r.prove(c.Context(), asJSON)
		},
	}
	c.Flags().StringVar(&snapshot, "snapshot", "", "the snapshot, or how its name begins; else the last")
	c.Flags().StringVar(&identity, "identity", "", "`FILE` of age secret keys, for an encrypted backup")
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return c
}

func (e *env) identities(path string) (backup.Identities, error) {
	if path == "" {
		return nil, nil
	}
	f, err := os.Open(e.path(path))
	if err != nil {
		return nil, usage(fmt.Errorf("identity: %w", err))
	}
	defer f.Close()
	ids, err := backup.ParseIdentities(f)
	return ids, usage(err)
}

// restorer brings one backup back.
type restorer struct {
	e   *env
	cfg *configs.Settings
	ids backup.Identities
	m   backup.Manifest
}

// folders are those that a restore fills, the data folder last: with it all is
// done.
func folders(cfg *configs.Settings) []string {
	if cfg.Storage.Blobs != "" {
		return []string{cfg.Storage.Blobs, cfg.DataDir}
	}
	return []string{cfg.DataDir}
}

func (r *restorer) restore(ctx context.Context, src, snapshot string) (err error) {
	cfg := r.cfg
	if err := os.MkdirAll(cfg.DataDir, 0o700); err != nil {
		return err
	}
	lock, err := lockData(cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	for _, dir := range folders(cfg) {
		if err := mustBeEmpty(dir); err != nil {
			return err
		}
	}
	for _, dir := range folders(cfg) {
		if err := os.MkdirAll(filepath.Join(dir, restoringName), 0o700); err != nil {
			return err
		}
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, undoRestore(cfg))
		}
	}()
	if err := r.gather(ctx, src, snapshot); err != nil {
		return err
	}
	for _, dir := range folders(cfg) {
		if err := os.Rename(filepath.Join(dir, restoringName), filepath.Join(dir, restoredName)); err != nil {
			return err
		}
		if err := syncFolder(dir); err != nil {
			return err
		}
	}
	return finishRestore(cfg)
}

// mustBeEmpty refuses a folder with anything in it but what a restore left that was
// killed.
func mustBeEmpty(dir string) error {
	names, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	harmless := []string{"lost+found", restoringName, filepath.Base(lockPath(&configs.Settings{}))}
	for _, n := range names {
		// Who looked into the folder left it empty ones.
		inner, err := os.ReadDir(filepath.Join(dir, n.Name()))
		if !slices.Contains(harmless, n.Name()) && (err != nil || len(inner) > 0) {
			return fmt.Errorf("%s is not empty: it has %s; restore into an empty folder, and set data_dir to it", dir, n.Name())
		}
	}
	return os.RemoveAll(filepath.Join(dir, restoringName))
}

// undoRestore removes what was gathered.
func undoRestore(cfg *configs.Settings) error {
	var errs []error
	for _, dir := range folders(cfg) {
		errs = append(errs, os.RemoveAll(filepath.Join(dir, restoringName)))
	}
	return errors.Join(errs...)
}

// gather puts all files where they wait, and the rows into a database.
func (r *restorer) gather(ctx context.Context, src, snapshot string) error {
	top := filepath.Join(r.cfg.DataDir, restoringName)
	to := backup.Target{Data: top, Segments: filepath.Join(top, "segments")}
	if r.cfg.Storage.Blobs != "" {
		to.Segments = filepath.Join(r.cfg.Storage.Blobs, restoringName)
	}
	b := r.e.bar("restoring", 0)
	m, err := backup.Restore(ctx, src, snapshot, r.ids, to, r.e.in, b.set)
	b.end()
	if err != nil {
		return r.explain(src, err)
	}
	r.m = m
	settings := filepath.Join(top, "restante.yaml")
	if err := os.Rename(settings, filepath.Join(top, "restored.yaml")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	// The house as it waits.
	cfg := *r.cfg
	cfg.Storage.Blobs = to.Segments
	s, err := archiveSecrets(&cfg)
	if err != nil {
		return fmt.Errorf("%w. Nothing was restored", err)
	}
	dsn, err := r.load(ctx, filepath.Join(top, backup.RowsName), top)
	if err != nil {
		return err
	}
	_, err = r.e.lastWords(ctx, &cfg, dsn, s.seal)
	return err
}

// explain says what to do when a backup cannot be taken.
func (r *restorer) explain(src string, err error) error {
	switch {
	case errors.Is(err, backup.ErrSealed) && len(r.ids) == 0:
		return fmt.Errorf("restore from %s: the backup is encrypted; name the file of its secret key with --identity FILE", src)
	case !errors.Is(err, blob.ErrDamaged):
		return err
	}
	if info, serr := os.Stat(src); serr != nil || !info.IsDir() {
		return fmt.Errorf("%w. Nothing was restored; take another backup", err)
	}
	return fmt.Errorf("%w. Nothing was restored. Where the house still lives, restante backup --verify %s copies such segments anew; "+
		"else try --snapshot, though snapshots share segments; each of the other segments is an mbox for restante import, as restante-backup.txt there says", err, src)
}

// load makes the database, and names it. One elsewhere is filled in one commit, and must be
// empty.
func (r *restorer) load(ctx context.Context, rows, top string) (dsn string, err error) {
	dsn = filepath.Join(top, "restante.db")
	if where := r.cfg.Storage.Database.Reveal(); where != "" {
		dsn = where
	}
	f, err := os.Open(rows)
	if err != nil {
		return "", err
	}
	defer f.Close()
	z, err := backup.Unpack(f)
	if err != nil {
		return "", err
	}
	defer z.Close()
	b := r.e.bar("loading the rows", 0)
	defer b.end()
	read := int64(0)
	_, err = record.Load(ctx, dsn, record.Options{}, told{z, func(n int) { read += int64(n); b.set(read, 0) }})
	if err != nil {
		return "", err
	}
	return dsn, os.Remove(rows)
}

// told is a reader that tells how much was read.
type told struct {
	r    io.Reader
	tell func(n int)
}

func (t told) Read(b []byte) (int, error) {
	n, err := t.r.Read(b)
	t.tell(n)
	return n, err
}

// finishRestore moves up what a restore has brought, and refuses a house that one
// has not finished.
func finishRestore(cfg *configs.Settings) error {
	for _, dir := range folders(cfg) {
		from := filepath.Join(dir, restoredName)
		names, err := os.ReadDir(from)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("finish the restore: %w", err)
		}
		for _, n := range names {
			if err := moveUp(from, dir, n.Name()); err != nil {
				return fmt.Errorf("finish the restore: %w", err)
			}
		}
		if err == nil {
			if err := errors.Join(os.Remove(from), syncFolder(dir)); err != nil {
				return fmt.Errorf("finish the restore: %w", err)
			}
		}
		if _, err := os.Lstat(filepath.Join(dir, restoringName)); err == nil {
			return fmt.Errorf("%s holds a restore that was broken off; run restante restore again, or remove the folder %s in it", dir, restoringName)
		}
	}
	return nil
}

// moveUp moves a file or a folder. What makeDataDir made is empty, and gives way.
func moveUp(from, to, name string) error {
	if info, err := os.Lstat(filepath.Join(to, name)); err == nil && info.IsDir() {
		if err := os.Remove(filepath.Join(to, name)); err != nil {
			return err
		}
	}
	return os.Rename(filepath.Join(from, name), filepath.Join(to, name))
}

// restoreReport is the JSON form of a restore.
type restoreReport struct {
	Made  string      `json:"made"` // when the backup was
	Files int         `json:"files"`
	Proof index.Proof `json:"proof"`
}

// prove opens the house that was restored, makes its catalogue, and reads every
// message.
func (r *restorer) prove(ctx context.Context, asJSON bool) error {
	e := r.e
	h, err := open(ctx, r.cfg, newLog(r.cfg.Log, e.errOut, quietly))
	if err != nil {
		return err
	}
	err = h.index(ctx, e)
	var p index.Proof
	if err == nil {
		b := e.bar("verifying", 0)
		p, err = h.archive.Verify(ctx, func(done int) { b.set(int64(done), r.m.Messages) })
		b.end()
	}
	if err = errors.Join(err, h.close(ctx)); err != nil {
		return fmt.Errorf("the backup is restored, and something is wrong with it: %w", err)
	}
	rep := restoreReport{Made: stamp(r.m.Made), Files: len(r.m.Files), Proof: p}
	if asJSON {
		err = e.json(rep)
	} else {
		_, err = fmt.Fprintf(e.out, "restored as of %s: %d messages, %s, %d faults\n", rep.Made, p.Messages, size(p.Bytes), len(p.Faults))
	}
	if err == nil && len(p.Faults) > 0 {
		return exitError{exitFailed, errors.New("restante verify names the messages that are damaged")}
	}
	return err
}
