package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"restante/fetch"
	"restante/fetch/mbox"
	"restante/index"
)

// importing is what the flags of import say.
type importing struct {
	user, mailbox, mailboxes string
	maps                     []string
	archiveOnly, dryRun      bool
	asJSON                   bool
}

// Where imported mail hangs.
const (
	byFilter  = "filter"
	byFolders = "folders"
	byExact   = "exact"
)

func newImport(e *env) *cobra.Command {
	var v importing
	c := &cobra.Command{
		Use:   "import --user U PATH…",
		Short: "Bring in mail from mbox files, Maildirs, MH, .eml folders, and archives of these",
		Long: `Import takes mail as if it were fetched: it is judged, archived and indexed.
Importing the same mail again changes nothing, so one that was broken off can be
begun anew. Nothing is deleted at its source, and nothing unpacked to disk.

It reads mbox files of every dialect (Thunderbird's and Google Takeout's too),
Maildir and Maildir++, MH folders, .eml files and Apple Mail's .emlx, and .zip,
.tar, .tar.gz and .gz files of these. What a file is is told by its content.

--mailboxes says where mail hangs:
  filter   in the inbox or the quarantine, as the filter thinks (the default)
  folders  as its folder or its Gmail label says: INBOX in inbox, Junk or Spam in
           spam, Sent in sent, and others in a mailbox of their name. Trash is
           left out. Of several labels the user's own with the most levels counts.
  exact    in the mailbox that the folder's name is, to bring in an export

--map FROM=TO sends one folder or label elsewhere, and FROM= leaves it out.
Mail that is here already stays where it hangs.`,
		Example: `  restante import --user alice ~/Maildir old.mbox
  restante import --user alice --mailboxes folders --dry-run takeout.zip
  restante import --user alice --mailboxes folders --map Trash=trash --map 'Old/Lists=' \
    ~/.thunderbird/abcd.default`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			names, err := v.names()
			if err != nil {
				return usage(err)
			}
			return e.withHouse(c.Context(), func(ctx context.Context, h *house) error {
				if err := h.mustKnow(ctx, v.user); err != nil {
					return err
				}
				if names != nil {
					names.Separator = h.cfg.Serve.Separator
				}
				return e.importAll(ctx, h, &v, names, args)
			})
		},
	}
	c.Flags().StringVar(&v.user, "user", "", "whose mail it is")
	c.Flags().StringVar(&v.mailbox, "mailbox", "", "put it into this mailbox, whatever the filter thinks")
	c.Flags().StringVar(&v.mailboxes, "mailboxes", byFilter, "where it hangs: filter, folders or exact")
	c.Flags().StringArrayVar(&v.maps, "map", nil, "with --mailboxes folders: `FROM=TO`, a folder or label and its mailbox")
	c.Flags().BoolVar(&v.archiveOnly, "archive-only", false, "keep it out of the maildrop: searchable, not served")
	c.Flags().BoolVar(&v.dryRun, "dry-run", false, "only count what is there, by format and mailbox")
	c.Flags().BoolVar(&v.asJSON, "json", false, "print one JSON object a path")
	c.MarkFlagsMutuallyExclusive("mailbox", "mailboxes")
	must(c.MarkFlagRequired("user"))
	return c
}

// names reads how folders mean mailboxes; nil leaves it to the filter.
func (v *importing) names() (*mbox.Mailboxes, error) {
	if len(v.maps) > 0 && v.mailboxes != byFolders {
		return nil, errors.New("--map goes with --mailboxes folders")
	}
	if err := index.CheckText("--mailbox", v.mailbox); err != nil {
		return nil, err
	}
	switch v.mailboxes {
	case byFilter:
		return nil, nil
	case byExact:
		return &mbox.Mailboxes{Exact: true}, nil
	case byFolders:
	default:
		return nil, fmt.Errorf("--mailboxes %q; allowed: %s, %s, %s", v.mailboxes, byFilter, byFolders, byExact)
	}
	m := &mbox.Mailboxes{Map: map[string]string{}}
	for _, x := range v.maps {
		from, to, ok := strings.Cut(x, "=")
		if !ok || from == "" {
			return nil, fmt.Errorf("--map %q; write FROM=TO, as in 'Old mail=archive'", x)
		}
		if err := index.CheckText("--map", to); err != nil {
			return nil, err
		}
		m.Map[strings.ToLower(from)] = to
	}
	return m, nil
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
func (e *env) importAll(ctx context.Context, h *house, v *importing, names *mbox.Mailboxes, paths []string) error {
	var errs []error
	each := func(one func(*mbox.Source, string) error) {
		for _, p := range paths {
			if ctx.Err() != nil {
				return
			}
			err := e.openMail(p, names, func(src *mbox.Source) error { return one(src, p) })
			if err != nil {
				err = fmt.Errorf("import %s: %w", p, err)
			}
			errs = append(errs, err)
		}
	}
	var err error
	if v.dryRun {
		each(func(src *mbox.Source, p string) error { return e.importDry(ctx, src, v, p) })
	} else {
		err = h.following(ctx, e, func() {
			each(func(src *mbox.Source, p string) error { return e.importOne(ctx, h, src, v, p) })
		})
	}
	if names != nil && ctx.Err() == nil {
		for _, from := range names.Unmet() {
			fmt.Fprintf(e.errOut, "restante: --map %q met no folder and no label\n", from)
		}
	}
	return errors.Join(append(errs, err, ctx.Err())...)
}

func (e *env) openMail(path string, names *mbox.Mailboxes, do func(*mbox.Source) error) error {
	src, err := mbox.Open(e.path(path))
	if err != nil {
		return err
	}
	src.Mailboxes = names
	return errors.Join(do(src), src.Close())
}

func (e *env) importOne(ctx context.Context, h *house, src *mbox.Source, v *importing, path string) error {
	b := e.bar("importing "+path, 0)
	src.Found = func(messages int) { b.set(0, int64(messages)) }
	f := fetch.New(fetch.Options{
		Dialer: opened{src}, Ledger: nothingTaken{}, Sink: h.sorter, Spool: spoolDir(h.cfg), Log: h.log,
		Progress: func(p fetch.Progress) { b.set(int64(p.Done), int64(p.Total)) },
	})
	sum, err := f.Round(ctx, fetch.Account{Name: "import:" + v.user, Owner: v.user, Mailbox: v.mailbox, Archive: v.archiveOnly, Import: true})
	b.end()
	if serr := e.sayImport(path, src, sum, v); serr != nil {
		return serr
	}
	switch {
	case err != nil:
		return err
	case len(sum.Failed)+sum.Skipped > 0:
		return fmt.Errorf("%d messages were not taken", len(sum.Failed)+sum.Skipped)
	}
	return src.NoMail()
}

// importDry counts what an import would find.
func (e *env) importDry(ctx context.Context, src *mbox.Source, v *importing, path string) error {
	b := e.bar("reading "+path, 0)
	src.Found = func(messages int) { b.set(int64(messages), 0) }
	items, err := src.List(ctx)
	b.end()
	if err != nil {
		return err
	}
	faults := src.Faults()
	if err := e.sayDry(path, src, len(items)-len(faults), faults, v); err != nil {
		return err
	}
	if len(faults) > 0 {
		return fmt.Errorf("%d could not be read", len(faults))
	}
	return src.NoMail()
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

// where says in words which mailbox mail goes to.
func (v *importing) where(t mbox.Tally) string {
	return cmp.Or(v.mailbox, t.Mailbox, "(as the filter thinks)")
}
