package mail

import (
	"errors"
	"strings"
	"time"

	"restante/filter"
	"restante/filter/letter"
	"restante/index"
	"restante/index/search"
	"restante/serve/web"
)

// row is a message in a list.
type row struct {
	ID       int64
	Link     string
	From     string
	Subject  []piece
	Text     []piece
	When     string
	Date     time.Time
	Mailbox  string
	Class    string // ham, unsure or spam
	Why      string // what spoke loudest for it; empty for ham
	WhyLang  string // what language that is in
	Attached int
	Messages int64 // of the conversation; 0: the list is of single messages
	Broken   bool  // its bytes cannot be read
}

// piece is a piece of text, which was asked for or not.
type piece struct {
	Text string
	Hit  bool
}

// pieces parts a text at its marks.
func pieces(text string, marks []search.Mark) (out []piece) {
	at := 0
	put := func(to int, hit bool) {
		if to > at {
			out = append(out, piece{text[at:to], hit})
			at = to
		}
	}
	for _, m := range marks {
		put(m.From, false)
		put(m.To, true)
	}
	put(len(text), false)
	return out
}

// Bounds of what a row holds, in octets on the page: a stranger wrote it.
const (
	subjectMost = 300
	nameMost    = 120
)

// row reads what a list shows of a message. ok is false where it is gone by now.
func (p *pages) row(c *web.Call, q *search.Query, id int64) (r row, ok bool, err error) {
	m, err := p.Archive.Message(c.Ctx(), c.Owner, id)
	if errors.Is(err, index.ErrNotFound) {
		return row{}, false, nil
	}
	if err != nil {
		return row{}, false, err
	}
	l, err := p.Archive.Letter(c.Ctx(), c.Owner, id)
	broken := err != nil
	if broken {
		if c.Ctx().Err() != nil {
			return row{}, false, err
		}
		p.Log.Warn("a message cannot be read", "owner", c.Owner, "message", id, "err", err)
		l = &letter.Letter{}
	}
	r = row{
		ID: id, From: writer(l), Date: search.Date(m, l), Mailbox: m.Mailbox, Class: m.Class.String(),
		Attached: len(l.Attachments()), Broken: broken,
	}
	why := loudest(m)
	if r.Why, r.WhyLang = why.Text, "und"; why.Text != "" {
		if text, ok := web.Why(c.Lang, why); ok {
			r.Why, r.WhyLang = text, c.Lang.Code
		}
	}
	subject := web.Brief(l.Subject, subjectMost)
	if r.Subject = pieces(subject, q.Marks(subject)); strings.TrimSpace(subject) == "" {
		r.Subject = []piece{{Text: c.Lang.Say("mail.nosubject")}}
	}
	if s := q.Snippet(l); s.Text != l.Subject {
		r.Text = pieces(s.Text, s.Marks)
	}
	r.When = c.Lang.When(r.Date, c.Now())
	return r, true, nil
}

// writer is who a letter says that it is from.
func writer(l *letter.Letter) string {
	switch {
	case len(l.From) == 0:
		return "–"
	case l.From[0].Name != "":
		return web.Brief(l.From[0].Name, nameMost)
	}
	return web.Brief(l.From[0].Addr, nameMost)
}

// audible is what a reason weighs at least to be told beside the message, in points:
// rules that only say what mail is about weigh less.
const audible = 0.05

// loudest is what spoke loudest for a message's class, of what has words.
func loudest(m index.Message) filter.Reason {
	if m.Class == filter.Ham {
		return filter.Reason{}
	}
	best := filter.Reason{Weight: audible}
	for _, r := range m.Reasons {
		if r.Name != filter.WordsReason && r.Text != "" && r.Weight > best.Weight {
			best = r
		}
	}
	return best
}
