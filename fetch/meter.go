package fetch

import (
	"bytes"
	"crypto/sha256"
	"hash"
)

// meter measures what passes through it.
type meter struct {
	size int64
	sum  hash.Hash
	head headMeter
	grow int64
	last byte
}

func newMeter() *meter { return &meter{sum: sha256.New(), head: headMeter{sum: sha256.New()}} }

func (m *meter) Write(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	m.size += int64(len(b))
	m.sum.Write(b)
	m.head.write(b)
	m.grow += int64(bytes.Count(b, lf) - bytes.Count(b, crlf))
	if b[0] == '\n' && m.last == '\r' {
		m.grow-- // a CRLF cut in two by the caller
	}
	m.last = b[len(b)-1]
	return len(b), nil
}

var lf, crlf = []byte("\n"), []byte("\r\n")

func (m *meter) finish() (size int64, digest [32]byte, head [8]byte, grow int64) {
	m.sum.Sum(digest[:0])
	grow = m.grow
	if m.size > 0 && m.last != '\n' {
		grow += 2
	}
	return m.size, digest, m.head.finish(), grow
}

// HeadSum is the first eight octets of the SHA-256 of a message's header, up
// to and without the empty line, line ends and trailing blanks of lines left
// out of account, so that TOP and RETR agree. It recognises a message that was
// taken before, ahead of deleting it unseen.
func HeadSum(header []byte) [8]byte {
	m := headMeter{sum: sha256.New()}
	m.write(header)
	return m.finish()
}

// maxBlanks bounds the blanks of a header line that are held back until it is
// known whether they end it. Where there are more, they count as text.
const maxBlanks = 4 << 10

const blanks = "\r \t"

// headMeter sums a header as it comes. It holds no line: a message may be one.
type headMeter struct {
	sum  hash.Hash
	held []byte // blanks that may end the line
	text bool   // the line has more than blanks
	done bool
}

func (h *headMeter) write(b []byte) {
	for !h.done && len(b) > 0 {
		line, rest, ended := bytes.Cut(b, lf)
		h.add(line)
		if ended {
			h.endLine()
		}
		b = rest
	}
}

// add takes a piece of a line.
func (h *headMeter) add(b []byte) {
	text := bytes.TrimRight(b, blanks)
	if len(text) > 0 {
		h.release()
		h.sum.Write(text)
	}
	for b = b[len(text):]; len(b) > 0; {
		n := min(len(b), maxBlanks-len(h.held))
		h.held, b = append(h.held, b[:n]...), b[n:]
		if len(h.held) == maxBlanks {
			h.release()
		}
	}
}

func (h *headMeter) release() {
	h.sum.Write(h.held)
	h.held, h.text = h.held[:0], true
}

func (h *headMeter) endLine() {
	h.held = h.held[:0]
	if !h.text {
		h.done = true
		return
	}
	h.sum.Write(lf)
	h.text = false
}

func (h *headMeter) finish() (out [8]byte) {
	if !h.done && h.text {
		h.endLine()
	}
	copy(out[:], h.sum.Sum(nil))
	return out
}
