package search

import (
	"cmp"
	"context"
	"errors"
	"math"
	"slices"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/search/query"
	index "github.com/blevesearch/bleve_index_api"

	"restante/filter/letter"
)

const (
	likeText  = 64 << 10 // octets of a message that are compared
	likeAsked = 400      // words of it that are looked up, the most frequent ones
	likeWords = 25       // words of it that others are looked for with
)

// Like finds an owner's messages that are like a letter of his: that share the
// words which are many in it and few elsewhere. The best come first, the message
// itself is none of them. Page.ByScore and Page.Facets do not count.
func (c *Catalogue) Like(ctx context.Context, owner string, message int64, l *letter.Letter, p Page) (Result, error) {
	if owner == "" {
		return Result{}, errors.New("search: no owner")
	}
	p.ByScore, p.Facets = true, false
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
	err := c.use(func(at bleve.Index) error {
		telling, err := tellingWords(ctx, at, l)
		if err != nil || len(telling) == 0 {
			return err
		}
		any := make([]query.Query, len(telling))
		for i, w := range telling {
			any[i] = term(inText, w)
		}
		some := query.NewDisjunctionQuery(any)
		some.SetMin(math.Ceil(float64(len(any)) / 4))
		itself := unscored{query.NewDocIDQuery([]string{documentID(message)})}
		out, err = best(ctx, at, query.NewBooleanQuery([]query.Query{c.compile(ctx, owner, nil), some}, nil, []query.Query{itself}), p, after)
		return err
	})
	if err != nil {
		return Result{}, fault(err)
	}
	return out, nil
}

// tellingWords are those that tell a letter from others: frequent in it, rare in
// the archive, and not in it alone.
func tellingWords(ctx context.Context, at bleve.Index, l *letter.Letter) (out []string, err error) {
	counted := map[string]int{}
	analyze(cut(l.Subject, likeText), 1, func(t []byte, _ int, _ shape) { counted[string(t)]++ })
	body := l.Text
	if len(body) < len(l.HTMLText)/2 { // a note that there is HTML
		body = l.HTMLText
	}
	analyze(cut(body, likeText), 1, func(t []byte, _ int, s shape) {
		if s != last {
			counted[string(t)]++
		}
	})
	type word struct {
		term   string
		times  int
		weight float64
	}
	var all []word
	for t, n := range counted {
		if len(t) > 2 {
			all = append(all, word{t, n, 0})
		}
	}
	slices.SortFunc(all, func(a, b word) int { return cmp.Or(cmp.Compare(b.times, a.times), cmp.Compare(a.term, b.term)) })
	all = all[:min(len(all), likeAsked)]
	r, err := reader(at)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	messages, err := r.DocCount()
	if err != nil {
		return nil, err
	}
	for i, w := range all {
		n, err := holding(ctx, r, w.term)
		if err != nil {
			return nil, err
		}
		if n > 1 && n <= max(messages/5, 10) {
			all[i].weight = math.Sqrt(float64(w.times)) * math.Log(float64(messages)/float64(n)+1)
		}
	}
	slices.SortStableFunc(all, func(a, b word) int { return cmp.Compare(b.weight, a.weight) })
	for _, w := range all[:min(len(all), likeWords)] {
		if w.weight > 0 {
			out = append(out, w.term)
		}
	}
	return out, nil
}

// holding counts the messages that hold a word.
func holding(ctx context.Context, r index.IndexReader, term string) (uint64, error) {
	f, err := r.TermFieldReader(ctx, []byte(term), inText, false, false, false)
	if err != nil {
		return 0, err
	}
	return f.Count(), f.Close()
}
