package filter

import (
	"cmp"
	"math"
	"slices"

	"restante/filter/bayes"
	"restante/filter/letter"
)

// Evidence is one thing that speaks for spam or for ham.
type Evidence struct {
	Weight float64 `json:"weight"` // points of the rules; above 0 for spam
	Kind   string  `json:"kind"`   // rule or word
	Text   string  `json:"text"`
	Ham    int     `json:"ham"` // messages taught that had the word
	Spam   int     `json:"spam"`
	Reason Reason  `json:"-"` // of a rule: what Text is made of
}

// How many words an explanation names for either class, and among how many of
// the loudest they are looked for.
const (
	explained = 12
	loudest   = 500
)

// Explain puts the rules that hit and the words that spoke loudest together: those
// for spam, then those for ham, the heaviest first. The reason WordsReason, which is
// the sum of the words, is left out.
func Explain(v Verdict, m *bayes.Model, l *letter.Letter) []Evidence {
	out := []Evidence{}
	for _, r := range v.Reasons {
		text := r.Name
		if r.Text != "" {
			text += ": " + r.Text
		}
		if r.Name != WordsReason {
			out = append(out, Evidence{Weight: r.Weight, Kind: "rule", Text: text, Reason: r})
		}
	}
	ham, spam := 0, 0
	for _, c := range m.Explain(l, bayes.Features(l), loudest) {
		said := &spam
		if c.Weight < 0 {
			said = &ham
		}
		if *said++; *said <= explained {
			out = append(out, Evidence{Weight: inPoints(c.Weight), Kind: "word", Text: c.Feature, Ham: c.Ham, Spam: c.Spam})
		}
	}
	slices.SortStableFunc(out, func(a, b Evidence) int {
		if (a.Weight < 0) != (b.Weight < 0) {
			return cmp.Compare(b.Weight, a.Weight)
		}
		return cmp.Compare(math.Abs(b.Weight), math.Abs(a.Weight))
	})
	return out
}
