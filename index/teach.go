package index

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"restante/filter"
	"restante/filter/bayes"
	"restante/filter/letter"
	"restante/index/blob"
)

// snapshotEvery is how many lessons may have to be replayed when a model is
// opened.
const snapshotEvery = 500

// models holds the owners' models in memory.
type models struct {
	mu   sync.Mutex // guards open
	open map[string]*held
}

// held is one owner's model. Its lock also orders the owner's lessons: they
// are applied in the order in which they are journaled.
type held struct {
	mu      sync.Mutex // guards the fields below
	model   *bayes.Model
	teacher *bayes.Teacher // nil until something is taught
	number  int64          // last lesson in the model
	saved   int64          // last lesson in the snapshot
}

// Model gives the owner's model. It goes on learning while the caller holds it.
func (a *Archive) Model(ctx context.Context, owner string) (*bayes.Model, error) {
	h := a.held(owner)
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := a.load(ctx, owner, h); err != nil {
		return nil, err
	}
	return h.model, nil
}

func (a *Archive) held(owner string) *held {
	a.models.mu.Lock()
	defer a.models.mu.Unlock()
	h := a.models.open[owner]
	if h == nil {
		h = &held{}
		a.models.open[owner] = h
	}
	return h
}

// load reads the snapshot and the lessons after it, once.
func (a *Archive) load(ctx context.Context, owner string, h *held) error {
	if h.model != nil {
		return nil
	}
	upTo, snap, err := a.store.Model(ctx, owner)
	if err != nil {
		return err
	}
	m := bayes.New()
	if len(snap) > 0 {
		if m, err = bayes.ReadModel(bytes.NewReader(snap)); err != nil {
			a.log.Error("the filter's snapshot is damaged; it is learnt anew from the lessons", "owner", owner, "err", err)
			m, upTo = bayes.New(), 0
		}
	}
	number := upTo
	err = a.lessons(ctx, owner, upTo, func(n int64, change bayes.Lesson) {
		m.Apply(change)
		number = n
	})
	if err != nil {
		return err
	}
	h.model, h.number, h.saved = m, number, upTo
	return nil
}

// lessons calls each for the owner's lessons after a number, in order.
func (a *Archive) lessons(ctx context.Context, owner string, after int64, each func(number int64, change bayes.Lesson)) error {
	for {
		ls, err := a.store.Lessons(ctx, owner, after, 200)
		if err != nil || len(ls) == 0 {
			return err
		}
		for _, l := range ls {
			var change bayes.Lesson
			if err := change.UnmarshalBinary(l.Change); err != nil {
				return fmt.Errorf("lesson %d of %s: %w", l.Number, owner, err)
			}
			each(l.Number, change)
			after = l.Number
		}
	}
}

// rehearsed is how many of the last lessons a teacher remembers at first.
const rehearsed = 1000

// prepare gives the model a teacher who remembers the last lessons.
func (a *Archive) prepare(ctx context.Context, owner string, h *held) error {
	if h.teacher != nil {
		return nil
	}
	t := bayes.NewTeacher(h.model)
	err := a.lessons(ctx, owner, max(0, h.number-rehearsed), func(_ int64, change bayes.Lesson) { t.Remember(change) })
	if err == nil {
		h.teacher = t
	}
	return err
}

// Teaching is what an act of teaching did.
type Teaching struct {
	Was, Now filter.Class // as taught before and now; Unsure: not taught
	Moved    int          // kept messages that went to another mailbox
}

// Teach tells the owner's model that a letter is ham or spam; Unsure takes an
// earlier lesson back. A letter taught the same before teaches nothing more.
// Every kept copy of it goes to the mailbox of its class all the same: out of
// the quarantine as ham, into it as spam. It may have come after the lesson.
func (a *Archive) Teach(ctx context.Context, owner string, d blob.Digest, l *letter.Letter, now filter.Class) (Teaching, error) {
	h := a.held(owner)
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := a.load(ctx, owner, h); err != nil {
		return Teaching{}, err
	}
	was := filter.Unsure
	before, err := a.store.Taught(ctx, owner, d)
	switch {
	case err == nil:
		was = before.Now
	case !errors.Is(err, ErrNotFound):
		return Teaching{}, err
	}
	out := Teaching{Was: was, Now: now}
	if was == now && now == filter.Unsure {
		return out, nil
	}
	kept, err := a.store.Holds(ctx, owner, d)
	if err != nil {
		return Teaching{}, err
	}
	var moves []Move
	moves, out.Moved = placing(kept, now)
	if was != now {
		err = a.relearn(ctx, h, before, Lesson{Owner: owner, Digest: d, Now: now, At: a.now().UTC()}, l, moves)
	} else if len(moves) > 0 {
		err = a.store.Place(ctx, owner, now, moves)
	}
	if err != nil {
		return Teaching{}, err
	}
	a.changed()
	if h.number-h.saved >= snapshotEvery {
		err = a.save(ctx, owner, h)
	}
	return out, err
}

// relearn takes the lesson before back, exactly, and teaches the new one, if
// there is one: at any time a letter has one lesson in the model, or none.
func (a *Archive) relearn(ctx context.Context, h *held, before, row Lesson, l *letter.Letter, moves []Move) error {
	if err := a.prepare(ctx, row.Owner, h); err != nil {
		return err
	}
	if before.Now != filter.Unsure {
		var old bayes.Lesson
		if err := old.UnmarshalBinary(before.Change); err != nil {
			return fmt.Errorf("lesson %d of %s: %w", before.Number, row.Owner, err)
		}
		undo := row
		undo.Was, undo.Now = before.Now, filter.Unsure
		back := old.Inverse()
		h.model.Apply(back)
		h.teacher.Remember(back)
		rest := moves
		if row.Now != filter.Unsure {
			rest = nil // they go with the new lesson
		}
		if err := a.journal(ctx, h, &undo, back, rest); err != nil {
			return err
		}
	}
	if row.Now == filter.Unsure {
		return nil
	}
	return a.journal(ctx, h, &row, h.teacher.Learn(bayes.Features(l), bayes.None, label(row.Now)), moves)
}

// journal stores a change that the model has made already, or takes it back.
func (a *Archive) journal(ctx context.Context, h *held, row *Lesson, change bayes.Lesson, moves []Move) (err error) {
	if row.Change, err = change.MarshalBinary(); err == nil {
		err = a.store.Teach(ctx, row, moves)
	}
	if err != nil {
		h.model.Apply(change.Inverse())
		h.teacher = nil // it remembers what did not happen
		return fmt.Errorf("journal the lesson: %w", err)
	}
	h.number = row.Number
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

// save writes the snapshot. A model that did not change is left alone.
func (a *Archive) save(ctx context.Context, owner string, h *held) error {
	if h.model == nil || h.number == h.saved {
		return nil
	}
	var b bytes.Buffer
	if _, err := h.model.WriteTo(&b); err != nil {
		return fmt.Errorf("write the filter's snapshot: %w", err)
	}
	if err := a.store.SaveModel(ctx, owner, h.number, b.Bytes()); err != nil {
		return fmt.Errorf("keep the filter's snapshot: %w", err)
	}
	h.saved = h.number
	return nil
}

// saveTime bounds the saving of all models at the end.
const saveTime = 20 * time.Second

// Close saves the models' snapshots. The blobs and the store are their
// openers' to close. Without Close nothing is lost, only slower to open.
func (a *Archive) Close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveTime)
	defer cancel()
	a.models.mu.Lock()
	defer a.models.mu.Unlock()
	var errs []error
	for owner, h := range a.models.open {
		h.mu.Lock()
		errs = append(errs, a.save(ctx, owner, h))
		h.mu.Unlock()
	}
	return errors.Join(errs...)
}
