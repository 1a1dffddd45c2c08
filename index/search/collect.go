package search

import (
	"container/heap"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"
)

// Bleve's own searchers make a match of each message that a word is in, compare
// the next one of each word with those of the others, and keep what they know of
// a match in a map. Here the messages of a segment that a part of a question finds
// are one set, sets are joined word by word of the machine, and only what is left
// is looked at.

// sets calls each for the messages of each section that a question finds, from the
// last section on: mostly it has the newest.
func sets(ctx context.Context, v *view, f finder, each func(*section, *roaring.Bitmap) error) error {
	for _, s := range slices.Backward(v.sections) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		found, err := f.find(ctx, s, s.live())
		if err == nil && !found.IsEmpty() {
			err = each(s, found)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// walk calls each for every message that a question finds, in no order, with what
// the index holds of some fields, see section.values.
func walk(ctx context.Context, v *view, q asked, fields []string, each func(values [][]byte) error) error {
	f, err := q.open(ctx, v)
	if err != nil {
		return err
	}
	return sets(ctx, v, f, func(s *section, found *roaring.Bitmap) error {
		return s.values(ctx, found, fields, func(_ uint32, values [][]byte) error { return each(values) })
	})
}

// newest keeps the largest sort keys of those that lie behind a page.
type newest struct {
	limit int
	after string // empty: the first page
	keys  []string
}

var _ heap.Interface = (*newest)(nil)

func (n *newest) Len() int           { return len(n.keys) }
func (n *newest) Less(i, j int) bool { return n.keys[i] < n.keys[j] }
func (n *newest) Swap(i, j int)      { n.keys[i], n.keys[j] = n.keys[j], n.keys[i] }
func (n *newest) Push(x any)         { n.keys = append(n.keys, x.(string)) }
func (n *newest) Pop() any {
	last := n.keys[len(n.keys)-1]
	n.keys = n.keys[:len(n.keys)-1]
	return last
}

// add takes a key, which is not kept unless it belongs on the page.
func (n *newest) add(key []byte) {
	switch {
	case n.after != "" && string(key) >= n.after:
	case len(n.keys) < n.limit:
		heap.Push(n, string(key))
	case string(key) > n.keys[0]:
		n.keys[0] = string(key)
		heap.Fix(n, 0)
	}
}

// addAll takes the keys of some messages of a section. It begins at the end, where
// mostly the newest are: what comes first is not pushed out again.
func (n *newest) addAll(ctx context.Context, v *view, s *section, set *roaring.Bitmap) error {
	read, err := v.keys(ctx, s, set.GetCardinality())
	if err != nil {
		return err
	}
	for it := set.ReverseIterator(); it.HasNext(); {
		key, err := read(it.Next())
		if err != nil {
			return err
		}
		n.add(key)
	}
	return nil
}

// page gives the keys, the newest first.
func (n *newest) page() []string {
	out := make([]string, len(n.keys))
	for i := len(out) - 1; i >= 0; i-- {
		out[i] = heap.Pop(n).(string)
	}
	return out
}

// Numbers gives the numbers of all messages that an owner's question finds, at
// most so many, in the order in which they came; whole tells that there were no
// more. It is the order in which a mailbox lists them, and later mail comes behind.
func (c *Catalogue) Numbers(ctx context.Context, owner string, q *Query, most int) (ids []int64, whole bool, err error) {
	if owner == "" {
		return nil, false, errors.New("search: no owner")
	}
	oldest := &lowest{most: most}
	err = c.ask(func(v *view) error {
		f, err := c.compile(ctx, owner, q).open(ctx, v)
		if err != nil {
			return err
		}
		return sets(ctx, v, f, func(s *section, set *roaring.Bitmap) error {
			return v.eachKey(ctx, s, set, func(_ uint32, key []byte) error {
				id, ok := keyMessage(string(key))
				if !ok {
					return badKey(key)
				}
				oldest.add(id)
				return nil
			})
		})
	})
	if err != nil {
		return nil, false, fault(err)
	}
	return oldest.sorted(), !oldest.more, nil
}

// lowest keeps the smallest numbers.
type lowest struct {
	most int
	ids  []int64
	more bool
}

// add takes a number. What is too much is thrown out now and then.
func (l *lowest) add(id int64) {
	l.ids = append(l.ids, id)
	if len(l.ids) >= 2*l.most+1000 {
		l.ids = l.sorted()
	}
}

func (l *lowest) sorted() []int64 {
	slices.Sort(l.ids)
	if len(l.ids) > l.most {
		l.more = true
		l.ids = l.ids[:l.most]
	}
	return l.ids
}

// keySeconds reads the date out of a sort key.
func keySeconds(key []byte) (n int64) {
	for _, b := range key[:min(dateLen, len(key))] {
		n = n<<7 | int64(b)
	}
	return n
}

func badKey(key []byte) error { return fmt.Errorf("a document has the sort key %q", key) }

func fault(err error) error { return fmt.Errorf("search: %w", err) }
