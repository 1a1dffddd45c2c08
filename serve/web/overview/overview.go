package overview

import (
	"context"
	"embed"
	"net/url"
	"time"

	"restante/index"
	"restante/index/search"
	"restante/serve/web"
)

//go:embed *.html
var files embed.FS

// Archive knows the filter. *index.Archive is one.
type Archive interface {
	FilterStats(ctx context.Context, owner string, since time.Time) (index.FilterStats, error)
}

// Catalogue counts mail. *search.Catalogue is one.
type Catalogue interface {
	Search(ctx context.Context, owner string, q *search.Query, p search.Page) (search.Result, error)
}

// Account is how an account of an owner stands.
type Account struct {
	Name  string
	State string    // ok, waiting, retrying, needs-login or paused
	Why   string    // of another state than ok
	Good  time.Time // when the last good round ended; zero: never
	Next  time.Time // when the next begins; zero: none does by itself
	Quiet bool      // no mail came for longer than is usual
	Stuck int       // messages upstream that could not be taken
}

// House is what is around the mail.
type House interface {
	Accounts(ctx context.Context, owner string) ([]Account, error)
	// Space gives what the archive of all owners takes, and what is free there, in
	// octets.
	Space(ctx context.Context) (used, free int64, err error)
}

// Options are what the page stands on.
type Options struct {
	Archive   Archive
	Catalogue Catalogue
	House     House
}

type pages struct{ Options }

// Register has a server answer for the overview.
func Register(s *web.Server, o Options) {
	p := &pages{o}
	s.Navigate(web.Entry{Path: "/overview", Key: "nav.overview"})
	s.Handle("GET /overview", p.overview)
}

var page = web.Parse(files, "overview.html")

// nameMost is what the name of a sender weighs at most, in octets.
const nameMost = 120

// sender is who wrote much, with a search for what.
type sender struct {
	Name, Link string
	Count      int64
}

type data struct {
	*Figures
	Charts   []chart
	Senders  []sender
	Accounts []Account
	Now      time.Time
}

func (p *pages) overview(c *web.Call) error {
	f, err := Count(c.Ctx(), p.Options, c.Owner, c.Now())
	if err != nil {
		return err
	}
	d := &data{Figures: f, Now: c.Now(), Charts: []chart{
		newChart(says{"overview.perday", "overview.perday.desc", "overview.nomail"}, f.Days),
		newChart(says{"overview.corrections", "overview.corrections.desc", "overview.nocorrections"}, f.Corrected),
	}}
	for _, s := range f.Senders {
		link := "/mail?" + web.Encoded(url.Values{"q": {"from:" + search.Value(s.Address) + " " + recent}})
		d.Senders = append(d.Senders, sender{web.Brief(s.Address, nameMost), link, s.Count})
	}
	if d.Accounts, err = p.House.Accounts(c.Ctx(), c.Owner); err != nil {
		return err
	}
	return c.Page(page, c.Lang.Say("nav.overview"), d)
}
