package bayes

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// counted is what a model's counts say, without its weights.
func counted(m *Model) (out []entry) {
	for _, e := range m.t.slots {
		if e.weight = 0; e.key != 0 && !e.zero() {
			out = append(out, e)
		}
	}
	slices.SortFunc(out, func(a, b entry) int { return int(int64(a.key) - int64(b.key)) })
	return out
}

func TestModel_CountsDoNotDependOnTheOrderOfTeaching(t *testing.T) {
	type letter struct {
		bag   Bag
		label Label
	}
	rapid.Check(t, func(t *rapid.T) {
		letters := rapid.SliceOf(rapid.Custom(func(t *rapid.T) letter {
			bag := Bag(rapid.SliceOfNDistinct(rapid.Uint32Range(1, 80), 0, 20, rapid.ID).Draw(t, "bag"))
			slices.Sort(bag)
			return letter{bag, rapid.SampledFrom([]Label{Ham, Spam}).Draw(t, "label")}
		})).Draw(t, "letters")
		one, other := New(), New()
		first, second := NewTeacher(one), NewTeacher(other)
		for _, l := range letters {
			first.Learn(l.bag, None, l.label)
		}
		for _, l := range rapid.Permutation(letters).Draw(t, "order") {
			second.Learn(l.bag, None, l.label)
		}
		if !slices.Equal(counted(one), counted(other)) || one.ham != other.ham || one.spam != other.spam {
			t.Fatal("the counts differ")
		}
		if one.words != other.words {
			t.Fatalf("the vocabularies differ: %v and %v", one.words, other.words)
		}
		var again [groups]vocabulary
		for _, e := range counted(one) {
			again[groupOf(e.key)].add(&e, 1)
		}
		if one.words != again {
			t.Fatalf("vocabularies %v, counted again %v", one.words, again)
		}
	})
}
