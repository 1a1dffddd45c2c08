package blob

import (
	"crypto/cipher"
	"crypto/rand"
	"fmt"
	"io"

	"golang.org/x/crypto/chacha20poly1305"
)

// What is sealed is sealed with XChaCha20-Poly1305. A frame and its data share
// the first 19 octets of their nonces, which are random; four of a counter,
// big-endian, and one of use make them 24. The frame's payload is sealed with
// counter 0 and use 2; the data in chunks of 64 KiB with counters from 0 on and
// use 0, the last chunk with 1, so that none can be left out, added or moved:
// the STREAM construction (Hoang and others, "Online Authenticated-Encryption
// and its Nonce-Reuse Misuse-Resistance", CRYPTO 2015), as age has it. Each
// chunk stands in a zstd skippable frame of its own:
//
//	0  4  0x184D2A58
//	4  4  octets that follow
//	8     sealed chunk
//
// What is authenticated beside: the segment's number, where in it the record or
// block begins, and of a frame everything before its payload, of a chunk the
// segment's key and the kind.
const (
	chunkMagic = 0x184D2A58
	chunkLen   = 64 << 10
	chunkHead  = 8
	nonceLen   = 19
	tagLen     = chacha20poly1305.Overhead

	useMore  = 0
	useLast  = 1
	useFrame = 2
)

// vault seals and opens; nil where the log is in clear.
type vault struct {
	aead  cipher.AEAD
	about []byte // what is known of the key, for each birth
}

func newNonce() []byte {
	b := make([]byte, nonceLen)
	rand.Read(b) // never fails, as its documentation says
	return b
}

func nonce(start []byte, n uint32, use byte) []byte {
	b := make([]byte, 0, chacha20poly1305.NonceSizeX)
	b = append(b, start...)
	return append(b, byte(n>>24), byte(n>>16), byte(n>>8), byte(n), use)
}

func (p place) bytes() []byte {
	return le.AppendUint64(le.AppendUint32(nil, p.seg), uint64(p.off))
}

// beside is what is authenticated beside each chunk.
func (h *header) beside(p place) []byte {
	return append(append(p.bytes(), h.key[:]...), h.kind)
}

// seal appends a frame's payload, sealed. The frame up to it is clear.
func (v *vault) seal(dst, start, clear []byte, p place, payload []byte) []byte {
	return v.aead.Seal(dst, nonce(start, 0, useFrame), payload, append(p.bytes(), clear...))
}

// open gives a frame's payload.
func (v *vault) open(h *header, p place) ([]byte, error) {
	if v == nil {
		return nil, fmt.Errorf("encrypted record: %w", ErrKey)
	}
	b, err := v.aead.Open(nil, nonce(h.nonce, 0, useFrame), h.payload, append(p.bytes(), h.clear...))
	if err != nil {
		return nil, fmt.Errorf("sealed record header: %w", ErrDamaged)
	}
	return b, nil
}

// chunkWriter seals what is written to it. Close writes the last chunk.
type chunkWriter struct {
	w      io.Writer
	v      *vault
	start  []byte
	beside []byte
	n      uint32
	buf    []byte
	out    []byte
}

func (v *vault) writer(w io.Writer, h *header, p place) *chunkWriter {
	return &chunkWriter{w: w, v: v, start: h.nonce, beside: h.beside(p), buf: make([]byte, 0, chunkLen)}
}

func (c *chunkWriter) Write(b []byte) (int, error) {
	for n := 0; ; {
		if n == len(b) {
			return n, nil
		}
		if len(c.buf) == chunkLen {
			if err := c.chunk(useMore); err != nil {
				return n, err
			}
		}
		took := min(len(b)-n, chunkLen-len(c.buf))
		c.buf, n = append(c.buf, b[n:n+took]...), n+took
	}
}

func (c *chunkWriter) Close() error { return c.chunk(useLast) }

func (c *chunkWriter) chunk(use byte) error {
	c.out = c.v.chunk(c.out[:0], c.start, c.n, use, c.beside, c.buf)
	c.buf, c.n = c.buf[:0], c.n+1
	_, err := c.w.Write(c.out)
	return err
}

func (v *vault) chunk(dst, start []byte, n uint32, use byte, beside, plain []byte) []byte {
	dst = le.AppendUint32(dst, chunkMagic)
	dst = le.AppendUint32(dst, uint32(len(plain)+tagLen))
	return v.aead.Seal(dst, nonce(start, n, use), plain, beside)
}

// chunks seals data that is held whole.
func (v *vault) chunks(dst []byte, h *header, p place, data []byte) []byte {
	beside := h.beside(p)
	n := uint32(0)
	for ; len(data) > chunkLen; n++ {
		dst = v.chunk(dst, h.nonce, n, useMore, beside, data[:chunkLen])
		data = data[chunkLen:]
	}
	return v.chunk(dst, h.nonce, n, useLast, beside, data)
}

// chunkReader opens sealed data piece by piece.
type chunkReader struct {
	r      io.Reader // of h.data octets
	v      *vault
	h      header
	beside []byte
	left   int64
	n      uint32
	buf    []byte
	plain  []byte // not yet given
}

// reader gives the data of h in clear, r what stands in the file.
func (v *vault) reader(r io.Reader, h *header, p place) (io.Reader, error) {
	if h.flags&flagSecret == 0 {
		return r, nil
	}
	if v == nil {
		return nil, fmt.Errorf("encrypted record: %w", ErrKey)
	}
	return &chunkReader{r: r, v: v, h: *h, beside: h.beside(p), left: h.data}, nil
}

func (c *chunkReader) Read(b []byte) (int, error) {
	for len(c.plain) == 0 {
		if c.left == 0 {
			return 0, io.EOF
		}
		if err := c.next(); err != nil {
			return 0, err
		}
	}
	n := copy(b, c.plain)
	c.plain = c.plain[n:]
	return n, nil
}

func (c *chunkReader) next() error {
	var head [chunkHead]byte
	if _, err := io.ReadFull(c.r, head[:]); err != nil {
		return fmt.Errorf("sealed chunk: %w", err)
	}
	n := int64(le.Uint32(head[4:]))
	c.left -= chunkHead + n
	if le.Uint32(head[:]) != chunkMagic || n < tagLen || n > chunkLen+tagLen || c.left < 0 {
		return fmt.Errorf("sealed chunk: %w", ErrDamaged)
	}
	c.buf = *grow(&c.buf, int(n))
	if _, err := io.ReadFull(c.r, c.buf); err != nil {
		return fmt.Errorf("sealed chunk: %w", err)
	}
	use := byte(useMore)
	if c.left == 0 {
		use = useLast
	}
	var err error
	if c.plain, err = c.v.aead.Open(c.buf[:0], nonce(c.h.nonce, c.n, use), c.buf, c.beside); err != nil {
		return fmt.Errorf("sealed chunk: %w", ErrDamaged)
	}
	c.n++
	return nil
}
