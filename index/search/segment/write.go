package segment

import (
	"encoding/binary"

	zap "github.com/blevesearch/zapx/v17"
)

// write makes the segment out of what was gathered, and gives where its stored
// fields and its fields are listed.
func (b *batch) write() (stored, fields uint64, err error) {
	octets := 0
	for _, d := range b.docs {
		octets += len(d.terms)
	}
	b.out = make([]byte, 0, octets+octets/4+128*len(b.docs)+1<<12)
	stored = b.writeStored()
	starts := make([]uint64, len(b.table.fields))
	for i := range b.table.fields {
		if starts[i], err = b.writeField(i); err != nil {
			return 0, 0, err
		}
	}
	return stored, b.writeTable(starts), nil
}

// writeStored writes what is stored of the documents: their names, and nothing.
func (b *batch) writeStored() uint64 {
	var meta []byte
	starts := make([]uint64, len(b.names))
	for i, name := range b.names {
		starts[i] = uint64(len(b.out))
		meta = binary.AppendUvarint(meta[:0], uint64(len(name)))
		b.out = binary.AppendUvarint(b.out, uint64(len(meta)))
		b.out = binary.AppendUvarint(b.out, uint64(len(name)+1))
		b.out = append(b.out, meta...)
		b.out = append(b.out, name...)
		b.out = append(b.out, 0) // nothing, under snappy
	}
	at := uint64(len(b.out))
	for _, s := range starts {
		b.out = binary.BigEndian.AppendUint64(b.out, s)
	}
	b.out = append(b.out, 0) // documents in documents
	return at
}

// writeField writes one field: postings, dictionary, values, and where they are.
func (b *batch) writeField(number int) (start uint64, err error) {
	if err := b.writeWords(number); err != nil {
		return 0, err
	}
	if err := b.fst.Close(); err != nil {
		return 0, err
	}
	dict := uint64(len(b.out))
	b.out = binary.AppendUvarint(b.out, uint64(b.dict.Len()))
	b.out = append(b.out, b.dict.Bytes()...)
	b.dict.Reset()
	if err := b.fst.Reset(&b.dict); err != nil {
		return 0, err
	}
	from, to := noValues, noValues
	if b.table.fields[number].Kind.valued() {
		from = uint64(len(b.out))
		b.writeValues()
		to = uint64(len(b.out))
	}
	start = uint64(len(b.out))
	b.out = binary.AppendUvarint(b.out, from)
	b.out = binary.AppendUvarint(b.out, to)
	b.out = binary.AppendUvarint(b.out, dict)
	return start, nil
}

// noValues says that a field has none (zap's fieldNotUninverted).
const noValues = ^uint64(0)

// writeWords writes the postings of the words of a field, and fills its dictionary.
func (b *batch) writeWords(number int) error {
	switch {
	case number == 0:
		for i, name := range b.names {
			if err := b.fst.Insert([]byte(name), zap.FSTValEncode1Hit(uint64(i), zap.NormBits1Hit)); err != nil {
				return err
			}
		}
		return nil
	case b.table.fields[number].Kind == Value:
		return b.fst.Insert([]byte(anyValue), b.writeEveryone())
	}
	for _, s := range b.sorted(number) {
		w := &b.words[s.word]
		if err := b.fst.Insert(b.term(w), b.writePostings(w)); err != nil {
			return err
		}
	}
	return nil
}

// anyValue is the word of a field of values.
const anyValue = "."

// writeTable writes what fields there are.
func (b *batch) writeTable(starts []uint64) uint64 {
	var at []uint64
	for i, f := range b.table.fields {
		at = append(at, uint64(len(b.out)))
		options := f.Kind.options()
		if i == 0 {
			options = idOptions
		}
		b.out = binary.AppendUvarint(b.out, uint64(len(f.Name)))
		b.out = append(b.out, f.Name...)
		b.out = binary.AppendUvarint(b.out, uint64(options))
		b.out = append(b.out, 1) // kind of index
		b.out = binary.BigEndian.AppendUint16(b.out, zap.SectionInvertedTextIndex)
		b.out = binary.BigEndian.AppendUint64(b.out, starts[i])
	}
	table := uint64(len(b.out))
	b.out = binary.AppendUvarint(b.out, uint64(len(at)))
	for _, n := range at {
		b.out = binary.BigEndian.AppendUint64(b.out, n)
	}
	return table
}
