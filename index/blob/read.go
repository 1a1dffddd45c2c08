package blob

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"math"
	"sync"

	"github.com/klauspost/compress/zstd"

	"restante/fetch/mbox/mboxrd"
)

// maxText is how long the mbox text of a message of wholeMax octets can grow:
// a line of "From \n" gains one octet of six. Longer texts are streamed.
const maxText = wholeMax + wholeMax/6 + 1<<10

// unpacker decompresses records.
type unpacker struct {
	codec   *codec
	streams sync.Pool // of *zstd.Decoder
	scratch sync.Pool // of *[]byte
}

func newUnpacker(c *codec) *unpacker {
	u := &unpacker{codec: c}
	u.streams.New = func() any {
		// The options hold nothing that can be refused.
		d, _ := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxWindow(8*window))
		return d
	}
	u.scratch.New = func() any { return new([]byte) }
	return u
}

// Open gives the exact bytes of the message of that digest at ref. Of a message
// up to 1 MiB they are checked before Open returns; a longer one is streamed,
// checked on the way, and ends in ErrDamaged instead of io.EOF when it is not
// what was stored. Another message at ref is ErrDamaged, a place outside the
// log fs.ErrNotExist.
func (l *Log) Open(ctx context.Context, ref Ref, want Digest) (io.ReadCloser, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	rc, err := l.openRef(ref, want)
	if err != nil {
		return nil, fmt.Errorf("open message in segment %d at %d: %w", ref.Segment, ref.Offset, err)
	}
	return rc, nil
}

func (l *Log) openRef(ref Ref, want Digest) (io.ReadCloser, error) {
	if ref.Segment == 0 || ref.Offset < 0 || ref.Length < minFrame || ref.Offset > math.MaxInt64-ref.Length {
		return nil, fs.ErrNotExist
	}
	f, err := l.read.get(ref.Segment)
	if err != nil {
		return nil, err
	}
	var rc io.ReadCloser
	if f.sealed != nil {
		rc, err = l.openSealed(f, ref, want)
	} else {
		rc, err = l.openGrowing(f, ref, want)
	}
	if s, ok := rc.(*stream); !ok || s == nil {
		l.read.put(f) // a stream does so when it is closed
	}
	return rc, err
}

func (l *Log) openGrowing(f *handle, ref Ref, want Digest) (io.ReadCloser, error) {
	n := ref.Length
	if n > maxFrame+maxText {
		n = maxFrame // longer than any small record: its frame will do
	}
	buf := grow(l.texts.scratch.Get().(*[]byte), int(n))
	defer l.texts.scratch.Put(buf)
	got, err := f.ReadAt(*buf, ref.Offset)
	if err != nil && err != io.EOF {
		return nil, err
	}
	at := place{ref.Segment, ref.Offset}
	h, err := l.headerAt((*buf)[:got], ref, at, want)
	if err != nil {
		return nil, err
	}
	if n < ref.Length || h.plain > maxText {
		return l.openStream(f, &h, at, ref.Offset+h.frame)
	}
	return l.texts.whole(&h, at, (*buf)[h.frame:got])
}

// grow makes *b n octets long.
func grow(b *[]byte, n int) *[]byte {
	if cap(*b) < n {
		*b = make([]byte, n, n+n/2)
	}
	*b = (*b)[:n]
	return b
}

// headerAt reads the header of the record at ref, of which b holds the start. It
// must be the wanted message's.
func (l *Log) headerAt(b []byte, ref Ref, at place, want Digest) (header, error) {
	if len(b) == 0 {
		return header{}, fs.ErrNotExist
	}
	if len(b) < minFrame {
		return header{}, ErrDamaged
	}
	n, ok := frameLen(b)
	if !ok || n > len(b) {
		return header{}, fmt.Errorf("no record begins here: %w", ErrDamaged)
	}
	h, err := parse(b[:n])
	if err == nil {
		err = l.codec.message(&h, at)
	}
	if err == nil && (h.kind != kindMessage || h.length() != ref.Length || h.digest != want) {
		err = fmt.Errorf("another record begins here: %w", ErrDamaged)
	}
	return h, err
}

// whole unpacks and checks a small message.
func (u *unpacker) whole(h *header, at place, data []byte) (io.ReadCloser, error) {
	buf := u.scratch.Get().(*[]byte)
	text, err := u.text((*buf)[:0], h, at, data)
	if err != nil {
		u.scratch.Put(buf)
		return nil, fmt.Errorf("message %s: %w", h.digest, err)
	}
	*buf = text
	return u.message(h, buf, text)
}

// text appends the mbox text of a small record or block.
func (u *unpacker) text(dst []byte, h *header, at place, data []byte) ([]byte, error) {
	if int64(len(data)) != h.data || crc32.Checksum(data, castagnoli) != h.dataCRC {
		return dst, fmt.Errorf("packed bytes: %w", ErrDamaged)
	}
	data, err := u.codec.clear(h, at, data)
	if err != nil {
		return dst, err
	}
	dst = *grow(&dst, int(h.plain))
	text, err := u.codec.unpack.DecodeAll(data, dst[:0])
	if err != nil || int64(len(text)) != h.plain {
		return dst, errors.Join(err, ErrDamaged)
	}
	return text, nil
}

// message gives what was stored as text, a part of *buf, which goes back when
// it is read.
func (u *unpacker) message(h *header, buf *[]byte, text []byte) (io.ReadCloser, error) {
	msg, err := h.message(text)
	if err == nil {
		msg = mboxrd.Unquote(msg)
		if int64(len(msg)) != h.size || sha256.Sum256(msg) != h.digest {
			err = ErrDamaged
		}
	}
	if err != nil {
		u.scratch.Put(buf)
		return nil, fmt.Errorf("message %s: %w", h.digest, err)
	}
	m := &memory{buf: buf, back: &u.scratch}
	m.r.Reset(msg)
	return m, nil
}

// copy writes what a frame of any length unpacks to.
func (u *unpacker) copy(w io.Writer, packed io.Reader) error {
	dec := u.streams.Get().(*zstd.Decoder)
	defer u.streams.Put(dec)
	defer dec.Reset(nil) // only lets go of the source
	if err := dec.Reset(packed); err != nil {
		return errors.Join(err, ErrDamaged)
	}
	_, err := dec.WriteTo(w)
	return err
}

// memory reads a message that is held whole.
type memory struct {
	r    bytes.Reader
	buf  *[]byte // nil once closed
	back *sync.Pool
}

func (m *memory) Read(p []byte) (int, error) {
	if m.buf == nil {
		return 0, fs.ErrClosed
	}
	return m.r.Read(p)
}

// WriteTo spares io.Copy its buffer.
func (m *memory) WriteTo(w io.Writer) (int64, error) {
	if m.buf == nil {
		return 0, fs.ErrClosed
	}
	return m.r.WriteTo(w)
}

// Close gives the buffer to the next reader.
func (m *memory) Close() error {
	if m.buf != nil {
		m.back.Put(m.buf)
		m.buf = nil
	}
	return nil
}
