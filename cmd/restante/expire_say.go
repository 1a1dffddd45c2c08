package main

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"restante/index"
)

// expiryReport is what expire has to say, for people and as JSON.
type expiryReport struct {
	Rules    []ruleReport  `json:"rules"`
	Held     int           `json:"held"`
	Doubts   []doubtReport `json:"doubts"`
	Expired  int           `json:"expired"`
	Freed    int64         `json:"freed"` // octets
	Unerased string        `json:"unerased,omitempty"`
}

type ruleReport struct {
	Rule     string    `json:"rule"`
	Messages int       `json:"messages"` // due
	Octets   int64     `json:"octets"`
	Oldest   time.Time `json:"oldest,omitzero"`
	New      int       `json:"new"`                  // shown for the first time
	Since    time.Time `json:"shown_since,omitzero"` // the first of the others
	From     time.Time `json:"goes_from,omitzero"`
	Expired  int       `json:"expired"`
}

type doubtReport struct {
	User string `json:"user"`
	Why  string `json:"why"`
}

func (h *house) expiryReport(o index.Outcome) expiryReport {
	rep := expiryReport{Rules: []ruleReport{}, Doubts: []doubtReport{}, Held: o.Held}
	for _, r := range o.Rules {
		x := ruleReport{Rule: r.Rule, Messages: r.Messages, Octets: r.Octets, Oldest: r.Oldest, New: r.Fresh, Since: r.Since}
		if r.Messages > 0 {
			x.From = r.Since
			if r.Since.IsZero() {
				x.From = time.Now().UTC()
			}
			x.From = x.From.Add(h.cfg.RetentionNotice.For)
		}
		rep.Rules = append(rep.Rules, x)
	}
	rep.doubts(o)
	return rep
}

// doubts replaces what is said of holds that could not be told.
func (r *expiryReport) doubts(o index.Outcome) {
	r.Doubts = r.Doubts[:0]
	for _, d := range o.Doubts {
		r.Doubts = append(r.Doubts, doubtReport{d.Owner, d.Why.Error()})
	}
}

// trouble is what somebody must do something about.
func (r *expiryReport) trouble() error {
	var errs []error
	for _, d := range r.Doubts {
		errs = append(errs, fmt.Errorf("nothing of %s's expires, because it cannot be told what is held: %s", d.User, d.Why))
	}
	if r.Unerased != "" {
		errs = append(errs, fmt.Errorf("what expired is not erased yet, and is tried again: %s", r.Unerased))
	}
	return errors.Join(errs...)
}

func (e *env) sayExpiry(rep expiryReport) error {
	if len(rep.Rules) == 0 {
		_, err := fmt.Fprintln(e.out, "every message is kept for ever: the settings' retention lets none go")
		return err
	}
	t := tabwriter.NewWriter(e.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "DUE\tSIZE\tOLDEST\tSHOWN SINCE\tGOES FROM\tRULE")
	for _, r := range rep.Rules {
		since := "-"
		switch {
		case r.Messages == 0:
		case r.Since.IsZero():
			since = "now"
		default:
			since = stamp(r.Since)
			if r.New > 0 {
				since += fmt.Sprintf(", %d now", r.New)
			}
		}
		fmt.Fprintf(t, "%d\t%s\t%s\t%s\t%s\t%s\n", r.Messages, size(r.Octets), orDash(r.Oldest), since, orDash(r.From), cut(r.Rule, 120))
	}
	if rep.Held > 0 {
		fmt.Fprintf(t, "%d more are due and held; restante hold list tells by what\n", rep.Held)
	}
	return t.Flush()
}

func orDash(at time.Time) string {
	if at.IsZero() {
		return "-"
	}
	return stamp(at)
}

// candidateReport is the JSON form of a message that is to go.
type candidateReport struct {
	User     string    `json:"user"`
	Message  int64     `json:"message"`
	UID      string    `json:"uid"`
	Mailbox  string    `json:"mailbox"`
	Received time.Time `json:"received"`
	Octets   int64     `json:"octets"`
	From     string    `json:"from"`
	Subject  string    `json:"subject"`
	Rule     string    `json:"rule"`
	Since    time.Time `json:"shown_since,omitzero"`
}

func (e *env) sayCandidate(ctx context.Context, h *house, c index.Candidate, asJSON bool) error {
	r := candidateReport{
		User: c.Owner, Message: c.ID, UID: c.UID, Mailbox: c.Mailbox, Received: c.Received, Octets: c.Size, Rule: c.Rule, Since: c.Shown,
	}
	r.From, r.Subject = h.headline(ctx, c.Owner, c.ID)
	if asJSON {
		return e.json(r)
	}
	_, err := fmt.Fprintf(e.out, "%s\t%d\t%s\t%s\t%s\t%s\t%s\n", c.Owner, c.ID, c.Received.Local().Format(time.DateOnly), cut(c.Mailbox, 40),
		cut(r.From, 28), cut(r.Subject, 60), cut(c.Rule, 120))
	return err
}

// tombstonesMost bounds what expire --log shows.
const tombstonesMost = 10_000

// tombstoneReport is the JSON form of a tombstone.
type tombstoneReport struct {
	User     string    `json:"user"`
	Message  int64     `json:"message"`
	UID      string    `json:"uid"`
	Account  string    `json:"account"`
	Mailbox  string    `json:"mailbox"`
	Digest   string    `json:"digest"`
	Octets   int64     `json:"octets"`
	Received time.Time `json:"received"`
	Rule     string    `json:"rule"`
	Shown    time.Time `json:"shown"`
	Expired  time.Time `json:"expired"`
	Erased   time.Time `json:"erased,omitzero"`
}

func (e *env) sayTombstones(ctx context.Context, h *house, asJSON bool) error {
	all, err := h.archive.Tombstones(ctx, tombstonesMost)
	if err != nil {
		return err
	}
	return tombstoneListing.say(e, all, asJSON)
}

var tombstoneListing = listing[index.Tombstone]{
	none: "nothing has expired", head: []string{"EXPIRED", "ERASED", "USER", "MAILBOX", "RECEIVED", "SIZE", "DIGEST", "RULE"},
	json: func(s index.Tombstone) any {
		return tombstoneReport{s.Owner, s.Message, s.UID, s.Account, s.Mailbox, s.Digest.String(), s.Size, s.Received, s.Rule,
			s.Shown, s.Expired, s.Erased}
	},
	row: func(s index.Tombstone) []string {
		erased := "not yet"
		if !s.Erased.IsZero() {
			erased = stamp(s.Erased)
		}
		return []string{stamp(s.Expired), erased, s.Owner, cut(s.Mailbox, 40),
			s.Received.Local().Format(time.DateOnly), size(s.Size), s.Digest.String()[:16], cut(s.Rule, 120)}
	},
}
