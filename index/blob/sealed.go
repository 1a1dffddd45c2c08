package blob

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"

	"restante/index/lru"
)

// ErrErased says that a message was there, and was erased. It is
// fs.ErrNotExist, too.
var ErrErased = fmt.Errorf("erased: %w", fs.ErrNotExist)

// unpacked is a block as it is read. Many may read it at once.
type unpacked struct {
	h       header
	b       *block // nil: remains
	remains []byte
	text    []byte // nil where it is streamed
}

// cacheSize is how many octets of unpacked blocks are kept: who reads a mailbox in
// order unpacks each block once, as long as no more than some 250 do at once.
const cacheSize = 64 << 20

type blockKey struct {
	seg, gen uint32
	start    int64
}

// blockCache holds the blocks that were read last. Its zero value is ready.
type blockCache struct {
	all lru.Cache[blockKey, *unpacked]
}

// get gives a block; nil: it is not held.
func (c *blockCache) get(k blockKey) *unpacked {
	u, _ := c.all.Get(k)
	return u
}

func (c *blockCache) put(k blockKey, u *unpacked) { c.all.Put(k, u, u.size(), cacheSize, nil) }

// forget lets go of a segment's blocks: what was erased stays in no memory.
func (c *blockCache) forget(seg uint32) {
	c.all.Forget(func(k blockKey) bool { return k.seg == seg })
}

// size is what a block takes in memory, about.
func (u *unpacked) size() int64 {
	n := 512 + len(u.text) + len(u.remains)
	if u.b != nil {
		for i := range u.b.entries {
			n += 128 + len(u.b.entries[i].meta)
		}
	}
	return int64(n)
}

// openSealed opens a message of a sealed segment.
func (l *Log) openSealed(f *handle, ref Ref, want Digest) (io.ReadCloser, error) {
	at, ok := f.sealed.find(ref.Offset)
	if !ok {
		return nil, fs.ErrNotExist
	}
	k := blockKey{f.seg, f.gen, at.start}
	u := l.cache.get(k)
	if u == nil {
		var err error
		if u, err = l.unpackBlock(f, at); err != nil {
			return nil, err
		}
		l.cache.put(k, u)
	}
	if u.b == nil {
		return nil, fmt.Errorf("no whole record was here when the segment was sealed: %w", ErrDamaged)
	}
	e, off := u.b.find(ref.Offset, ref.Length)
	switch {
	case e == nil && u.b.erasedAt(ref.Offset):
		return nil, ErrErased
	case e == nil:
		return nil, fmt.Errorf("no record begins here: %w", ErrDamaged)
	case e.kind == entryErased:
		return nil, ErrErased
	case e.digest != want:
		return nil, fmt.Errorf("another record begins here: %w", ErrDamaged)
	}
	h := e.header(&u.h)
	if u.text == nil {
		return l.openStream(f, &h, place{f.seg, at.start}, at.at+at.frame)
	}
	buf := l.texts.scratch.Get().(*[]byte)
	*buf = append((*buf)[:0], u.text[off:off+e.plain]...)
	return l.texts.message(&h, buf, *buf)
}

// unpackBlock reads a block and its text.
func (l *Log) unpackBlock(f *handle, at blockRef) (*unpacked, error) {
	n := at.frame
	if at.data <= maxFrame+maxText {
		n += at.data
	}
	raw := grow(l.texts.scratch.Get().(*[]byte), int(n))
	defer l.texts.scratch.Put(raw)
	if _, err := f.ReadAt(*raw, at.at); err != nil {
		return nil, noEnd(err)
	}
	u, err := l.parseUnpacked(f, at, (*raw)[:at.frame])
	if err != nil || u.b == nil || u.b.text > maxText {
		return u, err
	}
	if n == at.frame && at.data > 0 {
		return nil, fmt.Errorf("block of %d octets for %d of text: %w", at.data, u.b.text, ErrDamaged)
	}
	h := u.h
	h.plain = u.b.text
	if at.data == 0 && u.b.text == 0 {
		u.text = []byte{}
	} else if u.text, err = l.texts.text(nil, &h, place{f.seg, at.start}, (*raw)[at.frame:]); err != nil {
		return nil, fmt.Errorf("block at %d of the file: %w", at.at, err)
	}
	return u, nil
}

// parseUnpacked reads the frame of a block. What it gives is no part of frame.
func (l *Log) parseUnpacked(f *handle, at blockRef, frame []byte) (*unpacked, error) {
	bad := func(err error) (*unpacked, error) {
		return nil, fmt.Errorf("block at %d of the file: %w", at.at, err)
	}
	if n, ok := frameLen(frame); !ok || n != len(frame) {
		return bad(ErrDamaged)
	}
	h, err := parse(frame)
	if err != nil {
		return bad(err)
	}
	if !h.placed() || h.key != f.sealed.key || h.start != at.start || h.data != at.data {
		return bad(fmt.Errorf("another block is here: %w", ErrDamaged))
	}
	payload, err := l.codec.content(&h, place{f.seg, at.start})
	if err != nil {
		return bad(err)
	}
	u := &unpacked{h: h}
	// The frame goes back to who reads next.
	u.h.clear, u.h.payload, u.h.nonce = nil, nil, append([]byte(nil), h.nonce...)
	if h.kind == kindRemains {
		u.remains = append([]byte{}, payload...)
		return u, nil
	}
	if u.b, err = l.codec.parseBlock(h.start, payload); err != nil {
		return bad(err)
	}
	return u, nil
}

// blocks calls each for every whole block from a place of the growing form on,
// and for remains, and adds to damage what is not whole now. Data is read and
// summed, not unpacked.
func (l *Log) blocks(ctx context.Context, f *handle, start int64, damage *gaps, each func(blockRef, *unpacked) error) error {
	t := f.sealed
	pos := max(start, 0)
	if len(t.blocks) > 0 {
		pos = max(pos, t.blocks[0].start)
	}
	gap := func(end int64) {
		if end > pos {
			damage.add(Ref{f.seg, pos, end - pos})
			pos = end
		}
	}
	buf := make([]byte, 0, 512<<10)
	for i, at := range t.blocks {
		next := t.end
		if i+1 < len(t.blocks) {
			next = t.blocks[i+1].start
		}
		if next <= start {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		u, err := l.checkBlock(f, at, &buf)
		if errors.Is(err, ErrDamaged) {
			gap(next)
			continue
		}
		if err != nil {
			return err
		}
		gap(at.start)
		if u.b == nil {
			pos = min(at.start+int64(len(u.remains)), next)
		} else {
			pos = min(u.b.end, next)
		}
		if err := each(at, u); err != nil {
			return err
		}
	}
	gap(t.end)
	return nil
}

// checkBlock reads the frame of a block and sums its data.
func (l *Log) checkBlock(f *handle, at blockRef, buf *[]byte) (*unpacked, error) {
	frame := *grow(buf, int(at.frame))
	if _, err := f.ReadAt(frame, at.at); err != nil {
		return nil, noEnd(err)
	}
	u, err := l.parseUnpacked(f, at, frame)
	if err != nil {
		return nil, err
	}
	var crc uint32
	for off, end := at.at+at.frame, at.at+at.frame+at.data; off < end; {
		piece := *grow(buf, int(min(end-off, 512<<10)))
		if _, err := f.ReadAt(piece, off); err != nil {
			return nil, noEnd(err)
		}
		crc = crc32.Update(crc, castagnoli, piece)
		off += int64(len(piece))
	}
	if crc != u.h.dataCRC {
		return nil, fmt.Errorf("block at %d of the file: %w", at.at, ErrDamaged)
	}
	return u, nil
}

// scanSealed is Scan for a sealed segment.
func (l *Log) scanSealed(ctx context.Context, f *handle, start int64, damage *gaps, each func(Entry) error) error {
	return l.blocks(ctx, f, start, damage, func(at blockRef, u *unpacked) error {
		if u.b == nil {
			damage.add(Ref{f.seg, at.start, int64(len(u.remains))})
			return nil
		}
		for i := range u.b.entries {
			e := &u.b.entries[i]
			if e.kind != entryMessage || e.off < start {
				continue
			}
			err := each(Entry{Ref: e.ref(f.seg), Digest: e.digest, Size: e.size, Received: FromNanos(e.received), Meta: e.meta})
			if err != nil {
				return err
			}
		}
		return nil
	})
}
