package search

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/blevesearch/bleve/v2/mapping"
	"github.com/blevesearch/bleve/v2/search"
	"github.com/blevesearch/bleve/v2/search/query"
	index "github.com/blevesearch/bleve_index_api"
)

// errNoUnread says that the catalogue was opened without Options.Unread.
var errNoUnread = errors.New("nothing here tells what is unread")

// fewUnread is how many messages are looked up by number. Of more, each message
// that all else of the question finds is looked up among them.
const fewUnread = 1000

// unread finds an owner's messages that the rows say are unread. They change with
// every QUIT, so that they are asked for with each question and not indexed.
type unread struct {
	mine query.Query
	list func() ([]int64, error) // sorted, and asked for once a question
}

var _ query.Query = unread{}

func (c compiler) unread() query.Query {
	return unread{c.mine, sync.OnceValues(func() ([]int64, error) {
		if c.list == nil {
			return nil, errNoUnread
		}
		ids, err := c.list()
		slices.Sort(ids)
		return ids, err
	})}
}

// Searcher is Bleve's door for queries.
func (u unread) Searcher(ctx context.Context, r index.IndexReader, m mapping.IndexMapping, o search.SearcherOptions) (search.Searcher, error) {
	ids, err := u.list()
	if err != nil {
		return nil, err
	}
	if len(ids) <= fewUnread {
		names := make([]string, len(ids))
		for i, id := range ids {
			names[i] = documentID(id)
		}
		both := query.NewConjunctionQuery([]query.Query{u.mine, query.NewDocIDQuery(names)})
		return unscored{both}.Searcher(ctx, r, m, o)
	}
	mine, err := unscored{u.mine}.Searcher(ctx, r, m, o)
	if err != nil {
		return nil, err
	}
	keys, err := r.DocValueReader([]string{inWhen})
	if err != nil {
		return nil, errors.Join(err, mine.Close())
	}
	return &among{Searcher: mine, ids: ids, keys: keys}, nil
}

// among lets through what is among some messages.
type among struct {
	search.Searcher
	ids  []int64 // sorted
	keys index.DocValueReader
}

// Next gives the next of them, nil after the last.
func (a *among) Next(ctx *search.SearchContext) (*search.DocumentMatch, error) {
	hit, err := a.Searcher.Next(ctx)
	return a.firstFrom(ctx, hit, err)
}

// Advance gives the first of them that is not before id.
func (a *among) Advance(ctx *search.SearchContext, id index.IndexInternalID) (*search.DocumentMatch, error) {
	hit, err := a.Searcher.Advance(ctx, id)
	return a.firstFrom(ctx, hit, err)
}

func (a *among) firstFrom(ctx *search.SearchContext, hit *search.DocumentMatch, err error) (*search.DocumentMatch, error) {
	for err == nil && hit != nil {
		found := false
		err = a.keys.VisitDocValues(hit.IndexInternalID, func(_ string, key []byte) {
			if id, ok := keyMessage(string(key)); ok {
				_, found = slices.BinarySearch(a.ids, id)
			}
		})
		if err == nil && found {
			return hit, nil
		}
		ctx.DocumentMatchPool.Put(hit)
		if err == nil {
			hit, err = a.Searcher.Next(ctx)
		}
	}
	return nil, err
}
