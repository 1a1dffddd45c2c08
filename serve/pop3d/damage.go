package pop3d

import (
	"bytes"
	"context"
	"io"
	"strings"

	"restante/fetch/wire"
)

// stubHeader and stubText are what stands for a message whose bytes are lost.
// They have no date and no reference: a UID's bytes must be the same each time.
const (
	stubHeader = "From: Mail archive <postmaster@localhost>\r\nSubject: [damaged message]\r\n" +
		"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n"
	stubText = "The bytes of this message are damaged in the archive, so it cannot be shown.\r\n" +
		"Please tell the administrator its id: "
	stubFill = "\r\nWhat follows is there so that the size is right.\r\n"
	notice   = "\r\n\r\n[The rest of this message is damaged in the archive, and what is above may be too.]\r\n"
)

// stub is a message of the given size that says that uid's is damaged.
func stub(uid string, size int64) io.Reader {
	return padded(stubHeader+stubText+uid+stubFill, size)
}

// padded is text made size octets long, cut or filled, with CRLF at its end.
func padded(text string, size int64) io.Reader {
	if more := size - int64(len(text)); more >= 2 || more == 0 {
		return io.MultiReader(strings.NewReader(text), &padding{left: more})
	}
	if size < 2 {
		return strings.NewReader("")
	}
	// A single octet more is no line.
	return strings.NewReader(text[:min(size-2, int64(len(text)))] + "\r\n"[:min(2, size)])
}

// padding is lines of dashes, CRLF at the end of each.
type padding struct {
	left int64
	line []byte // what is left of one
}

const padLine = 74 // octets with CRLF

var dashes = bytes.Repeat([]byte("-"), padLine)

func (p *padding) Read(b []byte) (int, error) {
	if len(p.line) == 0 {
		if p.left < 2 {
			return 0, io.EOF
		}
		n := min(p.left, padLine)
		if p.left-n == 1 { // the last line would be too short to be one
			n--
		}
		p.left -= n
		p.line = append(append(p.line[:0], dashes[:n-2]...), "\r\n"...)
	}
	n := copy(b, p.line)
	p.line = p.line[n:]
	return n, nil
}

// begin opens a message and reads its first octets into chunk. Where they are
// damaged it begins the stub instead. body is nil when there is nothing to close.
func (x *session) begin(ctx context.Context, i int, part func(io.Reader) io.Reader, chunk []byte) (body io.Closer, r io.Reader, n int, err error) {
	rc, err := x.open(ctx, i)
	if err == nil {
		body, r = rc, part(x.mended(rc))
		n, err = fill(r, chunk)
	}
	if err == nil || err == io.EOF || !x.o.Damaged(err) {
		return body, r, n, err
	}
	x.logDamage(i, err)
	r = part(stub(x.drop.UID(i), x.size(i)))
	n, err = fill(r, chunk)
	return body, r, n, err
}

// patch ends a message that turned out to be damaged after its first octets
// were sent. It writes of b, which was read last, what leaves room for a notice,
// and gives what is to follow, so that the message gets its size. Below zero
// that is not known, as for TOP.
func patch(s *wire.Stuffer, b []byte, size int64) (io.Reader, error) {
	if size < 0 {
		_, err := s.Write(b)
		return strings.NewReader(notice), err
	}
	room := size - s.Octets() - int64(len(notice)) - int64(bytes.Count(b, []byte("\n"))) // each may become CRLF
	_, err := s.Write(b[:min(int64(len(b)), max(room, 0))])
	return padded(notice, size-s.Octets()), err
}

func (x *session) logDamage(i int, err error) {
	x.o.Log.Error("pop3 message is damaged, its client gets a notice", "user", x.user, "uid", x.drop.UID(i), "err", err)
}
