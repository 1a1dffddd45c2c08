package blob

import (
	"bytes"
	_ "embed"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"runtime"
	"sync"
	"time"

	"github.com/klauspost/compress/zstd"
)

// metaWords is what metas have in common: it makes 140 octets of 540. Each
// growing segment holds it in its birth, so that it can be changed at will.
//
//go:embed meta.dict
var metaWords []byte

const (
	dictionaryID    = 1
	maxDictionary   = 64 << 10
	maxDictionaries = 8 // besides our own, that are held
)

// tools pack and unpack what is held whole. They hold nothing of a log, and
// any number of goroutines may use them.
type tools struct {
	pack    *zstd.Encoder
	unpack  *zstd.Decoder // at most maxText octets
	metas   *zstd.Encoder // with metaWords
	words   *zstd.Decoder // the same
	entries *zstd.Decoder // of blocks, at most maxBlockMeta octets
	birth   []byte        // metaWords, packed
}

var newTools = sync.OnceValues(func() (*tools, error) {
	var t tools
	var errs [5]error
	many := zstd.WithEncoderConcurrency(runtime.GOMAXPROCS(0))
	t.pack, errs[0] = zstd.NewWriter(nil, zstd.WithWindowSize(window), many)
	t.unpack, errs[1] = zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(maxText), zstd.WithDecodeAllCapLimit(true))
	t.metas, errs[2] = zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderCRC(false),
		zstd.WithWindowSize(window), many, zstd.WithEncoderDictRaw(dictionaryID, metaWords))
	t.words, errs[3] = metaDecoder(metaWords)
	t.entries, errs[4] = zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(maxBlockMeta))
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	t.birth = t.pack.EncodeAll(metaWords, nil)
	return &t, nil
})

// codec makes frames of records and reads them.
type codec struct {
	*tools
	vault *vault // nil: in clear

	mu    sync.Mutex
	other map[string]*zstd.Decoder // for metas, by packed dictionary
}

func newCodec(v *vault) (*codec, error) {
	t, err := newTools()
	return &codec{tools: t, vault: v, other: map[string]*zstd.Decoder{}}, err
}

func metaDecoder(dict []byte) (*zstd.Decoder, error) {
	return zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(MaxMeta), zstd.WithDecoderDictRaw(dictionaryID, dict))
}

// packMeta gives a meta as a message's payload holds it, and the flag of it.
func (c *codec) packMeta(meta []byte) ([]byte, uint16) {
	if len(meta) == 0 {
		return nil, flagMetaBare
	}
	b := c.metas.EncodeAll(meta, nil)
	if len(b) >= len(meta) {
		return meta, flagMetaBare
	}
	return b, 0
}

// openMeta appends the meta of a message whose payload was read. Words is the
// decoder of its segment.
func (c *codec) openMeta(dst []byte, words *zstd.Decoder, h *header) ([]byte, error) {
	if h.flags&flagMetaBare != 0 {
		return append(dst, h.meta...), nil
	}
	b, err := words.DecodeAll(h.meta, dst)
	if err != nil {
		return nil, fmt.Errorf("meta: %w: %w", err, ErrDamaged)
	}
	return b, nil
}

// fields appends a message's payload.
func (h *header) fields(dst []byte, wide bool) []byte {
	dst = append(dst, h.digest[:]...)
	dst = le.AppendUint64(dst, uint64(h.received))
	dst = appendLength(dst, h.size, false)
	dst = appendLength(dst, h.plain-h.size, wide)
	return append(dst, h.meta...)
}

// record appends the frame of a message. The data follows it.
func (c *codec) record(dst []byte, h *header, p place, wide bool) []byte {
	return c.frame(dst, h, p, h.fields(nil, wide), wide)
}

// frame appends a frame, its payload sealed where h says so.
func (c *codec) frame(dst []byte, h *header, p place, payload []byte, wide bool) []byte {
	at := len(dst)
	dst = h.begin(dst, wide)
	if h.flags&flagSecret != 0 {
		dst = c.vault.seal(dst, h.nonce, dst[at+prefixAt:], p, payload)
	} else {
		dst = append(dst, payload...)
	}
	return finish(dst, at)
}

// secret makes h one that is sealed, if this log seals.
func (c *codec) secret(h *header) {
	if c.vault != nil {
		h.flags |= flagSecret
		h.nonce = newNonce()
	}
}

// close puts the data in the form of h, and its length and sum in h.
func (c *codec) close(h *header, p place, data []byte) []byte {
	if h.flags&flagSecret != 0 {
		data = c.vault.chunks(make([]byte, 0, len(data)+(len(data)/chunkLen+1)*(chunkHead+tagLen)), h, p, data)
	}
	h.data, h.dataCRC = int64(len(data)), crc32.Checksum(data, castagnoli)
	return data
}

// content gives the payload of a frame in clear.
func (c *codec) content(h *header, p place) ([]byte, error) {
	if h.flags&flagSecret == 0 {
		return h.payload, nil
	}
	return c.vault.open(h, p)
}

// message reads the payload of a message into h.
func (c *codec) message(h *header, p place) error {
	if h.version == 1 || h.kind != kindMessage {
		return nil
	}
	b, err := c.content(h, p)
	if err != nil {
		return err
	}
	ok := len(b) >= len(h.digest)+8
	if ok {
		b = b[copy(h.digest[:], b):]
		h.received, b = int64(le.Uint64(b)), b[8:]
		h.size, ok = takeLength(&b)
	}
	if ok {
		h.plain, ok = takeLength(&b)
		h.plain += h.size
		h.meta = b
	}
	if !ok {
		return fmt.Errorf("record header's payload: %w", ErrDamaged)
	}
	return nil
}

// clear gives the data of h, which is held whole, without its seal.
func (c *codec) clear(h *header, p place, data []byte) ([]byte, error) {
	if h.flags&flagSecret == 0 {
		return data, nil
	}
	r, err := c.vault.reader(bytes.NewReader(data), h, p)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.Grow(len(data))
	if _, err := b.ReadFrom(r); err != nil {
		return nil, fmt.Errorf("sealed data: %w: %w", err, ErrDamaged)
	}
	return b.Bytes(), nil
}

// birth is what the first frame of a segment says.
type birth struct {
	at    int64 // Unix nanoseconds; NoTime in version 1
	gen   uint32
	about []byte // what is known of the key; empty: in clear
	words []byte // dictionary, packed
}

func (b *birth) payload() []byte {
	p := le.AppendUint64(nil, uint64(b.at))
	p = binary.AppendUvarint(p, uint64(b.gen))
	p = binary.AppendUvarint(p, uint64(len(b.about)))
	return append(append(p, b.about...), b.words...)
}

// born reads a birth.
func (h *header) born() (b birth, err error) {
	if h.version == 1 {
		return birth{at: NoTime}, nil
	}
	rest := h.payload
	ok := len(rest) >= 8
	if ok {
		b.at, rest = int64(le.Uint64(rest)), rest[8:]
		var gen, n int64
		if gen, ok = takeLength(&rest); ok {
			n, ok = takeLength(&rest)
		}
		if ok = ok && gen <= math.MaxUint32 && n <= int64(len(rest)); ok {
			b.gen, b.about, b.words = uint32(gen), rest[:n], rest[n:]
		}
	}
	if !ok {
		return b, fmt.Errorf("birth of the segment: %w", ErrDamaged)
	}
	return b, nil
}

// newBirth makes the first frame of a segment.
func (c *codec) newBirth(k key, gen uint32, now time.Time) []byte {
	b := birth{at: Nanos(now), gen: gen}
	if c.vault != nil {
		b.about = c.vault.about
	}
	if gen == 0 {
		b.words = c.birth
	}
	h := header{key: k, kind: kindBirth}
	return c.frame(nil, &h, place{}, b.payload(), false)
}

// dictionary gives the decoder for the metas of a segment: the one that its
// birth holds, or where that is lost the one that all have had so far.
func (c *codec) dictionary(packed []byte) *zstd.Decoder {
	if len(packed) == 0 || bytes.Equal(packed, c.birth) {
		return c.words
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if d := c.other[string(packed)]; d != nil {
		return d
	}
	words, err := c.entries.DecodeAll(packed, nil)
	if err != nil || len(words) > maxDictionary {
		return c.words
	}
	d, err := metaDecoder(words)
	if err != nil {
		return c.words
	}
	if len(c.other) == maxDictionaries {
		clear(c.other) // made anew when they are asked for
	}
	c.other[string(packed)] = d
	return d
}
