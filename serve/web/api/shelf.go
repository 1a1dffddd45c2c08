package api

import (
	"net/http"
	"time"

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
	acts, err := a.Archive.Acts(c.ctx(), c.owner(), index.ActQuery{Max: limit})
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
	u, err := a.Archive.Undo(c.ctx(), c.owner(), n, c.origin())
	if err != nil {
		return err
	}
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
	if len(name) > boxMost || len(in.Query) > queryMost || index.CheckText("", name) != nil || index.CheckText("", in.Query) != nil {
		return bad("name: at most %d octets; query: at most %d", boxMost, queryMost)
	}
	if _, err := search.Parse(in.Query, a.Now()); err != nil {
		return err
	}
	if err := a.Shelf.SaveSearch(c.ctx(), index.SavedSearch{Owner: c.owner(), Name: name, Query: in.Query}); err != nil {
		return err
	}
	c.w.WriteHeader(http.StatusCreated)
	return nil
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

func (a *api) devices(c *call) error {
	all, err := a.Shelf.Devices(c.ctx(), c.owner())
	if err != nil {
		return err
	}
	out := []device{}
	for _, d := range all {
		out = append(out, device{d.Name, d.Mailboxes, d.Dele.String(), d.Days, d.Made.UTC()})
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
