package index

import (
	"bytes"
	"container/list"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"restante/filter/bayes"
)

// snapshotEvery is how many lessons may have to be replayed when a model is
// opened, or half of those that the snapshot has: a lesson costs some 0.1 ms to
// replay, and a snapshot of 6,000 as much as 2,000 lessons. So the snapshots of a
// large folder cost in all what three of the last one do.
const snapshotEvery = 500

// Bounds of what is held for owners who do not ask.
const (
	modelIdle     = time.Hour // after which a model is dropped, once anybody asks for one
	teacherOctets = 4 << 20   // a full teacher's memory: 1,024 letters of some 1,000 features
	heldOctets    = 1 << 10   // an owner of whom nothing is known
)

// models holds the owners' models in memory: those in use, and of the others
// the last used. What is dropped loses nothing: the journal has it.
type models struct {
	most int64 // octets, of those not in use

	mu     sync.Mutex // guards the fields below, and users, octets and used of each held
	open   map[string]*list.Element
	order  list.List // of *held, the last used first
	octets int64
}

// held is one owner's model.
type held struct {
	owner  string
	users  int // who may not be robbed of it
	octets int64
	used   time.Time

	// mu guards the fields below, and orders the owner's lessons: they are
	// applied in the order in which they are journaled.
	mu      sync.Mutex
	model   *bayes.Model   // nil: to be read
	teacher *bayes.Teacher // nil until something is taught
	number  int64          // last lesson in the model
	saved   int64          // last lesson in the snapshot
	house   *bayes.Model   // what others were taught; may be nil
	settled time.Time      // when that was read; zero: not yet
}

func (s *models) take(owner string) *held {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.open[owner]
	if e == nil {
		if s.open == nil {
			s.open = map[string]*list.Element{}
		}
		e = s.order.PushFront(&held{owner: owner})
		s.open[owner] = e
	}
	s.order.MoveToFront(e)
	h := e.Value.(*held)
	h.users++
	return h
}

// release gives back what take gave, which takes so many octets by now, and
// drops what nobody uses and there is no room or no call for.
func (s *models) release(h *held, octets int64, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h.users--
	s.octets += octets - h.octets
	h.octets, h.used = octets, now
	for e := s.order.Back(); e != nil; {
		old, before := e.Value.(*held), e.Prev()
		if s.octets <= s.most && now.Sub(old.used) < modelIdle {
			return // those before it were used later
		}
		if old.users == 0 {
			s.octets -= old.octets
			s.order.Remove(e)
			delete(s.open, old.owner)
		}
		e = before
	}
}

// size is what a model takes in memory, in octets. h.mu is held.
func (h *held) size() int64 {
	n := int64(heldOctets)
	if h.model != nil {
		n += int64(h.model.Stats().Octets)
	}
	if h.house != nil {
		n += int64(h.house.Stats().Octets)
	}
	if h.teacher != nil {
		n += teacherOctets
	}
	return n
}

// drop forgets the model: whoever needs it reads it anew.
func (h *held) drop() { h.model, h.teacher, h.house, h.settled = nil, nil, nil, time.Time{} }

// withModel calls do with the owner's model, which nobody else changes meanwhile.
func (a *Archive) withModel(ctx context.Context, owner string, do func(h *held) error) error {
	h := a.models.take(owner)
	h.mu.Lock()
	defer func() {
		octets := h.size()
		h.mu.Unlock()
		a.models.release(h, octets, a.now())
	}()
	if err := a.load(ctx, h); err != nil {
		return err
	}
	if err := a.settle(ctx, h); err != nil {
		return err
	}
	return do(h)
}

// Model gives the owner's model. It goes on learning while the caller holds it,
// but not for ever: ask for it anew with each piece of work.
func (a *Archive) Model(ctx context.Context, owner string) (m *bayes.Model, err error) {
	err = a.withModel(ctx, owner, func(h *held) error {
		m = h.model
		return nil
	})
	return m, err
}

// load reads the snapshot and the lessons after it, once.
func (a *Archive) load(ctx context.Context, h *held) error {
	if h.model != nil {
		return nil
	}
	upTo, snap, err := a.store.Model(ctx, h.owner)
	if err != nil {
		return err
	}
	m := bayes.New()
	if len(snap) > 0 {
		if m, err = bayes.ReadModel(bytes.NewReader(snap)); err != nil {
			a.log.Error("the filter's snapshot is damaged; it is learnt anew from the lessons", "owner", h.owner, "err", err)
			m, upTo = bayes.New(), 0
		}
	}
	number := upTo
	err = a.lessons(ctx, h.owner, upTo, func(n int64, change bayes.Lesson) {
		m.Apply(change)
		number = n
	})
	if err != nil {
		return err
	}
	h.model, h.number, h.saved = m, number, upTo
	return nil
}

// lessons calls each for the owner's lessons after a number, in order. One that
// cannot be read changes nothing: mail is judged without it rather than not at
// all.
func (a *Archive) lessons(ctx context.Context, owner string, after int64, each func(number int64, change bayes.Lesson)) error {
	var broken error
	lost := 0
	for {
		ls, err := a.store.Lessons(ctx, owner, after, 200)
		if err != nil {
			return err
		}
		if len(ls) == 0 {
			break
		}
		for _, l := range ls {
			change, err := l.change()
			if err != nil {
				lost++
				broken, change = err, bayes.Lesson{}
			}
			each(l.Number, change)
			after = l.Number
		}
	}
	if lost > 0 {
		a.log.Error("lessons cannot be read; the filter is without them", "owner", owner, "lessons", lost, "err", broken)
	}
	return nil
}

func (l *Lesson) change() (change bayes.Lesson, err error) {
	if err = change.UnmarshalBinary(l.Change); err != nil {
		err = fmt.Errorf("lesson %d of %s: %w", l.Number, l.Owner, err)
	}
	return change, err
}

// rehearsed is how many of the last lessons a teacher remembers at first.
const rehearsed = 1000

// prepare gives the model a teacher who remembers the last lessons.
func (a *Archive) prepare(ctx context.Context, h *held) error {
	if h.teacher != nil {
		return nil
	}
	t := bayes.NewTeacher(h.model)
	err := a.lessons(ctx, h.owner, max(0, h.number-rehearsed), func(_ int64, change bayes.Lesson) { t.Remember(change) })
	if err == nil {
		h.teacher = t
	}
	return err
}

// save writes the snapshot. A model that did not change is left alone.
func (a *Archive) save(ctx context.Context, h *held) error {
	if h.model == nil || h.number == h.saved {
		return nil
	}
	var b bytes.Buffer
	if _, err := h.model.WriteTo(&b); err != nil {
		return fmt.Errorf("write the filter's snapshot: %w", err)
	}
	if err := a.store.SaveModel(ctx, h.owner, h.number, b.Bytes()); err != nil {
		return fmt.Errorf("keep the filter's snapshot: %w", err)
	}
	h.saved = h.number
	return nil
}

// keepUp saves the snapshot now and then. The lessons are safe without it.
func (a *Archive) keepUp(ctx context.Context, h *held) {
	if h.number-h.saved < max(snapshotEvery, h.saved/2) {
		return
	}
	if err := a.save(ctx, h); err != nil {
		a.log.Warn("the filter will be slower to open", "owner", h.owner, "err", err)
	}
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
	for e := a.models.order.Front(); e != nil; e = e.Next() {
		h := e.Value.(*held)
		h.mu.Lock()
		errs = append(errs, a.save(ctx, h))
		h.mu.Unlock()
	}
	return errors.Join(errs...)
}
