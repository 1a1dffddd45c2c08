package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"restante/index"
	"restante/index/search"
)

// redeliverAsks is from how many messages on redeliver asks.
const redeliverAsks = 1000

// redelivering is what redeliver was asked for.
type redelivering struct {
	user, device, mailbox string
	dry, yes, asJSON      bool
}

func newRedeliver(e *env) *cobra.Command {
	var v redelivering
	c := &cobra.Command{
		Use:   "redeliver --user U QUERY",
		Short: "Let mail programs download archived mail again",
		Long: `Redeliver puts what a search finds into a maildrop again, under new unique ids, so
that mail programs take it for new mail. What the maildrop lists already stays as
it is. The words are those of restante search.

It goes into the user's own view, or into a device's: into the mailbox that the
device names first, or the inbox, or --mailbox. It is listed there until it is
deleted there, or moved, by teaching it perhaps.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			text := strings.Join(args, " ")
			q, err := search.Parse(text, time.Now())
			if err != nil {
				return e.queryFault(text, err)
			}
			return e.withHouse(c.Context(), func(ctx context.Context, h *house) error {
				return e.redeliver(ctx, h, v, q)
			})
		},
	}
	c.Flags().StringVar(&v.user, "user", "", "whose mail")
	c.Flags().StringVar(&v.device, "device", "", "into this device's view only")
	c.Flags().StringVar(&v.mailbox, "mailbox", "", "into this mailbox")
	c.Flags().BoolVar(&v.dry, "dry-run", false, "count, and deliver nothing")
	c.Flags().BoolVar(&v.yes, "yes", false, fmt.Sprintf("do not ask above %d messages", redeliverAsks))
	c.Flags().BoolVar(&v.asJSON, "json", false, "print the outcome as one JSON object")
	must(c.MarkFlagRequired("user"))
	return c
}

// redelivered is the outcome.
type redelivered struct {
	Found     int  `json:"found"`
	Delivered int  `json:"delivered"`
	Listed    int  `json:"listed_already"`
	DryRun    bool `json:"dry_run"`
}

func (e *env) redeliver(ctx context.Context, h *house, v redelivering, q *search.Query) error {
	if err := h.mustKnow(ctx, v.user); err != nil {
		return err
	}
	view, err := h.viewFor(ctx, v)
	if err != nil {
		return err
	}
	if err := h.catchUp(ctx, e); err != nil {
		return err
	}
	ids, err := found(ctx, h, v.user, q)
	if err != nil {
		return err
	}
	slices.Sort(ids) // the oldest first, as they came
	out := redelivered{Found: len(ids), DryRun: v.dry}
	out.Delivered, out.Listed, err = h.archive.Redeliver(ctx, view, ids, true)
	if err != nil {
		return err
	}
	if !v.dry {
		if err := e.mayRedeliver(v, out.Delivered); err != nil {
			return err
		}
		if out.Delivered, out.Listed, err = h.archive.Redeliver(ctx, view, ids, false); err != nil {
			return err
		}
	}
	if v.asJSON {
		return e.json(out)
	}
	verb := "delivered again"
	if v.dry {
		verb = "to be delivered again"
	}
	_, err = fmt.Fprintf(e.out, "%d found, %d %s, %d listed already\n", out.Found, out.Delivered, verb, out.Listed)
	return err
}

func (e *env) mayRedeliver(v redelivering, n int) error {
	if n <= redeliverAsks || v.yes {
		return nil
	}
	yes, err := e.ask(fmt.Sprintf("Let mail programs download these %d messages again?", n))
	if err == nil && !yes {
		err = fmt.Errorf("nothing was delivered; these are %d messages: look at them with restante search, or give --yes", n)
	}
	return err
}

// viewFor gives the view into whose first mailbox mail is to go. Where that is one
// of those that the device merges, what any of them lists is listed already.
func (h *house) viewFor(ctx context.Context, v redelivering) (index.View, error) {
	var device *index.Device
	if v.device != "" {
		all, err := h.archive.Devices(ctx, v.user)
		if err != nil {
			return index.View{}, err
		}
		i := slices.IndexFunc(all, func(d index.Device) bool { return d.Name == v.device })
		if i < 0 {
			return index.View{}, usage(fmt.Errorf("%s has no device %q; restante device list shows them", v.user, v.device))
		}
		device = &all[i]
	}
	name := v.mailbox
	if device != nil && slices.Contains(device.Mailboxes, name) {
		rest := slices.DeleteFunc(slices.Clone(device.Mailboxes), func(box string) bool { return box == name })
		device.Mailboxes, name = append([]string{name}, rest...), ""
	}
	view, err := h.archive.View(ctx, v.user, name, device)
	if errors.Is(err, index.ErrNotFound) {
		return view, usage(fmt.Errorf("%s has no mailbox %q", v.user, v.mailbox))
	}
	return view, err
}
