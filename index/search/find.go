package search

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/search"
)

// Page is a part of an answer.
type Page struct {
	Limit   int    // hits wanted; 0 is 50, at most 1,000
	After   string // Result.Next of the page before; empty for the first
	ByScore bool   // best first instead of newest first
}

// ErrPage says that Page.After comes from no Result, or from another order.
var ErrPage = errors.New("no such page")

const (
	defaultLimit = 50
	maxLimit     = 1000
)

// Result is an answer.
type Result struct {
	Total uint64 // all that match, on this page or not
	Hits  []Hit
	Next  string // for Page.After; empty after the last page
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
	req := bleve.NewSearchRequestOptions(compile(owner, q), p.Limit, 0, false)
	newest := &search.SortField{Field: inWhen, Desc: true, Type: search.SortFieldAsString}
	req.Sort = search.SortOrder{newest}
	if p.ByScore {
		req.Sort = search.SortOrder{&search.SortScore{Desc: true}, newest}
	} else {
		req.Score = bleve.ScoreNone // lets Bleve join bitmaps instead of scoring each hit
	}
	if p.After != "" {
		after, err := decodePage(p)
		if err != nil {
			return Result{}, err
		}
		req.SearchAfter = after
	}
	var got *bleve.SearchResult
	err := c.use(func(at bleve.Index) (err error) {
		got, err = at.SearchInContext(ctx, req)
		return err
	})
	if err != nil {
		return Result{}, fmt.Errorf("search: %w", err)
	}
	out := Result{Total: got.Total, Hits: make([]Hit, 0, len(got.Hits))}
	for _, h := range got.Hits {
		key := h.Sort[len(h.Sort)-1]
		id, ok := keyMessage(key)
		if !ok {
			return Result{}, fmt.Errorf("search: a document has the sort key %q", key)
		}
		out.Hits = append(out.Hits, Hit{ID: id, Score: h.Score})
		if len(out.Hits) == p.Limit {
			out.Next = encodePage(p, h.Score, key)
		}
	}
	return out, nil
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
