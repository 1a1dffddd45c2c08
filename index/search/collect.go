package search

import (
	"container/heap"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/search"
	"github.com/blevesearch/bleve/v2/search/query"
	index "github.com/blevesearch/bleve_index_api"
)

// walk calls each for every message that a question finds, in no order, with
// what the index holds of some fields: where that is several terms, one behind
// the other. The values are valid during the call.
func walk(ctx context.Context, at bleve.Index, q query.Query, fields []string, each func(values [][]byte) error) error {
	return hits(ctx, at, q, bleve.ScoreNone, fields, func(_ float64, read func() ([][]byte, error)) error {
		if len(fields) == 0 {
			return each(nil)
		}
		values, err := read()
		if err != nil {
			return err
		}
		return each(values)
	})
}

// hits calls each for every message that a question finds, with its score and
// what reads its fields: that takes longer than all else, and not every message
// needs it.
//
// Bleve's own collectors read the sort key of each hit as text and keep what they
// know of it in a map: that takes longer than the search for them.
func hits(ctx context.Context, at bleve.Index, q query.Query, scores string, fields []string,
	each func(score float64, read func() ([][]byte, error)) error) (err error) {
	r, err := reader(at)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	s, err := q.Searcher(ctx, r, at.Mapping(), search.SearcherOptions{Score: scores})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	var dv index.DocValueReader
	if len(fields) > 0 {
		if dv, err = r.DocValueReader(fields); err != nil {
			return err
		}
	}
	values := make([][]byte, len(fields))
	visit := func(field string, term []byte) {
		for i, f := range fields {
			if f == field {
				values[i] = append(values[i], term...)
			}
		}
	}
	var hit *search.DocumentMatch
	read := func() ([][]byte, error) {
		for i := range values {
			values[i] = values[i][:0]
		}
		return values, dv.VisitDocValues(hit.IndexInternalID, visit)
	}
	sc := &search.SearchContext{DocumentMatchPool: search.NewDocumentMatchPool(s.DocumentMatchPoolSize()+1, 0)}
	for n := 0; ; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if hit, err = s.Next(sc); err != nil || hit == nil {
			return err
		}
		if err := each(hit.Score, read); err != nil {
			return err
		}
		sc.DocumentMatchPool.Put(hit)
	}
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
	err = c.use(func(at bleve.Index) error {
		return walk(ctx, at, c.compile(ctx, owner, q), []string{inWhen}, func(v [][]byte) error {
			id, ok := keyMessage(string(v[0]))
			if !ok {
				return badKey(v[0])
			}
			oldest.add(id)
			return nil
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
