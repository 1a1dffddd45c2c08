package index

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"restante/filter"
	"restante/filter/bayes"
)

// Bounds of what others' lessons say to a filter.
const (
	houseLessons = 300       // of either class, the newest, the others together: the model hears 200
	houseFresh   = time.Hour // how old the others' lessons may be
	houseUntil   = 2000      // lessons of either class from which on an owner needs no others
)

// settle lays the owner's model over what the others in the house were taught
// last, while it knows little itself. Every filter has its own lessons all the
// same: the others' speak, and are never written into it.
func (a *Archive) settle(ctx context.Context, h *held) error {
	if !a.household || !h.settled.IsZero() && a.now().Sub(h.settled) < houseFresh {
		return nil
	}
	var house *bayes.Model
	if s := h.model.Stats(); min(s.Ham, s.Spam) < houseUntil {
		var err error
		if house, err = a.others(ctx, h.owner); err != nil {
			return fmt.Errorf("read the household's lessons: %w", err)
		}
	}
	h.model.Over(house)
	h.settled, h.house = a.now(), house
	return nil
}

// others makes a model of the last lessons of everybody but the owner, as many
// from each as there are; nil where there are none of both classes. It is made
// anew from the lessons that stand, so what is taken back is gone from it too.
func (a *Archive) others(ctx context.Context, owner string) (*bayes.Model, error) {
	pupils, err := a.store.Pupils(ctx)
	if err != nil {
		return nil, err
	}
	pupils = slices.DeleteFunc(pupils, func(name string) bool { return name == owner })
	var all []Act
	for _, other := range pupils {
		acts, err := a.store.Acts(ctx, other, ActQuery{Standing: true, Max: 4 * houseLessons})
		if err != nil {
			return nil, err
		}
		most := max(1, houseLessons/len(pupils))
		left := map[filter.Class]int{filter.Ham: most, filter.Spam: most}
		for _, act := range acts {
			if left[act.Now] > 0 {
				left[act.Now]--
				all = append(all, act)
			}
		}
	}
	slices.SortFunc(all, func(x, y Act) int {
		return cmp.Or(x.At.Compare(y.At), cmp.Compare(x.Owner, y.Owner), cmp.Compare(x.Number, y.Number))
	})
	house := bayes.New()
	teacher := bayes.NewTeacher(house)
	for _, act := range all {
		l, err := a.lesson(ctx, act.Owner, act.Number)
		if err != nil {
			return nil, err
		}
		if change, err := l.change(); err == nil { // its owner's filter tells of one that cannot be read
			teacher.Learn(change.Bag, bayes.None, label(act.Now))
		}
	}
	if s := house.Stats(); min(s.Ham, s.Spam) == 0 {
		return nil, nil
	}
	return house, nil
}
