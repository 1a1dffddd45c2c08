package mail

import (
	"strings"

	"restante/index/search"
	"restante/serve/web"
	"restante/serve/web/words"
)

// facetMost is how many choices of a facet are shown.
const facetMost = 8

// fields are the words of the query language that stand before a colon, for
// suggestions.
var fields = []string{
	"from:", "to:", "cc:", "with:", "subject:", "body:", "filename:", "list:", "in:", "account:",
	"has:attachment", "has:pdf", "has:image", "has:link", "is:spam", "is:ham", "is:unsure",
	"before:", "after:", "on:", "older:1y", "newer:1w", "larger:1M", "smaller:100k",
}

// narrow puts the ways to narrow the list down on the page. Each adds one word to
// the query.
func (d *listData) narrow(l *words.Language, q *search.Query, f *search.Facets) {
	if f == nil {
		return
	}
	for _, x := range []struct {
		key, field string
		counts     []search.Count
	}{
		{"facet.senders", "from:", f.Senders}, {"facet.mailboxes", "in:", f.Mailboxes}, {"facet.accounts", "account:", f.Accounts},
		{"facet.years", "on:", f.Years}, {"facet.kinds", "has:", f.Kinds},
	} {
		var all []choice
		for _, n := range x.counts[:min(len(x.counts), facetMost)] {
			word := x.field + search.Value(n.Value)
			name := n.Value
			if x.field == "in:" {
				name = web.BoxName(l, name)
			}
			all = append(all, choice{Name: web.Brief(name, nameMost), Word: word, Link: d.with(joined(d.Query, q, word)), Hits: int64(n.Hits), Here: says(d.Query, q, word)})
		}
		if len(all) > 1 || len(all) == 1 && all[0].Here {
			d.Facets = append(d.Facets, facet{x.key, all})
		}
	}
}

// joined puts a word behind a query, which stays one question.
func joined(query string, q *search.Query, word string) string {
	query = strings.TrimSpace(query)
	switch {
	case query == "":
		return word
	case says(query, q, word):
		return query
	case q.Either():
		query = "(" + query + ")"
	}
	return query + " " + word
}

// says tells whether all that a query finds has a word already.
func says(query string, q *search.Query, word string) bool {
	return !q.Either() && strings.Contains(" "+query+" ", " "+word+" ")
}
