package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"restante/filter"
	"restante/index"
)

func newLessons(e *env) *cobra.Command {
	c := &cobra.Command{
		Use: "lessons", Short: "List what a filter was taught, and take it back",
		Long: `Every act of teaching is a lesson with a number: a message trained by a command,
or with one click. Lessons are listed and can be taken back one by one.`,
	}
	c.AddCommand(newLessonsList(e), newLessonsUndo(e))
	return c
}

func newLessonsList(e *env) *cobra.Command {
	var user, since string
	var limit int
	var asJSON bool
	c := &cobra.Command{
		Use:   "list",
		Short: "List lessons, the last first",
		RunE: func(c *cobra.Command, _ []string) error {
			if limit < 1 || limit > 100_000 {
				return usage(fmt.Errorf("--limit %d; allowed: 1 to 100000", limit))
			}
			q := index.ActQuery{Max: limit}
			var err error
			if q.Since, err = parseSince(since, time.Now()); err != nil {
				return err
			}
			return e.withHouse(c.Context(), func(ctx context.Context, h *house) error {
				user, err := h.whose(ctx, user)
				if err != nil {
					return err
				}
				acts, err := h.archive.Acts(ctx, user, q)
				if err != nil {
					return err
				}
				return e.sayActs(ctx, h, acts, asJSON)
			})
		},
	}
	c.Flags().StringVar(&user, "user", "", "whose filter; needed where there are several users")
	c.Flags().IntVar(&limit, "limit", 20, "at most so many lessons")
	c.Flags().StringVar(&since, "since", "", "only those since a `TIME`: 2026-05-17, or 2d for two days ago")
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a lesson")
	return c
}

// whose gives the user that is meant: the one who is named, or the only one.
func (h *house) whose(ctx context.Context, user string) (string, error) {
	if user != "" {
		return user, h.mustKnow(ctx, user)
	}
	names, err := h.people.names(ctx)
	if err != nil {
		return "", err
	}
	if len(names) != 1 {
		return "", usage(fmt.Errorf("there are %d users; say whose filter is meant with --user", len(names)))
	}
	return names[0].Name, nil
}

// parseSince reads a day, a day with a time, both local, or how long ago; the
// zero time is nothing given.
func parseSince(s string, now time.Time) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, form := range []string{time.DateOnly, "2006-01-02 15:04", "2006-01-02T15:04", time.RFC3339} {
		if t, err := time.ParseInLocation(form, s, now.Location()); err == nil {
			return t, nil
		}
	}
	for unit, days := range map[string]int{"d": 1, "w": 7} {
		if n, err := strconv.Atoi(strings.TrimSuffix(s, unit)); strings.HasSuffix(s, unit) && err == nil && n >= 0 && n < 100_000 {
			return now.AddDate(0, 0, -n*days), nil
		}
	}
	if d, err := time.ParseDuration(s); err == nil && d >= 0 {
		return now.Add(-d), nil
	}
	return time.Time{}, usage(fmt.Errorf("--since %q; write 2026-05-17, 2026-05-17T09:30, 2d, 3w or 36h", s))
}

// actReport is the JSON form of a lesson.
type actReport struct {
	Lesson   int64     `json:"lesson"`
	User     string    `json:"user"`
	At       time.Time `json:"at"`
	By       string    `json:"by"`
	Source   string    `json:"source"`
	Was      string    `json:"was"` // ham, spam, or none
	Now      string    `json:"now"`
	State    string    `json:"state"` // stands, undone, or replaced by another about the same message
	Undone   time.Time `json:"undone,omitzero"`
	Digest   string    `json:"digest"`
	Messages []int64   `json:"messages"` // the archive's copies
	From     string    `json:"from,omitempty"`
	Subject  string    `json:"subject,omitempty"`
}

func taughtAs(c filter.Class) string {
	if c == filter.Unsure {
		return "none"
	}
	return c.String()
}

// actReport gathers what a person wants to know of a lesson.
func (h *house) actReport(ctx context.Context, a index.Act) (actReport, error) {
	r := actReport{
		Lesson: a.Number, User: a.Owner, At: a.At, By: a.By.String(), Source: a.Source, Was: taughtAs(a.Was), Now: taughtAs(a.Now),
		State: "stands", Undone: a.Undone, Digest: a.Digest.String(), Messages: []int64{},
	}
	switch {
	case a.Stands():
	case a.UndoneBy == index.ByReplaced:
		r.State = "replaced"
	default:
		r.State = "undone"
	}
	copies, err := h.archive.Holds(ctx, a.Owner, a.Digest)
	for _, m := range copies {
		r.Messages = append(r.Messages, m.ID)
	}
	if err != nil || len(copies) == 0 {
		return r, err
	}
	r.From, r.Subject = h.headline(ctx, a.Owner, copies[0].ID)
	return r, nil
}

// what names the message of a lesson for people.
func (r actReport) what() string {
	switch {
	case r.Subject != "" || r.From != "":
		return cut(r.From, 28) + "  " + cut(r.Subject, 60)
	case r.Source != "":
		return r.Source
	}
	return r.Digest[:16]
}

func (e *env) sayActs(ctx context.Context, h *house, acts []index.Act, asJSON bool) error {
	if len(acts) == 0 && !asJSON {
		_, err := fmt.Fprintln(e.out, "no lessons")
		return err
	}
	t := tabwriter.NewWriter(e.out, 0, 0, 2, ' ', 0)
	if !asJSON {
		fmt.Fprintf(t, "LESSON\tWHEN\tBY\tWAS\tNOW\t%s\tMESSAGE\n", e.coloured(bold, "STATE"))
	}
	for _, a := range acts {
		r, err := h.actReport(ctx, a)
		if err != nil {
			return err
		}
		if asJSON {
			if err := e.json(r); err != nil {
				return err
			}
			continue
		}
		colour := yellow
		if a.Stands() {
			colour = green
		}
		fmt.Fprintf(t, "%d\t%s\t%s\t%s\t%s\t%s\t%s\n", r.Lesson, stamp(r.At), r.By, r.Was, r.Now, e.coloured(colour, r.State), cut(r.what(), 100))
	}
	return t.Flush()
}
