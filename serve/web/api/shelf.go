package api

import (
	"cmp"
	"errors"
	"math"
	"net/http"
	"strings"
	"time"
	"unicode"

	"restante/filter"
	"restante/index"
	"restante/index/search"
)

// own tells a token of itself.
func (a *api) own(c *call) error {
	return a.give(c, http.StatusOK, struct {
		User    string    `json:"user"`
		Name    string    `json:"name"`
		Scopes  []string  `json:"scopes"`
		Expires time.Time `json:"expires,omitzero"`
	}{c.token.Owner, c.token.Name, c.token.Scopes, c.token.Expires})
}

// lesson is something that was taught.
type lesson struct {
	Number int64     `json:"number"`
	At     time.Time `json:"at"`
	Was    string    `json:"was"`
	Now    string    `json:"now"`
	Source string    `json:"source"`
	Digest string    `json:"sha256"`
	Undone time.Time `json:"undone,omitzero"`
}

func (a *api) lessons(c *call) error {
	limit, err := count(c, "limit", pageUsual, 1000)
	if err != nil {
		return err
	}
	before, err := count(c, "before", 0, math.MaxInt)
	if err != nil {
		return err
	}
	acts, err := a.Filter.Acts(c.ctx(), c.owner(), index.ActQuery{Before: int64(before), Max: limit})
	if err != nil {
		return err
	}
	out := []lesson{}
	for _, x := range acts {
		out = append(out, lesson{x.Number, x.At.UTC(), x.Was.String(), x.Now.String(), x.Source, x.Digest.String(), x.Undone})
	}
	return a.give(c, http.StatusOK, map[string]any{"lessons": out})
}

func (a *api) undo(c *call) error {
	n, err := number(c, "number")
	if err != nil {
		return err
	}
	u, err := a.Filter.Undo(c.ctx(), c.owner(), n, c.origin())
	if err != nil {
		return err
	}
	a.Seen(c.ctx())
	return a.give(c, http.StatusOK, map[string]any{"moved": u.Moved})
}

// saved is a search with a name.
type saved struct {
	Name  string    `json:"name"`
	Query string    `json:"query"`
	Saved time.Time `json:"saved"`
}

func (a *api) searches(c *call) error {
	all, err := a.Shelf.SavedSearches(c.ctx(), c.owner())
	if err != nil {
		return err
	}
	out := []saved{}
	for _, s := range all {
		out = append(out, saved{s.Name, s.Query, s.Saved.UTC()})
	}
	return a.give(c, http.StatusOK, map[string]any{"searches": out})
}

func (a *api) saveSearch(c *call) error {
	var in struct {
		Query string `json:"query"`
	}
	if err := take(c, &in); err != nil {
		return err
	}
	name := c.r.PathValue("name")
	if !named(name) || in.Query == "" || len(in.Query) > queryMost || index.CheckText("", in.Query) != nil {
		return bad("name: at most %d octets without control characters; query: 1 to %d octets", boxMost, queryMost)
	}
	if _, err := search.Parse(in.Query, a.Now()); err != nil {
		return err
	}
	if err := a.Shelf.ReplaceSearch(c.ctx(), index.SavedSearch{Owner: c.owner(), Name: name, Query: in.Query}); err != nil {
		return err
	}
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}

// named tells whether a name is one for a mailbox or a search.
func named(s string) bool {
	return strings.TrimSpace(s) != "" && len(s) <= boxMost && index.CheckText("", s) == nil && !strings.ContainsFunc(s, unicode.IsControl)
}

func (a *api) removeSearch(c *call) error {
	if err := a.Shelf.RemoveSearch(c.ctx(), c.owner(), c.r.PathValue("name")); err != nil {
		return err
	}
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}

// device is a mail program with a password of its own.
type device struct {
	Name      string    `json:"name"`
	Mailboxes []string  `json:"mailboxes"`
	Delete    string    `json:"delete"`
	Days      int       `json:"days"` // 0: for ever
	Made      time.Time `json:"made"`
}

func tellDevice(d index.Device) device {
	return device{d.Name, d.Mailboxes, d.Dele.String(), d.Days, d.Made.UTC()}
}

// makeDevice makes one and gives its password, this once.
func (a *api) makeDevice(c *call) error {
	in := struct {
		Name      string   `json:"name"`
		Mailboxes []string `json:"mailboxes"`
		Delete    string   `json:"delete"`
		Days      int      `json:"days"`
		Show      *int     `json:"show_days"` // of the mail of before; null: all
	}{Mailboxes: []string{filter.Inbox}, Delete: index.DeleHide.String()}
	if err := take(c, &in); err != nil {
		return err
	}
	d := index.Device{Owner: c.owner(), Name: in.Name, Mailboxes: in.Mailboxes, Days: in.Days, Shown: index.AllMail, Made: a.Now().UTC()}
	if in.Show != nil {
		if d.Shown = *in.Show; d.Shown < 0 {
			return bad("show_days: 0 or more, or null for all mail")
		}
	}
	var err error
	if d.Dele, err = index.ParseDele(in.Delete); err != nil {
		return bad("delete %v", err)
	}
	if err := d.Check(); err != nil || !named(d.Name) {
		return bad("%v", cmp.Or(err, errors.New("name: no control characters")))
	}
	password, err := a.Maker.MakeDevice(c.ctx(), &d)
	if err != nil {
		return err
	}
	return a.give(c, http.StatusCreated, struct {
		device
		Password string `json:"password"`
	}{tellDevice(d), password})
}

func (a *api) devices(c *call) error {
	all, err := a.Shelf.Devices(c.ctx(), c.owner())
	if err != nil {
		return err
	}
	out := []device{}
	for _, d := range all {
		out = append(out, tellDevice(d))
	}
	return a.give(c, http.StatusOK, map[string]any{"devices": out})
}

func (a *api) removeDevice(c *call) error {
	if err := a.Shelf.RemoveDevice(c.ctx(), c.owner(), c.r.PathValue("name")); err != nil {
		return err
	}
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}

// session is a browser that is signed in.
type session struct {
	ID     int64     `json:"id"`
	Agent  string    `json:"agent"`
	Remote string    `json:"remote"`
	Made   time.Time `json:"made"`
	Seen   time.Time `json:"seen"`
}

func (a *api) sessions(c *call) error {
	all, err := a.Desk.Sessions(c.ctx(), c.owner())
	if err != nil {
		return err
	}
	out := []session{}
	for _, s := range all {
		out = append(out, session{s.ID, s.Agent, s.Remote, s.Made.UTC(), s.Seen.UTC()})
	}
	return a.give(c, http.StatusOK, map[string]any{"sessions": out})
}

func (a *api) endSession(c *call) error {
	id, err := number(c, "id")
	if err == nil {
		err = a.Desk.EndSession(c.ctx(), c.owner(), id)
	}
	if err != nil {
		return err
	}
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}
