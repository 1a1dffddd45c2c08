package mail

import (
	"context"
	"embed"
	"io"
	"log/slog"

	"restante/filter"
	"restante/filter/bayes"
	"restante/filter/letter"
	"restante/filter/sender"
	"restante/index"
	"restante/index/search"
	"restante/serve/web"
)

//go:embed *.html
var files embed.FS

// Archive has the messages. *index.Archive is one.
type Archive interface {
	Message(ctx context.Context, owner string, id int64) (index.Message, error)
	Letter(ctx context.Context, owner string, id int64) (*letter.Letter, error)
	Open(ctx context.Context, owner string, id int64) (io.ReadCloser, error)
}

// Catalogue finds them. *search.Catalogue is one.
type Catalogue interface {
	Search(ctx context.Context, owner string, q *search.Query, p search.Page) (search.Result, error)
	Conversations(ctx context.Context, owner string, q *search.Query, p search.Page) (search.Conversations, error)
	Conversation(ctx context.Context, owner string, message int64) ([]int64, error)
	Numbers(ctx context.Context, owner string, q *search.Query, most int) (ids []int64, whole bool, err error)
}

// Searches keeps the questions that have names. *index.Archive is one.
type Searches interface {
	SavedSearches(ctx context.Context, owner string) ([]index.SavedSearch, error)
	SaveSearch(ctx context.Context, s index.SavedSearch) error
	RemoveSearch(ctx context.Context, owner, name string) error
}

// Teacher teaches the filter. *index.Archive is one.
type Teacher interface {
	TeachAll(ctx context.Context, owner string, now filter.Class, ms []index.Material) ([]index.Teaching, error)
	Undo(ctx context.Context, owner string, number int64, from index.Origin) (index.Undoing, error)
	Model(ctx context.Context, owner string) (*bayes.Model, error)
}

// Mailboxes hangs mail elsewhere and lets mail programs have it again.
// *index.Archive is one.
type Mailboxes interface {
	Move(ctx context.Context, owner string, moves []index.Move) error
	Devices(ctx context.Context, owner string) ([]index.Device, error)
	View(ctx context.Context, owner, name string, d *index.Device) (index.View, error)
	Lists(ctx context.Context, v index.View, ids []int64) (map[int64]bool, error)
	Redeliver(ctx context.Context, v index.View, ids []int64, dry bool) (again, listed int, err error)
	Dismiss(ctx context.Context, v index.View, ids []int64) error
}

// Judge judges as mail is judged on its way in. *filter.Sorter is one.
type Judge interface {
	Judge(l *letter.Letter, m *bayes.Model, who sender.List) filter.Verdict
}

// Senders are whom the owner allows and blocks. *index.Archive has them.
type Senders interface {
	Senders(ctx context.Context, owner string) (sender.List, error)
	ChangeSenders(ctx context.Context, owner string, forget []string, keep []sender.Sender) (unset []string, back []sender.Sender, err error)
}

// Options are what the pages stand on.
type Options struct {
	Archive   Archive
	Catalogue Catalogue
	Searches  Searches
	Teacher   Teacher
	Mailboxes Mailboxes
	Senders   Senders
	Judge     Judge
	// Seen waits until the catalogue has seen what was just done, for a moment at
	// most; nil: it is not waited for.
	Seen func(ctx context.Context)
	Log  *slog.Logger // nil: none
}

// pages are the pages.
type pages struct {
	Options
	boxes boxes
}

// Register has a server answer for mail.
func Register(s *web.Server, o Options) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	p := &pages{Options: o}
	s.Navigate(web.Entry{Path: "/mail", Key: "nav.mail"})
	s.Handle("GET /{$}", func(c *web.Call) error { return c.Redirect("/mail?q=in:inbox") })
	s.Handle("GET /mail", p.list)
	s.Handle("GET /mail/{id}", p.read)
	s.Handle("GET /mail/{id}/html", p.frame)
	s.Handle("GET /mail/{id}/part/{n}/view", p.view)
	s.HandleStream("GET /mail/{id}/part/{n}", p.save)
	s.HandleStream("GET /mail/{id}/raw", p.raw)
	s.HandleStream("GET /mail/export", p.export)
	s.Handle("POST /mail/act", p.act)
	s.Handle("POST /mail/saved", p.saveSearch)
	s.Handle("POST /mail/saved/remove", p.forgetSearch)
}

// settle waits for the catalogue, so that the list shows what was just done.
func (p *pages) settle(c *web.Call) {
	if p.Seen != nil {
		p.Seen(c.Ctx())
	}
}
