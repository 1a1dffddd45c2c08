package wire

import (
	"bytes"
	"io"
)

// TopReader gives a message's header, the empty line, and the first lines of its
// body, as TOP wants them (RFC 1939, section 7): none for 0, all for a number
// that no message reaches. A line ends with LF, a CR before it or not. It may
// read more of r than it gives.
func TopReader(r io.Reader, lines int64) io.Reader {
	return &topReader{r: r, left: max(lines, 0), header: true, empty: true}
}

type topReader struct {
	r      io.Reader
	left   int64 // body lines to go
	header bool
	empty  bool // the header line so far holds nothing
	cr     bool // but a CR
	done   bool
}

func (t *topReader) Read(p []byte) (int, error) {
	if t.done {
		return 0, io.EOF
	}
	n, err := t.r.Read(p)
	keep := 0
	if t.header {
		keep = t.headerSpan(p[:n])
	}
	if !t.header {
		keep += t.bodySpan(p[keep:n])
		t.done = t.left == 0
	}
	if t.done {
		return keep, nil
	}
	return n, err
}

// headerSpan says how much of b belongs to the header and the empty line.
func (t *topReader) headerSpan(b []byte) int {
	pos := 0
	for pos < len(b) {
		i := bytes.IndexByte(b[pos:], '\n')
		if i < 0 {
			t.seen(b[pos:])
			return len(b)
		}
		t.seen(b[pos : pos+i])
		pos += i + 1
		if t.empty {
			t.header = false
			return pos
		}
		t.empty, t.cr = true, false
	}
	return pos
}

// seen takes in a piece of a header line.
func (t *topReader) seen(b []byte) {
	if len(b) == 0 {
		return
	}
	if t.empty && !t.cr && len(b) == 1 && b[0] == '\r' {
		t.cr = true
		return
	}
	t.empty = false
}

// bodySpan says how much of b belongs to the lines asked for.
func (t *topReader) bodySpan(b []byte) int {
	pos := 0
	for t.left > 0 && pos < len(b) {
		i := bytes.IndexByte(b[pos:], '\n')
		if i < 0 {
			return len(b)
		}
		pos += i + 1
		t.left--
	}
	return pos
}
