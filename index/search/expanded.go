package search

import (
	"context"
	"errors"
	"fmt"

	"github.com/blevesearch/bleve/v2/mapping"
	"github.com/blevesearch/bleve/v2/search"
	"github.com/blevesearch/bleve/v2/search/query"
	"github.com/blevesearch/bleve/v2/search/searcher"
	index "github.com/blevesearch/bleve_index_api"
)

// mostExpanded bounds the words that one beginning stands for. Each is a searcher
// with its own buffers.
const mostExpanded = 2000

// expanded finds any of some words of the dictionary before a position, which
// Bleve's own queries of this kind do not look at.
type expanded struct {
	field string
	below uint64
	list  func(index.IndexReader) (index.FieldDict, error)
}

var _ query.Query = expanded{}

// Searcher is Bleve's door for queries.
func (e expanded) Searcher(ctx context.Context, r index.IndexReader, m mapping.IndexMapping, o search.SearcherOptions) (_ search.Searcher, err error) {
	dict, err := e.list(r)
	if err != nil {
		return nil, err
	}
	var all []search.Searcher
	defer func() {
		err = errors.Join(err, dict.Close())
		if err != nil {
			for _, s := range all {
				err = errors.Join(err, s.Close())
			}
		}
	}()
	for {
		entry, err := dict.Next()
		if err != nil {
			return nil, err
		}
		if entry == nil {
			break
		}
		if len(all) == mostExpanded {
			return nil, fmt.Errorf("more than %d words of the archive begin so: %w", mostExpanded, ErrBroad)
		}
		s, err := phrase{e.field, []string{entry.Term}, e.below}.Searcher(ctx, r, m, o)
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	if len(all) == 0 {
		return searcher.NewMatchNoneSearcher(r)
	}
	return searcher.NewDisjunctionSearcher(ctx, r, all, 0, o)
}

// ErrBroad says that a question with a star stands for too many words.
var ErrBroad = errors.New("give more letters before the star")
