package mail

import (
	"errors"
	"net/url"
	"strings"

	"restante/filter"
	"restante/index/search"
	"restante/serve/web"
)

// listed is how many messages a page shows: each is read from the archive.
const listed = 30

var listPage = web.Parse(files, "list.html", "row.html", "act.html")

// asked is what the list was asked for.
type asked struct {
	Query   string
	After   string
	Threads bool
	All     bool // all on the page are chosen, for who has no JavaScript
}

func readAsked(v url.Values) asked {
	return asked{Query: v.Get("q"), After: v.Get("after"), Threads: v.Get("by") == "threads", All: v.Get("all") == "1"}
}

// link gives the address of the list that shows what was asked for.
func (a asked) link() string { return "/mail?" + web.Encoded(a.values()) }

// letter gives the address of a message for who comes from the list, which its page
// leads back to.
func (a asked) letter(id int64) string {
	a.All = false
	return pathOf(id) + "?" + web.Encoded(a.values())
}

func (a asked) values() url.Values {
	v := url.Values{"q": {a.Query}}
	if a.After != "" {
		v.Set("after", a.After)
	}
	if a.Threads {
		v.Set("by", "threads")
	}
	if a.All {
		v.Set("all", "1")
	}
	return v
}

// with is the list of another query, from its first page on.
func (a asked) with(query string) string { return asked{Query: query, Threads: a.Threads}.link() }

// listData is what the page shows.
type listData struct {
	asked
	Back    string
	Rows    []row
	Total   int64
	Counted bool
	Older   string // address of the next page; empty: there is none
	Newest  string // address of the first page; empty: this is it
	Flat    string // the same by messages
	Grouped string // the same by conversations
	Choose  string // the same with all chosen, or none
	Fault   *fault
	Facets  []facet
	Boxes   []choice
	Saved   []choice
	Fields  []string
	Name    string // of the saved search that this is; empty: none
	Export  string // address of all that was found, as a file
	Act     acts
}

// fault is where a query cannot be understood.
type fault struct {
	Before, At, After string // of the query
	Column            int
	Problem, Expected string
}

// facet is a way to narrow the list down.
type facet struct {
	Key     string // of its name
	Choices []choice
}

// choice is a list that can be gone to.
type choice struct {
	Name string
	Word string // of the query language, for this; empty: there is none
	Link string
	Hits int64
	Here bool
}

// list shows what a query finds, the newest first.
func (p *pages) list(c *web.Call) error {
	a := readAsked(c.R.URL.Query())
	d := &listData{asked: a, Back: c.Back(), Fields: fields}
	d.Flat, d.Grouped = asked{Query: a.Query}.link(), asked{Query: a.Query, Threads: true}.link()
	choose := a
	choose.All = !a.All
	d.Choose = choose.link()
	if a.After != "" {
		d.Newest = a.with(a.Query)
	}
	if err := p.places(c, d); err != nil {
		return err
	}
	q, err := search.Parse(a.Query, c.Now())
	if err == nil {
		err = p.find(c, d, q)
	}
	if err = d.faulty(err); err != nil {
		return err
	}
	if len(d.Rows) > 0 {
		d.Export = "/mail/export?" + web.Encoded(url.Values{"q": {a.Query}})
		if d.Act, err = p.acts(c); err != nil {
			return err
		}
	}
	return c.Page(listPage, c.Lang.Say("mail.title"), d)
}

// faulty puts a fault of the query on the page, and gives back any other.
func (d *listData) faulty(err error) error {
	var s *search.SyntaxError
	switch {
	case errors.As(err, &s):
		d.Fault = newFault(d.Query, s)
	case errors.Is(err, search.ErrBroad):
		d.Fault = &fault{Before: d.Query, Problem: err.Error()}
	case errors.Is(err, search.ErrPage):
		return web.ErrNoPage
	default:
		return err
	}
	return nil
}

func newFault(query string, s *search.SyntaxError) *fault {
	signs := []rune(query)
	at := min(max(s.Column-1, 0), len(signs))
	f := &fault{Before: string(signs[:at]), Column: s.Column, Problem: s.Problem, Expected: s.Expected}
	if at < len(signs) {
		f.At, f.After = string(signs[at:at+1]), string(signs[at+1:])
	}
	return f
}

// places are the lists that everybody has, and those with names.
func (p *pages) places(c *web.Call, d *listData) error {
	put := func(name, query string) choice {
		return choice{Name: name, Link: d.with(query), Here: strings.TrimSpace(d.Query) == query}
	}
	d.Boxes = []choice{
		put(c.Lang.Say("mail.inbox"), "in:"+filter.Inbox),
		put(c.Lang.Say("mail.unsure"), "is:unsure"),
		put(c.Lang.Say("mail.quarantine"), "in:"+filter.Quarantine),
		put(c.Lang.Say("mail.all"), ""),
	}
	all, err := p.Searches.SavedSearches(c.Ctx(), c.Owner)
	if err != nil {
		return err
	}
	for _, s := range all {
		x := put(s.Name, s.Query)
		d.Saved = append(d.Saved, x)
		if x.Here {
			d.Name = s.Name
		}
	}
	return nil
}

// find asks the catalogue and reads what it found.
func (p *pages) find(c *web.Call, d *listData, q *search.Query) error {
	page := search.Page{Limit: listed, After: d.After}
	if d.Threads {
		res, err := p.Catalogue.Conversations(c.Ctx(), c.Owner, q, page)
		if err != nil {
			return err
		}
		for _, x := range res.All {
			if err := p.add(c, d, q, x.Newest.ID, int64(x.Messages)); err != nil {
				return err
			}
		}
		d.next(res.Next)
		return nil
	}
	page.Facets = d.After == ""
	res, err := p.Catalogue.Search(c.Ctx(), c.Owner, q, page)
	if err != nil {
		return err
	}
	d.Total, d.Counted = int64(res.Total), true
	d.narrow(c.Lang, q, res.Facets)
	for _, x := range res.Hits {
		if err := p.add(c, d, q, x.ID, 0); err != nil {
			return err
		}
	}
	d.next(res.Next)
	return nil
}

func (d *listData) next(after string) {
	if after != "" {
		older := d.asked
		older.After, older.All = after, false
		d.Older = older.link()
	}
}

func (p *pages) add(c *web.Call, d *listData, q *search.Query, id, messages int64) error {
	r, ok, err := p.row(c, q, id)
	if err != nil || !ok {
		return err
	}
	r.Messages = messages
	r.Link = d.letter(id)
	d.Rows = append(d.Rows, r)
	return nil
}
