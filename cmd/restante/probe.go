package main

import (
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"restante/configs"
	"restante/fetch"
	"restante/fetch/pop3"
)

func newAccountTest(e *env) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "test ACCOUNT",
		Short: "Log in to an account's server, and say what it is and what it can do",
		Long: `Log in to an account's server once, and say what it is and what it can do:
its TLS and certificate, what it lists and what of that works, how it lets us
in, how much mail there is. No mail is taken and none is deleted.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			cfg, err := e.settings()
			if err != nil {
				return err
			}
			a, err := accountNamed(cfg, args[0])
			if err != nil {
				return err
			}
			if done, err := e.inHouse(c.Context(), cfg); done {
				return err
			}
			d := pop3.New(pop3.Options{Log: newLog(cfg.Log, e.errOut, quietly)})
			var r pop3.Report
			probe := func() error { r, err = d.Report(c.Context(), a); return err }
			if e.house == nil {
				err = probe()
			} else {
				err = e.house.fetcher.Alone(c.Context(), a, probe)
			}
			if errors.Is(err, fetch.ErrRunning) {
				return probeError(a, err)
			}
			return errors.Join(e.sayReport(r, err, asJSON), probeError(a, err))
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return c
}

func accountNamed(cfg *configs.Settings, name string) (fetch.Account, error) {
	var names []string
	for _, a := range cfg.Accounts {
		if a.Name == name {
			return account(a), nil
		}
		names = append(names, a.Name)
	}
	return fetch.Account{}, unknownAccount(name, names)
}

func probeError(a fetch.Account, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fetch.ErrRunning):
		return fmt.Errorf("%s: %w, and its maildrop takes one session at a time; test it when that has ended, or see restante account show %s", a.Name, err, a.Name)
	case errors.Is(err, fetch.ErrBusy):
		return fmt.Errorf("%s: %w; it may be that a running restante fetches from it just now: try again", a.Name, err)
	}
	return fmt.Errorf("%s: %w", a.Name, err)
}

// serverReport is the JSON form of a report. What was not reached is left out.
type serverReport struct {
	Account      string           `json:"account"`
	Address      string           `json:"address"`
	Greeting     string           `json:"greeting,omitempty"`
	TLS          *tlsReport       `json:"tls,omitempty"`
	Capabilities capabilityReport `json:"capabilities"`
	Login        string           `json:"login,omitempty"`
	Messages     int              `json:"messages"`
	Octets       int64            `json:"octets"`
	UIDL         pop3.Ability     `json:"uidl,omitempty"`
	TOP          pop3.Ability     `json:"top,omitempty"`
	Pipelining   pop3.Ability     `json:"pipelining,omitempty"`
	RoundTrip    float64          `json:"round_trip_seconds,omitempty"`
	Quirks       []string         `json:"quirks"`
	Error        string           `json:"error,omitempty"`
}

type tlsReport struct {
	Version     string    `json:"version"`
	Cipher      string    `json:"cipher"`
	Subject     string    `json:"subject"`
	Issuer      string    `json:"issuer"`
	NotAfter    time.Time `json:"not_after"`
	DaysLeft    int       `json:"days_left"`
	Fingerprint string    `json:"fingerprint"`
}

type capabilityReport struct {
	Before   []string `json:"before_login,omitempty"`
	AfterTLS []string `json:"after_tls,omitempty"`
	After    []string `json:"after_login,omitempty"`
}

func (e *env) sayReport(r pop3.Report, err error, asJSON bool) error {
	if !asJSON {
		return e.printReport(r)
	}
	out := serverReport{
		Account: r.Account, Address: r.Address, Greeting: r.Greeting,
		Capabilities: capabilityReport{r.Greeted, r.Secured, r.LoggedIn},
		Login:        r.Login, Messages: r.Messages, Octets: r.Octets,
		UIDL: r.UIDL, TOP: r.TOP, Pipelining: r.Pipelined, RoundTrip: r.RoundTrip.Seconds(),
		Quirks: append([]string{}, r.Quirks...),
	}
	if t := r.TLS; t != nil {
		out.TLS = &tlsReport{t.Version, t.Cipher, t.Subject, t.Issuer, t.NotAfter, t.DaysLeft(time.Now()), t.Fingerprint}
	}
	if err != nil {
		out.Error = err.Error()
	}
	return e.json(out)
}

// printReport prints what was reached, a line each.
func (e *env) printReport(r pop3.Report) error {
	w := tabwriter.NewWriter(e.out, 0, 0, 2, ' ', 0)
	say := func(what, format string, args ...any) {
		if text := fmt.Sprintf(format, args...); text != "" {
			fmt.Fprintf(w, "%s\t%s\n", what, text) // errors stay until Flush
		}
	}
	say("account", "%s", r.Account)
	say("server", "%s", r.Address)
	say("greeting", "%s", r.Greeting)
	if t := r.TLS; t != nil {
		say("TLS", "%s, %s", t.Version, t.Cipher)
		say("certificate", "of %s, by %s, until %s (%d days)", t.Subject, t.Issuer, t.NotAfter.Format(time.DateOnly), t.DaysLeft(time.Now()))
		say("fingerprint", "%s", t.Fingerprint)
	}
	say("lists", "%s", strings.Join(r.Greeted, ", "))
	say("under TLS", "%s", strings.Join(r.Secured, ", "))
	say("logged in", "%s", strings.Join(r.LoggedIn, ", "))
	say("login by", "%s", r.Login)
	if r.Login != "" {
		say("mail", "%d messages, %s", r.Messages, size(r.Octets))
	}
	say("UIDL", "%s", abilities[r.UIDL])
	say("TOP", "%s", abilities[r.TOP])
	say("PIPELINING", "%s", abilities[r.Pipelined])
	if r.RoundTrip > 0 {
		say("round trip", "%s", r.RoundTrip.Round(10*time.Microsecond))
	}
	for _, q := range r.Quirks {
		say("odd", "%s", q)
	}
	return w.Flush()
}

// abilities are the words for people.
var abilities = map[pop3.Ability]string{
	pop3.Works:    "works",
	pop3.Unlisted: "works, though it is not listed",
	pop3.Broken:   "is listed, and does not work",
	pop3.Missing:  "missing",
}
