package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"restante/index"
	"restante/index/search"
)

// expireFlags is what expire was asked for.
type expireFlags struct {
	dry, list, now, yes, log, asJSON bool
}

func newExpire(e *env) *cobra.Command {
	var f expireFlags
	c := &cobra.Command{
		Use:   "expire [--dry-run | --now | --log]",
		Short: "Show what the settings' retention lets go, and erase what was shown long enough ago",
		Long: `Expire goes by the settings' retention. It shows what is due, rule by rule, and
notes that it was shown. Then it erases for good what was shown retention_notice
ago or earlier, is due under the very same rule still, and is kept by no hold.
What was shown now for the first time stays until then, unless --now is given and
the question answered. While restante serves, it does the same once a day; see
restante chores.

--dry-run shows and erases nothing. A rule that was changed shows its mail anew,
and so does a hold that was lifted.`,
		RunE: func(c *cobra.Command, _ []string) error {
			if f.yes && !f.now {
				return usage(errors.New("--yes answers what --now asks; give both"))
			}
			return e.withHouse(c.Context(), func(ctx context.Context, h *house) error {
				if f.log {
					return e.sayTombstones(ctx, h, f.asJSON)
				}
				return e.expire(ctx, h, f)
			})
		},
	}
	c.Flags().BoolVar(&f.dry, "dry-run", false, "show what is due, and erase nothing")
	c.Flags().BoolVar(&f.list, "list", false, "show each message that is due")
	c.Flags().BoolVar(&f.now, "now", false, "erase all that is shown, at once, after asking")
	c.Flags().BoolVar(&f.yes, "yes", false, "take the answer for yes")
	c.Flags().BoolVar(&f.log, "log", false, "show what expired, the last first")
	c.Flags().BoolVar(&f.asJSON, "json", false, "print one JSON object, and one for each message with --list or --log")
	c.MarkFlagsMutuallyExclusive("dry-run", "now", "log")
	c.MarkFlagsMutuallyExclusive("list", "log")
	return c
}

// retaining is what the settings say of retention.
func (h *house) retaining() index.Retaining {
	r := index.Retaining{Finder: finder{h}}
	for _, x := range h.cfg.Retention {
		r.Rules = append(r.Rules, index.Retention{
			Name: x.Name, Owner: x.User, Mailbox: x.Mailbox, Class: x.Class, Reason: x.Rule, Keep: x.Keep.For,
		})
	}
	return r
}

// finder asks the catalogue what a hold finds.
type finder struct{ h *house }

// Find is index.Finder's. Mail that came meanwhile is no reason not to know.
func (f finder) Find(ctx context.Context, owner, query string, upTo int64, messages []int64) (map[int64]bool, error) {
	q, err := search.Parse(query, time.Now()) // it was written by Query.String: no span of time is left in it
	if err != nil {
		return nil, fmt.Errorf("the hold's query %q: %w", query, err)
	}
	found, err := f.h.catalogue.Among(ctx, owner, q, upTo, messages)
	if errors.Is(err, search.ErrBehind) {
		if err := f.h.catalogue.CatchUp(ctx, f.h.archive, nil); err != nil {
			return nil, err
		}
		found, err = f.h.catalogue.Among(ctx, owner, q, upTo, messages)
	}
	return found, err
}

func (e *env) expire(ctx context.Context, h *house, f expireFlags) error {
	if err := h.checkOwners(ctx); err != nil {
		return err
	}
	r := h.retaining()
	if f.list {
		r.Each = func(c index.Candidate) error { return e.sayCandidate(ctx, h, c, f.asJSON) }
	}
	shown, err := h.archive.ShowExpiring(ctx, r)
	if err != nil {
		return err
	}
	rep := h.expiryReport(shown)
	if !f.asJSON {
		if err := e.sayExpiry(rep); err != nil {
			return err
		}
	}
	if !f.dry {
		if err := e.takeExpired(ctx, h, f, &rep); err != nil {
			return err
		}
	}
	if f.asJSON {
		err = e.json(rep)
	}
	return errors.Join(err, rep.trouble())
}

// takeExpired is the half of expire that erases.
func (e *env) takeExpired(ctx context.Context, h *house, f expireFlags, rep *expiryReport) error {
	shownBy := time.Now().Add(-h.cfg.RetentionNotice.For)
	if f.now {
		shownBy = time.Now()
		due, octets := 0, int64(0)
		for _, r := range rep.Rules {
			due, octets = due+r.Messages, octets+r.Octets
		}
		if due > 0 && !f.yes {
			yes, err := e.ask(fmt.Sprintf("Erase these %d messages, %s, for good?", due, size(octets)))
			if err != nil {
				return err
			}
			if !yes {
				return errors.New("nothing was erased; look at what is listed, and give --yes")
			}
		}
	}
	if err := h.expireShown(ctx, shownBy, rep); err != nil || f.asJSON {
		return err
	}
	_, err := fmt.Fprintf(e.out, "%d expired, %s less on disk\n", rep.Expired, size(rep.Freed))
	return err
}

// expireShown takes what was shown by a time, erases its bytes, and what an
// earlier round left, and adds that to the report.
func (h *house) expireShown(ctx context.Context, shownBy time.Time, rep *expiryReport) error {
	gone, err := h.archive.Expire(ctx, h.retaining(), shownBy)
	if err != nil {
		return err
	}
	for i, r := range gone.Rules {
		rep.Rules[i].Expired = r.Messages
		rep.Expired += r.Messages
	}
	rep.doubts(gone)
	if rep.Freed, err = h.archive.EraseExpired(ctx); err != nil {
		rep.Unerased = err.Error()
	}
	return nil
}

// expireChore shows what is due, which the log tells, and expires what was shown
// the settings' notice ago.
func (h *house) expireChore(ctx context.Context) (string, error) {
	shown, err := h.archive.ShowExpiring(ctx, h.retaining())
	if err != nil {
		return "", err
	}
	rep := h.expiryReport(shown)
	due := 0
	for _, r := range rep.Rules {
		due += r.Messages
		if r.Messages > 0 {
			h.log.Info("messages are to expire; restante expire --dry-run --list shows them", "rule", r.Rule, "messages", r.Messages,
				"new", r.New, "octets", r.Octets, "from", r.From)
		}
	}
	if err := h.expireShown(ctx, time.Now().Add(-h.cfg.RetentionNotice.For), &rep); err != nil {
		return "", err
	}
	return fmt.Sprintf("%d due, %d held, %d expired, %s less on disk", due, rep.Held, rep.Expired, size(rep.Freed)), rep.trouble()
}
