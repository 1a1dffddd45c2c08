package index

import (
	"context"
	"time"

	"restante/filter/bayes"
)

// FilterStats is what is known of an owner's filter.
type FilterStats struct {
	Model    bayes.Stats
	House    bayes.Stats // what it hears of the other users' lessons; zero: nothing
	Last     time.Time   // when it was taught last, of the lessons that stand; zero: never
	Snapshot int64       // octets on disk: of the model
	Journal  int64       // and of the lessons
	Tallies  []Tally     // messages by the day that they came, the first day first
	// Corrected are messages that lessons made something else than they were judged,
	// by the day of the lesson, the first day first.
	Corrected []Tally
}

// FilterStats tells of an owner's filter, of the messages received since a time, and
// of those corrected since then.
func (a *Archive) FilterStats(ctx context.Context, owner string, since time.Time) (s FilterStats, err error) {
	err = a.withModel(ctx, owner, func(h *held) error {
		s.Model = h.model.Stats()
		if h.house != nil {
			s.House = h.house.Stats()
		}
		return nil
	})
	if err != nil {
		return s, err
	}
	acts, err := a.store.Acts(ctx, owner, ActQuery{Standing: true, Max: 1})
	if err != nil {
		return s, err
	}
	if len(acts) > 0 {
		s.Last = acts[0].At
	}
	if s.Snapshot, s.Journal, err = a.store.Kept(ctx, owner); err != nil {
		return s, err
	}
	if s.Tallies, err = a.store.Judged(ctx, owner, since); err != nil {
		return s, err
	}
	s.Corrected, err = a.store.Corrected(ctx, owner, since)
	return s, err
}
