package rule

// grams is the set of runs of three octets in a text, by hash: a Bloom filter
// with one hash. It tells in a few steps that a string is not in the text;
// looking for each of the hundreds of strings that the rules' patterns need
// took most of the time of judging.
type grams [1 << 10]uint64

// fewGrams is the text, in octets, that is looked through sooner than hashed.
const fewGrams = 512

func newGrams(s string) *grams {
	g := new(grams)
	for i := 0; i+3 <= len(s); i++ {
		h := gram(s, i)
		g[h>>6] |= 1 << (h & 63)
	}
	return g
}

func gram(s string, i int) uint32 {
	return (uint32(s[i]) | uint32(s[i+1])<<8 | uint32(s[i+2])<<16) * 0x9e3779b1 >> 16
}

// may says that one of the words may be in the text: false is for sure.
func (g *grams) may(words []string) bool {
	for _, w := range words {
		if g.one(w) {
			return true
		}
	}
	return false
}

func (g *grams) one(w string) bool {
	for i := 0; i+3 <= len(w); i++ {
		if h := gram(w, i); g[h>>6]>>(h&63)&1 == 0 {
			return false
		}
	}
	return true
}
