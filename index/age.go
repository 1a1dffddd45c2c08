package index

import (
	"context"

	"restante/filter"
)

// Bounds of what a model stands on: with them it takes some 100 MiB at most,
// and mail of long ago does not outvote what came since.
const (
	lessonsMost = 20_000 // of a class; where more stand, the oldest are taken back
	lessonsOver = 200    // so many at a time
)

// age takes the oldest lessons back where too many of a class stand: exactly, as
// an undoing does, so that the model is as if they had never been given. Mail
// stays where it is.
func (a *Archive) age(ctx context.Context, h *held) error {
	stats := h.model.Stats()
	for _, class := range []struct {
		is filter.Class
		n  int
	}{{filter.Ham, stats.Ham}, {filter.Spam, stats.Spam}} {
		if class.n < a.lessonsMost+a.lessonsOver {
			continue
		}
		old, err := a.store.Acts(ctx, h.owner, ActQuery{Standing: true, Class: class.is, Oldest: true, Max: class.n - a.lessonsMost})
		if err != nil {
			return err
		}
		if len(old) == 0 { // the model counts more than the journal has: rows were lost
			continue
		}
		if err := a.takeAllBack(ctx, h, old); err != nil {
			return err
		}
	}
	return nil
}

// takeAllBack takes lessons back in one commit.
func (a *Archive) takeAllBack(ctx context.Context, h *held, acts []Act) (err error) {
	if err := a.prepare(ctx, h); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			h.drop()
		}
	}()
	var rows []*Lesson
	for _, act := range acts {
		l, err := a.lesson(ctx, h.owner, act.Number)
		if err != nil {
			return err
		}
		back := &Lesson{Owner: h.owner, Digest: l.Digest, Was: l.Now, At: a.now().UTC(), Origin: Origin{By: ByAge}, Undoes: l.Number}
		if back.Change, err = h.takeBack(l); err != nil {
			return err
		}
		rows = append(rows, back)
	}
	return a.journal(h, rows, func() error { return a.store.Teach(ctx, rows) })
}
