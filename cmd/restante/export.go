package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"restante/fetch"
	"restante/filter"
	"restante/index"
	"restante/index/export"
	"restante/index/search"
)

// exporting is what the flags of export say.
type exporting struct {
	user, mailbox, query, format string
	all, asJSON                  bool
}

func newExport(e *env) *cobra.Command {
	var v exporting
	c := &cobra.Command{
		Use:   "export --user U (--all | --mailbox M | --query Q) --format F DEST",
		Short: "Take mail out, as mbox files, a Maildir, .eml files or a zip",
		Long: `Export writes messages as they were received, octet for octet, those too that
were deleted from the maildrop: the archive has them all. With --mailbox and
--query it takes what is in both. A query is written as for restante search.

  mbox     a folder with one file a mailbox; with --mailbox one file
  maildir  a Maildir++; what was taken out of the maildrop is marked as seen
  eml      a folder a mailbox, a file a message
  zip      the same in one file

DEST must not be there yet, or be an empty folder. It is written under a hidden
name first, so that what bears its name is whole. With - one mbox goes to
standard output. The mbox files are mboxrd; behind the date of a From line may
stand mboxrd or mboxrd-noeol (the last line has no end), which other programs
pass over. To bring an export in again: restante import --mailboxes exact.`,
		Example: `  restante export --user alice --all --format maildir ~/Maildir
  restante export --user alice --mailbox inbox --format mbox inbox.mbox
  restante export --user alice --query 'from:ann after:2024' --format zip ann.zip
  restante export --user alice --query list:go --format mbox - | mutt -f /dev/stdin`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := v.check(args[0]); err != nil {
				return usage(err)
			}
			var q *search.Query
			if v.query != "" {
				var err error
				if q, err = search.Parse(v.query, time.Now()); err != nil {
					return e.queryFault(v.query, err)
				}
			}
			return e.withHouse(c.Context(), func(ctx context.Context, h *house) error {
				if err := h.mustKnow(ctx, v.user); err != nil {
					return err
				}
				return e.export(ctx, h, &v, q, args[0])
			})
		},
	}
	c.Flags().StringVar(&v.user, "user", "", "whose mail")
	c.Flags().BoolVar(&v.all, "all", false, "all of it")
	c.Flags().StringVar(&v.mailbox, "mailbox", "", "what hangs in this mailbox")
	c.Flags().StringVar(&v.query, "query", "", "what a search for this finds")
	c.Flags().StringVar(&v.format, "format", "", "mbox, maildir, eml or zip")
	c.Flags().BoolVar(&v.asJSON, "json", false, "print one JSON object")
	c.MarkFlagsOneRequired("all", "mailbox", "query")
	c.MarkFlagsMutuallyExclusive("all", "mailbox")
	c.MarkFlagsMutuallyExclusive("all", "query")
	must(c.MarkFlagRequired("user"))
	must(c.MarkFlagRequired("format"))
	return c
}

func (v *exporting) check(dest string) error {
	switch {
	case !v.all && v.mailbox == "" && v.query == "":
		return errors.New("an empty --mailbox or --query takes nothing; --all takes all")
	case !slices.Contains(export.Formats(), export.Format(v.format)):
		return fmt.Errorf("--format %q; allowed: %v", v.format, export.Formats())
	case dest == "-" && v.format != string(export.Mbox):
		return fmt.Errorf("- takes one mbox; --format %s needs a file or a folder", v.format)
	case dest == "-" && v.asJSON:
		return errors.New("- and --json both want standard output")
	case dest == "":
		return errors.New("the destination has no name")
	}
	return nil
}

// exportFault is a message that could not be taken out.
type exportFault struct {
	ID      int64  `json:"id"`
	UID     string `json:"uid"`
	Mailbox string `json:"mailbox"`
	Problem string `json:"problem"`
}

// exportReport is the JSON form of an export.
type exportReport struct {
	Dest      string         `json:"dest"`
	Format    string         `json:"format"`
	Messages  int            `json:"messages"`
	Bytes     int64          `json:"octets"`
	Mailboxes map[string]int `json:"mailboxes"` // messages of each
	Faults    []exportFault  `json:"faults"`
	Seconds   float64        `json:"seconds"`
}

func (e *env) export(ctx context.Context, h *house, v *exporting, q *search.Query, dest string) error {
	start := time.Now()
	chosen, err := e.chosen(ctx, h, v, q)
	if err != nil {
		return err
	}
	w, err := e.exportTo(v, dest)
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	r := exportReport{Dest: dest, Format: v.format, Mailboxes: map[string]int{}, Faults: []exportFault{}}
	err = e.exportAll(ctx, h, v, chosen, w, &r)
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return errors.Join(fmt.Errorf("export to %s: %w", dest, err), w.Abort())
	}
	r.Seconds = time.Since(start).Seconds()
	if err := e.sayExport(&r, v); err != nil {
		return err
	}
	if len(r.Faults) > 0 {
		return fmt.Errorf("%d messages could not be exported", len(r.Faults))
	}
	return nil
}

func (e *env) exportTo(v *exporting, dest string) (export.Writer, error) {
	if dest == "-" {
		return export.Stream(e.out), nil
	}
	return export.Create(export.Format(v.format), e.path(dest), v.mailbox != "")
}

// dated is a message and when it was received.
type dated struct {
	id, nanos int64
}

// chosen gives the messages asked for, in the order in which they were received.
// Only a query asks the catalogue: what is not indexed yet is taken out all the
// same.
func (e *env) chosen(ctx context.Context, h *house, v *exporting, q *search.Query) ([]dated, error) {
	ids, err := e.candidates(ctx, h, v, q)
	if err != nil {
		return nil, err
	}
	b := e.bar("choosing", int64(len(ids)))
	defer b.end()
	var all []dated
	for i, id := range ids {
		b.set(int64(i), int64(len(ids)))
		m, err := h.archive.Message(ctx, v.user, id)
		if errors.Is(err, index.ErrNotFound) || err == nil && v.mailbox != "" && m.Mailbox != v.mailbox {
			continue
		}
		if err != nil {
			return nil, err
		}
		all = append(all, dated{id, m.Received.UnixNano()})
	}
	slices.SortFunc(all, func(a, b dated) int { return cmp.Or(cmp.Compare(a.nanos, b.nanos), cmp.Compare(a.id, b.id)) })
	return all, nil
}

// candidates are the numbers of all messages among which a mailbox's are.
func (e *env) candidates(ctx context.Context, h *house, v *exporting, q *search.Query) (ids []int64, err error) {
	if v.mailbox != "" {
		has, err := h.archive.HasMailbox(ctx, v.user, v.mailbox)
		if err != nil {
			return nil, err
		}
		if !has && v.mailbox != filter.Inbox && v.mailbox != filter.Quarantine {
			return nil, usage(fmt.Errorf("%s has no mailbox %q", v.user, v.mailbox))
		}
	}
	if q != nil {
		if err := h.catchUp(ctx, e); err != nil {
			return nil, err
		}
		ids, err = found(ctx, h, v.user, q)
	} else {
		ids, err = kept(ctx, h, v.user)
	}
	slices.Sort(ids)
	return slices.Compact(ids), err
}

// kept gives all that an owner's archive has or had, by its changes.
func kept(ctx context.Context, h *house, user string) (ids []int64, err error) {
	for after := int64(0); ; {
		changes, err := h.archive.Changes(ctx, user, after, 1000)
		if err != nil || len(changes) == 0 {
			return ids, err
		}
		for _, c := range changes {
			if c.Kind == index.Added {
				ids = append(ids, c.Message)
			}
			after = c.Number
		}
	}
}

// found gives all hits of a query.
func found(ctx context.Context, h *house, user string, q *search.Query) (ids []int64, err error) {
	for page := (search.Page{Limit: 1000}); ; {
		res, err := h.catalogue.Search(ctx, user, q, page)
		if err != nil {
			return nil, err
		}
		for _, hit := range res.Hits {
			ids = append(ids, hit.ID)
		}
		if res.Next == "" {
			return ids, nil
		}
		page.After = res.Next
	}
}

// exportAll writes the messages. One that cannot be read is noted, and the rest
// go on; one that cannot be written ends it.
func (e *env) exportAll(ctx context.Context, h *house, v *exporting, chosen []dated, w export.Writer, r *exportReport) error {
	b := e.bar("exporting", int64(len(chosen)))
	defer b.end()
	for i, c := range chosen {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		b.set(int64(i), int64(len(chosen)))
		m, err := h.archive.Message(ctx, v.user, c.id)
		if errors.Is(err, index.ErrNotFound) {
			continue // gone since
		}
		if err != nil {
			return err
		}
		p, err := e.takeOut(ctx, h, m)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			r.Faults = append(r.Faults, exportFault{ID: m.ID, UID: m.UID, Mailbox: m.Mailbox, Problem: err.Error()})
			continue
		}
		err = w.Put(export.Message{UID: m.UID, Mailbox: m.Mailbox, Received: m.Received, Seen: !m.Listed && !m.Archive, Open: p.Open})
		r.Messages++
		r.Bytes += p.Size
		r.Mailboxes[m.Mailbox]++
		if err = errors.Join(err, p.Close()); err != nil {
			return err
		}
	}
	return nil
}

// takeOut reads a message to its end, so that no half of a damaged one is
// written.
func (e *env) takeOut(ctx context.Context, h *house, m index.Message) (*fetch.Parcel, error) {
	in, err := h.archive.Open(ctx, m.Owner, m.ID)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	p, err := fetch.Pack(spoolDir(h.cfg), in)
	if err != nil {
		return nil, err
	}
	if p.Digest != m.Digest {
		return nil, errors.Join(errors.New("its octets are not what was kept"), p.Close())
	}
	return p, nil
}

func (e *env) sayExport(r *exportReport, v *exporting) error {
	if v.asJSON {
		return e.json(r)
	}
	for _, f := range r.Faults {
		fmt.Fprintf(e.errOut, "restante: not exported: message %d (%s) of %s: %s\n", f.ID, f.UID, f.Mailbox, f.Problem)
	}
	out := e.out
	if r.Dest == "-" {
		out = e.errOut
	}
	_, err := fmt.Fprintf(out, "%s: %d messages, %d octets, %d not exported\n", r.Dest, r.Messages, r.Bytes, len(r.Faults))
	var boxes []string
	for name := range r.Mailboxes {
		boxes = append(boxes, name)
	}
	slices.SortFunc(boxes, strings.Compare)
	for _, name := range boxes {
		if err == nil {
			_, err = fmt.Fprintf(out, "  %d from %s\n", r.Mailboxes[name], cut(name, 100))
		}
	}
	return err
}
