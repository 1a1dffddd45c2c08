package index

import (
	"context"
	"errors"
	"sync"

	"restante/filter"
	"restante/filter/sender"
)

var _ filter.Wishes = (*Archive)(nil)

// ErrMany says that an owner would have more of something than he may.
var ErrMany = errors.New("that would be too many")

// sendersMost is how many senders an owner may allow and block: each message is
// looked up in them, and all of them are held in memory.
const sendersMost = 20_000

// Senders keeps whom owners allow and block.
type Senders interface {
	// Senders gives an owner's, by name.
	Senders(ctx context.Context, owner string) (sender.List, error)
	// ChangeSenders forgets some and keeps others in one commit that survives a
	// power cut, and gives what was there of all of them. ErrMany, and nothing is
	// changed, where the owner would have more than most.
	ChangeSenders(ctx context.Context, owner string, forget []string, keep []sender.Sender, most int) (before []sender.Sender, err error)
}

// sendersHeld is of how many owners the lists are held.
const sendersHeld = 1000

// senders holds lists, since every message asks for one. Its zero value is ready.
type senders struct {
	mu sync.Mutex // guards of; held while a list is read or changed
	of map[string]sender.List
}

// Senders gives whom an owner allows and blocks. It is not to be changed.
func (a *Archive) Senders(ctx context.Context, owner string) (sender.List, error) {
	s := &a.senders
	s.mu.Lock()
	defer s.mu.Unlock()
	if l, ok := s.of[owner]; ok {
		return l, nil
	}
	l, err := a.store.Senders(ctx, owner)
	if err != nil {
		return nil, err
	}
	if s.of == nil || len(s.of) >= sendersHeld {
		s.of = map[string]sender.List{}
	}
	s.of[owner] = l
	return l, nil
}

// ChangeSenders forgets some senders of an owner and keeps others, whose names are
// brought into form: sender.ErrName where one is no name. It gives what undoes it:
// what to forget, and what to keep.
func (a *Archive) ChangeSenders(ctx context.Context, owner string, forget []string, keep []sender.Sender) (unset []string, back []sender.Sender, err error) {
	folded := make([]sender.Sender, 0, len(keep))
	for _, x := range keep {
		if x.Name, err = sender.Fold(x.Name); err != nil {
			return nil, nil, err
		}
		if x.Since.IsZero() {
			x.Since = a.now().UTC()
		}
		folded, unset = append(folded, x), append(unset, x.Name)
	}
	s := &a.senders
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.of, owner) // also where the answer is lost and the commit is not
	back, err = a.store.ChangeSenders(ctx, owner, forget, folded, sendersMost)
	return unset, back, err
}

// Taught gives what an owner said that a message of these bytes is, by the lesson
// that stands; Unsure where none does.
func (a *Archive) Taught(ctx context.Context, owner string, digest [32]byte) (filter.Class, error) {
	l, err := a.taught(ctx, owner, digest)
	return l.Now, err
}
