package mbox

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"restante/fetch"
)

// bufSize is how much of a file is read at a time, and how much of a line is
// looked at.
const bufSize = 64 << 10

var errDelete = errors.New("an import deletes nothing")

// Dialer opens the same path for every account.
type Dialer struct{ Path string }

// Dial opens the path.
func (d Dialer) Dial(context.Context, fetch.Account) (fetch.Maildrop, error) { return Open(d.Path) }

var (
	_ fetch.Dialer   = Dialer{}
	_ fetch.Maildrop = (*Source)(nil)
	_ fetch.Dated    = (*Source)(nil)
)

// Source is the mail in a file or a folder. It is used by one goroutine.
type Source struct {
	path    string
	entries []entry // by message number, from 1
	skipped []string

	buf  *bufio.Reader
	held *os.File // the mbox file in use
	of   *file    // what held is open for

	placed *file // the file that Place was asked about last
	first  int   // its first entry
}

// file is a file that was found.
type file struct {
	path, rel string
	size      int64
	changed   time.Time
}

// entry is where a message lies.
type entry struct {
	file     *file
	in       *span // its place in an mbox file; nil where it is all of the file
	received time.Time
	err      error // why it cannot be read
}

// Open takes the path of a file or a folder. What it holds is found by List.
func Open(path string) (*Source, error) {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return nil, fmt.Errorf("open mail: %w", err)
	}
	info, err := os.Stat(real)
	if err != nil {
		return nil, fmt.Errorf("open mail: %w", err)
	}
	if !info.IsDir() && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("open mail: %s is neither file nor folder", path)
	}
	return &Source{path: real, buf: bufio.NewReaderSize(nil, bufSize)}, nil
}

// List finds the messages. Where a file or folder cannot be read, an item
// without a UID stands for it, of size -1, so that Retrieve can tell.
func (s *Source) List(ctx context.Context) ([]fetch.Item, error) {
	s.entries, s.skipped = nil, nil
	f := finder{Source: s, maildirs: map[string]bool{}}
	if err := f.find(ctx); err != nil {
		return nil, fmt.Errorf("list %s: %w", s.path, err)
	}
	return f.items, nil
}

// Skipped gives the files that List passed over since they do not look like
// mail, relative to the folder.
func (s *Source) Skipped() []string { return s.skipped }

// Received is when a message was received: for mbox by its "From " line, for
// Maildir by the name of its file, else by when the file was changed.
func (s *Source) Received(it fetch.Item) time.Time {
	if it.Num < 1 || it.Num > len(s.entries) {
		return time.Time{}
	}
	return s.entries[it.Num-1].received
}

// Retrieve gives the messages. One that cannot be opened is told to each.
func (s *Source) Retrieve(ctx context.Context, items []fetch.Item, each func(fetch.Item, io.Reader, error) error) error {
	for _, it := range items {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := s.retrieve(it, each); err != nil {
			return err
		}
	}
	return nil
}

func (s *Source) retrieve(it fetch.Item, each func(fetch.Item, io.Reader, error) error) (err error) {
	if it.Num < 1 || it.Num > len(s.entries) {
		return each(it, nil, fmt.Errorf("no message %d", it.Num))
	}
	e := s.entries[it.Num-1]
	switch {
	case e.err != nil:
		return each(it, nil, e.err)
	case e.in != nil:
		f, err := s.hold(e.file)
		if err != nil {
			return each(it, nil, err)
		}
		return s.give(it, e.in.reader(f, s.buf), each)
	}
	f, err := os.Open(e.file.path)
	if err != nil {
		return each(it, nil, err)
	}
	defer f.Close()
	s.buf.Reset(f)
	return s.give(it, s.buf, each)
}

// give hands a message over once its first octet could be read: what cannot be
// read at all must not end the import.
func (s *Source) give(it fetch.Item, r io.Reader, each func(fetch.Item, io.Reader, error) error) error {
	if _, err := s.buf.Peek(1); err != nil && !errors.Is(err, io.EOF) {
		return each(it, nil, err)
	}
	return each(it, r, nil)
}

// hold gives the mbox file open, and the same one as it was listed.
func (s *Source) hold(of *file) (*os.File, error) {
	if s.of != of {
		if err := s.Close(); err != nil {
			return nil, err
		}
		f, err := os.Open(of.path)
		if err != nil {
			return nil, err
		}
		s.held, s.of = f, of
	}
	info, err := s.held.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() != of.size || !info.ModTime().Equal(of.changed) {
		return nil, fmt.Errorf("%s was changed since it was listed", of.path)
	}
	return s.held, nil
}

// Delete refuses: an import deletes nothing.
func (s *Source) Delete(context.Context, []int) ([]int, error) { return nil, errDelete }

// Quit ends the use of the files.
func (s *Source) Quit(context.Context) error { return s.Close() }

// Close lets go of the files.
func (s *Source) Close() error {
	f := s.held
	s.held, s.of = nil, nil
	if f == nil {
		return nil
	}
	return f.Close()
}
