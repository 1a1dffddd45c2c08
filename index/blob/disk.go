package blob

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// file is what the log asks of an open file, so that tests can let any of it
// fail.
type file interface {
	io.ReaderAt
	io.WriterAt
	Sync() error // the data and what is needed to read it again
	Truncate(size int64) error
	Size() (int64, error)
	Close() error
}

// disk is what the log asks of its folder.
type disk interface {
	list() ([]string, error)             // the names that are there, in order
	create(name string) (file, error)    // fs.ErrExist where it is there already
	open(name string) (file, error)      // for reading
	openWrite(name string) (file, error) // for reading and writing
	remove(name string) error
	rename(from, to string) error
	aside(name string, cut io.Reader) error // appends, durably, what is about to be cut off
	sync() error                            // makes created, renamed and removed names durable
	free() (int64, error)                   // octets that can still be written
}

// folder is the disk of real life.
type folder string

func (d folder) path(name string) string { return filepath.Join(string(d), name) }

func (d folder) list() ([]string, error) {
	entries, err := os.ReadDir(string(d))
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	return names, err
}

func (d folder) openFlags(name string, flags int) (file, error) {
	f, err := os.OpenFile(d.path(name), flags, 0o600)
	if err != nil {
		return nil, err
	}
	return osFile{f}, nil
}

func (d folder) create(name string) (file, error) {
	return d.openFlags(name, os.O_RDWR|os.O_CREATE|os.O_EXCL)
}
func (d folder) open(name string) (file, error)      { return d.openFlags(name, os.O_RDONLY) }
func (d folder) openWrite(name string) (file, error) { return d.openFlags(name, os.O_RDWR) }
func (d folder) remove(name string) error            { return os.Remove(d.path(name)) }
func (d folder) rename(from, to string) error        { return os.Rename(d.path(from), d.path(to)) }

// aside appends, so that no cut ever replaces an earlier one.
func (d folder) aside(name string, cut io.Reader) (err error) {
	f, err := os.OpenFile(d.path(name), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := io.Copy(f, cut); err != nil {
		return err
	}
	return errors.Join(f.Sync(), d.sync())
}

func (d folder) sync() error {
	f, err := os.Open(string(d))
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

func (d folder) free() (int64, error) { return freeOctets(string(d)) }

type osFile struct{ *os.File }

func (f osFile) Sync() error { return datasync(f.File) }

func (f osFile) Size() (int64, error) {
	fi, err := f.Stat()
	if err != nil {
		return 0, err
	}
	if !fi.Mode().IsRegular() {
		return 0, &fs.PathError{Op: "open", Path: f.Name(), Err: fs.ErrInvalid}
	}
	return fi.Size(), nil
}
