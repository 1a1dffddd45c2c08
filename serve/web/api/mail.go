package api

import (
	"cmp"
	"errors"
	"net/http"
	"time"

	"restante/filter"
	"restante/filter/letter"
	"restante/index"
	"restante/index/search"
)

// Bounds of what is asked for and given.
const (
	queryMost = 4096 // octets of a query
	pageMost  = 100  // messages of a page: the mail of each is opened
	pageUsual = 30
	boxMost   = 128 // octets of the name of a mailbox or a search
)

// known is what the row of a message says.
type known struct {
	ID       int64     `json:"id"`
	UID      string    `json:"uid"`
	Account  string    `json:"account"`
	Mailbox  string    `json:"mailbox"`
	Class    string    `json:"class"`
	Score    float64   `json:"score"`
	Size     int64     `json:"size"`
	Received time.Time `json:"received"`
}

func know(m index.Message) known {
	return known{m.ID, m.UID, m.Account, m.Mailbox, m.Class.String(), m.Score, m.Size, m.Received.UTC()}
}

// summary is a message in a list.
type summary struct {
	known
	From    []address `json:"from"`
	Subject string    `json:"subject"`
	Snippet string    `json:"snippet,omitempty"` // where it says what was asked for
	Broken  bool      `json:"broken,omitempty"`  // it cannot be read: the log says why
}

type address struct {
	Name    string `json:"name"`
	Address string `json:"address"`
}

func addresses(all []letter.Address) []address {
	out := []address{}
	for _, a := range all {
		out = append(out, address{a.Name, a.Addr})
	}
	return out
}

func summarize(m index.Message, l *letter.Letter) summary {
	return summary{known: know(m), From: addresses(l.From), Subject: l.Subject}
}

// found is a page of what a query finds.
type found struct {
	Messages []summary `json:"messages"`
	Total    uint64    `json:"total"`
	Next     string    `json:"next,omitempty"` // for after
	Facets   *facets   `json:"facets,omitempty"`
}

// facets count what a query finds.
type facets struct {
	Senders   []tally `json:"senders"`
	Mailboxes []tally `json:"mailboxes"`
	Accounts  []tally `json:"accounts"`
	Years     []tally `json:"years"`
	Kinds     []tally `json:"kinds"`
}

type tally struct {
	Value string `json:"value"`
	Count uint64 `json:"count"`
}

func tallies(all []search.Count) []tally {
	out := []tally{}
	for _, x := range all {
		out = append(out, tally{x.Value, x.Hits})
	}
	return out
}

// query reads what is asked for.
func (a *api) query(c *call) (*search.Query, error) {
	text := c.r.URL.Query().Get("q")
	if len(text) > queryMost {
		return nil, bad("q: at most %d octets", queryMost)
	}
	return search.Parse(text, a.Now())
}

// find answers a query.
func (a *api) find(c *call) error {
	v := c.r.URL.Query()
	limit, err := count(c, "limit", pageUsual, pageMost)
	if err != nil {
		return err
	}
	q, err := a.query(c)
	if err != nil {
		return err
	}
	page := search.Page{Limit: limit, After: v.Get("after"), Facets: v.Get("facets") == "true"}
	res, err := a.Catalogue.Search(c.ctx(), c.owner(), q, page)
	if err != nil {
		return err
	}
	out := found{Total: res.Total, Next: res.Next}
	if f := res.Facets; f != nil {
		out.Facets = &facets{tallies(f.Senders), tallies(f.Mailboxes), tallies(f.Accounts), tallies(f.Years), tallies(f.Kinds)}
	}
	ids := make([]int64, len(res.Hits))
	for i, hit := range res.Hits {
		ids[i] = hit.ID
	}
	if out.Messages, err = a.list(c, q, ids); err != nil {
		return err
	}
	return a.give(c, http.StatusOK, out)
}

// list tells of messages. One that has gone is left out, and one that cannot be read
// does not take the others away. Q may be nil.
func (a *api) list(c *call, q *search.Query, ids []int64) ([]summary, error) {
	out := []summary{}
	for _, id := range ids {
		m, err := a.Archive.Message(c.ctx(), c.owner(), id)
		if errors.Is(err, index.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		l, err := a.Archive.Letter(c.ctx(), c.owner(), id)
		if c.ctx().Err() != nil {
			return nil, err
		}
		if err != nil {
			a.Log.Warn("a message cannot be read", "owner", c.owner(), "message", id, "err", err)
			x := summarize(m, &letter.Letter{})
			x.Broken = true
			out = append(out, x)
			continue
		}
		x := summarize(m, l)
		if q != nil {
			x.Snippet = q.Snippet(l).Text
		}
		out = append(out, x)
	}
	return out, nil
}

// conversation gives the messages of one, the oldest first.
func (a *api) conversation(c *call) error {
	m, err := a.kept(c)
	if err != nil {
		return err
	}
	ids, err := a.Catalogue.Conversation(c.ctx(), c.owner(), m.ID)
	if err != nil {
		return err
	}
	all, err := a.list(c, nil, ids[max(0, len(ids)-pageMost):])
	if err != nil {
		return err
	}
	return a.give(c, http.StatusOK, map[string]any{"messages": all})
}

// kept gives what the row of the path's message says.
func (a *api) kept(c *call) (m index.Message, err error) {
	id, err := number(c, "id")
	if err != nil {
		return m, err
	}
	return a.Archive.Message(c.ctx(), c.owner(), id)
}

// asked opens the path's message.
func (a *api) asked(c *call) (m index.Message, l *letter.Letter, err error) {
	if m, err = a.kept(c); err == nil {
		l, err = a.Archive.Letter(c.ctx(), c.owner(), m.ID)
	}
	return m, l, err
}

// whole is a message with what is known of it.
type whole struct {
	summary
	To        []address       `json:"to"`
	Cc        []address       `json:"cc"`
	ReplyTo   []address       `json:"reply_to"`
	Date      time.Time       `json:"date,omitzero"` // as the sender wrote it
	MessageID string          `json:"message_id"`
	Listed    bool            `json:"listed"`
	Digest    string          `json:"sha256"`
	Reasons   []filter.Reason `json:"reasons"`
	Parts     []part          `json:"parts"`
}

type part struct {
	Depth    int    `json:"depth"`
	Type     string `json:"type"`
	Name     string `json:"name"`
	Attached bool   `json:"attached"`
	Size     int64  `json:"size"`
}

func (a *api) message(c *call) error {
	m, l, err := a.asked(c)
	if err != nil {
		return err
	}
	out := whole{
		summary: summarize(m, l), To: addresses(l.To), Cc: addresses(l.Cc), ReplyTo: addresses(l.ReplyTo), Date: l.Date.UTC(),
		MessageID: l.MessageID, Listed: m.Listed, Digest: m.Digest.String(), Reasons: m.Reasons, Parts: []part{},
	}
	if out.Reasons == nil {
		out.Reasons = []filter.Reason{}
	}
	for _, p := range l.Parts {
		out.Parts = append(out.Parts, part{p.Depth, p.Type, p.Name, p.Attached, p.Size})
	}
	return a.give(c, http.StatusOK, out)
}

func (a *api) text(c *call) error {
	_, l, err := a.asked(c)
	if err != nil {
		return err
	}
	return a.give(c, http.StatusOK, struct {
		Text string `json:"text"`
	}{cmp.Or(l.Text, l.HTMLText)})
}

// evidence tells what speaks for and against a message, as the filter sees it now.
func (a *api) evidence(c *call) error {
	_, l, err := a.asked(c)
	if err != nil {
		return err
	}
	model, err := a.Filter.Model(c.ctx(), c.owner())
	if err != nil {
		return err
	}
	who, err := a.Senders.Senders(c.ctx(), c.owner())
	if err != nil {
		return err
	}
	v := a.Judge.Judge(l, model, who)
	return a.give(c, http.StatusOK, struct {
		Class    string            `json:"class"`
		Score    float64           `json:"score"`
		Evidence []filter.Evidence `json:"evidence"`
	}{v.Class.String(), v.Score, filter.Explain(v, model, l)})
}
