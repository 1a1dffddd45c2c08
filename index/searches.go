package index

import (
	"context"
	"time"
)

// SavedSearch is a question to the catalogue that an owner gave a name.
type SavedSearch struct {
	Owner string
	Name  string // one of a name for each owner
	Query string // as written: spans of time in it count from when it is asked
	Saved time.Time
}

// SavedSearches keeps saved searches. Its writes survive a power cut.
type SavedSearches interface {
	// SaveSearch keeps a search; ErrExists where the owner has one of the name.
	SaveSearch(ctx context.Context, s SavedSearch) error
	// ReplaceSearch keeps a search, in place of the one of its name if there is one.
	ReplaceSearch(ctx context.Context, s SavedSearch) error
	// RemoveSearch forgets one; ErrNotFound where there is none.
	RemoveSearch(ctx context.Context, owner, name string) error
	// SavedSearches gives an owner's, by name.
	SavedSearches(ctx context.Context, owner string) ([]SavedSearch, error)
}

// SaveSearch keeps a search under a name; ErrExists where the owner has one of
// the name.
func (a *Archive) SaveSearch(ctx context.Context, s SavedSearch) error {
	s.Saved = a.now().UTC()
	return a.store.SaveSearch(ctx, s)
}

// ReplaceSearch keeps a search under a name, in place of the one of that name if
// there is one.
func (a *Archive) ReplaceSearch(ctx context.Context, s SavedSearch) error {
	s.Saved = a.now().UTC()
	return a.store.ReplaceSearch(ctx, s)
}

// RemoveSearch forgets a saved search; ErrNotFound where there is none.
func (a *Archive) RemoveSearch(ctx context.Context, owner, name string) error {
	return a.store.RemoveSearch(ctx, owner, name)
}

// SavedSearches gives an owner's saved searches, by name.
func (a *Archive) SavedSearches(ctx context.Context, owner string) ([]SavedSearch, error) {
	return a.store.SavedSearches(ctx, owner)
}
