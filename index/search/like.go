package search

import (
	"cmp"
	"context"
	"errors"
	"math"
	"slices"

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
	err := c.ask(func(v *view) error {
		telling, err := tellingWords(v, l)
		if err != nil || len(telling) == 0 {
			return err
		}
		any := some{of: make([]asked, len(telling)), least: (len(telling) + 3) / 4}
		for i, w := range telling {
			any.of[i] = termIn{inText, w}
		}
		others := without{every{c.compile(ctx, owner, nil), any}, numbered{message}}
		f, err := others.open(ctx, v)
		if err != nil {
			return err
		}
		out, err = best(ctx, v, f, p, after)
		return err
	})
	if err != nil {
		return Result{}, fault(err)
	}
	return out, nil
}

// tellingWords are those that tell a letter from others: frequent in it, rare in
// the archive, and not in it alone.
func tellingWords(v *view, l *letter.Letter) (out []string, err error) {
	counted := map[string]int{}
	analyze(letter.Clip(l.Subject, likeText), 1, func(t []byte, _ int, _ shape) { counted[string(t)]++ })
	body := l.Text
	if len(body) < len(l.HTMLText)/2 { // a note that there is HTML
		body = l.HTMLText
	}
	analyze(letter.Clip(body, likeText), 1, func(t []byte, _ int, s shape) {
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
	for i, w := range all {
		n, err := v.holding(inText, w.term)
		if err != nil {
			return nil, err
		}
		if n > 1 && n <= max(v.all/5, 10) {
			all[i].weight = math.Sqrt(float64(w.times)) * math.Log(float64(v.all)/float64(n)+1)
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
