package search

import (
	"cmp"
	"context"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"
)

// asked is a part of a question.
type asked interface {
	// open looks up what the part needs to know of a view.
	open(ctx context.Context, v *view) (finder, error)
}

// finder answers a part of a question in a view, one section after the other.
// The sets that it gives and is given must not be changed.
type finder interface {
	// effort is a bound of what it may find, and tells whether to find it means more
	// than to join sets.
	effort() (most uint64, slow bool)
	// find gives which messages of a set in a section it finds.
	find(ctx context.Context, s *section, within *roaring.Bitmap) (*roaring.Bitmap, error)
	// counts tells whether what it finds counts in a score.
	counts() bool
	// score adds what messages score that it found last, all in one section.
	score(ctx context.Context, s *section, hits *roaring.Bitmap, into []float64) error
}

// openAll opens parts of a question.
func openAll(ctx context.Context, v *view, parts []asked) ([]finder, error) {
	out := make([]finder, len(parts))
	for i, p := range parts {
		var err error
		if out[i], err = p.open(ctx, v); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func anyCounts(of []finder) bool { return slices.ContainsFunc(of, finder.counts) }

func anySlow(of []finder) bool {
	return slices.ContainsFunc(of, func(f finder) bool {
		_, slow := f.effort()
		return slow
	})
}

// every finds what all of its parts find, one at least.
type every []asked

func (e every) open(ctx context.Context, v *view) (finder, error) {
	of, err := openAll(ctx, v, e)
	if err != nil {
		return nil, err
	}
	// What finds little first, and what is slow last.
	slices.SortStableFunc(of, func(a, b finder) int {
		many, slow := a.effort()
		others, slower := b.effort()
		if slow != slower {
			if slow {
				return 1
			}
			return -1
		}
		return cmp.Compare(many, others)
	})
	return everyFinder(of), nil
}

type everyFinder []finder

func (e everyFinder) effort() (most uint64, slow bool) {
	most, _ = e[0].effort()
	for _, f := range e {
		n, _ := f.effort()
		most = min(most, n)
	}
	return most, anySlow(e)
}

func (e everyFinder) find(ctx context.Context, s *section, within *roaring.Bitmap) (_ *roaring.Bitmap, err error) {
	for _, f := range e {
		if within.IsEmpty() {
			break
		}
		if within, err = f.find(ctx, s, within); err != nil {
			return nil, err
		}
	}
	return within, nil
}

func (e everyFinder) counts() bool { return anyCounts(e) }

func (e everyFinder) score(ctx context.Context, s *section, hits *roaring.Bitmap, into []float64) error {
	for _, f := range e {
		if err := f.score(ctx, s, hits, into); err != nil {
			return err
		}
	}
	return nil
}

// without finds what one part finds and another one does not. What is not found
// does not count in a score.
type without struct{ of, not asked }

func (w without) open(ctx context.Context, v *view) (finder, error) {
	both, err := openAll(ctx, v, []asked{w.of, w.not})
	if err != nil {
		return nil, err
	}
	return withoutFinder{both[0], both[1]}, nil
}

type withoutFinder struct {
	finder
	not finder
}

func (w withoutFinder) effort() (uint64, bool) {
	most, _ := w.finder.effort()
	return most, anySlow([]finder{w.finder, w.not})
}

func (w withoutFinder) find(ctx context.Context, s *section, within *roaring.Bitmap) (*roaring.Bitmap, error) {
	found, err := w.finder.find(ctx, s, within)
	if err != nil || found.IsEmpty() {
		return found, err
	}
	not, err := w.not.find(ctx, s, found)
	if err != nil {
		return nil, err
	}
	return roaring.AndNot(found, not), nil
}

// everything finds all that is asked of.
type everything struct{}

func (everything) open(_ context.Context, v *view) (finder, error) {
	return everythingFinder{all: v.all}, nil
}

type everythingFinder struct {
	uncounted
	all uint64
}

func (e everythingFinder) effort() (uint64, bool) { return e.all, false }

func (everythingFinder) find(_ context.Context, _ *section, within *roaring.Bitmap) (*roaring.Bitmap, error) {
	return within, nil
}
