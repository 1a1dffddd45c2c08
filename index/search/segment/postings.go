package segment

import (
	"encoding/binary"

	index "github.com/blevesearch/bleve_index_api"
	zap "github.com/blevesearch/zapx/v17"
)

// idOptions are those of the names of documents.
const idOptions = index.IndexField | index.StoreField

// chunkOf is how many postings a chunk has at most on average (zap's chunk mode
// 1026).
const chunkOf = 1024

// chunks is one list of zap's: octets in chunks of so many documents.
type chunks struct {
	octets []byte
	ends   []uint64
}

func (c *chunks) reset() { c.octets, c.ends = c.octets[:0], c.ends[:0] }

// upTo ends all chunks before one.
func (c *chunks) upTo(chunk uint64) {
	for uint64(len(c.ends)) < chunk {
		c.ends = append(c.ends, uint64(len(c.octets)))
	}
}

// appendTo writes the list behind others.
func (c *chunks) appendTo(out []byte) []byte {
	out = binary.AppendUvarint(out, uint64(len(c.ends)))
	for _, n := range c.ends {
		out = binary.AppendUvarint(out, n)
	}
	return append(out, c.octets...)
}

// writePostings writes the documents that have a word, and gives what stands for
// them in the dictionary.
func (b *batch) writePostings(w *word) uint64 {
	kind := b.table.fields[w.field].Kind
	placed := kind == Places
	if (kind == Words || kind == Both) && w.times == 1 {
		return zap.FSTValEncode1Hit(uint64(b.posts[w.first-1].doc), zap.NormBits1Hit)
	}
	size := uint64(len(b.docs)) / (uint64(w.times)/chunkOf + 1)
	b.tf.reset()
	b.loc.reset()
	b.held = b.held[:0]
	for n := w.first; n != 0; {
		p := &b.posts[n-1]
		n = p.next
		b.held = append(b.held, p.doc)
		chunk := uint64(p.doc) / size
		b.tf.upTo(chunk)
		if !placed {
			b.tf.octets = append(b.tf.octets, 0)
			continue
		}
		b.loc.upTo(chunk)
		b.copyPost(p)
	}
	all := uint64(len(b.docs)-1)/size + 1
	b.tf.upTo(all)
	tf, loc := uint64(len(b.out)), uint64(0)
	b.out = b.tf.appendTo(b.out)
	if placed {
		b.loc.upTo(all)
		loc = uint64(len(b.out))
		b.out = b.loc.appendTo(b.out)
	}
	return b.writeHeld(tf, loc)
}

// copyPost copies counts and places, which are written already.
func (b *batch) copyPost(p *post) {
	terms := b.docs[p.doc].terms[p.at:]
	n := 1 + uint32(terms[0])
	b.tf.octets = append(b.tf.octets, terms[1:n]...)
	places := terms[n:]
	octets, k := binary.Uvarint(places)
	b.loc.octets = append(b.loc.octets, places[:k+int(octets)]...)
}

// writeEveryone writes a word that all documents have.
func (b *batch) writeEveryone() uint64 {
	n := uint64(len(b.docs))
	size := n / (n/chunkOf + 1)
	b.tf.reset()
	b.held = b.held[:0]
	for i := range n {
		b.tf.upTo(i / size)
		b.tf.octets = append(b.tf.octets, 0)
		b.held = append(b.held, uint32(i))
	}
	b.tf.upTo((n-1)/size + 1)
	tf := uint64(len(b.out))
	b.out = b.tf.appendTo(b.out)
	return b.writeHeld(tf, 0)
}

// The most that are written as a list of numbers (roaring's array container).
const (
	mostListed = 4096
	listedEnd  = 1 << 16
)

// writeHeld writes where counts and places are, and the documents as a bitmap.
func (b *batch) writeHeld(tf, loc uint64) uint64 {
	at := uint64(len(b.out))
	b.out = binary.AppendUvarint(b.out, tf)
	b.out = binary.AppendUvarint(b.out, loc)
	n := len(b.held)
	if n > mostListed || b.held[n-1] >= listedEnd {
		b.bits.Clear()
		b.bits.AddMany(b.held)
		b.out = binary.AppendUvarint(b.out, b.bits.GetSerializedSizeInBytes())
		// It fails where the writer does.
		written, _ := b.bits.ToBytes()
		b.out = append(b.out, written...)
		return at
	}
	// One container, which is an array (github.com/RoaringBitmap/RoaringFormatSpec).
	const head = 16
	b.out = binary.AppendUvarint(b.out, uint64(head+2*n))
	b.out = binary.LittleEndian.AppendUint32(b.out, 12346)
	b.out = binary.LittleEndian.AppendUint32(b.out, 1)
	b.out = binary.LittleEndian.AppendUint16(b.out, 0)
	b.out = binary.LittleEndian.AppendUint16(b.out, uint16(n-1))
	b.out = binary.LittleEndian.AppendUint32(b.out, head)
	for _, doc := range b.held {
		b.out = binary.LittleEndian.AppendUint16(b.out, uint16(doc))
	}
	return at
}
