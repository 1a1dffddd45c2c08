package search

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/RoaringBitmap/roaring/v2"
)

// errRows says that the rows did not tell what is unread.
var errRows = errors.New("ask what is unread")

// errNoUnread says that the catalogue was opened without Options.Unread.
var errNoUnread = fmt.Errorf("%w: nothing here tells", errRows)

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
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errRows, err)
		}
		slices.Sort(ids)
		return ids, nil
	})}
}

// fewUnread is how many messages are looked up by number. Of more, each message
// that all else of the question finds is looked up among them.
const fewUnread = 100

func (u unread) open(ctx context.Context, v *view) (finder, error) {
	ids, err := u.list()
	if err != nil {
		return nil, err
	}
	byNumber, err := numbered(ids).open(ctx, v)
	return unreadFinder{byNumber, v, ids}, err
}

type unreadFinder struct {
	finder // by number
	v      *view
	ids    []int64
}

// effort is slow: what all else finds is looked at message by message.
func (u unreadFinder) effort() (uint64, bool) { return uint64(len(u.ids)), true }

func (u unreadFinder) find(ctx context.Context, s *section, within *roaring.Bitmap) (*roaring.Bitmap, error) {
	if len(u.ids) <= fewUnread && uint64(len(u.ids)) < within.GetCardinality() {
		return u.finder.find(ctx, s, within)
	}
	out := roaring.New()
	next := 0 // mostly, messages stand in the order in which they came
	err := u.v.eachKey(ctx, s, within, func(message uint32, key []byte) error {
		id, ok := keyMessage(string(key))
		if !ok {
			return badKey(key)
		}
		if next == len(u.ids) || u.ids[next] < id || next > 0 && u.ids[next-1] >= id {
			next, _ = slices.BinarySearch(u.ids, id)
		}
		if next < len(u.ids) && u.ids[next] == id {
			out.Add(message)
			next++
		}
		return nil
	})
	return out, err
}
