package search

import (
	"context"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/mapping"
	"github.com/blevesearch/bleve/v2/search"
	"github.com/blevesearch/bleve/v2/search/query"
	index "github.com/blevesearch/bleve_index_api"
)

// compile turns a question into one for Bleve that an owner may ask. The owner
// is conjoined here, outside of whatever was parsed: no query can escape it. List
// gives the owner's unread messages.
func compile(owner string, q *Query, list func() ([]int64, error)) query.Query {
	c := compiler{mine: term(inOwner, owner), list: list}
	if q == nil || q.root == nil {
		return c.mine
	}
	return query.NewConjunctionQuery([]query.Query{c.mine, c.node(q.root)})
}

type compiler struct {
	mine query.Query // all that may be seen: what a bare negation is taken from
	list func() ([]int64, error)
}

func (c compiler) node(n node) query.Query {
	switch n := n.(type) {
	case allOf:
		return c.allOf(n)
	case anyOf:
		qs := make([]query.Query, len(n))
		for i, k := range n {
			qs[i] = c.node(k)
		}
		return query.NewDisjunctionQuery(qs)
	case notNod:
		return query.NewBooleanQuery([]query.Query{c.mine}, nil, []query.Query{c.node(n.of)})
	case days:
		return anyTerm(inDay, dayLadder.cover(n.lo, n.hi))
	case octets:
		if n.field == "larger" {
			return anyTerm(inSize, sizeLadder.cover(n.n+1, sizeLadder.max()))
		}
		return anyTerm(inSize, sizeLadder.cover(0, n.n-1))
	case match:
		return c.match(n)
	}
	return query.NewMatchNoneQuery()
}

func (c compiler) allOf(n allOf) query.Query {
	var must, mustNot []query.Query
	for _, k := range n {
		if not, ok := k.(notNod); ok {
			mustNot = append(mustNot, c.node(not.of))
			continue
		}
		must = append(must, c.node(k))
	}
	if len(mustNot) == 0 {
		return query.NewConjunctionQuery(must)
	}
	if len(must) == 0 {
		must = append(must, c.mine)
	}
	return query.NewBooleanQuery(must, nil, mustNot)
}

func (c compiler) match(n match) query.Query {
	switch n.field {
	case "":
		return where{inText, true, 0}.words(n)
	case "subject":
		return where{inSubject, true, 0}.words(n)
	case "body":
		return where{inText, true, headBase}.words(n)
	case "filename":
		return where{inFilename, false, 0}.words(n)
	case "from":
		return person(inFrom, n)
	case "to":
		return person(inTo, n)
	case "cc":
		return person(inCc, n)
	case "with":
		return query.NewDisjunctionQuery([]query.Query{person(inFrom, n), person(inTo, n)})
	case "list":
		if v := keyword(n.text); strings.Contains(v, ".") && !n.prefix && !n.fuzzy {
			return term(inList, v)
		}
		return where{inList, false, 0}.words(n)
	case "in":
		return term(inMailbox, keyword(n.text))
	case "label":
		v := keyword(n.text)
		return query.NewDisjunctionQuery([]query.Query{term(inMailbox, v), term(inLabel, v)})
	case "account":
		return term(inAccount, keyword(n.text))
	case "id":
		return term(inID, messageID(n.text))
	case "has":
		return term(inHas, n.text)
	case "is":
		if n.text == isUnread {
			return c.unread()
		}
		return term(inClass, n.text)
	}
	return query.NewMatchNoneQuery()
}

// person looks for an address, for a domain, or for words of either or of the name.
func person(field string, n match) query.Query {
	v := keyword(n.text)
	switch i := strings.LastIndexByte(v, '@'); {
	case n.prefix || n.fuzzy || strings.Contains(v, " "):
	case i >= 0:
		return term(field, v)
	case strings.Contains(v, "."):
		return anyTerm(field, []string{"@" + v, v})
	}
	return where{field, false, 0}.words(n)
}

// where says in what words are looked for.
type where struct {
	field      string
	positioned bool   // it can find phrases
	below      uint64 // only before this position; 0: anywhere
}

// words looks for what the analyzer makes of a text: a phrase where the field
// has positions, else all of the words.
func (l where) words(n match) query.Query {
	type found struct {
		term string
		pos  int
		s    shape
	}
	var all []found
	analyze(n.text, 0, func(t []byte, pos int, s shape) {
		if s != last { // in a message it may go on there
			all = append(all, found{string(t), pos, s})
		}
	})
	var must []query.Query
	var terms []string
	base := 0
	var bare []query.Query
	for i, f := range all {
		if n.fuzzy {
			must = append(must, l.near(f.term))
			continue
		}
		if f.s == lone || n.prefix && i == len(all)-1 && f.s == whole {
			must = append(must, l.prefix(f.term))
			continue
		}
		if len(terms) == 0 {
			base = f.pos
		}
		for len(terms) < f.pos-base {
			terms = append(terms, "") // any word
		}
		terms = append(terms, f.term)
		bare = append(bare, term(l.field, f.term))
	}
	if l.positioned && len(bare) > 1 || l.below > 0 && len(bare) > 0 {
		must = append(must, phrase{l.field, terms, l.below})
	} else {
		must = append(must, bare...)
	}
	if len(must) == 1 {
		return must[0]
	}
	return query.NewConjunctionQuery(must)
}

func term(field, value string) query.Query {
	q := query.NewTermQuery(value)
	q.SetField(field)
	return weigh(field, q)
}

func (l where) prefix(value string) query.Query {
	if l.below > 0 {
		return expanded{field: l.field, below: l.below, list: func(r index.IndexReader) (index.FieldDict, error) {
			return r.FieldDictPrefix(l.field, []byte(value))
		}}
	}
	q := query.NewPrefixQuery(value)
	q.SetField(l.field)
	return weigh(l.field, q)
}

// edits is how many letters a word with a tilde may differ by.
func edits(word string) int {
	if utf8.RuneCountInString(word) >= 8 {
		return 2
	}
	return 1
}

// near finds words a letter away, or two of long words. The first letter is
// taken for right, so that not all words have to be looked at.
func (l where) near(value string) query.Query {
	edits := edits(value)
	if l.below > 0 {
		_, n := utf8.DecodeRuneInString(value)
		return expanded{field: l.field, below: l.below, list: func(r index.IndexReader) (index.FieldDict, error) {
			f, ok := r.(index.IndexReaderFuzzy)
			if !ok {
				return nil, errors.New("this index finds no words like others")
			}
			return f.FieldDictFuzzy(l.field, value, edits, value[:n])
		}}
	}
	q := query.NewFuzzyQuery(value)
	q.SetField(l.field)
	q.SetFuzziness(edits)
	q.SetPrefix(1)
	return weigh(l.field, q)
}

func anyTerm(field string, values []string) query.Query {
	if len(values) == 0 {
		return query.NewMatchNoneQuery()
	}
	qs := make([]query.Query, len(values))
	for i, v := range values {
		qs[i] = term(field, v)
	}
	return weigh(field, query.NewDisjunctionQuery(qs))
}

// weigh leaves words of the text and the subject to count in the score. All
// else only tells what is found: those fields hold no counts and no norms, of
// which Bleve would make a score that is no number.
func weigh(field string, q query.Query) query.Query {
	if field == inText || field == inSubject {
		return q
	}
	return unscored{q}
}

// unscored is a query whose hits score nothing.
type unscored struct{ query.Query }

// Searcher is Bleve's door for queries.
func (u unscored) Searcher(ctx context.Context, r index.IndexReader, m mapping.IndexMapping, o search.SearcherOptions) (search.Searcher, error) {
	o.Score = bleve.ScoreNone
	return u.Query.Searcher(ctx, r, m, o)
}
