package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"restante/filter/letter"
	"restante/index"
	"restante/index/search"
)

// heading is what stands above a message's text, for people and as JSON.
type heading struct {
	ID       int64     `json:"id"`
	UID      string    `json:"uid"`
	Date     time.Time `json:"date"`
	From     string    `json:"from"`
	To       []string  `json:"to"`
	Subject  string    `json:"subject"`
	Mailbox  string    `json:"mailbox"`
	Account  string    `json:"account"`
	Class    string    `json:"class"`
	Score    float64   `json:"score"`
	Size     int64     `json:"size"`
	Attached []string  `json:"attachments"`
}

// hit is a message found.
type hit struct {
	heading
	Snippet  []excerpt `json:"snippet"`
	Found    uint64    `json:"found,omitempty"`    // of a conversation: how many were found
	Messages uint64    `json:"messages,omitempty"` // and how many there are
}

// excerpt is a piece of a snippet.
type excerpt struct {
	Text string `json:"text"`
	Hit  bool   `json:"hit,omitempty"` // it was asked for
}

// makeHits reads what is shown of the hits. One that is gone since it was indexed
// is left out.
func (e *env) makeHits(ctx context.Context, h *house, user string, q *search.Query, found []search.Hit) (map[int64]hit, error) {
	hits := make(map[int64]hit, len(found))
	for _, f := range found {
		m, err := h.archive.Message(ctx, user, f.ID)
		if errors.Is(err, index.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		l, err := h.archive.Letter(ctx, user, f.ID)
		if err != nil {
			fmt.Fprintln(e.errOut, "restante:", err)
			l = &letter.Letter{}
		}
		hits[f.ID] = hit{heading: makeHeading(m, l), Snippet: excerpts(q.Snippet(l))}
	}
	return hits, nil
}

func excerpts(s search.Snippet) []excerpt {
	out := []excerpt{}
	at := 0
	put := func(from, to int, hit bool) {
		if to > from {
			out = append(out, excerpt{s.Text[from:to], hit})
		}
	}
	for _, m := range s.Marks {
		put(at, m.From, false)
		put(m.From, m.To, true)
		at = m.To
	}
	put(at, len(s.Text), false)
	return out
}

// answered is an answer as JSON.
type answered struct {
	Total  *uint64 `json:"total,omitempty"` // not of conversations, which nobody counts
	Query  string  `json:"query"`           // as understood, to ask again
	Hits   []hit   `json:"hits"`
	Facets *facets `json:"facets,omitempty"`
	Next   string  `json:"next,omitempty"`
	Behind int64   `json:"behind,omitempty"` // changes that are not indexed yet
}

// facets are the counts as JSON.
type facets struct {
	Senders   []count `json:"senders"`
	Mailboxes []count `json:"mailboxes"`
	Accounts  []count `json:"accounts"`
	Years     []count `json:"years"`
	Kinds     []count `json:"kinds"`
}

type count struct {
	Value string `json:"value"`
	Hits  uint64 `json:"hits"`
}

func makeFacets(f *search.Facets) *facets {
	if f == nil {
		return nil
	}
	of := func(in []search.Count) []count {
		out := make([]count, len(in))
		for i, c := range in {
			out[i] = count(c)
		}
		return out
	}
	return &facets{of(f.Senders), of(f.Mailboxes), of(f.Accounts), of(f.Years), of(f.Kinds)}
}

func (e *env) sayHits(ctx context.Context, h *house, s searching, q *search.Query, res search.Result, behind int64) error {
	by, err := e.makeHits(ctx, h, s.user, q, res.Hits)
	if err != nil {
		return err
	}
	a := answered{Total: &res.Total, Query: q.String(), Hits: []hit{}, Facets: makeFacets(res.Facets), Next: res.Next, Behind: behind}
	for _, f := range res.Hits {
		if x, ok := by[f.ID]; ok {
			a.Hits = append(a.Hits, x)
		}
	}
	return e.sayAnswer(a, s)
}

func (e *env) sayConversations(ctx context.Context, h *house, s searching, q *search.Query, res search.Conversations, behind int64) error {
	var newest []search.Hit
	for _, c := range res.All {
		newest = append(newest, c.Newest)
	}
	by, err := e.makeHits(ctx, h, s.user, q, newest)
	if err != nil {
		return err
	}
	a := answered{Query: q.String(), Hits: []hit{}, Next: res.Next, Behind: behind}
	for _, c := range res.All {
		if x, ok := by[c.Newest.ID]; ok {
			x.Found, x.Messages = c.Found, c.Messages
			a.Hits = append(a.Hits, x)
		}
	}
	return e.sayAnswer(a, s)
}

func (e *env) sayAnswer(a answered, s searching) error {
	if s.asJSON {
		return e.json(a)
	}
	rows := make([][]string, len(a.Hits))
	for i, x := range a.Hits {
		rows[i] = []string{strconv.FormatInt(x.ID, 10), x.Date.Local().Format("2006-01-02"), cut(x.Mailbox, 60), cut(x.From, 28)}
		if s.threads {
			rows[i] = append(rows[i], fmt.Sprintf("%d of %d", x.Found, x.Messages))
		}
		rows[i] = append(rows[i], cut(x.Subject, 60))
	}
	var out strings.Builder
	for i, row := range slices.Collect(strings.Lines(columns(rows))) {
		out.WriteString(row)
		if s.snippets && len(a.Hits[i].Snippet) > 0 {
			out.WriteString("    " + e.highlight(a.Hits[i].Snippet) + "\n")
		}
	}
	if a.Total != nil {
		fmt.Fprintf(&out, "%d of %d\n", len(a.Hits), *a.Total)
	}
	if a.Facets != nil {
		a.Facets.write(&out)
	}
	if a.Behind > 0 {
		fmt.Fprintf(&out, "%d changes of the archive are not indexed yet: there may be more\n", a.Behind)
	}
	if a.Next != "" {
		fmt.Fprintf(&out, "next page: --after %s\n", a.Next)
	}
	_, err := fmt.Fprint(e.out, out.String())
	return err
}

// highlight writes a snippet: what was asked for in bold, or in brackets.
func (e *env) highlight(pieces []excerpt) string {
	var b strings.Builder
	open, shut := "[", "]"
	if e.colour {
		open, shut = "\x1b[1m", "\x1b[0m"
	}
	for _, p := range pieces {
		text := cut(p.Text, 1000)
		if p.Hit {
			text = open + text + shut
		}
		b.WriteString(text)
	}
	return b.String()
}

func (f *facets) write(out *strings.Builder) {
	for _, of := range []struct {
		name, field string
		counts      []count
	}{
		{"senders", "from:", f.Senders}, {"mailboxes", "in:", f.Mailboxes}, {"accounts", "account:", f.Accounts},
		{"years", "on:", f.Years}, {"attachments", "has:", f.Kinds},
	} {
		if len(of.counts) == 0 {
			continue
		}
		parts := make([]string, len(of.counts))
		for i, c := range of.counts {
			parts[i] = fmt.Sprintf("%s%s %d", of.field, cut(search.Value(c.Value), 60), c.Hits)
		}
		fmt.Fprintf(out, "%s: %s\n", of.name, strings.Join(parts, ", "))
	}
}

// sayUnderstood says what a query means.
func (e *env) sayUnderstood(q *search.Query, asJSON bool) error {
	if asJSON {
		return e.json(struct {
			Query      string   `json:"query"`
			Understood []string `json:"understood"`
		}{q.String(), q.Explain()})
	}
	_, err := fmt.Fprintf(e.out, "%s\nthe same as: %s\n", strings.Join(q.Explain(), "\n"), q.String())
	return err
}

// headline gives the sender and the subject of a kept message; nothing of one that
// cannot be read, which its number must name.
func (h *house) headline(ctx context.Context, owner string, id int64) (from, subject string) {
	l, err := h.archive.Letter(ctx, owner, id)
	if err != nil {
		return "", ""
	}
	if len(l.From) > 0 {
		from = named(l.From[0])
	}
	return from, l.Subject
}

func named(a letter.Address) string {
	if a.Name == "" {
		return a.Addr
	}
	return a.Name + " <" + a.Addr + ">"
}
