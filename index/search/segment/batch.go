package segment

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"
	index "github.com/blevesearch/bleve_index_api"
	"github.com/blevesearch/vellum"
)

// batch is documents on their way into a segment. It is used again and again.
type batch struct {
	table *Table
	names []string
	docs  []*body
	slots []uint32 // of the hash table: number of a word, and one
	words []word
	posts []post
	order []sortable

	out   []byte // the segment
	fst   *vellum.Builder
	dict  bytes.Buffer
	tf    chunks // counts
	loc   chunks // places
	held  []uint32
	bits  *roaring.Bitmap
	value valueCoder
}

// word is a term of a field in a batch.
type word struct {
	hash        uint32
	doc, at     uint32 // where it stands: body.terms[at:]
	first, last uint32 // of its posts: number and one
	times       uint32 // posts
	length      uint8
	field       uint8
}

// post says that a document has a word.
type post struct {
	doc  uint32
	at   uint32 // of its counts and places in body.terms
	next uint32 // of the word: number and one; 0 at the end
}

type sortable struct {
	key  uint64 // first octets of the word
	word uint32
}

func (b *batch) term(w *word) []byte {
	return b.docs[w.doc].terms[w.at : w.at+uint32(w.length)]
}

// gather takes the documents in, by name.
func (b *batch) gather(results []index.Document) error {
	results = slices.Clone(results)
	slices.SortFunc(results, func(x, y index.Document) int { return cmp.Compare(x.ID(), y.ID()) })
	b.names, b.docs, b.words, b.posts = b.names[:0], b.docs[:0], b.words[:0], b.posts[:0]
	octets, posts := 0, 0
	for _, d := range results {
		var own *body
		d.VisitFields(func(f index.Field) {
			if f, ok := f.(*body); ok && f.table == b.table {
				own = f
			}
		})
		if own == nil {
			return fmt.Errorf("document %q was made by no Maker of this index", d.ID())
		}
		b.names, b.docs = append(b.names, d.ID()), append(b.docs, own)
		octets += len(own.terms)
		posts += own.count
	}
	b.posts = slices.Grow(b.posts, posts)
	b.value.next = slices.Grow(b.value.next[:0], len(b.docs))[:len(b.docs)]
	clear(b.value.next)
	if need := max(1<<10, octets/64); len(b.slots) < need {
		n := 1 << 10
		for n < need {
			n *= 2
		}
		b.slots = make([]uint32, n)
	} else {
		clear(b.slots)
	}
	for i, d := range b.docs {
		b.read(uint32(i), d.terms)
	}
	return nil
}

// read takes the terms of a document in.
func (b *batch) read(doc uint32, terms []byte) {
	for at := 0; at < len(terms); {
		hash := binary.LittleEndian.Uint32(terms[at:])
		field, length := terms[at+4], terms[at+5]
		at += 6
		w := b.find(hash, field, doc, uint32(at), terms[at:at+int(length)])
		at += int(length)
		octets, n := binary.Uvarint(terms[at:])
		at += n
		b.posts = append(b.posts, post{doc: doc, at: uint32(at)})
		last := uint32(len(b.posts))
		if w.last == 0 {
			w.first = last
		} else {
			b.posts[w.last-1].next = last
		}
		w.last = last
		w.times++
		at += int(octets)
	}
}

// find gives the entry of a word, which is good until the next is looked for.
func (b *batch) find(hash uint32, field uint8, doc, at uint32, text []byte) *word {
	mask := uint32(len(b.slots) - 1)
	slot := hash & mask
	for ; b.slots[slot] != 0; slot = (slot + 1) & mask {
		w := &b.words[b.slots[slot]-1]
		if w.hash == hash && w.field == field && string(b.term(w)) == string(text) {
			return w
		}
	}
	b.words = append(b.words, word{hash: hash, doc: doc, at: at, length: uint8(len(text)), field: field})
	b.slots[slot] = uint32(len(b.words))
	if 2*len(b.words) > len(b.slots) {
		b.grow()
	}
	return &b.words[len(b.words)-1]
}

func (b *batch) grow() {
	b.slots = make([]uint32, 2*len(b.slots))
	mask := uint32(len(b.slots) - 1)
	for i := range b.words {
		slot := b.words[i].hash & mask
		for b.slots[slot] != 0 {
			slot = (slot + 1) & mask
		}
		b.slots[slot] = uint32(i + 1)
	}
}

// sorted gives the words of a field in their order.
func (b *batch) sorted(field int) []sortable {
	b.order = b.order[:0]
	for i := range b.words {
		if w := &b.words[i]; int(w.field) == field {
			var key [8]byte
			copy(key[:], b.term(w))
			b.order = append(b.order, sortable{binary.BigEndian.Uint64(key[:]), uint32(i)})
		}
	}
	slices.SortFunc(b.order, func(x, y sortable) int {
		if x.key != y.key {
			return cmp.Compare(x.key, y.key)
		}
		return bytes.Compare(b.term(&b.words[x.word]), b.term(&b.words[y.word]))
	})
	return b.order
}
