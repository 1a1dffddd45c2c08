package blob

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"time"

	"restante/fetch/mbox/mboxrd"
)

// Everything of ours in a segment begins with a zstd skippable frame (RFC 8878,
// section 3.1.2), which every zstd tool steps over. Little-endian; a uvarint is
// that of encoding/binary:
//
//	 0  4  0x184D2A57
//	 4  4  octets that follow in this frame
//	 8  4  "RSTN"
//	12  8  key of the segment: random, so that no message can hold a false record
//	20  1  version, 2
//	21  1  kind, see below
//	22  2  flags: 1 = a newline was added behind the message, 2 = the payload is
//	       sealed, 4 = the meta is not packed
//	24  4  CRC32C of the data
//	28     uvarint: octets of the data, which follows the frame
//	       uvarint: where a block begins, kinds 3 and 4 only; see block.go
//	   19  start of the nonces, where the payload is sealed; see vault.go
//	       payload
//	    4  CRC32C of everything above
//
// A message (kind 1) is one record of the growing form. Its payload is
//
//	32  SHA-256 of the message as received
//	 8  received, Unix nanoseconds; the smallest number: unknown
//	    uvarint: its octets
//	    uvarint: by how much its mbox text is longer
//	    meta, a zstd frame that needs the dictionary of the segment
//
// and its data an ordinary zstd frame of mbox text. The birth of a segment
// (kind 2) has no data and the payload
//
//	8  when, Unix nanoseconds
//	   uvarint: generation, 0 where it grows
//	   uvarint: octets of what is known of the key; 0: in clear
//	   that, see keys.go
//	   dictionary of the metas, a zstd frame; none where it is sealed
//
// The other kinds are those of sealed segments: 3 block, 4 remains, 5 index, 6
// end. Version 1, which is still read, had neither packed metas nor sealing:
//
//	24 32  SHA-256 of the message as received
//	56  8  its octets
//	64  8  received
//	72  8  octets of mbox text in the data frame, unpacked
//	80  8  octets of the data frame
//	88  4  CRC32C of the data frame
//	92  4  octets of meta
//	96     meta, then the CRC
//
// A later version keeps the first 22 octets and the CRC at the end of the frame.
const (
	frameMagic = 0x184D2A57
	ownMagic   = "RSTN"
	version    = 2

	kindMessage = 1
	kindBirth   = 2
	kindBlock   = 3
	kindRemains = 4
	kindIndex   = 5
	kindEnd     = 6

	flagNewline  = 1
	flagSecret   = 2
	flagMetaBare = 4

	prefixAt  = 8  // where what is authenticated begins
	fixedLen  = 28 // up to the first uvarint
	fixedLen1 = 96 // of version 1
	crcLen    = 4
	markAt    = 8
	minFrame  = fixedLen + 1 + crcLen
	maxFrame  = 1 << 20
)

var (
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
	le         = binary.LittleEndian
)

// key marks the records of one segment.
type key [8]byte

// mark is what resynchronising looks for, markAt octets into a record.
func (k key) mark() []byte { return append([]byte(ownMagic), k[:]...) }

// place is where in which segment something belongs: what is sealed opens
// nowhere else.
type place struct {
	seg uint32
	off int64
}

type header struct {
	version byte
	kind    byte
	flags   uint16
	key     key
	frame   int64 // octets of the frame itself
	data    int64
	dataCRC uint32
	start   int64  // of kinds 3 and 4
	clear   []byte // what is authenticated of the frame
	nonce   []byte // start of the nonces, where the payload is sealed
	payload []byte

	// These come out of a message's payload.
	digest   Digest
	size     int64
	received int64
	plain    int64
	meta     []byte // packed, unless flagMetaBare says otherwise
	metaErr  error  // why it could not be unpacked
}

// length is that of the frame and its data, in octets.
func (h *header) length() int64 { return h.frame + h.data }

// begin appends a frame up to its payload. Where wide, the lengths that are
// known only later take as many octets as any.
func (h *header) begin(dst []byte, wide bool) []byte {
	dst = le.AppendUint32(dst, frameMagic)
	dst = le.AppendUint32(dst, 0) // finish knows
	dst = append(dst, ownMagic...)
	dst = append(dst, h.key[:]...)
	dst = append(dst, version, h.kind)
	dst = le.AppendUint16(dst, h.flags)
	dst = le.AppendUint32(dst, h.dataCRC)
	dst = appendLength(dst, h.data, wide)
	if h.placed() {
		dst = appendLength(dst, h.start, false)
	}
	return append(dst, h.nonce...)
}

func (h *header) placed() bool { return h.kind == kindBlock || h.kind == kindRemains }

// finish ends the frame that begins dst[at:].
func finish(dst []byte, at int) []byte {
	le.PutUint32(dst[at+4:], uint32(len(dst)+crcLen-at-8))
	return le.AppendUint32(dst, crc32.Checksum(dst[at:], castagnoli))
}

// appendLength appends a uvarint, of its greatest length where wide.
func appendLength(dst []byte, n int64, wide bool) []byte {
	v := uint64(n)
	if !wide {
		return binary.AppendUvarint(dst, v)
	}
	for range binary.MaxVarintLen64 - 1 {
		dst, v = append(dst, byte(v)|0x80), v>>7
	}
	return append(dst, byte(v))
}

// takeLength takes a uvarint off b.
func takeLength(b *[]byte) (int64, bool) {
	v, n := binary.Uvarint(*b)
	if n <= 0 || v > math.MaxInt64/4 {
		return 0, false
	}
	*b = (*b)[n:]
	return int64(v), true
}

// errNewer says that a record is of a version that came later.
var errNewer = errors.New("written by a newer restante")

// frameLen gives the length of the frame that b begins; false where b begins
// none. B holds at least minFrame octets.
func frameLen(b []byte) (int, bool) {
	n := int64(le.Uint32(b[4:])) + 8
	ok := le.Uint32(b) == frameMagic && string(b[8:12]) == ownMagic && n >= minFrame && n <= maxFrame
	return int(n), ok
}

// parse reads a whole frame; what the header points to is a part of b.
func parse(b []byte) (h header, err error) {
	end := len(b) - crcLen
	if end < minFrame-crcLen || le.Uint32(b[end:]) != crc32.Checksum(b[:end], castagnoli) {
		return h, fmt.Errorf("record header: %w", ErrDamaged)
	}
	if b[20] > version {
		return h, fmt.Errorf("record version %d, this one knows %d: %w", b[20], version, errNewer)
	}
	h.version, h.kind, h.flags, h.frame = b[20], b[21], le.Uint16(b[22:]), int64(len(b))
	copy(h.key[:], b[12:])
	ok := true
	if h.version == 1 {
		ok = h.parseFirst(b, end)
	} else {
		h.dataCRC = le.Uint32(b[24:])
		rest := b[fixedLen:end]
		h.data, ok = takeLength(&rest)
		if ok && h.placed() {
			h.start, ok = takeLength(&rest)
		}
		if ok && h.flags&flagSecret != 0 {
			if ok = len(rest) >= nonceLen; ok {
				h.nonce, rest = rest[:nonceLen], rest[nonceLen:]
			}
		}
		h.clear, h.payload = b[prefixAt:end-len(rest)], rest
	}
	if !ok {
		return h, fmt.Errorf("record header's lengths: %w", ErrDamaged)
	}
	return h, nil
}

// parseFirst reads what was version 1 of a message or a birth.
func (h *header) parseFirst(b []byte, end int) bool {
	if end < fixedLen1 {
		return false
	}
	h.flags = h.flags&flagNewline | flagMetaBare
	copy(h.digest[:], b[24:])
	h.size, h.received = int64(le.Uint64(b[56:])), int64(le.Uint64(b[64:]))
	h.plain, h.data = int64(le.Uint64(b[72:])), int64(le.Uint64(b[80:]))
	h.dataCRC = le.Uint32(b[88:])
	h.meta = b[fixedLen1:end]
	return int(le.Uint32(b[92:])) == len(h.meta) && h.size >= 0 && h.plain >= 0 && h.data >= 0 && h.data <= math.MaxInt64/4
}

// maxSender bounds the address in a From line, in octets (RFC 5321, section
// 4.5.3.1.3, allows 256).
const maxSender = 256

// appendFrom writes the line that begins a message in an mbox: the sender and
// the time of receipt in the form of C's asctime, UTC (RFC 4155). What could
// end the line or a word of it becomes an underscore.
func appendFrom(dst []byte, sender string, received int64) []byte {
	dst = append(dst, mboxrd.From...)
	if sender == "" {
		sender = "MAILER-DAEMON"
	}
	for _, c := range []byte(sender[:min(len(sender), maxSender)]) {
		if c <= ' ' || c >= 0x7f {
			c = '_'
		}
		dst = append(dst, c)
	}
	if received == NoTime {
		received = 0
	}
	dst = append(dst, ' ')
	dst = time.Unix(0, received).UTC().AppendFormat(dst, time.ANSIC)
	return append(dst, '\n')
}

// maxFrom bounds a From line, in octets.
const maxFrom = len(mboxrd.From) + maxSender + len(" ") + len(time.ANSIC) + len("\n")

// message finds the message, still quoted, in a record's mbox text.
func (h *header) message(text []byte) ([]byte, error) {
	i := bytes.IndexByte(text[:min(len(text), maxFrom)], '\n')
	tail := h.tail()
	if i < 0 || len(text) < i+1+tail {
		return nil, fmt.Errorf("mbox line From: %w", ErrDamaged)
	}
	return text[i+1 : len(text)-tail], nil
}

// tail is how many octets follow the message in its mbox text.
func (h *header) tail() int {
	if h.flags&flagNewline != 0 {
		return 2
	}
	return 1
}
