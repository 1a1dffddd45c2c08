package fetch

import (
	"context"
	"fmt"
)

// lookBatch is how many headers are asked for before any of them is judged.
const lookBatch = 256

// look is what a header tells. The zero value is of one that was not shown.
type look struct {
	shown    bool
	sum      [8]byte
	telling  bool // likely to be of one message only
	internal bool // it is the server's own data
}

// look asks for headers and calls judge for each, in order. It ends early where
// judge does not want more, and with an error where the session broke.
func (s *session) look(ctx context.Context, items []Item, judge func(it Item, l look) (more bool, err error)) error {
	p, can := s.drop.(Prober)
	for len(items) > 0 {
		batch := items[:min(len(items), lookBatch)]
		items = items[len(batch):]
		looks := make([]look, 0, len(batch))
		var broke error
		if can && !s.noTop {
			broke = p.Heads(ctx, batch, func(it Item, header []byte) {
				l := look{}
				if header != nil {
					l = look{true, HeadSum(header), isTelling(header), s.internal(it, header)}
				}
				looks = append(looks, l)
			})
		} else {
			looks = looks[:len(batch)]
		}
		for i, l := range looks {
			if s.noTop {
				l = look{} // what was shown since proves nothing
			}
			if more, err := judge(batch[i], l); !more || err != nil {
				return err
			}
		}
		if broke != nil {
			s.noTop = true // the next session does without
			return s.unless(ctx, fmt.Errorf("probe: %w", broke))
		}
	}
	return nil
}
