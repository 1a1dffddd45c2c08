package search

import (
	"context"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"

	"github.com/RoaringBitmap/roaring/v2"
)

// Page is a part of an answer.
type Page struct {
	Limit   int    // hits wanted; 0 is 50, at most 1,000
	After   string // Result.Next of the page before; empty for the first
	ByScore bool   // best first instead of newest first
	Facets  bool   // count what the answer holds, for which all of it is looked at
	Rough   bool   // newest first: stop when the page is full, and do not count the rest
}

// ErrPage says that Page.After comes from no Result, or from another order.
var ErrPage = errors.New("no such page")

const (
	defaultLimit = 50
	maxLimit     = 1000
)

// Result is an answer.
type Result struct {
	Total   uint64 // all that match, on this page or not
	AtLeast bool   // there may be more than Total; never unless Page.Rough
	Hits    []Hit
	Next    string  // for Page.After; empty after the last page
	Facets  *Facets // nil unless Page.Facets

	last string // names the place behind the last hit
}

// Hit is a message found.
type Hit struct {
	ID    int64   // index.Message.ID; the row may be gone by now
	Score float64 // 0 unless Page.ByScore
}

// Search answers an owner's question, newest first. No question finds anything
// of another owner. A nil query asks for everything. Turning pages costs the
// same on every page; mail that arrives meanwhile does not shift them.
func (c *Catalogue) Search(ctx context.Context, owner string, q *Query, p Page) (Result, error) {
	if owner == "" {
		return Result{}, errors.New("search: no owner")
	}
	if p.Limit <= 0 {
		p.Limit = defaultLimit
	}
	p.Limit = min(p.Limit, maxLimit)
	var after []string
	if p.After != "" {
		var err error
		if after, err = decodePage(p); err != nil {
			return Result{}, err
		}
	}
	var out Result
	err := c.ask(func(v *view) error {
		v.byScore = p.ByScore
		f, err := c.compile(ctx, owner, q).open(ctx, v)
		if err != nil {
			return err
		}
		if p.ByScore {
			out, err = best(ctx, v, f, p, after)
		} else {
			out, err = byDate(ctx, v, f, p, after)
		}
		if err == nil && p.Facets {
			out.Facets, err = countFacets(ctx, v, f)
		}
		return err
	})
	if err != nil {
		return Result{}, fault(err)
	}
	return out, nil
}

// byDate gives the newest of what is found.
func byDate(ctx context.Context, v *view, f finder, p Page, after []string) (out Result, err error) {
	top := &newest{limit: p.Limit + 1} // one more tells whether there is a next page
	if len(after) > 0 {
		top.after = after[len(after)-1]
	}
	total, whole, err := newestFirst(ctx, v, f, top, !p.Rough)
	if err != nil {
		return Result{}, err
	}
	out = Result{Total: total, AtLeast: !whole, Hits: make([]Hit, 0, len(top.keys))}
	for _, key := range top.page() {
		if err := out.add(p, ranked{key: key}); err != nil {
			return Result{}, err
		}
	}
	return out, nil
}

// countFacets goes over all that is found.
func countFacets(ctx context.Context, v *view, f finder) (*Facets, error) {
	c := newCounting()
	err := sets(ctx, v, f, func(s *section, set *roaring.Bitmap) error {
		when, err := v.keys(ctx, s, set.GetCardinality())
		if err != nil {
			return err
		}
		return s.values(ctx, set, []string{inFacets}, func(message uint32, v [][]byte) error {
			key, err := when(message)
			if err == nil {
				c.add(v[0], key)
			}
			return err
		})
	})
	return c.facets(), err
}

// best gives what matches best.
func best(ctx context.Context, v *view, f finder, p Page, after []string) (out Result, err error) {
	if !f.counts() {
		p.Rough = false
		return byDate(ctx, v, f, p, after) // all score nothing, and the newest of equals come first
	}
	top := &ranking{limit: p.Limit + 1}
	if len(after) > 0 {
		score, err := strconv.ParseFloat(after[0], 64)
		if err != nil {
			return Result{}, ErrPage
		}
		top.after = &ranked{score, after[1]}
	}
	err = sets(ctx, v, f, func(s *section, set *roaring.Bitmap) error {
		out.Total += set.GetCardinality()
		return rank(ctx, v, f, s, set, top)
	})
	if err != nil {
		return Result{}, err
	}
	for _, h := range top.page() {
		if err := out.add(p, h); err != nil {
			return Result{}, err
		}
	}
	return out, nil
}

// add takes a hit, or finds that there are more than fit on the page.
func (r *Result) add(p Page, h ranked) error {
	if n := len(r.Hits); n == p.Limit {
		r.Next = r.last
		return nil
	}
	id, ok := keyMessage(h.key)
	if !ok {
		return badKey([]byte(h.key))
	}
	r.Hits = append(r.Hits, Hit{ID: id, Score: h.score})
	r.last = encodePage(p, h.score, h.key)
	return nil
}

// encodePage names the place behind a hit: its score, if that counts, and its key.
func encodePage(p Page, score float64, key string) string {
	s := key
	if p.ByScore {
		s = strconv.FormatFloat(score, 'g', -1, 64) + "|" + key
	}
	return base64.RawURLEncoding.EncodeToString([]byte(s))
}

func decodePage(p Page) ([]string, error) {
	b, err := base64.RawURLEncoding.DecodeString(p.After)
	if err != nil {
		return nil, ErrPage
	}
	key, after := string(b), []string(nil)
	if p.ByScore {
		score, k, ok := strings.Cut(key, "|")
		if _, err := strconv.ParseFloat(score, 64); !ok || err != nil {
			return nil, ErrPage
		}
		key, after = k, []string{score}
	}
	if len(key) != keyLen {
		return nil, ErrPage
	}
	return append(after, key), nil
}
