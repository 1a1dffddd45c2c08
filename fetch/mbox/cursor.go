package mbox

import (
	"bufio"
	"errors"
	"io"
	"os"
)

// cursor is a place in an archive, which can be read onwards only.
type cursor struct {
	path  string
	h     *os.File
	pack  *pack
	at    int // the member, from 1
	in    *bufio.Reader
	split *splitter // of in, where it is an mbox under way
}

var errShifted = errors.New("the archive was changed since it was listed")

// reach goes to a message in an archive. Messages are asked for in their order,
// mostly; else the archive is read again from its start.
func (s *Source) reach(e *entry) (io.Reader, error) {
	c := s.cur
	if c == nil || c.path != e.file.path || c.at > e.file.member ||
		c.at == e.file.member && (c.split == nil || c.split.number >= e.number) {
		if err := s.Close(); err != nil {
			return nil, err
		}
		var err error
		if c, err = openCursor(e.file, s.lim); err != nil {
			return nil, err
		}
		s.cur = c
	}
	if err := unchanged(c.h, e.file); err != nil {
		return nil, err
	}
	for c.at < e.file.member {
		m, err := c.pack.next()
		if errors.Is(err, io.EOF) {
			err = errShifted
		}
		if err != nil {
			return nil, err
		}
		c.at, c.split = c.at+1, nil
		if m.r != nil {
			c.in.Reset(m.r)
		}
	}
	if e.number == 0 {
		return onlySpan(c.in, e.in)
	}
	if c.split == nil {
		c.split = newSplitter(&window{r: c.in})
	}
	for c.split.number < e.number {
		if err := c.split.next(); errors.Is(err, io.EOF) {
			return nil, errShifted
		} else if err != nil {
			return nil, err
		}
	}
	return c.split.message(c.split, &s.unq), nil
}

// onlySpan gives the part of a stream; all where there is none.
func onlySpan(r *bufio.Reader, part *span) (io.Reader, error) {
	if part == nil {
		return r, nil
	}
	if _, err := io.CopyN(io.Discard, r, part.start); err != nil {
		return nil, err
	}
	return &exactly{r, part.end - part.start}, nil
}

// exactly gives so many octets, or an error where there are fewer.
type exactly struct {
	r    io.Reader
	left int64
}

func (x *exactly) Read(p []byte) (int, error) {
	if x.left == 0 {
		return 0, io.EOF
	}
	n, err := x.r.Read(p[:min(int64(len(p)), x.left)])
	x.left -= int64(n)
	if errors.Is(err, io.EOF) && x.left > 0 {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

func openCursor(of *file, lim limits) (*cursor, error) {
	h, err := os.Open(of.path)
	if err != nil {
		return nil, err
	}
	start := make([]byte, sniffed)
	n, err := h.ReadAt(start, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, errors.Join(err, h.Close())
	}
	kind, _ := packed(start[:n])
	if kind == "" || kind == isClosed {
		return nil, errors.Join(errShifted, h.Close())
	}
	p, err := openPack(h, of.size, kind, lim)
	if err != nil {
		return nil, errors.Join(err, h.Close())
	}
	return &cursor{path: of.path, h: h, pack: p, in: bufio.NewReaderSize(nil, bufSize)}, nil
}

func (c *cursor) close() error {
	c.pack.close()
	return c.h.Close()
}
