package mail

import (
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"restante/filter"
	"restante/filter/letter"
	"restante/index"
	"restante/index/search"
	"restante/serve/web"
	"restante/serve/web/evidence"
)

// Bounds of what a page of the reader holds. What is left out is in the file.
const (
	shownText  = 56 << 10 // octets on the page, of text, fields or source
	shownField = 8 << 10  // of one field
	shownTitle = 1 << 10  // of the subject
	shownLink  = 500      // octets of an address
	threadMost = 20       // messages of the conversation
	peopleMost = 15       // of one field
	partsMost  = 30
)

var readPage = web.Parse(files, "read.html", "row.html", "act.html").With(evidence.Templates, "evidence.html")

// readData is what the page shows.
type readData struct {
	asked         // the list that led here
	Listed   bool // there is one
	ID       int64
	Base     string // its address without the query
	List     string // the way back
	Back     string
	Subject  string
	From, To people
	Cc       people
	ReplyTo  people
	Date     time.Time
	Message  index.Message
	Class    string
	Leave    []string // addresses of List-Unsubscribe
	Show     string   // text, html, why, headers or source
	Tabs     []tab
	Text     []line
	Cut      bool // there is more than is shown
	Headers  []letter.Field
	Source   string
	Evidence []evidence.Bar
	Score    float64 // of Evidence, as it is judged now
	Judged   string  // its class
	Parts    []attached
	More     int64 // attachments that are not shown
	Thread   []row
	Images   bool // remote ones were asked for
	Blocked  int
	Load     string // address of the same with remote images
	Act      acts
}

// people are those of a field, as far as they are shown.
type people struct {
	All  []letter.Address
	More int64
}

func newPeople(all []letter.Address) (p people) {
	for _, a := range all[:min(len(all), peopleMost)] {
		p.All = append(p.All, letter.Address{Name: web.Brief(a.Name, nameMost), Addr: web.Brief(a.Addr, nameMost)})
	}
	p.More = int64(len(all) - len(p.All))
	return p
}

// tab is a way to look at a message.
type tab struct {
	Key, Link string
	Here      bool
}

// read shows one message.
func (p *pages) read(c *web.Call) error {
	id, m, err := p.message(c)
	if err != nil {
		return err
	}
	l, parts, err := p.open(c, id)
	if err != nil {
		return err
	}
	v := c.R.URL.Query()
	d := &readData{
		asked: readAsked(v), Listed: v.Has("q"), ID: id, Base: pathOf(id), Back: c.Back(), Subject: web.Brief(strings.TrimSpace(l.Subject), shownTitle),
		From: newPeople(l.From), To: newPeople(l.To), Cc: newPeople(l.Cc), ReplyTo: newPeople(l.ReplyTo), Date: l.Date, Message: m, Class: m.Class.String(), Leave: unsubscribe(l),
		Show: v.Get("show"), Images: v.Get("images") == "1",
	}
	if d.Subject == "" {
		d.Subject = c.Lang.Say("mail.nosubject")
	}
	if d.List = d.link(); !d.Listed {
		d.List = asked{Query: "in:" + search.Value(m.Mailbox)}.link()
	}
	for i, x := range parts[:min(len(parts), partsMost)] {
		d.Parts = append(d.Parts, newAttached(d.Base, i, x, m.Size))
	}
	d.More = int64(len(parts) - len(d.Parts))
	d.tabs(l)
	if err := p.fill(c, d, l, parts); err != nil {
		return err
	}
	if d.Thread, err = p.thread(c, d); err != nil {
		return err
	}
	if d.Act, err = p.acts(c); err != nil {
		return err
	}
	d.Act.Address, d.Act.Domain = named(l)
	return c.Page(readPage, d.Subject, d)
}

// message gives the message that the path names.
func (p *pages) message(c *web.Call) (id int64, m index.Message, err error) {
	if id, err = c.ID("id"); err == nil {
		m, err = p.Archive.Message(c.Ctx(), c.Owner, id)
	}
	return id, m, err
}

// open reads a message and what is attached to it.
func (p *pages) open(c *web.Call, id int64) (*letter.Letter, []letter.Part, error) {
	in, err := p.Archive.Open(c.Ctx(), c.Owner, id)
	if err != nil {
		return nil, nil, err
	}
	defer in.Close()
	var parts []letter.Part
	l := letter.ReadParts(in, func(x letter.Part, _ func(int) []byte) { parts = append(parts, x) })
	return l, parts, nil
}

// tabs are the ways to look at this message. The first is shown where none was
// asked for.
func (d *readData) tabs(l *letter.Letter) {
	keys := []string{"text", "why", "headers", "source"}
	if l.HTML != "" {
		keys = append([]string{"html"}, keys...)
	}
	here := keys[0]
	for _, k := range keys {
		if k == d.Show {
			here = k
		}
	}
	d.Show = here
	for _, k := range keys {
		d.Tabs = append(d.Tabs, tab{k, d.way("show", k), k == here})
	}
	d.Load = d.way("show", "html", "images", "1")
}

// way is the address of this message, shown in some way: key, value.
func (d *readData) way(pairs ...string) string {
	v := url.Values{}
	if d.Listed {
		v = d.values()
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return d.Base + "?" + web.Encoded(v)
}

// fill reads what the tab shows.
func (p *pages) fill(c *web.Call, d *readData, l *letter.Letter, parts []letter.Part) error {
	switch d.Show {
	case "html":
		d.Blocked = clean(l, parts, d.Base, d.Images).Blocked
	case "headers":
		d.Headers, d.Cut = fewFields(l.Fields)
	case "source":
		return p.source(c, d)
	case "why":
		return p.why(c, d, l)
	default:
		text := l.Text
		if strings.TrimSpace(text) == "" {
			text = l.HTMLText
		}
		d.Text, d.Cut = lines(text, shownText)
	}
	return nil
}

// source reads the beginning of a message as it was received.
func (p *pages) source(c *web.Call, d *readData) error {
	in, err := p.Archive.Open(c.Ctx(), c.Owner, d.ID)
	if err != nil {
		return err
	}
	defer in.Close()
	b, err := io.ReadAll(io.LimitReader(in, shownText+1))
	if err != nil {
		return err
	}
	d.Source, d.Cut = web.Cut(strings.ToValidUTF8(string(b), "\uFFFD"), shownText)
	return nil
}

// fewFields gives fields of a header as far as they are shown.
func fewFields(all []letter.Field) (out []letter.Field, more bool) {
	left := shownText
	for _, f := range all {
		value, cut := web.Cut(f.Value, shownField)
		if left -= 50 + web.Weight(f.Name) + web.Weight(value); left < 0 {
			return out, true
		}
		out, more = append(out, letter.Field{Name: f.Name, Value: value}), more || cut
	}
	return out, more
}

// why tells what speaks for and against a message, as the filter sees it now.
func (p *pages) why(c *web.Call, d *readData, l *letter.Letter) error {
	model, err := p.Teacher.Model(c.Ctx(), c.Owner)
	if err != nil {
		return err
	}
	who, err := p.Senders.Senders(c.Ctx(), c.Owner)
	if err != nil {
		return err
	}
	v := p.Judge.Judge(l, model, who)
	d.Evidence, d.Score, d.Judged = evidence.Bars(c.Lang, filter.Explain(v, model, l)), v.Score, v.Class.String()
	return nil
}

// thread gives the other messages of the conversation, the oldest first.
func (p *pages) thread(c *web.Call, d *readData) ([]row, error) {
	ids, err := p.Catalogue.Conversation(c.Ctx(), c.Owner, d.ID)
	if err != nil || len(ids) < 2 {
		return nil, err
	}
	if len(ids) > threadMost {
		ids = ids[len(ids)-threadMost:]
	}
	var all []row
	for _, id := range ids {
		r, ok, err := p.row(c, nothing, id)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		if r.Link = ""; id != d.ID {
			r.Link = pathOf(id)
			if d.Listed {
				r.Link = d.letter(id)
			}
		}
		all = append(all, r)
	}
	return all, nil
}

// raw gives a message as it was received.
func (p *pages) raw(c *web.Call) error {
	id, m, err := p.message(c)
	if err != nil {
		return err
	}
	in, err := p.Archive.Open(c.Ctx(), c.Owner, id)
	if err != nil {
		return err
	}
	defer in.Close()
	web.Download(c.W.Header(), "message/rfc822", m.UID+".eml")
	c.W.Header().Set("Content-Length", strconv.FormatInt(m.Size, 10))
	if _, err := io.Copy(c.Stream(), in); err != nil {
		p.Log.Warn("a download broke off", "owner", c.Owner, "message", id, "err", err)
		panic(http.ErrAbortHandler) // what was sent must not look whole
	}
	return nil
}

// unsubscribe gives the addresses of List-Unsubscribe (RFC 2369, section 3.2) that
// a browser may be led to.
func unsubscribe(l *letter.Letter) (out []string) {
	rest := l.Field("List-Unsubscribe")
	for len(out) < 3 {
		_, from, ok := strings.Cut(rest, "<")
		if !ok {
			break
		}
		var address string
		if address, rest, ok = strings.Cut(from, ">"); !ok {
			break
		}
		u, err := url.Parse(strings.Join(strings.Fields(address), ""))
		if err == nil && len(address) <= shownLink && (u.Scheme == "https" || u.Scheme == "http" || u.Scheme == "mailto") {
			out = append(out, u.String())
		}
	}
	return out
}
