package index

import (
	"context"
	"errors"
	"fmt"

	"restante/filter"
	"restante/filter/bayes"
	"restante/filter/letter"
	"restante/index/blob"
)

// Teaching is what an act of teaching did.
type Teaching struct {
	Was, Now filter.Class // as taught before and now; Unsure: not taught
	Moved    int          // kept messages that went to another mailbox
	Lesson   int64        // its number, for Undo; 0: nothing was taught
}

// Teach tells the owner's model that a letter is ham or spam. A letter taught the
// same before teaches nothing more. Every kept copy of it goes to the mailbox of
// its class all the same: out of the quarantine as ham, into it as spam. It may
// have come after the lesson. Unsure takes back what was taught of the letter, as
// Undo does, step by step.
func (a *Archive) Teach(ctx context.Context, owner string, d blob.Digest, l *letter.Letter, now filter.Class, from Origin) (out Teaching, err error) {
	err = a.withModel(ctx, owner, func(h *held) error {
		before, err := a.store.Taught(ctx, owner, d)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		out.Was, out.Now = before.Now, now
		if now == filter.Unsure {
			out.Moved, err = a.forget(ctx, h, before, from)
			return err
		}
		kept, err := a.store.Holds(ctx, owner, d)
		if err != nil {
			return err
		}
		var moves []Move
		moves, out.Moved = placing(kept, now)
		if out.Was != now {
			row := Lesson{Owner: owner, Digest: d, Was: out.Was, Now: now, At: a.now().UTC(), Origin: from.plain()}
			out.Lesson, err = a.relearn(ctx, h, before, row, l, moves)
		} else if len(moves) > 0 {
			err = a.store.Place(ctx, owner, now, moves, before.Number)
		}
		if err != nil {
			return err
		}
		a.changed()
		a.keepUp(ctx, h)
		return nil
	})
	if err != nil {
		return Teaching{}, err
	}
	return out, nil
}

// forget takes back what was taught last of a message, and what that had
// replaced, until nothing is left.
func (a *Archive) forget(ctx context.Context, h *held, last Lesson, from Origin) (moved int, err error) {
	if last.Now == filter.Unsure {
		return 0, nil
	}
	for number := last.Number; number != 0; {
		out, err := a.undo(ctx, h, number, from)
		if err != nil {
			return moved, err
		}
		moved += out.Moved
		number = out.Again
	}
	return moved, nil
}

// relearn takes the lesson before back, exactly, and teaches the new one: at any
// time a letter has one lesson in the model, or none. It gives the number of the
// new one.
func (a *Archive) relearn(ctx context.Context, h *held, before, row Lesson, l *letter.Letter, moves []Move) (int64, error) {
	if err := a.prepare(ctx, h); err != nil {
		return 0, err
	}
	var rows []*Lesson
	if before.Now != filter.Unsure {
		back, err := h.takeBack(before)
		if err != nil {
			return 0, err
		}
		undo := row
		undo.Now, undo.By, undo.Undoes, undo.Change = filter.Unsure, ByReplaced, before.Number, back
		rows = append(rows, &undo)
	}
	change, err := h.teacher.Learn(bayes.Features(l), bayes.None, label(row.Now)).MarshalBinary()
	if err != nil {
		h.drop()
		return 0, err
	}
	row.Change = change
	rows = append(rows, &row)
	err = a.journal(h, rows, func() error { return a.store.Teach(ctx, rows, moves) })
	return row.Number, err
}

// takeBack takes a lesson out of the model and gives the change.
func (h *held) takeBack(l Lesson) ([]byte, error) {
	old, err := l.change()
	if err != nil {
		return nil, err
	}
	back := old.Inverse()
	change, err := back.MarshalBinary()
	if err != nil {
		return nil, err
	}
	h.model.Apply(back)
	h.teacher.Remember(back)
	return change, nil
}

// journal stores changes that the model has made already. Where that fails, or
// its answer was lost, nobody here knows what the journal has: the model is read
// anew.
func (a *Archive) journal(h *held, rows []*Lesson, store func() error) error {
	if err := store(); err != nil {
		h.drop()
		return fmt.Errorf("journal the lesson: %w", err)
	}
	h.number = rows[len(rows)-1].Number
	return nil
}

// placing tells where copies of a message taught as c belong, and how many of
// them go to another mailbox. What is in its place already is left out.
func placing(kept []Message, c filter.Class) (moves []Move, moved int) {
	for _, m := range kept {
		to := m.Mailbox
		switch {
		case c == filter.Spam && m.Mailbox == filter.Inbox:
			to = filter.Quarantine
		case c == filter.Ham && m.Mailbox == filter.Quarantine:
			to = filter.Inbox
		}
		if to != m.Mailbox {
			moved++
		}
		if to != m.Mailbox || c != m.Class {
			moves = append(moves, Move{m.ID, to})
		}
	}
	return moves, moved
}

func label(c filter.Class) bayes.Label {
	switch c {
	case filter.Ham:
		return bayes.Ham
	case filter.Spam:
		return bayes.Spam
	}
	return bayes.None
}
