package pop3d

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"strconv"
	"sync"
	"time"

	"restante/fetch/wire"
)

const (
	readBuffer  = 4 << 10
	writeBuffer = 32 << 10
)

// Buffers are held only while there is something to send.
var (
	writers = sync.Pool{New: func() any { return bufio.NewWriterSize(nil, writeBuffer) }}
	chunks  = sync.Pool{New: func() any { return new([writeBuffer]byte) }}
)

// progress gives the client a minute for each write rather than for all.
type progress struct{ net.Conn }

func (p progress) Write(b []byte) (int, error) {
	if err := p.SetWriteDeadline(time.Now().Add(writeWait)); err != nil {
		return 0, err
	}
	return p.Conn.Write(b)
}

// readLine reads one line; it is valid until the next. When it has to wait for
// the client, the client has all answers, and the idle limit starts.
func (x *session) readLine(max int) ([]byte, error) {
	waiting, _ := x.r.Peek(x.r.Buffered())
	if bytes.IndexByte(waiting, '\n') < 0 {
		if err := x.flush(); err != nil {
			return nil, err
		}
		x.arm()
		defer x.disarm()
	}
	return wire.ReadLine(x.r, max)
}

// arm starts the wait for a command.
func (x *session) arm() {
	x.mu.Lock()
	defer x.mu.Unlock()
	wait := x.o.Idle
	if x.draining {
		wait = drainWait
	}
	x.since = time.Now()
	x.raw.SetReadDeadline(x.since.Add(wait))
}

// disarm notes that the client has said something.
func (x *session) disarm() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.since = time.Time{}
}

// over says why nothing more can be read or written.
func (x *session) over(ctx context.Context, err error) {
	x.mu.Lock()
	draining := x.draining
	x.mu.Unlock()
	switch {
	case ctx.Err() != nil:
		x.end = "cut"
	case errors.Is(err, wire.ErrNoEnd):
		x.fail(sayLong)
		x.end = "line without end"
	case errors.Is(err, os.ErrDeadlineExceeded) && draining:
		x.failCode("SYS/TEMP", sayClosing)
		x.end = "shutdown"
	case errors.Is(err, os.ErrDeadlineExceeded):
		x.end = "timeout"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		x.end = "gone"
	default:
		x.end, x.err = "gone", err
	}
}

// out is the writer, taken from the pool when there is none.
func (x *session) out() *bufio.Writer {
	if x.w == nil {
		x.w = writers.Get().(*bufio.Writer)
		x.w.Reset(progress{x.conn})
	}
	return x.w
}

// flush sends what is written and gives the writer back.
func (x *session) flush() error {
	if x.w == nil {
		return nil
	}
	err := x.w.Flush()
	x.w.Reset(nil)
	writers.Put(x.w)
	x.w = nil
	return err
}

func (x *session) ok(w words)   { x.status("+OK ", x.say(w)) }
func (x *session) fail(w words) { x.status("-ERR ", x.say(w)) }

// failCode puts a response code before the text (RFC 2449, 8).
func (x *session) failCode(code string, w words) { x.status("-ERR ["+code+"] ", x.say(w)) }

func (x *session) status(mark, text string) {
	switch {
	case !x.heard():
	case mark == "+ " && text != "": // a challenge may tell of the password
		x.note("S: + ***")
	default:
		x.note("S: " + mark + text)
	}
	w := x.out()
	w.WriteString(mark) // errors of a bufio.Writer stay until it is flushed
	w.WriteString(text)
	w.WriteString("\r\n")
}

// senseless answers what is no command, or no command now. Too many in a row
// end the session: it is no mail program.
func (x *session) senseless(w words) {
	if x.bad++; x.bad >= maxBad {
		x.end, w = "too many bad commands", sayManyBad
	}
	x.fail(w)
}

// number writes n in decimal digits.
func (x *session) number(n int64) {
	w := x.out()
	w.Write(strconv.AppendInt(w.AvailableBuffer(), n, 10))
}

// handshake starts TLS, and everything with it from the start: no octet that
// came before it is read after it (RFC 2595, 4).
func (x *session) handshake(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, handshakeWait)
	defer cancel()
	x.raw.SetWriteDeadline(time.Now().Add(handshakeWait))
	c := tls.Server(x.raw, x.p.TLS)
	if err := c.HandshakeContext(ctx); err != nil {
		x.end, x.err = "TLS handshake", err
		return false
	}
	x.conn, x.secure, x.version = c, true, c.ConnectionState().Version
	x.r.Reset(c)
	return true
}

// alpn is how POP3 is called in a TLS handshake (RFC 7301, 6; IANA's registry). Most
// clients name no protocol. Who names others only, as a browser that was led here
// does, is refused, so that our answers cannot be passed off as those of a web
// server of the same certificate (RFC 9325, 3.7).
func alpn(c *tls.Config) *tls.Config {
	if c == nil || len(c.NextProtos) > 0 {
		return c
	}
	c = c.Clone()
	c.NextProtos = []string{"pop3"}
	return c
}
