package mbox

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strconv"
	"time"
)

// span is where a message lies in an mbox file, in octets from its start.
type span struct {
	from       int64 // its "From " line
	start, end int64 // the message
	raw        bool  // no > was put before its lines
	received   time.Time
}

// scanner finds messages. Of a line it sees what the buffer holds.
type scanner struct {
	f    io.ReaderAt
	size int64
	in   *bufio.Reader
	peek *bufio.Reader // for a second look at a body
	pos  int64         // of the next line
	lax  bool          // the file's "From " lines carry no time

	emit   func(span) error
	cur    *span // the message at hand; nil between messages
	first  bool  // no "From " line was met yet
	header bool  // within the header of cur
	length int64 // its Content-Length; -1 where it has none
	blank  int64 // octets of the empty line just before; 0 where there was none
}

// line gives the start of the next line, up to its end or as much as the buffer
// holds, and its whole length.
func (s *scanner) line() (start []byte, length int64, err error) {
	start, err = s.in.ReadSlice('\n')
	length = int64(len(start))
	if errors.Is(err, bufio.ErrBufferFull) {
		start = bytes.Clone(start[:lineMost])
		for errors.Is(err, bufio.ErrBufferFull) {
			var more []byte
			more, err = s.in.ReadSlice('\n')
			length += int64(len(more))
		}
	}
	if errors.Is(err, io.EOF) && length > 0 {
		err = nil
	}
	s.pos += length
	return start, length, err
}

func (s *scanner) seek(pos int64) {
	s.pos = pos
	s.in.Reset(io.NewSectionReader(s.f, pos, s.size-pos))
}

// scan calls emit for each message of an mbox file, in order. What stands
// before the first "From " line is a message too, so that nothing is lost.
func scan(f io.ReaderAt, size int64, emit func(span) error) error {
	s := &scanner{
		f: f, size: size, emit: emit, first: true,
		in: bufio.NewReaderSize(nil, bufSize), peek: bufio.NewReaderSize(nil, bufSize),
	}
	s.seek(0)
	for {
		at := s.pos
		line, n, err := s.line()
		switch {
		case errors.Is(err, io.EOF):
			return s.flush(size - s.blank)
		case err != nil:
			return err
		case s.separates(line, s.cur == nil || s.blank > 0):
			err = s.flush(at - s.blank)
			s.cur = &span{from: at, start: at + n, received: fromTime(line)}
			s.first, s.header, s.length, s.blank = false, true, -1, 0
		default:
			err = s.inside(line, at, n)
		}
		if err != nil {
			return err
		}
	}
}

// inside takes a line that begins no message.
func (s *scanner) inside(line []byte, at, n int64) error {
	empty := string(line) == "\n" || string(line) == "\r\n"
	s.blank = 0
	if s.cur == nil {
		if empty {
			return nil
		}
		s.cur = &span{from: at, start: at}
		s.header, s.length = true, -1
	}
	if !empty {
		if l, ok := contentLength(line); ok && s.header {
			s.length = l
		}
		return nil
	}
	s.blank = n
	if !s.header {
		return nil
	}
	s.header = false
	body := s.pos
	next, ok := s.lands(body, s.length)
	if !ok {
		return nil
	}
	var err error
	if s.cur.raw, err = s.hasFrom(body, s.length); err != nil {
		return err
	}
	s.seek(next)
	s.blank = 0
	return s.flush(body + s.length)
}

// flush ends the message at hand, if any.
func (s *scanner) flush(end int64) error {
	if s.cur == nil {
		return nil
	}
	sp := *s.cur
	sp.end = max(end, sp.start)
	s.cur = nil
	return s.emit(sp)
}

// separates reports whether a line begins a message. Free is whether no message
// or an empty line is before it.
func (s *scanner) separates(line []byte, free bool) bool {
	switch {
	case !bytes.HasPrefix(line, fromPrefix):
		return false
	case s.first && free:
		s.lax = !timeOfDay.Match(clip(line))
		return true
	case free && (s.lax || timeOfDay.Match(clip(line))):
		return true
	}
	return fromDate.Match(clip(line))
}

// lands reports whether a body of that length ends where a message may end, and
// gives the place of the next.
func (s *scanner) lands(body, length int64) (next int64, ok bool) {
	end := body + length
	if length < 0 || end > s.size || end < body {
		return 0, false
	}
	before := make([]byte, 1)
	if _, err := s.f.ReadAt(before, end-1); err != nil {
		return 0, false
	}
	after := make([]byte, lineMost)
	n, err := s.f.ReadAt(after, end)
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, false
	}
	after = after[:n]
	for _, gap := range []string{"\r\n", "\n"} {
		if rest, cut := bytes.CutPrefix(after, []byte(gap)); cut {
			after, before[0] = rest, '\n'
			next = int64(len(gap))
			break
		}
	}
	next += end
	if next == s.size {
		return next, true
	}
	if i := bytes.IndexByte(after, '\n'); i >= 0 {
		after = after[:i+1]
	}
	return next, before[0] == '\n' && s.separates(after, true)
}

// hasFrom reports whether a body has a bare "From " line, which all but mboxcl2
// would have quoted.
func (s *scanner) hasFrom(body, length int64) (bool, error) {
	b := &scanner{f: s.f, size: body + length, in: s.peek}
	b.seek(body)
	for {
		line, _, err := b.line()
		switch {
		case errors.Is(err, io.EOF):
			return false, nil
		case err != nil:
			return false, err
		case bytes.HasPrefix(line, fromPrefix):
			return true, nil
		}
	}
}

var lengthField = []byte("content-length:")

func contentLength(line []byte) (int64, bool) {
	if len(line) < len(lengthField) || !bytes.EqualFold(line[:len(lengthField)], lengthField) {
		return 0, false
	}
	n, err := strconv.ParseInt(string(bytes.TrimSpace(clip(line[len(lengthField):]))), 10, 64)
	return n, err == nil && n >= 0
}
