package segment

import (
	"encoding/binary"

	"github.com/golang/snappy"
)

// valuesOf is how many documents have their values in one chunk.
const valuesOf = 1024

// valueCoder holds what is used again.
type valueCoder struct {
	next   []int // in the values of each document
	meta   []byte
	data   []byte
	packed []byte
	ends   []byte
}

// writeValues writes the values of a field. Fields are written in their order,
// which is that of the values of a document.
func (b *batch) writeValues() {
	v := &b.value
	v.ends = v.ends[:0]
	start := len(b.out)
	chunks := (len(b.docs)-1)/valuesOf + 1
	for c := range chunks {
		v.meta, v.data = v.meta[:0], v.data[:0]
		from, to := c*valuesOf, min((c+1)*valuesOf, len(b.docs))
		held := 0
		for i := from; i < to; i++ {
			all := b.docs[i].values[v.next[i]:]
			octets, n := binary.Uvarint(all)
			v.next[i] += n + int(octets)
			if octets == 0 {
				continue
			}
			held++
			v.data = append(v.data, all[n:n+int(octets)]...)
			v.meta = binary.AppendUvarint(v.meta, uint64(i))
			v.meta = binary.AppendUvarint(v.meta, uint64(len(v.data)))
		}
		b.out = binary.AppendUvarint(b.out, uint64(held))
		b.out = append(b.out, v.meta...)
		v.packed = snappy.Encode(v.packed[:cap(v.packed)], v.data)
		b.out = append(b.out, v.packed...)
		v.ends = binary.AppendUvarint(v.ends, uint64(len(b.out)-start))
	}
	b.out = append(b.out, v.ends...)
	b.out = binary.BigEndian.AppendUint64(b.out, uint64(len(v.ends)))
	b.out = binary.BigEndian.AppendUint64(b.out, uint64(chunks))
}
