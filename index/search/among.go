package search

import (
	"context"
	"errors"
	"fmt"

	"github.com/blevesearch/bleve/v2"
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
	found := make(map[int64]bool, len(messages))
	err := c.blame(c.use(func(at bleve.Index) error {
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
			both := every{c.compile(ctx, owner, ask.q), numbered(messages)}
			err := c.askAt(at, func(v *view) error {
				return walk(ctx, v, both, []string{inWhen}, func(v [][]byte) error {
					id, ok := keyMessage(string(v[0]))
					if !ok {
						return badKey(v[0])
					}
					found[id] = ask.set
					return nil
				})
			})
			if err != nil {
				return err
			}
		}
		return nil
	}))
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	return found, nil
}
