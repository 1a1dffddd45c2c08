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
	Ham, Spam int     // letters taught that had it
}

// Explain gives the n features that moved the score of l most, the strongest
// first. Unknown features move nothing and are left out.
func (m *Model) Explain(l *letter.Letter, n int) []Clue {
	t := &tokenizer{names: make(map[uint32]string)}
	t.letter(l)
	b := t.bag()

	m.mu.RLock()
	defer m.mu.RUnlock()
	ev := m.weigh(b)
	var out []Clue
	for _, k := range b {
		e := m.t.find(k)
		if e == nil || e.zero() {
			continue
		}
		c := Clue{Feature: t.names[k], P: m.probability(e), Ham: int(max(e.ham, 0)), Spam: int(max(e.spam, 0))}
		c.Weight = ev.lean * float64(e.weight)
		if math.Abs(c.P-0.5) >= indiffer {
			c.Weight += ev.slope * math.Log(c.P/(1-c.P))
		}
		if c.Weight != 0 {
			out = append(out, c)
		}
	}
	slices.SortFunc(out, func(a, b Clue) int {
		return cmp.Or(cmp.Compare(math.Abs(b.Weight), math.Abs(a.Weight)), cmp.Compare(a.Feature, b.Feature))
	})
	return out[:min(max(n, 0), len(out))]
}
