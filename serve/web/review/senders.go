package review

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"restante/filter/sender"
	"restante/index"
	"restante/serve/web"
)

var sendersPage = web.Parse(files, "senders.html", "tabs.html")

// sendersMost is how many senders a page shows, and senderText what a name weighs at
// most where it is only told.
const (
	sendersMost = 50
	senderText  = 300
)

type senderRow struct {
	Name  string
	Said  string // the name as it is told
	State string // sender.Allowed or sender.Blocked
	Since string
}

type sendersData struct {
	Of    string
	Back  string // this page
	Query string // what the names hold that are shown
	Asks  bool   // there are more than a page shows
	Total int64  // all that there are
	Found int64  // those with the query
	Rows  []senderRow
	Newer string // address of the page before; empty: there is none
	Older string // address of the next; empty: there is none
	Name  string // that was written and not taken
	Bad   bool
}

// queryMost is what is taken of a query, in octets: no name is longer.
const queryMost = 300

// senders lists whom the owner allows and blocks.
func (p *pages) senders(c *web.Call) error {
	skip, err := number(c, "skip")
	if err != nil {
		return err
	}
	query, _ := web.Cut(strings.TrimSpace(c.R.URL.Query().Get("q")), queryMost)
	return p.showSenders(c, http.StatusOK, int(skip), &sendersData{Query: query})
}

// showSenders shows a page of the list, the newest first: those behind so many, or the
// last page where there are fewer.
func (p *pages) showSenders(c *web.Call, status, skip int, d *sendersData) error {
	list, err := p.Senders.Senders(c.Ctx(), c.Owner)
	if err != nil {
		return err
	}
	all := slices.SortedFunc(maps.Values(list), func(a, b sender.Sender) int {
		return cmp.Or(b.Since.Compare(a.Since), cmp.Compare(a.Name, b.Name))
	})
	d.Of, d.Back, d.Total = "senders", c.Back(), int64(len(all))
	all = slices.DeleteFunc(all, func(s sender.Sender) bool { return !s.Holds(d.Query) })
	d.Found = int64(len(all))
	d.Asks = d.Total > sendersMost || d.Query != ""
	skip = max(0, min(skip, (len(all)-1)/sendersMost*sendersMost))
	if skip > 0 {
		d.Newer = d.page(max(0, skip-sendersMost))
	}
	to := skip + sendersMost
	if to < len(all) {
		d.Older = d.page(to)
	}
	for _, s := range all[skip:min(to, len(all))] {
		d.Rows = append(d.Rows, senderRow{s.Name, web.Brief(s.Name, senderText), s.State(), c.Lang.Day(s.Since)})
	}
	return c.PageWith(status, sendersPage, c.Lang.Say("senders.title"), d)
}

const sendersPath = "/review/senders"

// page is the address of the senders behind so many.
func (d *sendersData) page(skip int) string {
	v := url.Values{}
	if skip > 0 {
		v.Set("skip", strconv.Itoa(skip))
	}
	if d.Query != "" {
		v.Set("q", d.Query)
	}
	if len(v) == 0 {
		return sendersPath
	}
	return sendersPath + "?" + web.Encoded(v)
}

// setSender allows or blocks who is named in a form.
func (p *pages) setSender(c *web.Call) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	blocked := form.Get("do") == "block"
	if !blocked && form.Get("do") != "allow" {
		return &web.Fault{Status: http.StatusBadRequest, Key: "fault.form"}
	}
	said := sender.Sender{Name: form.Get("name"), Blocked: blocked}
	unset, back, err := p.Senders.ChangeSenders(c.Ctx(), c.Owner, nil, []sender.Sender{said})
	switch {
	case errors.Is(err, sender.ErrName):
		return p.showSenders(c, http.StatusUnprocessableEntity, 0, &sendersData{Name: said.Name, Bad: true})
	case errors.Is(err, index.ErrMany):
		return &web.Fault{Status: http.StatusBadRequest, Key: "senders.many"}
	case err != nil:
		return err
	}
	return c.Done(sendersPath, c.Lang.Say("senders.set."+said.State(), unset[0]), p.putBack(c.Owner, unset, back))
}

// forgetSender takes a sender off the list.
func (p *pages) forgetSender(c *web.Call) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	_, back, err := p.Senders.ChangeSenders(c.Ctx(), c.Owner, []string{form.Get("name")}, nil)
	if err != nil {
		return err
	}
	if len(back) == 0 {
		return web.ErrNoPage
	}
	return c.Done(web.Local(form.Get("back"), sendersPath), c.Lang.Say("senders.forgotten", back[0].Name), p.putBack(c.Owner, nil, back))
}

// putBack is the way back of a change.
func (p *pages) putBack(owner string, unset []string, back []sender.Sender) func(context.Context) error {
	return func(ctx context.Context) error {
		_, _, err := p.Senders.ChangeSenders(ctx, owner, unset, back)
		return err
	}
}
