package api

import (
	"net/http"
	"time"

	"restante/serve/web/overview"
)

// account is how an account stands.
type account struct {
	Name  string    `json:"name"`
	State string    `json:"state"`
	Why   string    `json:"why"`
	Good  time.Time `json:"last_good,omitzero"`
	Next  time.Time `json:"next,omitzero"`
	Quiet bool      `json:"quiet"`
	Stuck int       `json:"stuck"`
}

func (a *api) accounts(c *call) error {
	all, err := a.Overview.House.Accounts(c.ctx(), c.owner())
	if err != nil {
		return err
	}
	out := []account{}
	for _, x := range all {
		out = append(out, account{x.Name, x.State, x.Why, x.Good.UTC(), x.Next.UTC(), x.Quiet, x.Stuck})
	}
	return a.give(c, http.StatusOK, map[string]any{"accounts": out})
}

// day is a day's mail by its class.
type day struct {
	Day    string `json:"day"`
	Ham    int64  `json:"ham"`
	Unsure int64  `json:"unsure"`
	Spam   int64  `json:"spam"`
}

func perDay(all []overview.Day) (out []day) {
	for _, d := range all {
		out = append(out, day{d.Day.Format(time.DateOnly), d.Ham, d.Unsure, d.Spam})
	}
	return out
}

// corrected is how many messages were judged one thing and are another.
type corrected struct {
	Was   string `json:"was"`
	Now   string `json:"now"`
	Count int64  `json:"count"`
}

// figures are what the overview shows.
type figures struct {
	Days        []day       `json:"days"`
	Corrected   []day       `json:"corrected_days"`
	Corrections []corrected `json:"corrections"`
	Senders     []tally     `json:"senders"`
	Messages    int64       `json:"messages"`
	TaughtHam   int64       `json:"taught_ham"`
	TaughtSpam  int64       `json:"taught_spam"`
	Taught      time.Time   `json:"taught,omitzero"`
	Used        int64       `json:"used"`
	Free        int64       `json:"free"`
}

func (a *api) stats(c *call) error {
	f, err := overview.Count(c.ctx(), a.Overview, c.owner(), a.Now())
	if err != nil {
		return err
	}
	out := figures{
		Days: perDay(f.Days), Corrected: perDay(f.Corrected),
		Senders: []tally{}, Messages: f.Messages, TaughtHam: f.Ham, TaughtSpam: f.Spam, Taught: f.Taught.UTC(), Used: f.Used, Free: f.Free,
	}
	for _, x := range f.Corrections {
		out.Corrections = append(out.Corrections, corrected(x))
	}
	for _, s := range f.Senders {
		out.Senders = append(out.Senders, tally{s.Address, uint64(s.Count)})
	}
	return a.give(c, http.StatusOK, out)
}
