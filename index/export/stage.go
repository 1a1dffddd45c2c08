package export

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// stage is a file or folder under a hidden name until it is whole.
type stage struct {
	path   string // what it becomes
	tmp    string // what it is; empty once it is neither
	file   *os.File
	within bool // tmp lies in path, which was there, and its files go up
}

// ErrExists says that the place of an export is taken.
var ErrExists = errors.New("it exists already; an export overwrites nothing")

const partial = ".partial-*"

func stageFile(path string) (*stage, error) {
	if _, err := os.Lstat(path); err == nil {
		return nil, fmt.Errorf("%s: %w", path, ErrExists)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+hiddenName(path)+partial)
	if err != nil {
		return nil, err
	}
	return &stage{path: path, tmp: f.Name(), file: f}, nil
}

// hiddenName leaves room for the rest of a temporary name.
func hiddenName(path string) string {
	name := filepath.Base(path)
	return name[:min(len(name), 200)]
}

func stageFolder(path string) (*stage, error) {
	s := &stage{path: filepath.Clean(path)}
	entries, err := os.ReadDir(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		s.tmp, err = os.MkdirTemp(filepath.Dir(s.path), "."+hiddenName(s.path)+partial)
	case err != nil:
		if info, serr := os.Lstat(path); serr == nil && !info.IsDir() {
			err = fmt.Errorf("%s: %w", path, ErrExists)
		}
	case len(entries) > 0:
		err = fmt.Errorf("%s: it is not empty (it holds %q); give a new or an empty folder", path, entries[0].Name())
	default:
		// It may be a disk's own folder, which cannot be replaced.
		s.within = true
		s.tmp, err = os.MkdirTemp(s.path, ".export"+partial)
	}
	if err != nil {
		return nil, err
	}
	return s, nil
}

// create makes a file in a staged folder, and the folders above it.
func (s *stage) create(name string) (*os.File, error) {
	path := filepath.Join(s.tmp, filepath.FromSlash(name))
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrNotExist) {
		if err = os.MkdirAll(filepath.Dir(path), 0o700); err == nil {
			f, err = os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		}
	}
	return f, err
}

// finish syncs all that is staged and gives it its name.
func (s *stage) finish() error {
	if s.file != nil {
		err := s.file.Sync()
		if err = errors.Join(err, s.file.Close()); err != nil {
			return err
		}
		if _, err := os.Lstat(s.path); err == nil {
			return fmt.Errorf("%s: %w", s.path, ErrExists)
		}
		if err := os.Rename(s.tmp, s.path); err != nil {
			return err
		}
		s.tmp = ""
		return syncPath(filepath.Dir(s.path))
	}
	err := filepath.WalkDir(s.tmp, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return syncPath(path)
	})
	if err != nil {
		return err
	}
	if s.within {
		if err := s.goUp(); err != nil {
			return err
		}
		s.tmp = ""
		return syncPath(s.path)
	}
	if err := os.Rename(s.tmp, s.path); err != nil {
		return err
	}
	s.tmp = ""
	return syncPath(filepath.Dir(s.path))
}

// goUp moves what is staged into the folder above.
func (s *stage) goUp() error {
	entries, err := os.ReadDir(s.tmp)
	if err != nil {
		return err
	}
	for _, e := range entries {
		to := filepath.Join(s.path, e.Name())
		if _, err := os.Lstat(to); err == nil {
			return fmt.Errorf("%s: %w", to, ErrExists)
		}
		if err := os.Rename(filepath.Join(s.tmp, e.Name()), to); err != nil {
			return err
		}
	}
	return os.Remove(s.tmp)
}

func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err == nil && !(info.IsDir() && runtime.GOOS == "windows") { // which syncs no folders
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// abort removes what is staged.
func (s *stage) abort() error {
	if s.tmp == "" {
		return nil
	}
	tmp := s.tmp
	s.tmp = ""
	if s.file != nil {
		s.file.Close()
	}
	return os.RemoveAll(tmp)
}
