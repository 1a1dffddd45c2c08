package wire

import (
	"bufio"
	"bytes"
	"io"
)

// Unstuff reads the lines of a multi-line answer up to and with the terminating
// line, a dot and CRLF, and gives them with the stuffed dots removed and nothing
// else changed (RFC 1939, section 3). io.EOF comes only after the terminating
// line; a connection that ends earlier is io.ErrUnexpectedEOF. What follows the
// terminating line stays in r.
//
// Lines start after CRLF only; see the package comment.
func Unstuff(r *bufio.Reader) io.Reader { return &unstuffer{r: r, at: lineStart} }

// place is where in a line a stream stands.
type place byte

const (
	lineStart place = iota // after CRLF, or at the very start
	afterCR
	within
)

type unstuffer struct {
	r   *bufio.Reader
	at  place
	err error
}

var lineDot = []byte("\r\n.")

func (u *unstuffer) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	n := 0
	for n < len(p) && u.err == nil {
		if n > 0 && u.mustWait() {
			return n, nil // give what is here before blocking
		}
		if u.at == lineStart {
			if u.err = u.startLine(); u.err != nil {
				break
			}
		}
		var win []byte
		if win, u.err = u.window(); u.err != nil {
			break
		}
		win = win[:min(len(win), len(p)-n)]
		m := u.span(win)
		copy(p[n:], win[:m])
		u.r.Discard(m) // cannot fail: m octets are buffered
		n += m
	}
	if n > 0 {
		return n, nil
	}
	return 0, u.err
}

// mustWait reports whether going on could block: a line's start is decided by
// up to three octets.
func (u *unstuffer) mustWait() bool {
	have := u.r.Buffered()
	return have == 0 || u.at == lineStart && have < 3
}

// startLine takes a leading dot away; io.EOF says it was the terminating line.
func (u *unstuffer) startLine() error {
	b, err := u.r.Peek(1)
	if err != nil {
		return cut(err)
	}
	if b[0] != '.' {
		return nil
	}
	if b, err = u.r.Peek(2); err != nil {
		return cut(err)
	}
	if b[1] == '\r' {
		if b, err = u.r.Peek(3); err != nil {
			return cut(err)
		}
		if b[2] == '\n' {
			u.r.Discard(3)
			return io.EOF
		}
	}
	u.r.Discard(1)
	u.at = within // the next octet is text, even another dot
	return nil
}

// window gives what is buffered, at least one octet.
func (u *unstuffer) window() ([]byte, error) {
	if _, err := u.r.Peek(1); err != nil {
		return nil, cut(err)
	}
	return u.r.Peek(u.r.Buffered())
}

// span says how much of win is text up to the next line that starts with a dot,
// and moves the place behind it.
func (u *unstuffer) span(win []byte) int {
	if u.at == afterCR && win[0] == '\n' {
		u.at = lineStart
		return 1
	}
	if i := bytes.Index(win, lineDot); i >= 0 {
		u.at = lineStart
		return i + 2
	}
	switch n := len(win); {
	case win[n-1] == '\r':
		u.at = afterCR
	case n > 1 && win[n-2] == '\r' && win[n-1] == '\n':
		u.at = lineStart
	default:
		u.at = within
	}
	return len(win)
}

// cut names an end of the connection that came too early.
func cut(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
