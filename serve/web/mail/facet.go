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
func (d *listData) narrow(l *words.Language, f *search.Facets) {
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
			word := x.field + quoted(n.Value)
			name := n.Value
			if x.field == "in:" {
				name = web.BoxName(l, name)
			}
			all = append(all, choice{Name: web.Brief(name, nameMost), Link: d.with(joined(d.Query, word)), Hits: int64(n.Hits), Here: says(d.Query, word)})
		}
		if len(all) > 1 || len(all) == 1 && all[0].Here {
			d.Facets = append(d.Facets, facet{x.key, all})
		}
	}
}

// quoted puts a value into quotes where the query language would read more into it.
func quoted(value string) string {
	if value != "" && !strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || strings.ContainsRune(`"()*~`, r) || r > 0x2000 && r < 0x3100 }) {
		return value
	}
	return `"` + strings.ReplaceAll(value, `"`, " ") + `"`
}

// joined puts a word behind a query, which stays one question where it has an OR.
func joined(query, word string) string {
	query = strings.TrimSpace(query)
	switch {
	case query == "":
		return word
	case says(query, word):
		return query
	case strings.Contains(query, " OR ") && !strings.HasPrefix(query, "("):
		query = "(" + query + ")"
	}
	return query + " " + word
}

// says tells whether a query has a word already.
func says(query, word string) bool { return strings.Contains(" "+query+" ", " "+word+" ") }
