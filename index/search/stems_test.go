package search_test

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/blevesearch/snowballstem"
	stem "github.com/blevesearch/snowballstem/english"

	"restante/filter/letter"
)

// BenchmarkStems says what it would do to take words for others of their stem. Real
// English mail is asked for two words that one letter of a conversation holds;
// looked for are all letters of the conversation.
//
//	go test -run '^$' -bench Stems -benchtime 1x ./index/search
func BenchmarkStems(b *testing.B) {
	var letters []*letter.Letter
	for _, raw := range corpus(b, 6046) {
		letters = append(letters, letter.ReadBytes(raw))
	}
	for _, fold := range []struct {
		name string
		word func(string) string
	}{{"none", func(w string) string { return w }}, {"plural", singular}, {"porter", porter}} {
		b.Run(fold.name, func(b *testing.B) {
			for b.Loop() {
				recall, precision, hits := stemmed(letters, fold.word)
				b.ReportMetric(100*recall, "recall-%")
				b.ReportMetric(100*precision, "precision-%")
				b.ReportMetric(hits, "hits")
			}
		})
	}
}

// stemmed asks for two words of each conversation five times.
func stemmed(letters []*letter.Letter, fold func(string) string) (recall, precision, hits float64) {
	plain, folded := map[string]int{}, map[string]set{}
	words := make([]map[string]bool, len(letters))
	for i, l := range letters {
		words[i] = wordsOf(l)
		for w := range words[i] {
			plain[w]++
			if folded[fold(w)] == nil {
				folded[fold(w)] = set{}
			}
			folded[fold(w)][i] = true
		}
	}
	r := rand.New(rand.NewPCG(1, 1))
	asked := 0.0
	for _, looked := range conversations(letters) {
		for range 5 {
			var some []string
			for _, w := range slices.Sorted(maps.Keys(words[looked[r.IntN(len(looked))]])) {
				if plain[w] >= 3 && plain[w] <= len(letters)*3/100 {
					some = append(some, w)
				}
			}
			if len(some) < 2 {
				continue
			}
			a, c := some[r.IntN(len(some))], some[r.IntN(len(some))]
			right, all := 0.0, 0.0
			for i := range folded[fold(a)] {
				if folded[fold(c)][i] {
					all++
					if slices.Contains(looked, i) {
						right++
					}
				}
			}
			asked++
			recall += right / float64(len(looked))
			precision += right / all
			hits += all
		}
	}
	return recall / asked, precision / asked, hits / asked
}

type set map[int]bool

func wordsOf(l *letter.Letter) map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.FieldsFunc(strings.ToLower(l.Subject+" "+l.Text), func(c rune) bool { return !unicode.IsLetter(c) }) {
		if len(w) > 2 && len(w) < 20 {
			out[w] = true
		}
	}
	return out
}

// conversations gives those of 3 to 30 letters that name each other.
func conversations(letters []*letter.Letter) (out [][]int) {
	of := map[string]string{} // message IDs, to one of the same conversation
	var root func(id string) string
	root = func(id string) string {
		if up, ok := of[id]; ok && up != id {
			of[id] = root(up)
			return of[id]
		}
		return id
	}
	for _, l := range letters {
		for _, id := range l.References {
			of[root(id)] = root(l.MessageID)
		}
	}
	by := map[string][]int{}
	for i, l := range letters {
		if l.MessageID != "" {
			by[root(l.MessageID)] = append(by[root(l.MessageID)], i)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(by)) {
		if n := len(by[id]); n >= 3 && n <= 30 {
			out = append(out, by[id])
		}
	}
	return out
}

// singular takes off what makes a plural in English.
func singular(w string) string {
	switch {
	case len(w) < 4 || strings.HasSuffix(w, "ss") || strings.HasSuffix(w, "us") || strings.HasSuffix(w, "is"):
		return w
	case strings.HasSuffix(w, "ies"):
		return w[:len(w)-3] + "y"
	case strings.HasSuffix(w, "sses"), strings.HasSuffix(w, "shes"), strings.HasSuffix(w, "ches"), strings.HasSuffix(w, "xes"):
		return w[:len(w)-2]
	}
	return strings.TrimSuffix(w, "s")
}

func porter(w string) string {
	env := snowballstem.NewEnv(w)
	stem.Stem(env)
	return env.Current()
}
