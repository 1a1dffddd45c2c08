package pop3d

import (
	"bytes"
	"io"
)

// mended is a message as Profile.Mend wants it.
func (x *session) mended(r io.Reader) io.Reader {
	if !x.p.Mend {
		return r
	}
	return &mender{r: r, empty: true}
}

// mender sends NUL as 0x80 and ends a header that has no end.
type mender struct {
	r     io.Reader
	over  bool // the header has ended
	empty bool // its line so far holds nothing but a CR
	tail  []byte
	err   error // of r, once tail is what is left
}

func (m *mender) Read(p []byte) (int, error) {
	if m.err != nil {
		n := copy(p, m.tail)
		m.tail = m.tail[n:]
		if len(m.tail) > 0 {
			return n, nil
		}
		return n, m.err
	}
	n, err := m.r.Read(p)
	b := p[:n]
	for i := bytes.IndexByte(b, 0); i >= 0; i = bytes.IndexByte(b, 0) {
		b[i] = 0x80
		b = b[i+1:]
	}
	if !m.over {
		m.look(p[:n])
	}
	if err == io.EOF && !m.over {
		m.tail, m.err = []byte("\r\n\r\n"), err
		if m.empty {
			m.tail = m.tail[2:]
		}
		return n, nil
	}
	return n, err
}

// look follows the header's lines.
func (m *mender) look(b []byte) {
	for _, c := range b {
		switch {
		case c == '\n' && m.empty:
			m.over = true
			return
		case c == '\n':
			m.empty = true
		case c != '\r':
			m.empty = false
		}
	}
}
