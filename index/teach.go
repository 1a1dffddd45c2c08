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

// Material is a letter on its way into a model.
type Material struct {
	Digest blob.Digest
	Letter *letter.Letter
	From   Origin
}

// Teach tells the owner's model that a letter is ham or spam. A letter taught the
// same before teaches nothing more. Every kept copy of it goes to the mailbox of
// its class all the same: out of the quarantine as ham, into it as spam. It may
// have come after the lesson. Unsure takes back what was taught of the letter, as
// Undo does, step by step.
func (a *Archive) Teach(ctx context.Context, owner string, d blob.Digest, l *letter.Letter, now filter.Class, from Origin) (Teaching, error) {
	out, err := a.TeachAll(ctx, owner, now, []Material{{d, l, from}})
	if err != nil {
		return Teaching{}, err
	}
	return out[0], nil
}

// TeachAll is Teach of many letters in one commit, so that a folder costs one
// sync and not one a letter: all of them are taught, or none. Unsure takes a
// commit for each.
func (a *Archive) TeachAll(ctx context.Context, owner string, now filter.Class, ms []Material) ([]Teaching, error) {
	out := make([]Teaching, len(ms))
	err := a.withModel(ctx, owner, func(h *held) error {
		if now == filter.Unsure {
			return a.forgetAll(ctx, h, ms, out)
		}
		if err := a.teachAll(ctx, h, now, ms, out); err != nil {
			return err
		}
		a.changed()
		if err := a.age(ctx, h); err != nil { // what was taught stands; it is tried again with the next lesson
			a.log.Warn("old lessons could not be taken back", "owner", owner, "err", err)
			return a.load(ctx, h)
		}
		a.keepUp(ctx, h)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// teachAll changes the model letter by letter and journals it at the end. What
// fails between leaves a model that knows more than the journal: it is dropped.
func (a *Archive) teachAll(ctx context.Context, h *held, now filter.Class, ms []Material, out []Teaching) (err error) {
	defer func() {
		if err != nil {
			h.drop()
		}
	}()
	var rows []*Lesson
	lessons := map[blob.Digest]*Lesson{} // of this commit; nil: it needed none
	for i, m := range ms {
		if _, twice := lessons[m.Digest]; twice {
			out[i] = Teaching{Was: now, Now: now}
			continue
		}
		before, err := a.taught(ctx, h.owner, m.Digest)
		if err != nil {
			return err
		}
		kept, err := a.store.Holds(ctx, h.owner, m.Digest)
		if err != nil {
			return err
		}
		moves, moved := placing(kept, now)
		out[i] = Teaching{Was: before.Now, Now: now, Moved: moved}
		lessons[m.Digest] = nil
		if before.Now == now {
			if len(moves) > 0 {
				err = a.store.Place(ctx, h.owner, now, moves, before.Number)
			}
		} else {
			row := &Lesson{Owner: h.owner, Digest: m.Digest, Was: before.Now, Now: now, At: a.now().UTC(), Origin: m.From.plain(), Moves: moves}
			rows, err = a.relearn(ctx, h, before, row, m.Letter, rows)
			lessons[m.Digest] = row
		}
		if err != nil {
			return err
		}
	}
	if len(rows) == 0 {
		return nil
	}
	if err := a.journal(h, rows, func() error { return a.store.Teach(ctx, rows) }); err != nil {
		return err
	}
	for i, m := range ms {
		if row := lessons[m.Digest]; row != nil && out[i].Was != now {
			out[i].Lesson = row.Number
		}
	}
	return nil
}

// taught gives the last lesson about a message; its Now is Unsure where there is
// none.
func (a *Archive) taught(ctx context.Context, owner string, d blob.Digest) (Lesson, error) {
	l, err := a.store.Taught(ctx, owner, d)
	if errors.Is(err, ErrNotFound) {
		return Lesson{}, nil
	}
	return l, err
}

func (a *Archive) forgetAll(ctx context.Context, h *held, ms []Material, out []Teaching) error {
	for i, m := range ms {
		last, err := a.taught(ctx, h.owner, m.Digest)
		if err != nil {
			return err
		}
		out[i].Was = last.Now
		if out[i].Moved, err = a.forget(ctx, h, last, m.From); err != nil {
			return err
		}
	}
	return nil
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
// time a letter has one lesson in the model, or none. It adds what is to be
// journaled to rows.
func (a *Archive) relearn(ctx context.Context, h *held, before Lesson, row *Lesson, l *letter.Letter, rows []*Lesson) ([]*Lesson, error) {
	if err := a.prepare(ctx, h); err != nil {
		return nil, err
	}
	if before.Now != filter.Unsure {
		back, err := h.takeBack(before)
		if err != nil {
			return nil, err
		}
		undo := *row
		undo.Now, undo.By, undo.Undoes, undo.Change, undo.Moves = filter.Unsure, ByReplaced, before.Number, back, nil
		rows = append(rows, &undo)
	}
	change, err := h.teacher.Learn(bayes.Features(l), bayes.None, label(row.Now)).MarshalBinary()
	if err != nil {
		return nil, err
	}
	row.Change = change
	return append(rows, row), nil
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
