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

// bufSize is how much of a file is read at a time, and how much of a line or of
// a header is looked at.
const bufSize = 64 << 10

var errDelete = errors.New("an import deletes nothing")

var (
	_ fetch.Maildrop = (*Source)(nil)
	_ fetch.Dated    = (*Source)(nil)
	_ fetch.Placed   = (*Source)(nil)
)

// Source is the mail in a file or a folder. It is used by one goroutine.
type Source struct {
	// Mailboxes, if not nil, say where messages hang by their folders and labels,
	// and which are left out. It is set before List.
	Mailboxes *Mailboxes
	// Found, if not nil, is called by List with the messages found so far.
	Found func(messages int)

	path    string
	lim     limits
	entries []entry // by message number, from 1
	skipped []Skip
	tallies []Tally

	buf  *bufio.Reader
	unq  unquoter
	held *os.File // the mbox file in use
	of   *file    // what held is open for
	cur  *cursor  // the archive in use

	placed *file // the file that Place was asked about last
	first  int   // its first entry
}

// file is a file that was found, or one in an archive that was.
type file struct {
	path    string    // of the file, or of its archive
	rel     string    // relative to what was opened; for telling
	inner   string    // its name in the archive, for telling; empty elsewhere
	folder  string    // the path that tells its folder, with slashes
	size    int64     // of the file or the archive
	changed time.Time // the file or the archive
	dated   time.Time // as the archive says of the file in it; changed elsewhere
	member  int       // its number in its archive, from 1; 0 elsewhere
}

// entry is where a message lies.
type entry struct {
	file     *file
	in       *span // its place in the file; nil where it is all of it
	number   int   // in an mbox, from 1; 0 elsewhere
	received time.Time
	mailbox  string
	err      error // why it cannot be read
}

// Fault says what cannot be read, and where it lies.
type Fault struct {
	File   string // path; of a file in an archive, both with a slash between
	Offset int64  // octets from the file's start; 0 where that says nothing
	Err    error
}

func (f *Fault) Error() string {
	if f.Offset > 0 {
		return fmt.Sprintf("read %s at %d: %v", f.File, f.Offset, f.Err)
	}
	return fmt.Sprintf("read %s: %v", f.File, f.Err)
}

func (f *Fault) Unwrap() error { return f.Err }

func (f *file) fault(offset int64, err error) error {
	path := f.path
	if f.member > 0 {
		path += "/" + f.inner
	}
	return &Fault{File: path, Offset: offset, Err: err}
}

func (e *entry) fault(err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return err
	}
	offset := int64(0)
	if e.in != nil {
		offset = e.in.from
	}
	return e.file.fault(offset, err)
}

// Skip tells of files, or of messages in one, that List passed over.
type Skip struct {
	File     string `json:"file"`     // relative to what was opened
	Messages int    `json:"messages"` // how many; 0: all of the file
	Why      string `json:"why"`
}

// Tally counts messages found, by format, folder and mailbox.
type Tally struct {
	Format   string `json:"format"`  // and the kind of archive that it came in
	Folder   string `json:"folder"`  // as its owner saw it; empty where Mailboxes is nil, or labels told
	Mailbox  string `json:"mailbox"` // empty: the filter decides
	Messages int    `json:"messages"`
	Bytes    int64  `json:"octets"` // as far as known before reading
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
	return &Source{path: real, lim: usualLimits, buf: bufio.NewReaderSize(nil, bufSize)}, nil
}

// List finds the messages. Where a file or folder cannot be read, an item
// without a UID stands for it, of size -1, so that Retrieve can tell.
func (s *Source) List(ctx context.Context) ([]fetch.Item, error) {
	s.entries, s.skipped, s.tallies = nil, nil, nil
	f := newFinder(s)
	if err := f.find(ctx); err != nil {
		return nil, fmt.Errorf("list %s: %w", s.path, err)
	}
	return f.items, nil
}

// Skipped tells what List passed over, in order.
func (s *Source) Skipped() []Skip { return s.skipped }

// Tallies count what List found, in order of first sight.
func (s *Source) Tallies() []Tally { return s.tallies }

// Faults are what List could not read; Retrieve tells them too.
func (s *Source) Faults() (all []*Fault) {
	for i := range s.entries {
		if f, ok := errors.AsType[*Fault](s.entries[i].err); ok {
			all = append(all, f)
		}
	}
	return all
}

// NoMail is an error where List found files, and no mail in any of them: the
// path is likely another than was meant.
func (s *Source) NoMail() error {
	if len(s.entries) > 0 {
		return nil
	}
	for _, k := range s.skipped {
		if k.Messages > 0 {
			return nil // there was some
		}
	}
	for _, k := range s.skipped {
		if k.Why != whyEmpty {
			return fmt.Errorf("%s holds no mail that is read here (%d files were looked at); mbox files, Maildirs, MH folders, .eml and .emlx files, "+
				"and .zip, .tar, .tar.gz and .gz files of these are", s.path, len(s.skipped))
		}
	}
	return nil
}

func (s *Source) entry(it fetch.Item) *entry {
	if it.Num < 1 || it.Num > len(s.entries) {
		return nil
	}
	return &s.entries[it.Num-1]
}

// Received is when a message was received: for mbox by its "From " line, for
// Maildir by the name of its file, for others by its Received or Date field;
// where these say nothing, or a time to come, when the file was changed.
func (s *Source) Received(it fetch.Item) time.Time {
	if e := s.entry(it); e != nil {
		return e.received
	}
	return time.Time{}
}

// Mailbox is where a message hangs, by Mailboxes; empty leaves it to the filter.
func (s *Source) Mailbox(it fetch.Item) string {
	if e := s.entry(it); e != nil {
		return e.mailbox
	}
	return ""
}

// Retrieve gives the messages. One that cannot be opened is told to each. What
// it tells is a *Fault.
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
	e := s.entry(it)
	if e == nil {
		return each(it, nil, fmt.Errorf("no message %d", it.Num))
	}
	if e.err != nil {
		return each(it, nil, e.err)
	}
	r, err := s.open(e)
	if err != nil {
		return each(it, nil, e.fault(err))
	}
	// What cannot be read at all must not end the import.
	s.buf.Reset(r)
	if _, err := s.buf.Peek(1); err != nil && !errors.Is(err, io.EOF) {
		return each(it, nil, e.fault(err))
	}
	return each(it, &faulty{s.buf, e}, nil)
}

// faulty says where a message lies that broke off.
type faulty struct {
	r io.Reader
	e *entry
}

func (f *faulty) Read(p []byte) (int, error) {
	n, err := f.r.Read(p)
	return n, f.e.fault(err)
}

// open gives a message's octets, until the next is opened.
func (s *Source) open(e *entry) (io.Reader, error) {
	if e.file.member > 0 {
		return s.reach(e)
	}
	h, err := s.hold(e.file, e.in != nil)
	switch {
	case err != nil:
		return nil, err
	case e.in != nil:
		return e.in.message(e.in.at(h), &s.unq), nil
	}
	return io.NewSectionReader(h, 0, 1<<62), nil
}

// hold gives a file open; the same one as it was listed, if it must be.
func (s *Source) hold(of *file, same bool) (*os.File, error) {
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
	if same {
		if err := unchanged(s.held, of); err != nil {
			return nil, err
		}
	}
	return s.held, nil
}

// unchanged tells whether a file is as it was listed.
func unchanged(h *os.File, of *file) error {
	info, err := h.Stat()
	if err != nil {
		return err
	}
	if info.Size() != of.size || !info.ModTime().Equal(of.changed) {
		return errors.New("it was changed since it was listed")
	}
	return nil
}

// Delete refuses: an import deletes nothing.
func (s *Source) Delete(context.Context, []int) ([]int, error) { return nil, errDelete }

// Quit ends the use of the files.
func (s *Source) Quit(context.Context) error { return s.Close() }

// Close lets go of the files.
func (s *Source) Close() error {
	f, c := s.held, s.cur
	s.held, s.of, s.cur = nil, nil, nil
	var err error
	if f != nil {
		err = f.Close()
	}
	if c != nil {
		err = errors.Join(err, c.close())
	}
	return err
}
