package mail

import (
	"context"
	"embed"
	"io"
	"log/slog"

	"restante/filter/letter"
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
}

// Searches keeps the questions that have names. *index.Archive is one.
type Searches interface {
	SavedSearches(ctx context.Context, owner string) ([]index.SavedSearch, error)
}

// Options are what the pages stand on.
type Options struct {
	Archive   Archive
	Catalogue Catalogue
	Searches  Searches
	Log       *slog.Logger // nil: none
}

// pages are the pages.
type pages struct{ Options }

// Register has a server answer for mail.
func Register(s *web.Server, o Options) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	p := &pages{o}
	s.Navigate(web.Entry{Path: "/mail", Key: "nav.mail"})
	s.Handle("GET /{$}", func(c *web.Call) error { return c.Redirect("/mail?q=in:inbox") })
	s.Handle("GET /mail", p.list)
}
