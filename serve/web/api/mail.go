package api

import (
	"cmp"
	"io"
	"net/http"
	"strconv"
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
	boxMost   = 128 // octets of a mailbox's name
)

// summary is a message in a list.
type summary struct {
	ID       int64     `json:"id"`
	UID      string    `json:"uid"`
	Account  string    `json:"account"`
	Mailbox  string    `json:"mailbox"`
	Class    string    `json:"class"`
	Score    float64   `json:"score"`
	Size     int64     `json:"size"`
	Received time.Time `json:"received"`
	From     []address `json:"from"`
	Subject  string    `json:"subject"`
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
	return summary{
		ID: m.ID, UID: m.UID, Account: m.Account, Mailbox: m.Mailbox, Class: m.Class.String(), Score: m.Score,
		Size: m.Size, Received: m.Received.UTC(), From: addresses(l.From), Subject: l.Subject,
	}
}

// found is a page of what a query finds.
type found struct {
	Messages []summary `json:"messages"`
	Total    uint64    `json:"total"`
	Next     string    `json:"next,omitempty"` // for after
}

// find answers a query.
func (a *api) find(c *call) error {
	v := c.r.URL.Query()
	if len(v.Get("q")) > queryMost {
		return bad("q: at most %d octets", queryMost)
	}
	limit, err := count(c, "limit", pageUsual, pageMost)
	if err != nil {
		return err
	}
	q, err := search.Parse(v.Get("q"), a.Now())
	if err != nil {
		return err
	}
	res, err := a.Catalogue.Search(c.ctx(), c.owner(), q, search.Page{Limit: limit, After: v.Get("after")})
	if err != nil {
		return err
	}
	out := found{Messages: []summary{}, Total: res.Total, Next: res.Next}
	for _, hit := range res.Hits {
		m, l, err := a.open(c, hit.ID)
		if told(err) != nil && told(err).status == http.StatusNotFound {
			continue // the catalogue is behind: it has gone
		}
		if err != nil {
			return err
		}
		out.Messages = append(out.Messages, summarize(m, l))
	}
	return a.give(c, http.StatusOK, out)
}

func (a *api) open(c *call, id int64) (index.Message, *letter.Letter, error) {
	m, err := a.Archive.Message(c.ctx(), c.owner(), id)
	if err != nil {
		return m, nil, err
	}
	l, err := a.Archive.Letter(c.ctx(), c.owner(), id)
	return m, l, err
}

// asked opens the message of the path.
func (a *api) asked(c *call) (m index.Message, l *letter.Letter, err error) {
	id, err := number(c, "id")
	if err != nil {
		return m, nil, err
	}
	return a.open(c, id)
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

// raw gives a message as it came.
func (a *api) raw(c *call) (err error) {
	id, err := number(c, "id")
	if err != nil {
		return err
	}
	m, err := a.Archive.Message(c.ctx(), c.owner(), id)
	if err != nil {
		return err
	}
	r, err := a.Archive.Open(c.ctx(), c.owner(), id)
	if err != nil {
		return err
	}
	defer r.Close()
	h := c.w.Header()
	h.Set("Content-Type", "message/rfc822")
	h.Set("Content-Length", strconv.FormatInt(m.Size, 10))
	h.Set("Content-Disposition", `attachment; filename="`+m.UID+`.eml"`)
	if _, err := io.Copy(c.w, r); err != nil {
		a.Log.Warn("a message was not sent whole", "owner", c.owner(), "message", id, "err", err)
		panic(http.ErrAbortHandler) // so that what has come is not taken for all
	}
	return nil
}

// origin says in the journal which token taught.
func (c *call) origin() index.Origin {
	return index.Origin{By: index.ByCommand, Source: "API, token " + c.token.Name}
}

func (a *api) teach(c *call) error {
	var in struct {
		Class string `json:"class"`
	}
	if err := take(c, &in); err != nil {
		return err
	}
	class, err := filter.ParseClass(in.Class)
	if err != nil {
		return bad("class: ham or spam")
	}
	m, l, err := a.asked(c)
	if err != nil {
		return err
	}
	t, err := a.Archive.Teach(c.ctx(), c.owner(), m.Digest, l, class, c.origin())
	if err != nil {
		return err
	}
	return a.give(c, http.StatusOK, struct {
		Was    string `json:"was"`
		Now    string `json:"now"`
		Moved  int    `json:"moved"`
		Lesson int64  `json:"lesson"` // 0: it was taught so before
	}{t.Was.String(), t.Now.String(), t.Moved, t.Lesson})
}

func (a *api) move(c *call) error {
	var in struct {
		Mailbox string `json:"mailbox"`
	}
	if err := take(c, &in); err != nil {
		return err
	}
	if in.Mailbox == "" || len(in.Mailbox) > boxMost || in.Mailbox == index.ArchiveBox || index.CheckText("", in.Mailbox) != nil {
		return bad("mailbox: a name of at most %d octets, and not %s", boxMost, index.ArchiveBox)
	}
	id, err := number(c, "id")
	if err == nil {
		err = a.Archive.Move(c.ctx(), c.owner(), []index.Move{{Message: id, Mailbox: in.Mailbox}})
	}
	if err != nil {
		return err
	}
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}
