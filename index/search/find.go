package search

import (
	"context"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/search/query"
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
	err := c.use(func(at bleve.Index) (err error) {
		asked := c.compile(ctx, owner, q)
		if p.ByScore {
			out, err = best(ctx, at, asked, p, after)
		} else {
			out, err = byDate(ctx, at, asked, p, after)
		}
		if err == nil && p.Facets {
			out.Facets, err = countFacets(ctx, at, asked)
		}
		return err
	})
	if err != nil {
		return Result{}, fault(err)
	}
	return out, nil
}

// byDate gives the newest of what is found.
func byDate(ctx context.Context, at bleve.Index, q query.Query, p Page, after []string) (out Result, err error) {
	top := &newest{limit: p.Limit}
	if len(after) > 0 {
		top.after = after[0]
	}
	found, whole, err := newestFirst(ctx, at, q, top, !p.Rough)
	if err == nil && !whole && !p.Rough {
		found, err = count(ctx, at, q)
		whole = true
	}
	if err != nil {
		return Result{}, err
	}
	out = Result{Total: found, AtLeast: !whole, Hits: make([]Hit, 0, len(top.keys))}
	for _, key := range top.page() {
		if err := out.add(p, 0, key); err != nil {
			return Result{}, err
		}
	}
	return out, nil
}

// countFacets goes over all that is found.
func countFacets(ctx context.Context, at bleve.Index, q query.Query) (*Facets, error) {
	c := newCounting()
	err := walk(ctx, at, q, []string{inWhen, inFacets}, func(v [][]byte) error {
		c.add(v[1], v[0])
		return nil
	})
	return c.facets(), err
}

// best gives what matches best.
func best(ctx context.Context, at bleve.Index, q query.Query, p Page, after []string) (Result, error) {
	top := &ranking{limit: p.Limit}
	if len(after) > 0 {
		score, err := strconv.ParseFloat(after[0], 64)
		if err != nil {
			return Result{}, ErrPage
		}
		top.after = &ranked{score, after[1]}
	}
	out := Result{}
	err := hits(ctx, at, q, "", []string{inWhen}, func(score float64, read func() ([][]byte, error)) error {
		out.Total++
		if !top.wants(score) {
			return nil
		}
		v, err := read()
		if err == nil {
			top.add(ranked{score, string(v[0])})
		}
		return err
	})
	if err != nil {
		return Result{}, err
	}
	for _, h := range top.page() {
		if err := out.add(p, h.score, h.key); err != nil {
			return Result{}, err
		}
	}
	return out, nil
}

// add takes a hit, by its sort key.
func (r *Result) add(p Page, score float64, key string) error {
	id, ok := keyMessage(key)
	if !ok {
		return badKey([]byte(key))
	}
	r.Hits = append(r.Hits, Hit{ID: id, Score: score})
	if len(r.Hits) == p.Limit {
		r.Next = encodePage(p, score, key)
	}
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
