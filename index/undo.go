package index

import (
	"context"
	"errors"
	"fmt"

	"restante/filter"
	"restante/index/blob"
)

// ErrUndone says that a lesson was taken back before.
var ErrUndone = errors.New("taken back already")

// Undoing is what an undoing did.
type Undoing struct {
	Act      Act   // the lesson that was taken back
	Replaced int64 // the lesson that it had replaced; 0: none
	Again    int64 // the lesson that now teaches again what Replaced did
	Moved    int   // kept messages that went back to another mailbox
}

// Undo takes a lesson back: the model is as if it had never been given, and the
// message's copies have their class and mailbox of before it. Where the lesson
// had replaced another about the same message, that one is taught again.
// ErrUndone where it was taken back before; ErrNotFound where the owner has no
// such lesson, or where it only took another back.
func (a *Archive) Undo(ctx context.Context, owner string, number int64, from Origin) (out Undoing, err error) {
	err = a.withModel(ctx, owner, func(h *held) error {
		out, err = a.undo(ctx, h, number, from)
		return err
	})
	return out, err
}

func (a *Archive) undo(ctx context.Context, h *held, number int64, from Origin) (out Undoing, err error) {
	acts, err := a.store.Acts(ctx, h.owner, ActQuery{Number: number, Max: 1})
	if err != nil {
		return out, err
	}
	if len(acts) == 0 || number <= 0 {
		return out, fmt.Errorf("lesson %d: %w", number, ErrNotFound)
	}
	out.Act = acts[0]
	if !out.Act.Stands() {
		return out, fmt.Errorf("lesson %d: %w", number, ErrUndone)
	}
	if err := a.prepare(ctx, h); err != nil {
		return out, err
	}
	rows, err := a.undoing(ctx, h, out.Act, from.plain())
	if err != nil {
		return out, err
	}
	err = a.journal(h, rows, func() (err error) {
		out.Moved, err = a.store.Undo(ctx, rows)
		return err
	})
	if err != nil {
		return out, err
	}
	if len(rows) > 1 {
		out.Replaced, out.Again = rows[1].Again, rows[1].Number
	}
	a.changed()
	a.keepUp(ctx, h)
	return out, nil
}

// undoing changes the model and gives what is to be journaled: the lesson taken
// back, and the one that it had replaced.
func (a *Archive) undoing(ctx context.Context, h *held, act Act, from Origin) ([]*Lesson, error) {
	l, err := a.lesson(ctx, h.owner, act.Number)
	if err != nil {
		return nil, err
	}
	replaced, err := a.replaced(ctx, l)
	if err != nil {
		return nil, err
	}
	back := Lesson{Owner: h.owner, Digest: l.Digest, Was: l.Now, Now: filter.Unsure, At: a.now().UTC(), Origin: from, Undoes: l.Number}
	if back.Change, err = h.takeBack(l); err != nil {
		return nil, err
	}
	rows := []*Lesson{&back}
	if replaced.Number == 0 {
		return rows, nil
	}
	change, err := replaced.change()
	if err != nil {
		h.drop()
		return nil, err
	}
	h.model.Apply(change)
	h.teacher.Remember(change)
	again := replaced
	again.At, again.Origin, again.Again = back.At, Origin{ByUndoing, replaced.Source}, replaced.Number
	return append(rows, &again), nil
}

// replaced gives the lesson that l replaced; its Number is 0 where there is none.
// The one that took it back stands right before l. A lesson taught again
// replaced what the first of its kind did.
func (a *Archive) replaced(ctx context.Context, l Lesson) (Lesson, error) {
	for l.Again != 0 {
		var err error
		if l, err = a.lesson(ctx, l.Owner, l.Again); err != nil {
			return Lesson{}, err
		}
	}
	if l.Was == filter.Unsure {
		return Lesson{}, nil
	}
	back, err := a.lesson(ctx, l.Owner, l.Number-1)
	if err != nil {
		return Lesson{}, err
	}
	return a.lesson(ctx, l.Owner, back.Undoes)
}

func (a *Archive) lesson(ctx context.Context, owner string, number int64) (Lesson, error) {
	ls, err := a.store.Lessons(ctx, owner, number-1, 1)
	if err == nil && (len(ls) == 0 || ls[0].Number != number) {
		err = fmt.Errorf("lesson %d: %w", number, ErrNotFound)
	}
	if err != nil {
		return Lesson{}, err
	}
	return ls[0], nil
}

// Acts gives an owner's acts of teaching, the last first.
func (a *Archive) Acts(ctx context.Context, owner string, q ActQuery) ([]Act, error) {
	return a.store.Acts(ctx, owner, q)
}

// Holds gives an owner's copies of a message, the oldest first.
func (a *Archive) Holds(ctx context.Context, owner string, d blob.Digest) ([]Message, error) {
	return a.store.Holds(ctx, owner, d)
}
