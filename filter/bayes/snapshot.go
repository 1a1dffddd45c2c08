package bayes

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
)

// A snapshot is the magic with its version, the taught letters by class, the
// number of features, each feature (distance to the one before, counts,
// weight; varints) in ascending order, and a CRC-32C of all that.
const (
	magic      = "rbayes2\n"
	maxEntries = 1 << 24
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// ErrSnapshot is a snapshot that is damaged, cut short or of another version.
var ErrSnapshot = errors.New("bayes: damaged snapshot")

// WriteTo writes a snapshot: the same octets for the same knowledge, however
// it was come by. The model is not held while w takes its time.
func (m *Model) WriteTo(w io.Writer) (int64, error) {
	m.mu.RLock()
	ham, spam := m.ham, m.spam
	entries := m.t.sorted()
	m.mu.RUnlock()

	out := &summer{w: w, sum: crc32.New(castagnoli)}
	buf := bufio.NewWriterSize(out, 64<<10)
	b := binary.AppendVarint([]byte(magic), int64(ham))
	b = binary.AppendVarint(b, int64(spam))
	b = binary.AppendUvarint(b, uint64(len(entries)))
	var before uint32
	for i := range entries {
		e := &entries[i]
		b = binary.AppendUvarint(b, uint64(e.key-before))
		b = binary.AppendVarint(b, int64(e.ham))
		b = binary.AppendVarint(b, int64(e.spam))
		b = binary.AppendVarint(b, int64(e.weight))
		before = e.key
		if _, err := buf.Write(b); err != nil {
			return out.n, fmt.Errorf("write model: %w", err)
		}
		b = b[:0]
	}
	buf.Write(b) // of an empty model; Flush gives the error again
	if err := buf.Flush(); err != nil {
		return out.n, fmt.Errorf("write model: %w", err)
	}
	if _, err := out.Write(binary.BigEndian.AppendUint32(nil, out.sum.Sum32())); err != nil {
		return out.n, fmt.Errorf("write model: %w", err)
	}
	return out.n, nil
}

type summer struct {
	w   io.Writer
	sum hash.Hash32
	n   int64
}

func (s *summer) Write(p []byte) (int, error) {
	n, err := s.w.Write(p)
	s.sum.Write(p[:n])
	s.n += int64(n)
	return n, err
}

// ReadModel reads a snapshot, whose damage is ErrSnapshot. It takes memory in
// proportion to what it has read and at most some 400 MiB.
func ReadModel(r io.Reader) (*Model, error) {
	in := &reader{r: bufio.NewReaderSize(r, 64<<10), sum: crc32.New(castagnoli)}
	for i := range len(magic) {
		if c, err := in.ReadByte(); err != nil || c != magic[i] {
			return nil, in.fault("not a model of this version; train anew")
		}
	}
	m := New()
	m.ham, m.spam = in.int32(), in.int32()
	n, err := binary.ReadUvarint(in)
	if err != nil || n > maxEntries {
		return nil, in.fault("number of features")
	}
	// All entries first: keys in order, put into a table that still grows, crowd
	// in one place, and each would look past all the others.
	var entries []entry
	var key uint64
	for i := range n {
		step, err := binary.ReadUvarint(in)
		if err != nil || step == 0 || step > 1<<32-1-key {
			return nil, in.fault(fmt.Sprintf("feature %d", i))
		}
		key += step
		e := entry{key: uint32(key), ham: in.int32(), spam: in.int32(), weight: in.int32()}
		if in.bad || e.zero() {
			return nil, in.fault(fmt.Sprintf("feature %d", i))
		}
		entries = append(entries, e)
	}
	m.t.resize(max(1024, len(entries)*3/2))
	for _, e := range entries {
		*m.t.make(e.key) = e
		m.words[groupOf(e.key)].add(&e, 1)
	}
	want := in.sum.Sum32()
	var sum [4]byte
	if _, err := io.ReadFull(in.r, sum[:]); err != nil || in.bad || binary.BigEndian.Uint32(sum[:]) != want {
		return nil, in.fault("checksum")
	}
	if _, err := in.r.ReadByte(); err != io.EOF {
		return nil, in.fault("something follows it")
	}
	return m, nil
}

// reader sums what it reads; bad is set once something is amiss.
type reader struct {
	r   *bufio.Reader
	sum hash.Hash32
	one [1]byte
	bad bool
	err error // of the source, other than its end
}

func (r *reader) ReadByte() (byte, error) {
	c, err := r.r.ReadByte()
	if err != nil {
		if err != io.EOF {
			r.err = err
		}
		return 0, err
	}
	r.one[0] = c
	r.sum.Write(r.one[:])
	return c, nil
}

func (r *reader) int32() int32 {
	v, err := binary.ReadVarint(r)
	if err != nil || v != int64(int32(v)) {
		r.bad = true
	}
	return int32(v)
}

func (r *reader) fault(what string) error {
	if r.err != nil {
		return fmt.Errorf("read model: %w", r.err)
	}
	return fmt.Errorf("%w: %s", ErrSnapshot, what)
}
