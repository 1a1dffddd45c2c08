package wire

import (
	"bufio"
	"bytes"
	"errors"
)

// Stuffer writes a message as the lines of a multi-line answer: a dot before
// each line that starts with one, a bare LF as CRLF, a bare CR as it is. It
// does not flush the writer under it.
type Stuffer struct {
	w    *bufio.Writer
	n    int64 // octets of the message so far, as the client will count them
	last byte  // last octet written to it; 0 before the first
	any  bool
	done bool
}

// NewStuffer makes a Stuffer for one message. Close ends the message.
func NewStuffer(w *bufio.Writer) *Stuffer { return &Stuffer{w: w} }

var (
	crlf      = []byte("\r\n")
	errClosed = errors.New("write after the end of a message")
)

// Write stuffs p. Lines and line ends may be cut anywhere between calls.
func (s *Stuffer) Write(p []byte) (int, error) {
	if s.done {
		return 0, errClosed
	}
	if len(p) == 0 {
		return 0, nil
	}
	from := 0 // p[from:pos] is looked at and not yet written
	if (!s.any || s.last == '\n') && p[0] == '.' {
		s.w.WriteByte('.') // errors of a bufio.Writer stay until the next write
	}
	for pos := 0; ; {
		i := bytes.IndexByte(p[pos:], '\n')
		if i < 0 {
			break
		}
		lf := pos + i
		pos = lf + 1
		if !s.crBefore(p, lf) {
			s.w.Write(p[from:lf])
			s.w.Write(crlf)
			s.n++
			from = pos
		}
		if pos < len(p) && p[pos] == '.' {
			s.w.Write(p[from:pos])
			s.w.WriteByte('.')
			from = pos
		}
	}
	s.any, s.last = true, p[len(p)-1]
	s.n += int64(len(p))
	if _, err := s.w.Write(p[from:]); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Octets is how many octets of the message were written, line ends as CRLF and
// without the dots that stuffing put in: what LIST tells of a message, once it
// is closed (RFC 1939, section 11).
func (s *Stuffer) Octets() int64 { return s.n }

// crBefore reports whether the octet before p[i] is CR.
func (s *Stuffer) crBefore(p []byte, i int) bool {
	if i == 0 {
		return s.last == '\r'
	}
	return p[i-1] == '\r'
}

// Close ends the last line where it has no end, and writes the terminating
// line. It may be called once.
func (s *Stuffer) Close() error {
	if s.done {
		return errClosed
	}
	s.done = true
	if s.any && s.last != '\n' {
		s.w.Write(crlf)
		s.n += int64(len(crlf))
	}
	_, err := s.w.WriteString(".\r\n")
	return err
}
