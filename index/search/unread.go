package search

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/RoaringBitmap/roaring/v2"
)

// errNoUnread says that the catalogue was opened without Options.Unread.
var errNoUnread = errors.New("nothing here tells what is unread")

// unread finds an owner's messages that the rows say are unread. They change with
// every QUIT, so that they are asked for with each question and not indexed.
type unread struct {
	list func() ([]int64, error) // sorted, and asked for once a question
}

func (c compiler) unread() asked {
	return unread{sync.OnceValues(func() ([]int64, error) {
		if c.list == nil {
			return nil, errNoUnread
		}
		ids, err := c.list()
		slices.Sort(ids)
		return ids, err
	})}
}

// lookUp is how many times longer it takes to look up a message by its number
// than to look at one that is found.
const lookUp = 4

func (u unread) open(ctx context.Context, v *view) (finder, error) {
	ids, err := u.list()
	if err != nil {
		return nil, err
	}
	byNumber, err := numbered(ids).open(ctx, v)
	return unreadFinder{byNumber, ids}, err
}

type unreadFinder struct {
	finder // by number
	ids    []int64
}

// effort is slow where there are many: what all else finds is looked up among them.
func (u unreadFinder) effort() (uint64, bool) { return uint64(len(u.ids)), true }

func (u unreadFinder) find(ctx context.Context, s *section, within *roaring.Bitmap) (*roaring.Bitmap, error) {
	if within.GetCardinality() > lookUp*uint64(len(u.ids)) {
		return u.finder.find(ctx, s, within)
	}
	out := roaring.New()
	err := s.values(ctx, within, []string{inWhen}, func(message uint32, v [][]byte) error {
		id, ok := keyMessage(string(v[0]))
		if !ok {
			return badKey(v[0])
		}
		if _, found := slices.BinarySearch(u.ids, id); found {
			out.Add(message)
		}
		return nil
	})
	return out, err
}
