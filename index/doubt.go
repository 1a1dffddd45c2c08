package index

import (
	"cmp"
	"context"
	"math"
	"slices"

	"restante/filter"
	"restante/filter/bayes"
	"restante/filter/letter"
)

// When a model may say that somebody teaches it the wrong class. It must have
// been taught doubtKnows letters of each; doubtLeast letters, and more than
// one in doubtShare of those looked at, must seem to be of the other class so
// strongly that the filter would act on it.
//
// A filter that knows so much is rarely so wrong: of a hundred honest letters of
// its own development stream it spoke against one at most, of a strange stream
// against 25 at most; of a hundred under the wrong label, of its own stream,
// against 94 and more, once taught 300 of each class. A folder of the filter's own
// mistakes is the honest exception, and is seldom as long as doubtLeast.
const (
	doubtKnows = 100
	doubtLeast = 10
	doubtShare = 3
)

// Doubt is how an owner's model sees letters that are about to be taught.
type Doubt struct {
	Looked  int       // letters looked at
	Against []Doubted // of them, those that seem to be of the other class, in the order of looking

	model *bayes.Model
	other func(score float64) bool
}

// Doubted is a letter that seems to be of another class than it is taught as.
type Doubted struct {
	Name  string
	Score float64 // of the model alone: 0 is surely ham, 1 surely spam
}

// Doubt makes ready to look at letters that are about to be taught as a class.
// Scores below ham are ham to the owner, from spam on they are spam. It gives
// nil where nothing can be said: the model knows too little, or the letters are
// to be forgotten.
func (a *Archive) Doubt(ctx context.Context, owner string, now filter.Class, ham, spam float64) (*Doubt, error) {
	if now == filter.Unsure {
		return nil, nil
	}
	m, err := a.Model(ctx, owner)
	if err != nil {
		return nil, err
	}
	if s := m.Stats(); min(s.Ham, s.Spam) < doubtKnows {
		return nil, nil
	}
	d := &Doubt{model: m, other: func(score float64) bool { return score >= spam }}
	if now == filter.Spam {
		d.other = func(score float64) bool { return score < ham }
	}
	return d, nil
}

// Look looks at a letter.
func (d *Doubt) Look(name string, l *letter.Letter) {
	d.Looked++
	if score := d.model.Score(bayes.Features(l)); d.other(score) {
		d.Against = append(d.Against, Doubted{name, score})
	}
}

// Grave tells whether the person should be asked before teaching goes on.
func (d *Doubt) Grave() bool {
	return len(d.Against) >= doubtLeast && len(d.Against)*doubtShare > d.Looked
}

// Worst gives at most n of the letters that are most surely of the other class.
func (d *Doubt) Worst(n int) []Doubted {
	all := slices.Clone(d.Against)
	slices.SortStableFunc(all, func(a, b Doubted) int {
		return cmp.Compare(math.Abs(b.Score-0.5), math.Abs(a.Score-0.5))
	})
	return all[:min(n, len(all))]
}
