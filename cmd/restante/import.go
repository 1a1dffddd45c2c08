package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"restante/fetch"
	"restante/fetch/mbox"
)

func newImport(e *env) *cobra.Command {
	var user, mailbox string
	var archiveOnly, asJSON bool
	c := &cobra.Command{
		Use:   "import --user U PATH…",
		Short: "Bring in mail from mbox files, Maildirs, or folders of .eml files",
		Long: `Import takes mail as if it were fetched: it is judged, archived and indexed.
Importing the same mail again changes nothing. Nothing is deleted at its source.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return e.withHouse(c.Context(), func(ctx context.Context, h *house) error {
				if err := h.mustKnow(ctx, user); err != nil {
					return err
				}
				a := fetch.Account{Name: "import:" + user, Owner: user, Mailbox: mailbox, Archive: archiveOnly, Import: true}
				return e.importAll(ctx, h, a, args, asJSON)
			})
		},
	}
	c.Flags().StringVar(&user, "user", "", "whose mail it is")
	c.Flags().StringVar(&mailbox, "mailbox", "", "put it into this mailbox, whatever the filter thinks")
	c.Flags().BoolVar(&archiveOnly, "archive-only", false, "keep it out of the maildrop: searchable, not served")
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a path")
	must(c.MarkFlagRequired("user"))
	return c
}

// must is for mistakes in this program's own words.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

// mustKnow makes a clear error of a user that is not there.
func (h *house) mustKnow(ctx context.Context, user string) error {
	if ok, err := h.people.known(ctx, user); ok || err != nil {
		return err
	}
	return usage(fmt.Errorf("there is no user %q; add one with: restante user add %s", user, user))
}

// importAll is a fetch from files: each path is a maildrop.
func (e *env) importAll(ctx context.Context, h *house, a fetch.Account, paths []string, asJSON bool) error {
	var errs []error
	err := h.following(ctx, e, func() {
		for _, p := range paths {
			if ctx.Err() != nil {
				return
			}
			errs = append(errs, e.importOne(ctx, h, a, p, asJSON))
		}
	})
	return errors.Join(append(errs, err, ctx.Err())...)
}

func (e *env) importOne(ctx context.Context, h *house, a fetch.Account, path string, asJSON bool) error {
	src, err := mbox.Open(e.path(path))
	if err != nil {
		return fmt.Errorf("import %s: %w", path, err)
	}
	b := e.bar("importing "+path, 0)
	f := fetch.New(fetch.Options{
		Dialer: opened{src}, Ledger: nothingTaken{}, Sink: h.sorter, Spool: spoolDir(h.cfg), Log: h.log,
		Progress: func(p fetch.Progress) { b.set(int64(p.Done), int64(p.Total)) },
	})
	sum, err := f.Round(ctx, a)
	b.end()
	if serr := e.sayImport(path, sum, asJSON); serr != nil {
		return serr
	}
	if err == nil && len(sum.Failed) > 0 {
		err = fmt.Errorf("%d messages were not taken", len(sum.Failed))
	}
	if err != nil {
		return fmt.Errorf("import %s: %w", path, err)
	}
	return nil
}

// importReport is the JSON form of one path's import.
type importReport struct {
	Path    string   `json:"path"`
	Found   int      `json:"found"`
	New     int      `json:"new"`
	Known   int      `json:"known_already"`
	Bytes   int64    `json:"bytes"`
	Failed  []string `json:"failed"`
	Seconds float64  `json:"seconds"`
}

func (e *env) sayImport(path string, s fetch.Summary, asJSON bool) error {
	failed := []string{}
	for _, f := range s.Failed {
		failed = append(failed, fmt.Sprintf("%s: %v", f.UID, f.Err))
	}
	if asJSON {
		return e.json(importReport{
			Path: path, Found: s.Listed, New: s.Taken - s.Twins, Known: s.Twins, Bytes: s.Bytes, Failed: failed, Seconds: s.Took.Seconds(),
		})
	}
	for _, f := range failed {
		fmt.Fprintln(e.errOut, "restante: not taken:", f)
	}
	_, err := fmt.Fprintf(e.out, "%s: %d found, %d new, %d here already, %d not taken\n", path, s.Listed, s.Taken-s.Twins, s.Twins, len(failed))
	return err
}

// opened is a maildrop that needs no dialing.
type opened struct{ drop fetch.Maildrop }

func (o opened) Dial(context.Context, fetch.Account) (fetch.Maildrop, error) { return o.drop, nil }

// nothingTaken is the ledger of sources without a memory: the archive knows
// each message by its digest.
type nothingTaken struct{}

func (nothingTaken) Taken(context.Context, string, string) (map[string]fetch.Taken, error) {
	return nil, nil
}
