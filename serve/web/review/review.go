package review

import (
	"context"
	"embed"
	"errors"
	"log/slog"
	"strings"
	"time"

	"restante/filter"
	"restante/filter/bayes"
	"restante/filter/letter"
	"restante/filter/sender"
	"restante/index"
	"restante/index/blob"
	"restante/index/search"
	"restante/serve/web"
	"restante/serve/web/evidence"
)

//go:embed *.html
var files embed.FS

// Archive has the messages. *index.Archive is one.
type Archive interface {
	Message(ctx context.Context, owner string, id int64) (index.Message, error)
	Letter(ctx context.Context, owner string, id int64) (*letter.Letter, error)
	Holds(ctx context.Context, owner string, d blob.Digest) ([]index.Message, error)
}

// Lessons are what the filter was taught. *index.Archive is one.
type Lessons interface {
	Acts(ctx context.Context, owner string, q index.ActQuery) ([]index.Act, error)
	Undo(ctx context.Context, owner string, number int64, from index.Origin) (index.Undoing, error)
	Model(ctx context.Context, owner string) (*bayes.Model, error)
}

// Senders are whom the owner allows and blocks. *index.Archive has them.
type Senders interface {
	Senders(ctx context.Context, owner string) (sender.List, error)
	ChangeSenders(ctx context.Context, owner string, forget []string, keep []sender.Sender) (unset []string, back []sender.Sender, err error)
}

// Catalogue finds mail. *search.Catalogue is one.
type Catalogue interface {
	Search(ctx context.Context, owner string, q *search.Query, p search.Page) (search.Result, error)
}

// Judge judges as mail is judged on its way in. *filter.Sorter is one.
type Judge interface {
	Judge(l *letter.Letter, m *bayes.Model, who sender.List) filter.Verdict
}

// Options are what the pages stand on.
type Options struct {
	Archive   Archive
	Lessons   Lessons
	Catalogue Catalogue
	Senders   Senders
	Judge     Judge
	Log       *slog.Logger // nil: none
}

type pages struct{ Options }

// Register has a server answer for reviews.
func Register(s *web.Server, o Options) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	p := &pages{o}
	s.Navigate(web.Entry{Path: "/review", Key: "nav.review"})
	s.Handle("GET /review", p.review)
	s.Handle("GET /review/lessons", p.lessons)
	s.Handle("POST /review/lessons/undo", p.undo)
	s.Handle("GET /review/senders", p.senders)
	s.Handle("POST /review/senders", p.setSender)
	s.Handle("POST /review/senders/forget", p.forgetSender)
}

// shown is how many messages a page shows, and how many pieces of evidence each.
const (
	shown      = 12
	shownClues = 5
	textMost   = 300 // octets on the page, of a subject
	nameMost   = 120
)

var reviewPage = web.Parse(files, "review.html", "tabs.html").With(evidence.Templates, "evidence.html")

// item is a message to be looked at.
type item struct {
	ID       int64
	From     string
	Address  string
	Subject  string
	Text     string
	When     string
	Date     time.Time
	Class    string
	Score    float64
	Evidence []evidence.Bar
}

type reviewData struct {
	Of    string // unsure or spam
	Back  string
	Total int64
	Items []item
	Older string
	// Address and Domain stay empty: what is done here is done to many.
	Address, Domain string
}

// questions are what each review asks of the catalogue.
var questions = map[string]string{"unsure": "is:unsure in:" + filter.Inbox, "spam": "in:" + filter.Quarantine}

func (p *pages) review(c *web.Call) error {
	v := c.R.URL.Query()
	d := &reviewData{Of: v.Get("of"), Back: c.Back()}
	if questions[d.Of] == "" {
		d.Of = "unsure"
	}
	q, err := search.Parse(questions[d.Of], c.Now())
	if err != nil {
		return err
	}
	res, err := p.Catalogue.Search(c.Ctx(), c.Owner, q, search.Page{Limit: shown, After: v.Get("after")})
	if errors.Is(err, search.ErrPage) {
		return web.ErrNoPage
	}
	if err != nil {
		return err
	}
	model, err := p.Lessons.Model(c.Ctx(), c.Owner)
	if err != nil {
		return err
	}
	who, err := p.Senders.Senders(c.Ctx(), c.Owner)
	if err != nil {
		return err
	}
	for _, hit := range res.Hits {
		x, ok, err := p.item(c, model, who, q, hit.ID)
		if err != nil {
			return err
		}
		if ok {
			d.Items = append(d.Items, x)
		}
	}
	d.Total = int64(res.Total)
	if res.Next != "" {
		d.Older = "/review?of=" + d.Of + "&after=" + res.Next
	}
	return c.Page(reviewPage, c.Lang.Say("nav.review"), d)
}

func (p *pages) item(c *web.Call, model *bayes.Model, who sender.List, q *search.Query, id int64) (item, bool, error) {
	m, err := p.Archive.Message(c.Ctx(), c.Owner, id)
	if errors.Is(err, index.ErrNotFound) {
		return item{}, false, nil
	}
	if err != nil {
		return item{}, false, err
	}
	l, err := p.Archive.Letter(c.Ctx(), c.Owner, id)
	if c.Ctx().Err() != nil {
		return item{}, false, err
	}
	x := item{ID: id, Class: m.Class.String()}
	if err != nil {
		p.Log.Warn("a message cannot be read", "owner", c.Owner, "message", id, "err", err)
		x.Subject = c.Lang.Say("mail.broken")
		return x, true, nil
	}
	x.From, x.Address = people(l)
	if x.Subject = web.Brief(strings.TrimSpace(l.Subject), textMost); x.Subject == "" {
		x.Subject = c.Lang.Say("mail.nosubject")
	}
	x.Text, x.Date = q.Snippet(l).Text, search.Date(m, l)
	x.When = c.Lang.When(x.Date, c.Now())
	verdict := p.Judge.Judge(l, model, who)
	x.Score = verdict.Score
	x.Evidence = evidence.Bars(c.Lang, evidence.Loudest(filter.Explain(verdict, model, l), shownClues))
	return x, true, nil
}

func people(l *letter.Letter) (name, address string) {
	if len(l.From) == 0 {
		return "–", ""
	}
	name, address = web.Brief(l.From[0].Name, nameMost), web.Brief(l.From[0].Addr, nameMost)
	if name == "" {
		return address, ""
	}
	return name, address
}
