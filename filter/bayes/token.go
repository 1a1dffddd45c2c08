package bayes

import (
	"slices"
	"strings"
	"sync"

	"restante/filter/letter"
)

// The bounds of one letter. What lies beyond them is not read.
const (
	maxText     = 200 << 10 // octets of text, of HTML text and of hidden text together
	maxFeatures = 60_000    // before doubles are taken out
	maxWord     = 40        // octets; longer words become a length class
	maxFields   = 200       // header fields
	maxLinks    = 100
	maxParts    = 100
)

// Bag is the set of features of one letter: hashes, ascending, each once.
type Bag []uint32

// Features reads the features of a letter. It gives the same bag for the same
// letter on every machine and in every run, and looks past all that a relay
// or an earlier filter adds (X-Restante-*, X-Spam-*, Status and the like), so
// that a message taught again after delivery gives the bag it gave before.
func Features(l *letter.Letter) Bag {
	t := pool.Get().(*tokenizer)
	defer pool.Put(t)
	t.letter(l)
	return slices.Clone(t.bag())
}

var pool = sync.Pool{New: func() any { return &tokenizer{out: make([]uint32, 0, 4096)} }}

// A tokenizer collects the features of one letter after another.
type tokenizer struct {
	out   []uint32
	names map[uint32]string // of the features in it, as a person would recognise them; nil for no names
	buf   []byte            // the word at hand, in lower case
	fold  []byte            // the same with look-alikes made Latin
	left  int               // octets of text that may still be read
	group group             // of what is being read
	last  uint64            // the word before, for pairs; 0 after a break
	lastN string
}

func (t *tokenizer) letter(l *letter.Letter) {
	t.out, t.left = t.out[:0], maxText
	t.header(l)
	t.group = inFormat
	t.parts(l)
	t.group = inLinks
	t.links(l)
	t.group = inText
	t.text("", l.Text)
	t.text("", l.HTMLText)
	t.text("hidden", l.Hidden)
}

func (t *tokenizer) bag() Bag {
	slices.Sort(t.out)
	t.out = slices.Compact(t.out)
	return t.out
}

// The hash is FNV-1a over 64 bits, mixed and cut to its upper half at the end,
// whose lowest bits give way to the group: of a million features known, an
// unknown one meets a false friend once in five hundred times, and a lesson is
// half as long as with whole hashes.
const (
	basis = 0xcbf29ce484222325
	prime = 0x100000001b3
)

func seed(field string) uint64 {
	h := uint64(basis)
	for i := 0; i < len(field); i++ {
		h = (h ^ uint64(lower[field[i]])) * prime
	}
	return (h ^ 0xff) * prime
}

func hashed(h uint64, s string) uint64 {
	for i := 0; i < len(s); i++ {
		h = (h ^ uint64(lower[s[i]])) * prime
	}
	return h
}

func mix(h uint64) uint64 {
	h ^= h >> 32
	return h * 0x9e3779b97f4a7c15
}

// put adds the feature of that hash; its name counts only where it is wanted.
func (t *tokenizer) put(h uint64, field, name string) {
	if len(t.out) >= maxFeatures {
		return
	}
	f := t.group.key(mix(h))
	t.out = append(t.out, f)
	if t.wanted(f) {
		if field != "" {
			name = field + ": " + name
		}
		t.names[f] = strings.ToValidUTF8(name, "?")
	}
}

func (t *tokenizer) wanted(f uint32) bool {
	if t.names == nil {
		return false
	}
	_, ok := t.names[f]
	return ok
}

// trick adds a trick that the letter plays, wherever it was seen.
func (t *tokenizer) trick(what string) {
	where := t.group
	t.group = inFormat
	t.mark("trick", what)
	t.group = where
}

// mark adds the feature "field: value", in any case.
func (t *tokenizer) mark(field, value string) {
	if value != "" && len(value) <= 4*maxWord {
		t.put(hashed(seed(field), value), field, value)
	}
}

// text takes the words of s and their pairs, within what is left of the bound.
func (t *tokenizer) text(field, s string) {
	s = letter.Clip(s, t.left)
	t.left -= len(s)
	t.words(field, s, true)
}
