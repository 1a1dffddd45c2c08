package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"restante/configs"
	"restante/fetch"
	"restante/fetch/schedule"
)

func newAccount(e *env) *cobra.Command {
	c := &cobra.Command{Use: "account", Short: "Tell how the accounts stand, test them, pause and resume them"}
	c.AddCommand(newAccountList(e), newAccountShow(e), newAccountTest(e), newAccountPause(e), newAccountResume(e))
	return c
}

func newAccountList(e *env) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "list", Short: "List the accounts of the settings, and how each stands",
		RunE: func(c *cobra.Command, _ []string) error {
			return e.withHouse(c.Context(), func(_ context.Context, h *house) error {
				var all []standing
				for _, a := range h.accounts {
					s, err := h.standing(a)
					if err != nil {
						return err
					}
					all = append(all, s)
				}
				return e.accountListing(time.Now()).say(e, all, asJSON)
			})
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object an account")
	return c
}

// accountNow picks one account of the house.
func (h *house) accountNow(name string) (fetch.Account, error) {
	var names []string
	for _, a := range h.accounts {
		if a.Name == name {
			return a, nil
		}
		names = append(names, a.Name)
	}
	err := unknownAccount(name, names)
	if h.serving {
		err = usage(fmt.Errorf("%w; the running restante has those it began with: restart it after a change", err))
	}
	return fetch.Account{}, err
}

// unknownAccount names the accounts that may have been meant: one that is spelt
// nearly so, or those that begin alike.
func unknownAccount(name string, names []string) error {
	var near []string
	for _, n := range names {
		if name != "" && strings.HasPrefix(strings.ToLower(n), strings.ToLower(name)) {
			near = append(near, n)
		}
	}
	if n, ok := configs.Near(name, names); ok && len(near) == 0 {
		near = []string{n}
	}
	text := fmt.Sprintf("there is no account %q in the settings", name)
	if len(near) > 0 {
		text += ", did you mean " + strings.Join(near[:min(len(near), 5)], ", ") + "?"
	}
	return usage(errors.New(text))
}

// standing is the JSON form of how an account stands. Times that never were are
// left out.
type standing struct {
	Account  string         `json:"account"`
	Owner    string         `json:"owner"`
	State    schedule.State `json:"state"`
	Running  bool           `json:"running"` // a round is under way
	Since    time.Time      `json:"since,omitzero"`
	Why      string         `json:"why,omitempty"`
	LastOK   time.Time      `json:"last_ok,omitzero"`
	LastTry  time.Time      `json:"last_try,omitzero"`
	NextTry  time.Time      `json:"next_try,omitzero"` // none for needs-login and paused
	Troubles int            `json:"troubles"`          // in a row
	Refusals int            `json:"refused_logins"`    // in a row

	Least     float64 `json:"least_interval_seconds,omitempty"` // between logins, as the server wants it
	LeastSaid bool    `json:"least_interval_told,omitempty"`    // by LOGIN-DELAY; else learnt from refusals

	Quiet    bool      `json:"quiet"`
	LastMail time.Time `json:"last_mail,omitzero"`
	Usual    float64   `json:"usual_gap_seconds,omitempty"` // between days with mail; left out where it is not known yet
}

// standing tells how an account stands.
func (h *house) standing(a fetch.Account) (standing, error) {
	s, err := h.clock.Standing(a.Name)
	why := strings.Join(strings.Fields(strings.TrimPrefix(s.Why, a.Name+": ")), " ") // one line
	out := standing{
		Account: a.Name, Owner: a.Owner, State: s.State, Since: s.Since, Why: why,
		LastOK: s.Good, LastTry: s.Tried, Troubles: s.Troubles, Refusals: s.Refusals,
		Least: s.Logins.Least.Seconds(), LeastSaid: s.Logins.Said,
		Quiet: s.Mail.Quiet, LastMail: s.Mail.Last, Usual: s.Mail.Usual().Seconds(),
	}
	if s.State != schedule.Paused && s.State != schedule.NeedsLogin {
		out.NextTry = s.Due
	}
	out.Running = h.rounds.underWay(a.Name)
	return out, err
}

// remark is why the account is not ok, or what else its owner should know.
func (s standing) remark() string {
	if s.Why == "" && s.Quiet {
		return fmt.Sprintf("no mail since %s, unusually long", s.LastMail.Local().Format(time.DateOnly))
	}
	return s.Why
}

// next is when the next round begins, in words.
func (s standing) next(now time.Time) string {
	switch {
	case s.Running:
		return "now"
	case s.State == schedule.Paused || s.State == schedule.NeedsLogin:
		return "-"
	case !s.NextTry.After(now):
		return "due"
	}
	return "in " + about(s.NextTry.Sub(now))
}

// ago is a time in the past, in words.
func ago(at, now time.Time) string {
	if at.IsZero() {
		return "never"
	}
	return about(now.Sub(at)) + " ago"
}

// about is a time in its largest unit.
func about(d time.Duration) string {
	switch d = max(d, 0); {
	case d < time.Minute:
		return fmt.Sprintf("%ds", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%dm", d/time.Minute)
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh", d/time.Hour)
	}
	return fmt.Sprintf("%dd", d/(24*time.Hour))
}

// Colours of a terminal (ECMA-48, SGR). All are as long, since the table counts
// them in.
const (
	bold   = "\x1b[01m"
	green  = "\x1b[32m"
	yellow = "\x1b[33m"
	red    = "\x1b[31m"
	plain  = "\x1b[00m"
)

func stateColour(s schedule.State) string {
	switch s {
	case schedule.OK:
		return green
	case schedule.NeedsLogin:
		return red
	}
	return yellow
}

func (e *env) coloured(colour, text string) string {
	if !e.colour {
		return text
	}
	return colour + text + plain
}

func (e *env) accountListing(now time.Time) listing[standing] {
	return listing[standing]{
		none: "no accounts; add one to the list accounts of the settings",
		head: []string{"ACCOUNT", "OWNER", e.coloured(bold, "STATE"), "LAST OK", "NEXT", "WHY"},
		json: func(s standing) any { return s },
		row: func(s standing) []string {
			return []string{s.Account, s.Owner, e.coloured(stateColour(s.State), string(s.State)), ago(s.LastOK, now), s.next(now), s.remark()}
		},
	}
}
