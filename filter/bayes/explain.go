package bayes

import (
	"cmp"
	"math"
	"slices"

	"restante/filter/letter"
)

// Clue is one feature of a letter and what it said.
type Clue struct {
	Feature   string  // as a person would recognise it: a word, two words, "subject: word", "link: host"
	P         float64 // chance of spam by the counts alone
	Weight    float64 // log-odds it gave the score: above 0 for spam, below for ham
	Ham, Spam int     // letters taught that had it, those of the household as far as they count
}

// Explain gives the n features that moved the score of l most, the strongest
// first; b are its Features. Unknown ones move nothing and are left out.
func (m *Model) Explain(l *letter.Letter, b Bag, n int) []Clue {
	keys, out := m.strongest(b, n)
	t := &tokenizer{names: make(map[uint32]string, len(keys))}
	for _, k := range keys {
		t.names[k] = ""
	}
	t.letter(l)
	for i, k := range keys {
		out[i].Feature = t.names[k]
	}
	return out
}

type known struct {
	key  uint32
	clue Clue
}

// insert puts a clue among the n strongest, which are in order.
func insert(all []known, x known, n int) []known {
	stronger := func(a, b known) int {
		return cmp.Or(cmp.Compare(math.Abs(b.clue.Weight), math.Abs(a.clue.Weight)), cmp.Compare(a.key, b.key))
	}
	if len(all) >= n {
		if n <= 0 || stronger(x, all[len(all)-1]) > 0 {
			return all
		}
		all = all[:n-1]
	}
	i, _ := slices.BinarySearchFunc(all, x, stronger)
	return slices.Insert(all, i, x)
}

// strongest finds the n features of a bag that move its score most. Only they
// are named: naming all would take longer than judging.
func (m *Model) strongest(b Bag, n int) ([]uint32, []Clue) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	s, done := m.look()
	defer done()
	ev := s.weigh(b)
	var all []known
	for _, k := range b {
		f, _ := s.find(k)
		g := groupOf(k)
		c := Clue{P: s.probability(f, g), Ham: int(math.Round(f.ham)), Spam: int(math.Round(f.spam))}
		c.Weight = ev.lean[g] * float64(f.weight)
		if math.Abs(c.P-0.5) >= s.indiffer {
			c.Weight += ev.slope[g] * math.Log(c.P/(1-c.P))
		}
		if c.Weight != 0 {
			all = insert(all, known{k, c}, n)
		}
	}
	keys, out := make([]uint32, len(all)), make([]Clue, len(all))
	for i, x := range all {
		keys[i], out[i] = x.key, x.clue
	}
	return keys, out
}
