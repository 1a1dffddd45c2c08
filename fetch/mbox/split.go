package mbox

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"math"
	"strconv"
	"time"
)

// span is where a message lies in an mbox file, in octets from its start.
type span struct {
	from       int64 // its "From " line
	start, end int64 // the message; the end is known once it was read
	raw        bool  // no > was put before its lines
	exact      bool  // marked by Writer: nothing but its "From " line says where it ends
	cut        bool  // its last LF is the format's
	received   time.Time
}

// splitter finds the messages of an mbox as it streams by, in order: next goes
// to the next message, Read gives its octets as they lie in the file. What
// stands before the first "From " line is a message too, so that nothing is
// lost. Of a line it sees what the buffer holds.
type splitter struct {
	span
	number int // of the message at hand, from 1

	f          io.ReaderAt
	held       *window // f, where it is a stream
	in         *bufio.Reader
	peek       *bufio.Reader // for a second look at a body
	pos        int64         // of the next octet of in
	begun, lax bool          // a "From " line was met, and those of this file carry no time

	found      *span  // the next message, if its "From " line was met
	left       int64  // octets of the message, where its length is believed; else -1
	after      int64  // where the next may begin, where its length is believed
	over       bool   // all of the message was given
	fresh      bool   // the next octet begins a line
	blank      []byte // an empty line held back: the next may show that it is the format's
	rest, then []byte // to be given; valid until in is read
}

func newSplitter(f io.ReaderAt) *splitter {
	s := &splitter{f: f, over: true, in: bufio.NewReaderSize(nil, bufSize), peek: bufio.NewReaderSize(nil, bufSize)}
	s.held, _ = f.(*window)
	s.seek(0)
	return s
}

func (s *splitter) seek(pos int64) {
	s.pos = pos
	s.in.Reset(io.NewSectionReader(s.f, pos, math.MaxInt64-pos))
}

// next reads the message at hand to its end and goes to the next; io.EOF where
// there is none.
func (s *splitter) next() error {
	if _, err := io.Copy(io.Discard, s); err != nil {
		return err
	}
	if s.found != nil {
		s.span, s.found = *s.found, nil
	} else if err := s.first(); err != nil {
		return err
	}
	s.number++
	return s.begin()
}

// first finds a message where none is before it.
func (s *splitter) first() error {
	for {
		at := s.pos
		line, err := s.piece()
		switch {
		case err != nil:
			return err
		case isBlank(line):
			continue
		case s.separates(line, true):
			s.span, err = s.separator(line, at)
			return err
		}
		s.span = span{from: at, start: at}
		s.seek(at)
		return nil
	}
}

// separator reads a "From " line, of which the start is at hand, to its end.
func (s *splitter) separator(line []byte, at int64) (span, error) {
	sp := span{from: at}
	sp.received, sp.exact, sp.cut = fromTime(line)
	s.begun = true
	for line[len(line)-1] != '\n' {
		var err error
		if line, err = s.piece(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return sp, err
		}
	}
	sp.start = s.pos
	return sp, nil
}

// piece gives the next line, or as much of it as the buffer holds.
func (s *splitter) piece() ([]byte, error) {
	b, err := s.in.ReadSlice('\n')
	s.pos += int64(len(b))
	if len(b) > 0 && (errors.Is(err, io.EOF) || errors.Is(err, bufio.ErrBufferFull)) {
		err = nil
	}
	return b, err
}

// begin gets ready for the message at hand, and finds out whether a length
// tells where it ends.
func (s *splitter) begin() error {
	s.left, s.over, s.fresh = -1, false, true
	s.blank, s.rest, s.then = nil, nil, nil
	if s.exact {
		return nil
	}
	header, length := s.announced()
	body := s.start + header
	next, ok := s.lands(body, length)
	if !ok {
		return nil
	}
	var err error
	s.raw, err = s.hasFrom(body, length)
	s.left, s.after = header+length, next
	return err
}

// Read gives the message at hand.
func (s *splitter) Read(p []byte) (int, error) {
	for len(s.rest) == 0 {
		if s.then != nil {
			s.rest, s.then = s.then, nil
			continue
		}
		if s.over {
			return 0, io.EOF
		}
		if s.held != nil {
			s.held.release(s.pos)
		}
		more := s.line
		if s.left >= 0 {
			more = s.measured
		}
		if err := more(); err != nil {
			return 0, err
		}
	}
	n := copy(p, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

// measured reads on in a message whose length is known.
func (s *splitter) measured() error {
	if s.left == 0 {
		s.over, s.end = true, s.pos
		s.seek(s.after)
		return nil
	}
	if _, err := s.in.Peek(1); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return err
	}
	n := int(min(int64(s.in.Buffered()), s.left))
	s.rest, _ = s.in.Peek(n) // it is in the buffer, and stays there until the next read
	_, _ = s.in.Discard(n)
	s.pos, s.left = s.pos+int64(n), s.left-int64(n)
	return nil
}

// line reads on in a message that ends at a "From " line.
func (s *splitter) line() error {
	at := s.pos
	line, err := s.piece()
	if errors.Is(err, io.EOF) {
		s.over, s.end, s.blank = true, s.pos-int64(len(s.blank)), nil
		return nil
	}
	if err != nil {
		return err
	}
	fresh := s.fresh
	s.fresh = line[len(line)-1] == '\n'
	switch {
	case fresh && isBlank(line):
		s.rest, s.blank = s.blank, bytes.Clone(line)
		return nil
	case fresh && s.separates(line, s.blank != nil):
		s.over, s.end, s.blank = true, at-int64(len(s.blank)), nil
		sp, err := s.separator(line, at)
		s.found = &sp
		return err
	}
	s.rest, s.then, s.blank = s.blank, line, nil
	return nil
}

func isBlank(line []byte) bool { return string(line) == "\n" || string(line) == "\r\n" }

// separates reports whether a line begins a message. Free is whether no message
// or an empty line is before it.
func (s *splitter) separates(line []byte, free bool) bool {
	switch {
	case !bytes.HasPrefix(line, fromPrefix):
		return false
	case !s.begun && free:
		s.lax = !timeOfDay.Match(clip(line))
		return true
	case free && (s.lax || timeOfDay.Match(clip(line))):
		return true
	}
	return fromDate.Match(clip(line))
}

// announced looks through the header for its length and a Content-Length; -1
// where it has none, or is longer than the buffer.
func (s *splitter) announced() (header, length int64) {
	// What is in the buffer already mostly has it.
	for _, n := range []int{s.in.Buffered(), s.in.Size()} {
		b, _ := s.in.Peek(n) // an error comes again when it is read
		header, length = 0, -1
		for line := range bytes.Lines(b) {
			header += int64(len(line))
			if isBlank(line) {
				return header, length
			}
			if l, ok := contentLength(line); ok {
				length = l
			}
		}
	}
	return header, -1
}

// lands reports whether a body of that length ends where a message may end, and
// gives the place of the next.
func (s *splitter) lands(body, length int64) (next int64, ok bool) {
	end := body + length
	if length < 0 || end < body || end > math.MaxInt64-lineMost {
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
	if len(after) == 0 && err != nil { // the end of the file
		return next, true
	}
	if i := bytes.IndexByte(after, '\n'); i >= 0 {
		after = after[:i+1]
	}
	return next, before[0] == '\n' && s.separates(after, true)
}

// hasFrom reports whether a body has a bare "From " line, which all but mboxcl2
// would have quoted.
func (s *splitter) hasFrom(body, length int64) (bool, error) {
	s.peek.Reset(io.NewSectionReader(s.f, body, length))
	fresh := true
	for {
		line, err := s.peek.ReadSlice('\n')
		switch {
		case fresh && bytes.HasPrefix(line, fromPrefix):
			return true, nil
		case errors.Is(err, io.EOF):
			return false, nil
		case err != nil && !errors.Is(err, bufio.ErrBufferFull):
			return false, err
		}
		fresh = err == nil
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
