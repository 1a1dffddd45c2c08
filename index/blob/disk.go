package blob

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// file is what the log asks of an open segment, so that tests can let any of
// it fail.
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
	list() ([]uint32, error)            // the segments that are there, in order
	create(seg uint32) (file, error)    // fs.ErrExist where it is there already
	open(seg uint32) (file, error)      // for reading
	openWrite(seg uint32) (file, error) // for reading and writing
	remove(seg uint32) error
	aside(seg uint32, cut io.Reader) error // keeps, durably, what is about to be cut off
	sync() error                           // makes created and removed names durable
}

// folder is the disk of real life.
type folder string

const suffix = ".mbox.zst"

func segmentName(seg uint32) string { return fmt.Sprintf("%06d", seg) + suffix }

// segmentOf tells which segment a file is named after.
func segmentOf(name string) (uint32, bool) {
	digits, ok := strings.CutSuffix(name, suffix)
	n, err := strconv.ParseUint(digits, 10, 32)
	seg := uint32(n)
	return seg, ok && err == nil && n > 0 && segmentName(seg) == name
}

func (d folder) path(seg uint32) string { return filepath.Join(string(d), segmentName(seg)) }

func (d folder) list() ([]uint32, error) {
	names, err := os.ReadDir(string(d))
	if err != nil {
		return nil, err
	}
	var segs []uint32
	for _, e := range names {
		if seg, ok := segmentOf(e.Name()); ok {
			segs = append(segs, seg)
		}
	}
	slices.Sort(segs)
	return segs, nil
}

func (d folder) openFlags(seg uint32, flags int) (file, error) {
	f, err := os.OpenFile(d.path(seg), flags, 0o600)
	if err != nil {
		return nil, err
	}
	return osFile{f}, nil
}

func (d folder) create(seg uint32) (file, error) {
	return d.openFlags(seg, os.O_RDWR|os.O_CREATE|os.O_EXCL)
}
func (d folder) open(seg uint32) (file, error)      { return d.openFlags(seg, os.O_RDONLY) }
func (d folder) openWrite(seg uint32) (file, error) { return d.openFlags(seg, os.O_RDWR) }
func (d folder) remove(seg uint32) error            { return os.Remove(d.path(seg)) }

// aside appends, so that no cut ever replaces an earlier one.
func (d folder) aside(seg uint32, cut io.Reader) (err error) {
	f, err := os.OpenFile(d.path(seg)+".cut", os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
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
