package blob

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"io/fs"

	"github.com/klauspost/compress/zstd"

	"restante/fetch/mbox/mboxrd"
)

// stream reads a message piece by piece.
type stream struct {
	l   *Log
	f   *handle
	h   header
	src *meteredReader
	dec *zstd.Decoder

	quoted int64 // octets of the quoted message still to come
	u      mboxrd.Unquoter
	raw    []byte
	out    []byte // unquoted, not yet given
	sum    hash.Hash
	size   int64
	err    error
}

// openStream takes over the use of f, unless it fails. The data of h begins at
// off in the file.
func (l *Log) openStream(f *handle, h *header, at place, off int64) (io.ReadCloser, error) {
	dec := l.texts.streams.Get().(*zstd.Decoder)
	s := &stream{l: l, f: f, h: *h, dec: dec, raw: make([]byte, 64<<10), sum: sha256.New()}
	s.h.nonce = bytes.Clone(h.nonce)
	s.h.meta, s.h.clear, s.h.payload = nil, nil, nil
	s.src = &meteredReader{r: io.NewSectionReader(f, off, h.data)}
	packed, err := l.codec.vault.reader(s.src, &s.h, at)
	if err == nil {
		err = dec.Reset(packed)
	}
	if err == nil {
		err = s.skipFrom()
	}
	if err != nil {
		_ = dec.Reset(nil)
		l.texts.streams.Put(dec)
		return nil, fmt.Errorf("message %s: %w", h.digest, errors.Join(err, ErrDamaged))
	}
	return s, nil
}

// skipFrom reads past the From line.
func (s *stream) skipFrom() error {
	n, err := io.ReadFull(s.dec, s.raw[:min(int64(maxFrom), s.h.plain)])
	if err != nil {
		return err
	}
	i := bytes.IndexByte(s.raw[:n], '\n')
	s.quoted = s.h.plain - int64(i+1) - int64(s.h.tail())
	if i < 0 || s.quoted < int64(n-i-1) {
		return errors.New("mbox line From")
	}
	s.quoted -= int64(n - i - 1)
	s.out = s.u.Append(s.out, s.raw[i+1:n])
	return nil
}

func (s *stream) Read(p []byte) (int, error) {
	for len(s.out) == 0 && s.err == nil {
		s.fill()
	}
	if len(s.out) == 0 {
		return 0, s.err
	}
	n := copy(p, s.out)
	s.sum.Write(p[:n])
	s.size += int64(n)
	s.out = s.out[n:]
	return n, nil
}

// fill unpacks the next piece, or ends the stream.
func (s *stream) fill() {
	if s.quoted == 0 {
		if s.out = s.u.Flush(s.out[:0]); len(s.out) == 0 {
			s.err = s.finish()
		}
		return
	}
	n, err := s.dec.Read(s.raw[:min(int64(len(s.raw)), s.quoted)])
	s.out = s.u.Append(s.out[:0], s.raw[:n])
	s.quoted -= int64(n)
	if err != nil && s.quoted > 0 {
		s.err = s.damaged(err)
	}
}

// finish gives io.EOF when all of it was what was stored.
func (s *stream) finish() error {
	rest, err := io.Copy(io.Discard, io.LimitReader(s.dec, 3))
	switch {
	case err != nil:
		return s.damaged(err)
	case rest != int64(s.h.tail()), s.src.n != s.h.data, s.src.crc != s.h.dataCRC,
		s.size != s.h.size, Digest(s.sum.Sum(nil)) != s.h.digest:
		return s.damaged(nil)
	}
	return io.EOF
}

func (s *stream) damaged(cause error) error {
	return fmt.Errorf("message %s: %w", s.h.digest, errors.Join(ErrDamaged, cause))
}

func (s *stream) Close() error {
	if s.f == nil {
		return nil
	}
	s.l.read.put(s.f)
	_ = s.dec.Reset(nil) // only lets go of the source
	s.l.texts.streams.Put(s.dec)
	s.f, s.out, s.quoted, s.err = nil, nil, 0, fs.ErrClosed
	return nil
}

// meteredReader counts and sums what is read.
type meteredReader struct {
	r   io.Reader
	n   int64
	crc uint32
}

func (m *meteredReader) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	m.n += int64(n)
	m.crc = crc32.Update(m.crc, castagnoli, p[:n])
	return n, err
}
