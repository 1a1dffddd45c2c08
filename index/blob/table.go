package blob

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sort"
)

// table is where the blocks of a sealed segment are.
type table struct {
	key      key
	birth    birth
	blocks   []blockRef
	end      int64 // of the growing form
	messages int64
	erased   int64
	sum      Digest // of the file up to the end frame
	endAt    int64  // where that frame begins; 0 where the table was made anew
}

// blockRef is where a block lies: 28 octets of index.
type blockRef struct {
	start int64 // growing form
	at    int64 // file
	frame int64
	data  int64
}

// find gives the block that holds a place of the growing form.
func (t *table) find(off int64) (blockRef, bool) {
	i := sort.Search(len(t.blocks), func(i int) bool { return t.blocks[i].start > off })
	if i == 0 || off >= t.end {
		return blockRef{}, false
	}
	return t.blocks[i-1], true
}

// readTable reads the table of a sealed file, or makes it anew from the
// blocks where it is damaged.
func (l *Log) readTable(f file, seg uint32) (*table, error) {
	t, err := readIndex(f)
	if err == nil {
		return t, nil
	}
	if !errors.Is(err, ErrDamaged) {
		return nil, err
	}
	l.log.Error("index of a sealed segment is damaged; it is made anew from the blocks", "segment", seg, "err", err)
	return l.rebuildTable(f, seg)
}

func readIndex(f file) (*table, error) {
	size, err := f.Size()
	if err != nil {
		return nil, err
	}
	t, at, n, err := readEnd(f, size)
	if err != nil {
		return nil, err
	}
	b := make([]byte, n)
	if _, err := f.ReadAt(b, at); err != nil {
		return nil, noEnd(err)
	}
	for len(b) > 0 {
		n := 0
		ok := len(b) >= minFrame
		if ok {
			n, ok = frameLen(b)
		}
		if !ok || n > len(b) {
			return nil, fmt.Errorf("index: %w", ErrDamaged)
		}
		h, err := parse(b[:n])
		if err != nil {
			return nil, err
		}
		if h.kind != kindIndex || h.key != t.key || !t.add(h.payload) {
			return nil, fmt.Errorf("index: %w", ErrDamaged)
		}
		b = b[n:]
	}
	if !t.sound(at) {
		return nil, fmt.Errorf("index: %w", ErrDamaged)
	}
	head := make([]byte, min(maxFrame, size))
	if len(t.blocks) > 0 {
		head = head[:min(int64(len(head)), t.blocks[0].at)]
	}
	if _, err := f.ReadAt(head, 0); err != nil && err != io.EOF {
		return nil, err
	}
	// A damaged birth costs nothing that the rest does not say.
	if n, ok := frameLen(append(head, make([]byte, minFrame)...)); ok && n <= len(head) {
		if h, err := parse(head[:n]); err == nil && h.kind == kindBirth {
			t.birth, _ = h.born()
			t.birth.about, t.birth.words = bytes.Clone(t.birth.about), nil
		}
	}
	return t, nil
}

// noEnd makes a file that is too short a damaged one.
func noEnd(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return fmt.Errorf("the file is cut off: %w", ErrDamaged)
	}
	return err
}

// readEnd reads the last frame, and gives where the index is.
func readEnd(f file, size int64) (t *table, at, n int64, err error) {
	if size < endLen {
		return nil, 0, 0, noEnd(io.EOF)
	}
	b := make([]byte, endLen)
	if _, err := f.ReadAt(b, size-endLen); err != nil {
		return nil, 0, 0, noEnd(err)
	}
	if got, ok := frameLen(b); !ok || got != endLen {
		return nil, 0, 0, fmt.Errorf("no end frame: %w", ErrDamaged)
	}
	h, err := parse(b)
	if err != nil {
		return nil, 0, 0, err
	}
	if h.kind != kindEnd || len(h.payload) != endPayload {
		return nil, 0, 0, fmt.Errorf("no end frame: %w", ErrDamaged)
	}
	p := h.payload
	at, n = int64(le.Uint64(p)), int64(le.Uint64(p[8:]))
	t = &table{key: h.key, end: int64(le.Uint64(p[16:])), messages: int64(le.Uint64(p[24:])), erased: int64(le.Uint64(p[32:])), endAt: size - endLen}
	copy(t.sum[:], p[40:])
	if at < 0 || n < 0 || at > t.endAt || n != t.endAt-at {
		return nil, 0, 0, fmt.Errorf("end frame: %w", ErrDamaged)
	}
	return t, at, n, nil
}

// add adds blocks as an index frame holds them.
func (t *table) add(p []byte) bool {
	for ; len(p) >= indexEntry; p = p[indexEntry:] {
		t.blocks = append(t.blocks, blockRef{
			start: int64(le.Uint64(p)), at: int64(le.Uint64(p[8:])),
			frame: int64(le.Uint32(p[16:])), data: int64(le.Uint64(p[20:])),
		})
	}
	return len(p) == 0
}

// append appends what add reads.
func (b blockRef) append(dst []byte) []byte {
	dst = le.AppendUint64(dst, uint64(b.start))
	dst = le.AppendUint64(dst, uint64(b.at))
	dst = le.AppendUint32(dst, uint32(b.frame))
	return le.AppendUint64(dst, uint64(b.data))
}

// sound tells whether the blocks lie one behind the other up to the index.
func (t *table) sound(index int64) bool {
	start, at := int64(-1), int64(0)
	for i, b := range t.blocks {
		if b.start <= start || b.start >= t.end || b.frame < minFrame || b.frame > maxFrame || b.data < 0 || b.data > index || i > 0 && b.at != at || b.at < 0 || b.at > index {
			return false
		}
		start, at = b.start, b.at+b.frame+b.data
	}
	return len(t.blocks) == 0 || at == index
}

// rebuildTable walks through all frames of a sealed file.
func (l *Log) rebuildTable(f file, seg uint32) (*table, error) {
	w, err := l.walker(f, seg, 1<<62)
	if err != nil {
		return nil, err
	}
	t := &table{}
	for {
		h, ref, err := w.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		switch h.kind {
		case kindBlock, kindRemains:
			end, err := l.blockEnd(&h, seg)
			if err == nil && h.start >= t.end {
				t.blocks = append(t.blocks, blockRef{start: h.start, at: ref.Offset, frame: h.frame, data: h.data})
				t.end = end
			}
		case kindEnd:
			if len(h.payload) == endPayload {
				t.end = max(t.end, int64(le.Uint64(h.payload[16:])))
			}
		}
	}
	t.key, t.birth = w.key, w.birth
	return t, nil
}

// blockEnd tells where a block or remains end in the growing form.
func (l *Log) blockEnd(h *header, seg uint32) (int64, error) {
	payload, err := l.codec.content(h, place{seg, h.start})
	if err != nil {
		return 0, err
	}
	if h.kind == kindRemains {
		return h.start + int64(len(payload)), nil
	}
	b, err := l.codec.parseBlock(h.start, payload)
	if err != nil {
		return 0, err
	}
	return b.end, nil
}
