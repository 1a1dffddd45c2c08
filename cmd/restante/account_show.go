package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"restante/configs"
	"restante/fetch"
)

// Bounds of what is shown of lists that may be long.
const (
	shownNotes     = 20
	shownDeletions = 10
)

func newAccountShow(e *env) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "show ACCOUNT", Short: "Tell all that is known of an account", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return e.withHouse(c.Context(), func(ctx context.Context, h *house) error {
				a, err := h.accountNow(args[0])
				if err != nil {
					return err
				}
				f, err := h.file(ctx, a)
				if err != nil {
					return err
				}
				if asJSON {
					return e.json(f)
				}
				return e.sayFile(f)
			})
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return c
}

// accountFile is the JSON form of all that is known of an account.
type accountFile struct {
	standing
	Server    string           `json:"server"`
	TLS       string           `json:"tls"`
	Proxy     configs.URL      `json:"proxy,omitempty"`
	Username  string           `json:"username"`
	Auth      fetch.Auth       `json:"auth"`
	Schedule  string           `json:"schedule"`
	Keep      string           `json:"keep"`
	Quirks    []quirkReport    `json:"quirks"`
	Notes     map[string]int   `json:"noted"`    // messages by kind
	Messages  []noteReport     `json:"messages"` // of them, the first ones that are not here
	Deletions []deletionReport `json:"deletions"`
}

type quirkReport struct {
	Quirk   string    `json:"quirk"`
	Strikes int       `json:"strikes"`
	Last    time.Time `json:"last,omitzero"`
}

type noteReport struct {
	UID   string    `json:"uid"`
	Kind  string    `json:"kind"`
	Tries int       `json:"tries"`
	Since time.Time `json:"since,omitzero"`
	Next  time.Time `json:"next_try,omitzero"`
	Size  int64     `json:"size"` // -1 where unknown
	Why   string    `json:"why,omitempty"`
}

type deletionReport struct {
	UID     string    `json:"uid"`
	Message int64     `json:"message"` // that stays here
	At      time.Time `json:"at,omitzero"`
	State   string    `json:"state"`
	Why     string    `json:"why,omitempty"`
}

// file gathers what is known of an account.
func (h *house) file(ctx context.Context, a fetch.Account) (f accountFile, err error) {
	f = accountFile{
		Server: a.Address(), TLS: string(a.TLS), Proxy: configs.URL(a.Proxy), Username: a.Username, Auth: a.Auth,
		Schedule: a.Schedule, Keep: configs.Keep(a.Keep).String(),
		Quirks: []quirkReport{}, Notes: map[string]int{}, Messages: []noteReport{}, Deletions: []deletionReport{},
	}
	if f.standing, err = h.standing(a); err != nil {
		return f, err
	}
	err = h.store.Quirks(ctx, a.Name, func(quirk string, strikes int, last time.Time) {
		f.Quirks = append(f.Quirks, quirkReport{quirk, strikes, last})
	})
	if err != nil {
		return f, err
	}
	notes, err := h.store.Notes(ctx, a.Owner, a.Name)
	if err != nil {
		return f, err
	}
	for _, n := range notes {
		if n.Kind == fetch.NoteMark {
			continue // of no message
		}
		f.Notes[n.Kind.String()]++
		if n.Kind <= fetch.NoteHeader && len(f.Messages) < shownNotes {
			f.Messages = append(f.Messages, noteReport{n.UID, n.Kind.String(), n.Tries, n.Since, n.Next, n.Size, n.Why})
		}
	}
	gone, err := h.store.Deletions(ctx, a.Owner, a.Name, shownDeletions)
	for _, d := range gone {
		f.Deletions = append(f.Deletions, deletionReport{d.UID, d.Message, d.At, d.State.String(), d.Why})
	}
	return f, err
}

// lines are what is said of an account, as pairs of a name and a text.
func (f accountFile) lines(now time.Time) [][2]string {
	state := string(f.State)
	if !f.Since.IsZero() {
		state += ", since " + stamp(f.Since)
	}
	out := [][2]string{
		{"owner", f.Owner}, {"server", fmt.Sprintf("%s, tls %s", f.Server, f.TLS)}, {"proxy", f.Proxy.String()},
		{"login", fmt.Sprintf("%s, auth %s", f.Username, f.Auth)}, {"schedule", f.Schedule}, {"keep", f.Keep},
		{"state", state}, {"why", f.remark()},
		{"last ok", ago(f.LastOK, now)}, {"last try", ago(f.LastTry, now)}, {"next try", f.next(now)},
	}
	if f.Troubles > 0 {
		text := counted(f.Troubles, "round", "rounds") + " broke off"
		if f.Refusals > 0 { // those close together count once
			text += ", and " + counted(f.Refusals, "refused login counts", "refused logins count")
		}
		out = append(out, [2]string{"in a row", text})
	}
	if f.Least > 0 {
		from := "learnt from its refusals"
		if f.LeastSaid {
			from = "as the server says"
		}
		out = append(out, [2]string{"interval", fmt.Sprintf("%v at least between logins, %s", seconds(f.Least), from)})
	}
	if !f.LastMail.IsZero() {
		text := "last " + stamp(f.LastMail)
		if f.Usual > 0 {
			text += ", usually within " + about(seconds(f.Usual))
		}
		out = append(out, [2]string{"mail", text})
	}
	for _, q := range f.Quirks {
		out = append(out, [2]string{"quirk", fmt.Sprintf("%s, %d times, last %s", q.Quirk, q.Strikes, stamp(q.Last))})
	}
	var kinds []string
	for kind, n := range f.Notes {
		kinds = append(kinds, fmt.Sprintf("%d %s", n, kind))
	}
	slices.Sort(kinds)
	return append(out, [2]string{"noted", strings.Join(kinds, "; ")})
}

func (e *env) sayFile(f accountFile) error {
	t := tabwriter.NewWriter(e.out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "account\t%s\n", f.Account)
	for _, l := range f.lines(time.Now()) {
		if l[0] == "state" {
			l[1] = e.coloured(stateColour(f.State), l[1])
		}
		if l[1] != "" {
			fmt.Fprintf(t, "%s\t%s\n", l[0], l[1])
		}
	}
	for _, m := range f.Messages {
		fmt.Fprintf(t, "message\t%q: %s", m.UID, m.Kind)
		if m.Size >= 0 {
			fmt.Fprintf(t, ", %s", size(m.Size))
		}
		if m.Tries > 0 {
			fmt.Fprintf(t, ", tried %d times", m.Tries)
		}
		if m.Why != "" {
			fmt.Fprintf(t, ": %s", m.Why)
		}
		fmt.Fprintln(t)
	}
	for _, d := range f.Deletions {
		fmt.Fprintf(t, "deletion\t%s %q, here message %d: %s; %s\n", stamp(d.At), d.UID, d.Message, d.State, d.Why)
	}
	return t.Flush()
}

func counted(n int, one, more string) string {
	if n == 1 {
		more = one
	}
	return fmt.Sprintf("%d %s", n, more)
}

func stamp(t time.Time) string { return t.Local().Format("2006-01-02 15:04") }

func seconds(n float64) time.Duration { return time.Duration(n * float64(time.Second)) }
