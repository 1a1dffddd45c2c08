package api

import (
	"errors"
	"net/http"
	"time"

	"restante/filter/sender"
	"restante/index"
)

// listed is a sender whom the owner allows or blocks.
type listed struct {
	Name  string    `json:"name"`
	State string    `json:"state"`
	Since time.Time `json:"since"`
}

func (a *api) senders(c *call) error {
	list, err := a.Senders.Senders(c.ctx(), c.owner())
	if err != nil {
		return err
	}
	out := []listed{}
	for _, s := range list.ByName() {
		out = append(out, listed{s.Name, s.State(), s.Since.UTC()})
	}
	return a.give(c, http.StatusOK, map[string]any{"senders": out})
}

// setSender allows or blocks an address or a domain, from now on.
func (a *api) setSender(c *call) error {
	var in struct {
		State string `json:"state"`
	}
	if err := take(c, &in); err != nil {
		return err
	}
	if in.State != sender.Allowed && in.State != sender.Blocked {
		return bad("state: %s or %s", sender.Allowed, sender.Blocked)
	}
	keep := []sender.Sender{{Name: c.r.PathValue("name"), Blocked: in.State == sender.Blocked}}
	_, _, err := a.Senders.ChangeSenders(c.ctx(), c.owner(), nil, keep)
	switch {
	case errors.Is(err, sender.ErrName):
		return bad("name: an address or a domain")
	case errors.Is(err, index.ErrMany):
		return &problem{status: http.StatusConflict, detail: "these are too many senders: forget some first"}
	case err != nil:
		return err
	}
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}

func (a *api) forgetSender(c *call) error {
	name, err := sender.Fold(c.r.PathValue("name"))
	if err != nil {
		return index.ErrNotFound
	}
	_, back, err := a.Senders.ChangeSenders(c.ctx(), c.owner(), []string{name}, nil)
	if err == nil && len(back) == 0 {
		err = index.ErrNotFound
	}
	if err != nil {
		return err
	}
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}
