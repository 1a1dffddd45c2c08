package search

import (
	"context"
	"errors"
	"fmt"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/search/query"
)

// ErrBehind says that the catalogue has not seen all that it must have.
var ErrBehind = errors.New("the catalogue is behind the archive")

// amongMost bounds the messages that Among is asked about at a time.
const amongMost = 1000

// Among tells which of an owner's messages, at most 1,000, a question finds. A
// message that the catalogue does not know is not in the answer. ErrBehind where
// the catalogue has not seen the owner's changes up to a number: the answer could
// be another by then.
func (c *Catalogue) Among(ctx context.Context, owner string, q *Query, upTo int64, messages []int64) (map[int64]bool, error) {
	if owner == "" {
		return nil, errors.New("search: no owner")
	}
	if len(messages) > amongMost {
		return nil, fmt.Errorf("search: among %d messages, at most %d", len(messages), amongMost)
	}
	names := make([]string, len(messages))
	for i, id := range messages {
		names[i] = documentID(id)
	}
	found := make(map[int64]bool, len(messages))
	err := c.use(func(at bleve.Index) error {
		seen, err := checkpoint(at, owner)
		if err != nil {
			return err
		}
		if seen < upTo {
			return fmt.Errorf("%w: it has seen %s's changes up to %d, of %d", ErrBehind, owner, seen, upTo)
		}
		for _, ask := range []struct {
			q   *Query
			set bool
		}{{nil, false}, {q, true}} { // those that it knows, then those that are found
			both := query.NewConjunctionQuery([]query.Query{c.compile(ctx, owner, ask.q), query.NewDocIDQuery(names)})
			req := bleve.NewSearchRequestOptions(safe{both}, len(names), 0, false)
			req.Score = bleve.ScoreNone
			got, err := at.SearchInContext(ctx, req)
			if err != nil {
				return err
			}
			for _, h := range got.Hits {
				id, ok := documentMessage(h.ID)
				if !ok {
					return fmt.Errorf("a document has the name %q", h.ID)
				}
				found[id] = ask.set
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	return found, nil
}
