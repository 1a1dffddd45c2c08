package overview

import (
	"context"
	"embed"
	"net/url"
	"strings"
	"time"

	"restante/filter"
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

// days is how far back is looked.
const days = 30

var page = web.Parse(files, "overview.html")

// correction is how many messages were judged one thing and are another.
type correction struct {
	Was, Now string
	Count    int64
}

// sender is who wrote much.
type sender struct {
	Name, Link string
	Count      int64
}

type data struct {
	Charts      []chart
	Corrections []correction
	Ham, Spam   int64 // lessons
	Taught      time.Time
	Senders     []sender
	Accounts    []Account
	Messages    int64
	Used, Free  int64
	Now         time.Time
}

func (p *pages) overview(c *web.Call) error {
	first := c.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, 1-days)
	s, err := p.Archive.FilterStats(c.Ctx(), c.Owner, first)
	if err != nil {
		return err
	}
	d := &data{Ham: int64(s.Model.Ham), Spam: int64(s.Model.Spam), Taught: s.Last, Now: c.Now()}
	d.Charts = []chart{
		newChart(says{"overview.perday", "overview.perday.desc", "overview.nomail"}, s.Tallies, first, judged),
		newChart(says{"overview.corrections", "overview.corrections.desc", "overview.nocorrections"}, s.Tallies, first, corrected),
	}
	d.Corrections = corrections(s.Tallies)
	if d.Senders, err = p.senders(c); err != nil {
		return err
	}
	all, err := p.search(c, "", search.Page{Limit: 1})
	if err != nil {
		return err
	}
	d.Messages = int64(all.Total)
	if d.Accounts, err = p.House.Accounts(c.Ctx(), c.Owner); err != nil {
		return err
	}
	if d.Used, d.Free, err = p.House.Space(c.Ctx()); err != nil {
		return err
	}
	return c.Page(page, c.Lang.Say("nav.overview"), d)
}

func (p *pages) search(c *web.Call, query string, page search.Page) (search.Result, error) {
	q, err := search.Parse(query, c.Now())
	if err != nil {
		return search.Result{}, err
	}
	return p.Catalogue.Search(c.Ctx(), c.Owner, q, page)
}

// sendersMost is how many senders are shown, and nameMost what one weighs at most.
const (
	sendersMost = 10
	nameMost    = 120
)

func (p *pages) senders(c *web.Call) ([]sender, error) {
	const recent = "newer:30d"
	res, err := p.search(c, recent, search.Page{Limit: 1, Facets: true})
	if err != nil || res.Facets == nil {
		return nil, err
	}
	var out []sender
	for _, n := range res.Facets.Senders[:min(len(res.Facets.Senders), sendersMost)] {
		link := "/mail?q=" + strings.ReplaceAll(url.QueryEscape("from:"+n.Value+" "+recent), "+", "%20")
		out = append(out, sender{web.Brief(n.Value, nameMost), link, int64(n.Hits)})
	}
	return out, nil
}

// corrections counts what lessons said otherwise than the filter had.
func corrections(all []index.Tally) (out []correction) {
	count := map[[2]filter.Class]int64{}
	for _, t := range all {
		if _, counts := corrected(t); counts {
			count[[2]filter.Class{t.Judged, t.Now}] += int64(t.Count)
		}
	}
	for _, x := range [][2]filter.Class{{filter.Spam, filter.Ham}, {filter.Ham, filter.Spam}, {filter.Unsure, filter.Ham}, {filter.Unsure, filter.Spam}} {
		out = append(out, correction{x[0].String(), x[1].String(), count[x]})
	}
	return out
}
