package blob

import (
	"encoding/binary"
	"fmt"
	"math"
)

// A sealed segment holds the records of the growing one in blocks, so that
// messages are packed together. Every record keeps the place that it had when
// it grew, its offset and length: references are to those. The file is
//
//	birth       with a generation above 0
//	blocks      one behind the other, each of which says where it begins
//	index       frames of kind 5, each up to indexRun blocks
//	end         one frame of kind 6, of endLen octets
//
// A block (kind 3) has as data one ordinary zstd frame of mbox text, of at most
// blockText octets unless it is of one message; none where all was erased. Its
// payload is
//
//	uvarint: octets from where the block begins to where it ends, growing form
//	uvarint: octets of mbox text
//	a zstd frame of its entries
//
// and each entry, in order,
//
//	 1  kind: 1 message, 2 erased
//	 1  1 = a newline was added behind the message
//	    uvarint: octets from the end of the entry before
//	    uvarint: its length
//	32  SHA-256 of the message as received
//	 8  received, or when it was erased, Unix nanoseconds
//	    uvarint: its octets
//	    uvarint: by how much its mbox text is longer
//	    uvarint: octets of meta
//	    that, as the owner gave it
//
// Remains (kind 4) are a piece of the growing form in which no whole record was
// found: the payload holds it as it was. An index entry has 28 octets: where
// the block begins, growing form (8), in this file (8), octets of its frame (4)
// and its data (8). The payload of the end is
//
//	 8  where the index begins
//	 8  its octets
//	 8  where the growing form ended
//	 8  messages
//	 8  erased messages
//	32  SHA-256 of the file up to the end frame
const (
	entryMessage = 1
	entryErased  = 2

	blockText    = 256 << 10
	blockEntries = 1024
	blockMeta    = 256 << 10 // octets of metas from which on a block ends
	maxBlockMeta = 4 << 20   // octets of packed entries, unpacked
	remainsLen   = 256 << 10

	indexEntry = 28
	indexRun   = 16 << 10
	endPayload = 72
	endLen     = fixedLen + 1 + endPayload + crcLen
)

// entry is a record of a sealed segment.
type entry struct {
	kind     byte
	newline  bool
	off      int64 // of the growing form
	length   int64
	digest   Digest
	received int64
	size     int64
	plain    int64
	meta     []byte
}

func (e *entry) ref(seg uint32) Ref { return Ref{seg, e.off, e.length} }

// header makes the entry look like the record that it was, with the data of h.
func (e *entry) header(h *header) header {
	out := *h
	out.flags &^= flagNewline
	if e.newline {
		out.flags |= flagNewline
	}
	out.digest, out.size, out.received, out.plain = e.digest, e.size, e.received, e.plain
	return out
}

// append appends the entry as a block holds it, behind one that ends at last.
func (e *entry) append(dst []byte, last int64) []byte {
	flags := byte(0)
	if e.newline {
		flags = flagNewline
	}
	dst = append(dst, e.kind, flags)
	dst = binary.AppendUvarint(dst, uint64(e.off-last))
	dst = binary.AppendUvarint(dst, uint64(e.length))
	dst = append(dst, e.digest[:]...)
	dst = le.AppendUint64(dst, uint64(e.received))
	dst = binary.AppendUvarint(dst, uint64(e.size))
	dst = binary.AppendUvarint(dst, uint64(e.plain-e.size))
	dst = binary.AppendUvarint(dst, uint64(len(e.meta)))
	return append(dst, e.meta...)
}

// takeEntry takes an entry off b. Its meta is a part of b.
func takeEntry(b *[]byte, last int64) (e entry, ok bool) {
	rest := *b
	if len(rest) < 2 {
		return e, false
	}
	e.kind, e.newline = rest[0], rest[1]&flagNewline != 0
	rest = rest[2:]
	var gap, more, n int64
	if gap, ok = takeLength(&rest); !ok {
		return e, false
	}
	if e.length, ok = takeLength(&rest); !ok || len(rest) < len(e.digest)+8 {
		return e, false
	}
	rest = rest[copy(e.digest[:], rest):]
	e.received, rest = int64(le.Uint64(rest)), rest[8:]
	for _, to := range []*int64{&e.size, &more, &n} {
		if *to, ok = takeLength(&rest); !ok {
			return e, false
		}
	}
	if n > int64(len(rest)) || e.kind != entryMessage && e.kind != entryErased {
		return e, false
	}
	e.off, e.plain, e.meta = last+gap, e.size+more, rest[:n]
	*b = rest[n:]
	return e, true
}

// block is one of a sealed segment, without its text.
type block struct {
	start, end int64 // of the growing form
	text       int64 // octets
	entries    []entry
}

// parseBlock reads the payload of a block that begins at start.
func (c *codec) parseBlock(start int64, payload []byte) (*block, error) {
	bad := fmt.Errorf("entries of the block: %w", ErrDamaged)
	length, ok := takeLength(&payload)
	if !ok {
		return nil, bad
	}
	b := &block{start: start, end: start + length}
	if b.text, ok = takeLength(&payload); !ok {
		return nil, bad
	}
	rest, err := c.entries.DecodeAll(payload, nil)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", bad, err)
	}
	last, text := start, int64(0)
	for len(rest) > 0 {
		e, ok := takeEntry(&rest, last)
		last = e.off + e.length
		if !ok || last > b.end || len(b.entries) == blockEntries {
			return nil, bad
		}
		if e.kind == entryMessage {
			if text += e.plain; text < 0 || text > math.MaxInt64/4 {
				return nil, bad
			}
		}
		b.entries = append(b.entries, e)
	}
	if text != b.text || text > maxText && len(b.entries) != 1 {
		return nil, bad
	}
	return b, nil
}

// find gives the entry at ref and where its text lies in the block's; nil when
// there is none.
func (b *block) find(off, length int64) (*entry, int64) {
	at := int64(0)
	for i := range b.entries {
		e := &b.entries[i]
		if e.off == off && e.length == length {
			return e, at
		}
		if e.kind == entryMessage {
			at += e.plain
		}
	}
	return nil, 0
}

// erasedAt tells whether a tombstone covers a place: one for a part of a
// damaged place has not the length of any record.
func (b *block) erasedAt(off int64) bool {
	for i := range b.entries {
		if e := &b.entries[i]; e.kind == entryErased && e.off <= off && off < e.off+e.length {
			return true
		}
	}
	return false
}
