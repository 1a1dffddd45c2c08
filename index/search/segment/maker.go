package segment

import (
	"bytes"
	"encoding/binary"
	"hash/maphash"
	"math"

	"github.com/blevesearch/bleve/v2/document"
)

// maxTerm is the longest word, in octets; of longer ones the rest is left out.
const maxTerm = math.MaxUint8

// seed makes one number of a word in all documents of this process.
var seed = maphash.MakeSeed()

// Maker makes documents, one after the other. It is not for several goroutines at
// once.
type Maker struct {
	table  *Table
	slots  []uint32 // of the hash table: number of a term, and one
	terms  []term   // of the document, in the order of their first occurrence
	text   []byte   // the words of the terms
	seen   []occurrence
	length []uint32 // words of each field
	values [][]byte // of each field

	starts []uint32 // scratch of pack: where the places of a term begin in places
	places []uint32
	packed []byte
}

type term struct {
	hash   uint32
	slot   uint32
	at     uint32 // of its word in Maker.text
	times  uint32
	length uint8
	field  uint8
}

type occurrence struct {
	term uint32
	pos  uint32
}

// NewMaker makes a maker of documents with the fields of a table.
func NewMaker(t *Table) *Maker {
	return &Maker{
		table:  t,
		slots:  make([]uint32, 1<<10),
		length: make([]uint32, len(t.fields)),
		values: make([][]byte, len(t.fields)),
	}
}

// In gives one field of the document that is being made.
func (m *Maker) In(name string) In {
	n := m.table.number(name)
	return In{m, n, m.table.fields[n].Kind}
}

// In is a field of the document that a Maker is making.
type In struct {
	m      *Maker
	number uint8
	kind   Kind
}

// Term is a word in a field of the document that is being made.
type Term uint32

// Find gives the entry of a word, new and without a count if need be.
func (in In) Find(word []byte) Term {
	m := in.m
	word = word[:min(len(word), maxTerm)]
	hash := uint32(maphash.Bytes(seed, word)) ^ uint32(in.number)*0x9e3779b1
	mask := uint32(len(m.slots) - 1)
	slot := hash & mask
	for ; m.slots[slot] != 0; slot = (slot + 1) & mask {
		t := &m.terms[m.slots[slot]-1]
		if t.hash == hash && t.field == in.number && string(m.text[t.at:t.at+uint32(t.length)]) == string(word) {
			return Term(m.slots[slot] - 1)
		}
	}
	m.terms = append(m.terms, term{hash: hash, slot: slot, at: uint32(len(m.text)), length: uint8(len(word)), field: in.number})
	m.text = append(m.text, word...)
	m.slots[slot] = uint32(len(m.terms))
	if 2*len(m.terms) > len(m.slots) {
		m.grow()
	}
	return Term(len(m.terms) - 1)
}

// grow doubles the hash table.
func (m *Maker) grow() {
	m.slots = make([]uint32, 2*len(m.slots))
	mask := uint32(len(m.slots) - 1)
	for i := range m.terms {
		slot := m.terms[i].hash & mask
		for m.slots[slot] != 0 {
			slot = (slot + 1) & mask
		}
		m.slots[slot], m.terms[i].slot = uint32(i+1), slot
	}
}

// Times tells how often a term was counted.
func (in In) Times(t Term) int { return int(in.m.terms[t].times) }

// Count counts a term once more, at a place, which in fields of Places is behind
// those before and not 0. What is never counted is not in the document.
func (in In) Count(t Term, pos int) {
	m := in.m
	m.terms[t].times++
	m.length[in.number]++
	if in.kind == Places {
		m.seen = append(m.seen, occurrence{uint32(t), uint32(pos)})
	}
}

// Add finds a word and counts it.
func (in In) Add(word []byte, pos int) { in.Count(in.Find(word), pos) }

// Set adds a whole value: in a field of Words as one of its words.
func (in In) Set(value string) {
	if in.kind != Value {
		in.Add([]byte(value), 1)
	}
	if in.kind.valued() {
		v := append(in.m.values[in.number], value...)
		in.m.values[in.number] = append(v, valueEnd)
	}
}

// valueEnd is what stands behind each value (Bleve's DocValueTermSeparator).
const valueEnd = 0xff

// Finish gives the document, and begins the next.
func (m *Maker) Finish(name string) *document.Document {
	m.pack()
	b := &body{table: m.table, terms: bytes.Clone(m.packed), count: len(m.terms)}
	for i, f := range m.table.fields {
		if f.Kind.valued() {
			b.values = binary.AppendUvarint(b.values, uint64(len(m.values[i])))
			b.values = append(b.values, m.values[i]...)
			m.values[i] = m.values[i][:0]
		}
	}
	for _, t := range m.terms {
		m.slots[t.slot] = 0
	}
	m.terms, m.text, m.seen = m.terms[:0], m.text[:0], m.seen[:0]
	clear(m.length)
	d := document.NewDocument(name)
	d.AddField(b)
	return d
}

// pack writes the terms one after the other:
//
//	4  hash
//	1  number of the field
//	1  octets of the word
//	   the word
//	   octets of what follows, as a varint: 0 in fields of no places
//	1  octets of count and length
//	   count and length of the field, as zap writes them
//	   its places, as zap writes them
func (m *Maker) pack() {
	m.spread()
	m.packed = m.packed[:0]
	for i := range m.terms {
		t := &m.terms[i]
		if t.times == 0 {
			continue
		}
		m.packed = binary.LittleEndian.AppendUint32(m.packed, t.hash)
		m.packed = append(m.packed, t.field, t.length)
		m.packed = append(m.packed, m.text[t.at:t.at+uint32(t.length)]...)
		if m.table.fields[t.field].Kind != Places {
			m.packed = append(m.packed, 0)
			continue
		}
		var counts [2 * binary.MaxVarintLen64]byte
		n := binary.PutUvarint(counts[:], uint64(t.times)<<1|1) // the bit: it has places
		n += binary.PutUvarint(counts[n:], uint64(m.length[t.field]))
		places := m.places[m.starts[i]-t.times : m.starts[i]]
		octets := locationLen(t.field, places)
		all := 1 + n + uvarintLen(uint64(octets)) + octets
		m.packed = binary.AppendUvarint(m.packed, uint64(all))
		m.packed = append(m.packed, byte(n))
		m.packed = append(m.packed, counts[:n]...)
		m.packed = binary.AppendUvarint(m.packed, uint64(octets))
		m.packed = appendLocation(m.packed, t.field, places)
	}
}

// spread sorts the places by terms. Behind it starts says where those of a term end.
func (m *Maker) spread() {
	m.starts = m.starts[:0]
	n := uint32(0)
	for i := range m.terms {
		m.starts = append(m.starts, n)
		if m.table.fields[m.terms[i].field].Kind == Places {
			n += m.terms[i].times
		}
	}
	if cap(m.places) < len(m.seen) {
		m.places = make([]uint32, len(m.seen), len(m.seen)*5/4)
	}
	m.places = m.places[:len(m.seen)]
	for _, o := range m.seen {
		m.places[m.starts[o.term]] = o.pos
		m.starts[o.term]++
	}
}
