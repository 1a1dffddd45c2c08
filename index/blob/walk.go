package blob

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/klauspost/compress/zstd"
)

// walker walks through the frames of a segment, reading ahead.
type walker struct {
	f     io.ReaderAt
	codec *codec
	words *zstd.Decoder // for the metas; nil: they are left packed
	seg   uint32
	off   int64 // of the next record
	end   int64
	key   key
	sure  bool // the key is known
	birth birth
	gaps  *gaps
	onGap func(Ref) // is told of each gap where it lies, if not nil
	io    error     // the first error of reading; it ends the walk
	meta  []byte    // as it stands,
	open  []byte    // and unpacked

	buf   []byte // what was read ahead,
	bufAt int64  // and where it lies
}

// readAhead holds any frame.
const readAhead = maxFrame

// walker walks through a file up to end, or its own end.
func (l *Log) walker(f file, seg uint32, end int64) (*walker, error) {
	size, err := f.Size()
	if err != nil {
		return nil, err
	}
	w := newWalker(f, l.codec, seg, min(end, size))
	w.words = l.codec.dictionary(w.birth.words)
	return w, nil
}

func newWalker(f io.ReaderAt, c *codec, seg uint32, end int64) *walker {
	w := &walker{f: f, codec: c, seg: seg, end: end, gaps: &gaps{}, buf: make([]byte, 0, min(readAhead, max(end, 0)))}
	if h, err := w.header(0); err == nil && h.kind == kindBirth {
		if b, err := h.born(); err == nil {
			b.about, b.words = bytes.Clone(b.about), bytes.Clone(b.words)
			w.key, w.sure, w.birth = h.key, true, b
		}
	}
	return w
}

// at gives n octets at off, or fewer at the end. They hold until the next call.
func (w *walker) at(off int64, n int) ([]byte, error) {
	n = int(min(int64(n), w.end-off))
	if n <= 0 {
		return nil, io.EOF
	}
	if i := off - w.bufAt; i >= 0 && i+int64(n) <= int64(len(w.buf)) {
		return w.buf[i : i+int64(n)], nil
	}
	ahead := w.buf[:min(int64(cap(w.buf)), w.end-off)]
	got, err := w.f.ReadAt(ahead, off)
	w.buf, w.bufAt = ahead[:got], off
	if got >= n {
		return w.buf[:n], nil
	}
	if err != io.EOF && w.io == nil {
		w.io = err
	}
	return nil, err
}

// header reads the header at off. Its meta holds until the next read.
func (w *walker) header(off int64) (header, error) {
	b, err := w.at(off, minFrame)
	if err != nil {
		return header{}, err
	}
	if len(b) < minFrame {
		return header{}, ErrDamaged
	}
	n, ok := frameLen(b)
	if !ok || w.sure && key(b[12:20]) != w.key {
		return header{}, ErrDamaged
	}
	if b, err = w.at(off, n); err != nil || len(b) < n {
		return header{}, errors.Join(ErrDamaged, err)
	}
	h, err := parse(b)
	if err == nil {
		err = w.codec.message(&h, place{w.seg, off})
	}
	return h, err
}

// next gives the next whole record; io.EOF when there are no more.
func (w *walker) next() (header, Ref, error) {
	for w.off < w.end {
		if w.io != nil {
			return header{}, Ref{}, fmt.Errorf("read from offset %d on: %w", w.off, w.io)
		}
		h, err := w.header(w.off)
		if errors.Is(err, errNewer) || errors.Is(err, ErrKey) {
			return h, Ref{}, fmt.Errorf("offset %d: %w", w.off, err)
		}
		if err == nil {
			w.keep(&h)
			ref := Ref{w.seg, w.off, h.length()}
			if ref.End().Offset <= w.end && w.whole(&h) {
				h.metaErr = w.unpack(&h)
				if !w.sure {
					w.key, w.sure = h.key, true
				}
				w.off = ref.End().Offset
				return h, ref, nil
			}
		}
		// A header that is whole with data that is not is no reason to trust
		// its lengths: in a torn commit another record may begin inside.
		if found := w.resync(w.off + 1); w.io == nil {
			gap := Ref{w.seg, w.off, found - w.off}
			w.gaps.add(gap)
			if w.onGap != nil {
				w.onGap(gap)
			}
			w.off = found
		}
	}
	return header{}, Ref{}, io.EOF
}

// keep copies what h points to, which the next read overwrites.
func (w *walker) keep(h *header) {
	if h.kind == kindMessage {
		w.meta = append(w.meta[:0], h.meta...)
		h.meta = w.meta
		h.nonce = bytes.Clone(h.nonce)
		return
	}
	h.clear, h.nonce, h.payload = bytes.Clone(h.clear), bytes.Clone(h.nonce), bytes.Clone(h.payload)
}

// unpack replaces the meta of a message by what its owner gave.
func (w *walker) unpack(h *header) error {
	if w.words == nil || h.kind != kindMessage {
		return nil
	}
	b, err := w.codec.openMeta(w.open[:0], w.words, h)
	if err == nil {
		w.open, h.meta = b, b
	}
	return err
}

// whole checks the data of the record at off.
func (w *walker) whole(h *header) bool {
	var crc uint32
	off := w.off + h.frame
	for left := h.data; left > 0; {
		b, err := w.at(off, int(min(left, 64<<10)))
		if err != nil {
			return false
		}
		crc = crc32.Update(crc, castagnoli, b)
		off, left = off+int64(len(b)), left-int64(len(b))
	}
	return crc == h.dataCRC
}

// resync finds where the next record may begin, from off on; the end when none.
func (w *walker) resync(off int64) int64 {
	mark := []byte(ownMagic)
	if w.sure {
		mark = w.key.mark()
	}
	const step = 64 << 10
	for off < w.end {
		b, err := w.at(off, step)
		if err != nil {
			break
		}
		if i := bytes.Index(b, mark); i >= 0 {
			if at := off + int64(i) - markAt; at >= off {
				return at
			}
			off += int64(i) + 1
			continue
		}
		if len(b) < step {
			break
		}
		off += int64(len(b) - len(mark) - markAt)
	}
	return w.end
}

// gaps are places that hold no whole record.
type gaps struct {
	places []Ref // the first of them
	n      int
	octets int64
}

// maxPlaces bounds how many gaps are named.
const maxPlaces = 20

func (g *gaps) add(r Ref) {
	g.octets += r.Length
	if last := len(g.places) - 1; g.n <= maxPlaces && last >= 0 && g.places[last].End() == r.position() {
		g.places[last].Length += r.Length
		return
	}
	g.n++
	if len(g.places) < maxPlaces {
		g.places = append(g.places, r)
	}
}

func (r Ref) position() Position { return Position{r.Segment, r.Offset} }

func (g *gaps) err() error {
	if g.n == 0 {
		return nil
	}
	var b bytes.Buffer
	for i, r := range g.places {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "segment %d offset %d length %d", r.Segment, r.Offset, r.Length)
	}
	if g.n > len(g.places) {
		fmt.Fprintf(&b, " and %d more", g.n-len(g.places))
	}
	return fmt.Errorf("%d places of %d octets hold no whole record (%s): %w", g.n, g.octets, &b, ErrDamaged)
}
