package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/gofrs/flock"

	"restante/configs"
	"restante/fetch"
	"restante/index/backup"
	"restante/index/record"
)

// Places in the data folder.
func spoolDir(cfg *configs.Settings) string    { return filepath.Join(cfg.DataDir, "spool") }
func searchDir(cfg *configs.Settings) string   { return filepath.Join(cfg.DataDir, "search") }
func tlsDir(cfg *configs.Settings) string      { return filepath.Join(cfg.DataDir, "tls") }
func acmeDir(cfg *configs.Settings) string     { return filepath.Join(cfg.DataDir, "acme") }
func lockPath(cfg *configs.Settings) string    { return filepath.Join(cfg.DataDir, "lock") }
func sealKeyPath(cfg *configs.Settings) string { return filepath.Join(cfg.DataDir, "seal.key") }
func database(cfg *configs.Settings) string {
	if dsn := cfg.Storage.Database.Reveal(); dsn != "" {
		return dsn
	}
	return filepath.Join(cfg.DataDir, "restante.db")
}

func makeDataDir(cfg *configs.Settings) error {
	for _, dir := range []string{cfg.DataDir, spoolDir(cfg), tlsDir(cfg)} {
		err := os.MkdirAll(dir, 0o700)
		switch {
		case errors.Is(err, fs.ErrPermission):
			return fmt.Errorf("data folder %s: permission denied; give it to the user that restante runs as, or set data_dir to another", dir)
		case err != nil:
			return fmt.Errorf("data folder: %w; set data_dir to a folder that can be written", err)
		}
	}
	return nil
}

// busyError says that another process has the data folder.
type busyError struct {
	dir, pid string
	why      error // it cannot be asked; nil: it does not answer
}

func (e *busyError) Error() string {
	text := fmt.Sprintf("the data folder %s is in use by another restante%s; stop that one first, or set another data_dir", e.dir, e.pid)
	if e.why != nil {
		text += fmt.Sprintf(" (it cannot be asked to do this itself: %v)", e.why)
	}
	return text
}

// lockData keeps a second process out of the data folder. The lock is the
// system's and goes with the process, however that ends.
func lockData(cfg *configs.Settings) (*flock.Flock, error) {
	l := flock.New(lockPath(cfg), flock.SetPermissions(0o600))
	ok, err := l.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock the data folder: %w; it must be a folder that can be written, on a local disk", err)
	}
	if !ok {
		pid := ""
		if b, err := os.ReadFile(lockPath(cfg)); err == nil && len(b) > 0 {
			pid = " (process " + strings.TrimSpace(string(b)) + ")"
		}
		return nil, &busyError{dir: cfg.DataDir, pid: pid}
	}
	if err := os.WriteFile(lockPath(cfg), []byte(strconv.Itoa(os.Getpid())+"\n"), 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("data folder: %w; free some space, or make it writable", err), l.Close())
	}
	return l, nil
}

// emptySpool removes what an earlier process left behind: parcels that no
// archive took, and that their upstreams still have, and copies.
func emptySpool(cfg *configs.Settings) error {
	for _, name := range []string{fetch.SpoolPrefix, backup.SpoolPrefix, record.ScratchPrefix} {
		old, err := filepath.Glob(filepath.Join(spoolDir(cfg), name+"*"))
		if err != nil {
			return err
		}
		for _, f := range old {
			if err := os.RemoveAll(f); err != nil {
				return fmt.Errorf("empty the spool: %w", err)
			}
		}
	}
	return nil
}
