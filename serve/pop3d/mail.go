package pop3d

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math"
	"strconv"

	"restante/fetch/wire"
)

// unmark puts the counts of the whole listing together.
func (x *session) unmark() {
	x.marked, x.left = nil, x.drop.Len()
	x.count()
}

// count adds up the sizes of what is not marked.
func (x *session) count() {
	x.octets = 0
	for i := range x.drop.Len() {
		if !x.isMarked(i) {
			x.octets += x.size(i)
		}
	}
}

// size is a message's as it is sent in this session.
func (x *session) size(i int) int64 {
	if x.plain != nil {
		return x.plain.PlainSize(i)
	}
	return x.drop.Size(i)
}

// open opens a message as it is sent in this session.
func (x *session) open(ctx context.Context, i int) (io.ReadCloser, error) {
	if x.plain != nil {
		return x.plain.OpenPlain(ctx, i)
	}
	return x.drop.Open(ctx, i)
}

// utf8Mode has headers in UTF-8 sent as they are (RFC 6856, 2), with the sizes that
// they have then. Outlook asks for it after the login, where the RFC wants it
// before: from then on the sizes are others, and no UID is.
func (x *session) utf8Mode() {
	x.utf8 = true
	if x.plain != nil {
		x.plain = nil
		x.count()
	}
	x.ok(sayUTF8)
}

func (x *session) reset() {
	x.unmark()
	x.ok(sayReset)
}

func (x *session) isMarked(i int) bool {
	return x.marked != nil && x.marked[i/64]&(1<<(i%64)) != 0
}

func (x *session) marks() []int {
	var all []int
	for i := range x.drop.Len() {
		if x.isMarked(i) {
			all = append(all, i)
		}
	}
	return all
}

func (x *session) stat() {
	if x.heard() {
		x.note(fmt.Sprintf("S: +OK %d %d", x.left, x.octets))
	}
	w := x.out()
	w.WriteString("+OK ")
	x.number(int64(x.left))
	w.WriteByte(' ')
	x.number(x.octets)
	w.WriteString("\r\n")
}

// most is the largest number that can take one more digit.
const most = (math.MaxInt64 - 9) / 10

// digits reads a number without sign. What is too large for an int64 is some
// number larger than any that means something.
func digits(b []byte) (n int64, ok bool) {
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = 10*min(n, most) + int64(c-'0')
	}
	return n, len(b) > 0
}

// pick reads a message number and answers one that is none. Numbers count from
// 1 and stand for the same message all session long.
func (x *session) pick(b []byte) (i int, ok bool) {
	n, ok := digits(b)
	switch {
	case !ok:
		x.senseless(sayNoNumber)
		return 0, false
	case n < 1 || n > int64(x.drop.Len()):
		x.fail(sayNoMessage)
		return 0, false
	case x.isMarked(int(n) - 1):
		x.fail(sayDeleted)
		return 0, false
	}
	return int(n) - 1, true
}

// sizes and uids append what LIST and UIDL say of a message, behind its number.
func sizes(x *session, b []byte, i int) []byte { return strconv.AppendInt(b, x.size(i), 10) }
func uids(x *session, b []byte, i int) []byte  { return append(b, x.drop.UID(i)...) }

// maxLine is more octets than a line of LIST or UIDL has: a number, a UID and
// what parts and ends them.
const maxLine = 128

// list answers LIST and UIDL, with a number or without.
func (x *session) list(arg []byte, what func(*session, []byte, int) []byte) {
	w := x.out()
	line := func(b []byte, i int) []byte {
		b = append(strconv.AppendInt(b, int64(i)+1, 10), ' ')
		return append(what(x, b, i), "\r\n"...)
	}
	if arg = bytes.TrimLeft(arg, " \t"); len(arg) > 0 {
		if i, ok := x.pick(arg); ok {
			w.WriteString("+OK ")
			w.Write(line(nil, i))
			x.noteCount(1, "line")
		}
		return
	}
	w.WriteString("+OK ")
	x.number(int64(x.left))
	w.WriteString(x.say(sayMessages))
	w.WriteString("\r\n")
	b := w.AvailableBuffer() // lines are put together where they are sent from
	for i := range x.drop.Len() {
		if x.isMarked(i) {
			continue
		}
		if cap(b)-len(b) < maxLine {
			w.Write(b)
			w.Flush() // an error stays until the next flush
			b = w.AvailableBuffer()
		}
		b = line(b, i)
	}
	w.Write(b)
	w.WriteString(".\r\n")
	x.noteCount(int64(x.left), "lines")
}

func (x *session) mark(arg []byte) {
	i, ok := x.pick(bytes.TrimLeft(arg, " \t"))
	switch {
	case !ok:
		return
	case x.p.ReadOnly: // +OK would be a lie that QUIT could not take back
		x.failCode("SYS/PERM", sayReadOnly)
		return
	}
	if x.marked == nil {
		x.marked = make([]uint64, (x.drop.Len()+63)/64)
	}
	x.marked[i/64] |= 1 << (i % 64)
	x.left--
	x.octets -= x.size(i)
	x.ok(sayMarked)
}

// message answers RETR.
func (x *session) message(ctx context.Context, arg []byte) {
	i, ok := x.pick(bytes.TrimLeft(arg, " \t"))
	if ok && x.send(ctx, i, func(r io.Reader) io.Reader { return r }, x.size(i)) {
		x.retr++
	}
}

// head answers TOP.
func (x *session) head(ctx context.Context, arg []byte) {
	words := bytes.Fields(arg)
	if len(words) != 2 {
		x.senseless(sayTOP)
		return
	}
	lines, ok := digits(words[1])
	if !ok {
		x.senseless(sayNoLines)
		return
	}
	i, ok := x.pick(words[0])
	if ok && x.send(ctx, i, func(r io.Reader) io.Reader { return wire.TopReader(r, lines) }, -1) {
		x.top++
	}
}

// send streams message i, or what part makes of it. size is said with the +OK
// unless it is negative. The first buffer is read before that, so that a
// source which cannot be read at all leaves the session as it was. What breaks
// off later costs the connection, for half a message must not look like a whole
// one; but damaged bytes would break off there every time, and no mail program
// could ever get past them, so they are made up for.
func (x *session) send(ctx context.Context, i int, part func(io.Reader) io.Reader, size int64) bool {
	chunk := chunks.Get().(*[writeBuffer]byte)
	defer chunks.Put(chunk)
	body, r, n, err := x.begin(ctx, i, part, chunk[:])
	if body != nil {
		defer body.Close()
	}
	if err != nil && err != io.EOF {
		x.fault("read message", err)
		return false
	}
	w := x.out()
	w.WriteString("+OK")
	if size >= 0 {
		w.WriteByte(' ')
		x.number(size)
		w.WriteString(x.say(sayOctets))
	}
	w.WriteString("\r\n")
	s := wire.NewStuffer(w)
	for {
		if _, werr := s.Write(chunk[:n]); werr != nil {
			x.over(ctx, werr)
			return false
		}
		if err != nil {
			break
		}
		n, err = fill(r, chunk[:])
		if err != nil && err != io.EOF && x.o.Damaged(err) {
			x.logDamage(i, err)
			if r, err = patch(s, chunk[:n], size); err != nil {
				x.over(ctx, err)
				return false
			}
			n = 0
		}
	}
	if err != io.EOF {
		x.o.Log.Error("pop3 read message", "user", x.user, "err", err)
		x.w = nil // what is not yet sent never is: without the dot the client knows
		x.end = "source broke off"
		return false
	}
	s.Close() // a failed write shows at the flush
	x.sent += s.Octets()
	x.noteCount(s.Octets(), "octets")
	return true
}

// fill reads until b is full or the source ends.
func fill(r io.Reader, b []byte) (n int, err error) {
	for idle := 0; n < len(b) && err == nil; {
		var m int
		m, err = r.Read(b[n:])
		n += m
		if idle++; m > 0 {
			idle = 0
		} else if idle > 100 {
			err = io.ErrNoProgress
		}
	}
	return n, err
}
