package blob

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"time"
)

// A record begins with a zstd skippable frame (RFC 8878, section 3.1.2), which
// every zstd tool steps over. Little-endian:
//
//	 0  4  0x184D2A57
//	 4  4  octets that follow in this frame
//	 8  4  "RSTN"
//	12  8  key of the segment: random, so that no message can hold a false record
//	20  1  version, 1
//	21  1  kind: 1 message, 2 birth of a segment (its data is empty)
//	22  2  flags: 1 = a newline was added behind the message
//	24 32  SHA-256 of the message as received
//	56  8  its octets
//	64  8  received, Unix nanoseconds; the smallest number: unknown
//	72  8  octets of mbox text in the data frame, unpacked
//	80  8  octets of the data frame
//	88  4  CRC32C of the data frame
//	92  4  octets of meta
//	96     meta
//	       CRC32C of everything above
//
// The data frame follows: an ordinary zstd frame of mbox text. A later version
// keeps the first 22 octets and the CRC at the end of the frame.
const (
	frameMagic = 0x184D2A57
	ownMagic   = "RSTN"
	version    = 1

	kindMessage = 1
	kindBirth   = 2

	flagNewline = 1

	fixedLen  = 96
	birthLen  = fixedLen + crcLen
	crcLen    = 4
	markAt    = 8
	maxHeader = fixedLen + MaxMeta + crcLen
)

var (
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
	le         = binary.LittleEndian
)

// key marks the records of one segment.
type key [8]byte

// mark is what resynchronising looks for, markAt octets into a record.
func (k key) mark() []byte { return append([]byte(ownMagic), k[:]...) }

type header struct {
	key      key
	kind     byte
	flags    uint16
	digest   Digest
	size     int64
	received int64
	plain    int64
	data     int64
	dataCRC  uint32
	meta     []byte
}

// length is the header's own, in octets.
func (h *header) length() int64 { return int64(fixedLen + len(h.meta) + crcLen) }

// put writes the header to dst, which has length octets.
func (h *header) put(dst []byte) {
	le.PutUint32(dst, frameMagic)
	le.PutUint32(dst[4:], uint32(len(dst)-8))
	copy(dst[8:], ownMagic)
	copy(dst[12:], h.key[:])
	dst[20], dst[21] = version, h.kind
	le.PutUint16(dst[22:], h.flags)
	copy(dst[24:], h.digest[:])
	le.PutUint64(dst[56:], uint64(h.size))
	le.PutUint64(dst[64:], uint64(h.received))
	le.PutUint64(dst[72:], uint64(h.plain))
	le.PutUint64(dst[80:], uint64(h.data))
	le.PutUint32(dst[88:], h.dataCRC)
	le.PutUint32(dst[92:], uint32(len(h.meta)))
	copy(dst[fixedLen:], h.meta)
	end := fixedLen + len(h.meta)
	le.PutUint32(dst[end:], crc32.Checksum(dst[:end], castagnoli))
}

// errNewer says that a record is of a version that came later.
var errNewer = errors.New("written by a newer restante")

// frameLen gives the length of the header that b begins; false where b begins
// none. B holds at least fixedLen octets.
func frameLen(b []byte) (int, bool) {
	n := int64(le.Uint32(b[4:])) + 8
	ok := le.Uint32(b) == frameMagic && string(b[8:12]) == ownMagic && n >= birthLen && n <= maxHeader
	return int(n), ok
}

// parse reads a whole header; meta is a part of b.
func parse(b []byte) (h header, err error) {
	end := len(b) - crcLen
	if le.Uint32(b[end:]) != crc32.Checksum(b[:end], castagnoli) {
		return h, fmt.Errorf("record header: %w", ErrDamaged)
	}
	if b[20] > version {
		return h, fmt.Errorf("record version %d, this one knows %d: %w", b[20], version, errNewer)
	}
	copy(h.key[:], b[12:])
	h.kind, h.flags = b[21], le.Uint16(b[22:])
	copy(h.digest[:], b[24:])
	h.size, h.received = int64(le.Uint64(b[56:])), int64(le.Uint64(b[64:]))
	h.plain, h.data = int64(le.Uint64(b[72:])), int64(le.Uint64(b[80:]))
	h.dataCRC = le.Uint32(b[88:])
	h.meta = b[fixedLen:end]
	if int(le.Uint32(b[92:])) != len(h.meta) || h.size < 0 || h.plain < 0 || h.data < 0 || h.data > math.MaxInt64/2 {
		return h, fmt.Errorf("record header's lengths: %w", ErrDamaged)
	}
	return h, nil
}

// unknownTime stands for a time that nanoseconds cannot hold.
const unknownTime = math.MinInt64

func nanos(t time.Time) int64 {
	if y := t.Year(); y < 1678 || y > 2261 {
		return unknownTime
	}
	return t.UnixNano()
}

func fromNanos(n int64) time.Time {
	if n == unknownTime {
		return time.Time{}
	}
	return time.Unix(0, n).UTC()
}

// maxSender bounds the address in a From line, in octets (RFC 5321, section
// 4.5.3.1.3, allows 256).
const maxSender = 256

// appendFrom writes the line that begins a message in an mbox: the sender and
// the time of receipt in the form of C's asctime, UTC (RFC 4155). What could
// end the line or a word of it becomes an underscore.
func appendFrom(dst []byte, sender string, received int64) []byte {
	dst = append(dst, fromWord...)
	if sender == "" {
		sender = "MAILER-DAEMON"
	}
	for _, c := range []byte(sender[:min(len(sender), maxSender)]) {
		if c <= ' ' || c >= 0x7f {
			c = '_'
		}
		dst = append(dst, c)
	}
	if received == unknownTime {
		received = 0
	}
	dst = append(dst, ' ')
	dst = time.Unix(0, received).UTC().AppendFormat(dst, time.ANSIC)
	return append(dst, '\n')
}

// maxFrom bounds a From line, in octets.
const maxFrom = len(fromWord) + maxSender + len(" ") + len(time.ANSIC) + len("\n")

// content finds the message, still quoted, in a record's mbox text.
func (h *header) content(text []byte) ([]byte, error) {
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
