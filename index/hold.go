package index

import (
	"context"
	"errors"
	"fmt"
)

// A Finder answers the queries of holds. *search.Catalogue does, behind a
// wrapper.
type Finder interface {
	// Find tells which of an owner's messages a query finds, having seen the owner's
	// changes up to a number. A message that it does not know is not in the answer.
	// An error where it cannot be sure: nothing of the owner expires then.
	Find(ctx context.Context, owner, query string, upTo int64, messages []int64) (map[int64]bool, error)
}

// AddHold places a hold. What it holds does not expire from now on, whatever was
// shown. ErrExists where the owner has one of the name.
func (a *Archive) AddHold(ctx context.Context, h *Hold) error {
	h.Placed = a.now().UTC()
	if err := a.store.AddHold(ctx, h); err != nil {
		return err
	}
	a.log.Info("a hold was placed", "owner", h.Owner, "hold", h.Name, "by", h.By)
	return nil
}

// RemoveHold lifts a hold. What it held is shown anew before it goes.
// ErrNotFound where there is none of the name.
func (a *Archive) RemoveHold(ctx context.Context, owner, name, by string) error {
	if err := a.store.RemoveHold(ctx, owner, name); err != nil {
		return err
	}
	a.log.Info("a hold was lifted", "owner", owner, "hold", name, "by", by)
	return nil
}

// PlacedHolds gives all holds, in the order of their placing.
func (a *Archive) PlacedHolds(ctx context.Context) ([]Hold, error) { return a.store.PlacedHolds(ctx) }

// holds is what keeps an owner's mail, as known when an expiry began.
type holds struct {
	all     bool     // everything
	queries []string // what these find
	last    int64    // number of the last hold
	head    int64    // the owner's last change when they were read
	seen    int64    // and the last that burials looked at since
	doubt   error    // why it cannot be told what is held
}

// holdsBy gives every owner's holds, and the owners' last changes.
func (a *Archive) holdsBy(ctx context.Context) (map[string]*holds, error) {
	// In this order: what changes since the heads were read is seen to have.
	heads, err := a.store.Heads(ctx)
	if err != nil {
		return nil, err
	}
	placed, err := a.store.PlacedHolds(ctx)
	if err != nil {
		return nil, err
	}
	by := make(map[string]*holds, len(heads))
	for owner, head := range heads {
		by[owner] = &holds{head: head, seen: head}
	}
	for _, h := range placed {
		if by[h.Owner] == nil { // who has no mail yet
			by[h.Owner] = &holds{}
		}
		o := by[h.Owner]
		o.last = h.ID
		o.all = o.all || h.Query == ""
		if h.Query != "" {
			o.queries = append(o.queries, h.Query)
		}
	}
	return by, nil
}

// free splits messages of an owner into those that no hold keeps and those that
// one does. An error means that it cannot be told.
func (h *holds) free(ctx context.Context, f Finder, owner string, all []Candidate) (free, kept []Candidate, err error) {
	if h.doubt != nil {
		return nil, nil, h.doubt
	}
	if h.all {
		return nil, all, nil
	}
	if len(h.queries) == 0 {
		return all, nil, nil
	}
	if f == nil {
		return nil, nil, errors.New("there is no catalogue to ask what the holds find")
	}
	ids := make([]int64, len(all))
	for i, c := range all {
		ids[i] = c.ID
	}
	found := map[int64]bool{}
	for _, q := range h.queries {
		is, err := f.Find(ctx, owner, q, h.head, ids)
		if err != nil {
			return nil, nil, fmt.Errorf("ask what a hold finds: %w", err)
		}
		for _, id := range ids {
			finds, known := is[id]
			found[id] = found[id] || finds || !known
		}
	}
	for _, c := range all {
		if found[c.ID] {
			kept = append(kept, c)
		} else {
			free = append(free, c)
		}
	}
	return free, kept, nil
}
