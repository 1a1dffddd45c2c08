package bayes

import (
	"math/bits"
	"slices"
)

// entry is what is known of one feature: 16 octets. All are added to and never
// set, so that a change and its inverse cancel whatever came between.
type entry struct {
	key       uint32
	ham, spam int32 // letters of the class that had it
	weight    int32 // of the regression, in units of 1/unit
}

const entryOctets = 16

func (e *entry) zero() bool { return e.ham == 0 && e.spam == 0 && e.weight == 0 }

// table maps feature hashes to entries, open addressing with linear probing.
// A key's home is key*size>>32, so an ascending bag walks through the memory
// once from front to back, and the size need not be a power of two.
//
// Key 0 marks a free slot: no feature has it.
type table struct {
	slots []entry
	used  int
}

func home(key uint32, n int) int {
	hi, _ := bits.Mul64(uint64(key)<<32, uint64(n))
	return int(hi)
}

// find gives the entry of key, nil where there is none.
func (t *table) find(key uint32) *entry {
	if len(t.slots) == 0 {
		return nil
	}
	for i := home(key, len(t.slots)); ; i++ {
		if i == len(t.slots) {
			i = 0
		}
		switch t.slots[i].key {
		case key:
			return &t.slots[i]
		case 0:
			return nil
		}
	}
}

// make gives the entry of key, new where there is none. It is good until the
// next call of make.
func (t *table) make(key uint32) *entry {
	if t.used*8 >= len(t.slots)*7 {
		t.resize(max(1024, len(t.slots)/2*3))
	}
	for i := home(key, len(t.slots)); ; i++ {
		if i == len(t.slots) {
			i = 0
		}
		switch t.slots[i].key {
		case key:
			return &t.slots[i]
		case 0:
			t.slots[i].key = key
			t.used++
			return &t.slots[i]
		}
	}
}

// resize moves all entries that know something into n slots.
func (t *table) resize(n int) {
	old := t.slots
	t.slots, t.used = make([]entry, n), 0
	for i := range old {
		if old[i].key != 0 && !old[i].zero() {
			*t.make(old[i].key) = old[i]
		}
	}
}

// sorted gives the entries that know something, by key. Homes ascend with the
// keys, so from a free slot on each entry lies near its place: sorting by
// insertion is a tenth of what comparing all of them costs.
func (t *table) sorted() []entry {
	free := slices.IndexFunc(t.slots, func(e entry) bool { return e.key == 0 })
	all := make([]entry, 0, t.used)
	for i := range t.slots {
		e := t.slots[(free+1+i)%len(t.slots)]
		if e.key == 0 || e.zero() {
			continue
		}
		at := len(all)
		for at > 0 && all[at-1].key > e.key {
			at--
		}
		all = slices.Insert(all, at, e)
	}
	return all
}
