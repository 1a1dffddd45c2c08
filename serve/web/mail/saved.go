package mail

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"unicode"

	"restante/index"
	"restante/index/search"
	"restante/serve/web"
)

// savedMost is how long the name of a search may be, in octets.
const savedMost = 100

// saveSearch gives a question a name.
func (p *pages) saveSearch(c *web.Call) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	s := index.SavedSearch{Owner: c.Owner, Name: strings.TrimSpace(form.Get("name")), Query: strings.TrimSpace(form.Get("q")), Saved: c.Now()}
	if s.Name == "" || len(s.Name) > savedMost || s.Query == "" || index.CheckText("name", s.Name) != nil || strings.ContainsFunc(s.Name, unicode.IsControl) {
		return &web.Fault{Status: http.StatusBadRequest, Key: "saved.bad"}
	}
	if _, err := search.Parse(s.Query, c.Now()); err != nil {
		return &web.Fault{Status: http.StatusBadRequest, Key: "saved.bad"}
	}
	err = p.Searches.SaveSearch(c.Ctx(), s)
	if errors.Is(err, index.ErrExists) {
		return &web.Fault{Status: http.StatusConflict, Key: "saved.exists", Args: []any{s.Name}}
	}
	if err != nil {
		return err
	}
	return c.Done(asked{Query: s.Query}.link(), c.Lang.Say("saved.done", s.Name), func(ctx context.Context) error {
		return p.Searches.RemoveSearch(ctx, s.Owner, s.Name)
	})
}

// forgetSearch takes the name of a question away.
func (p *pages) forgetSearch(c *web.Call) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	all, err := p.Searches.SavedSearches(c.Ctx(), c.Owner)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(s index.SavedSearch) bool { return s.Name == form.Get("name") })
	if i < 0 {
		return web.ErrNoPage
	}
	s := all[i]
	if err := p.Searches.RemoveSearch(c.Ctx(), c.Owner, s.Name); err != nil {
		return err
	}
	return c.Done(asked{Query: s.Query}.link(), c.Lang.Say("saved.gone", s.Name), func(ctx context.Context) error {
		return p.Searches.SaveSearch(ctx, s)
	})
}
