package review

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"

	"restante/filter/sender"
	"restante/index"
	"restante/serve/web"
)

var sendersPage = web.Parse(files, "senders.html", "tabs.html")

// sendersShown is how many senders the page shows, the newest first.
const sendersShown = 300

type senderRow struct {
	Name  string
	State string // allowed or blocked
	Since string
}

type sendersData struct {
	Of    string
	Total int64
	Rows  []senderRow
	Name  string // that was written and not taken
	Bad   bool
}

// senders lists whom the owner allows and blocks.
func (p *pages) senders(c *web.Call) error { return p.showSenders(c, http.StatusOK, &sendersData{}) }

func (p *pages) showSenders(c *web.Call, status int, d *sendersData) error {
	list, err := p.Senders.Senders(c.Ctx(), c.Owner)
	if err != nil {
		return err
	}
	all := slices.SortedFunc(maps.Values(list), func(a, b sender.Sender) int {
		return cmp.Or(b.Since.Compare(a.Since), cmp.Compare(a.Name, b.Name))
	})
	d.Of, d.Total = "senders", int64(len(all))
	for _, s := range all[:min(len(all), sendersShown)] {
		d.Rows = append(d.Rows, senderRow{s.Name, s.State(), c.Lang.Day(s.Since)})
	}
	return c.PageWith(status, sendersPage, c.Lang.Say("senders.title"), d)
}

const sendersPath = "/review/senders"

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
		return p.showSenders(c, http.StatusUnprocessableEntity, &sendersData{Name: said.Name, Bad: true})
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
	return c.Done(sendersPath, c.Lang.Say("senders.forgotten", back[0].Name), p.putBack(c.Owner, nil, back))
}

// putBack is the way back of a change.
func (p *pages) putBack(owner string, unset []string, back []sender.Sender) func(context.Context) error {
	return func(ctx context.Context) error {
		_, _, err := p.Senders.ChangeSenders(ctx, owner, unset, back)
		return err
	}
}
