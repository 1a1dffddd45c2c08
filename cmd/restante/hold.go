package main

import (
	"context"
	"errors"
	"fmt"
	"os/user"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"restante/index"
	"restante/index/search"
)

func newHold(e *env) *cobra.Command {
	c := &cobra.Command{
		Use: "hold", Short: "Keep mail from expiring, whatever the settings say",
		Long: `A hold keeps all mail of a user, or what a search finds of it, from expiring. What
it finds is looked up anew at each expiry, so that mail that comes later is held
too. Where the catalogue cannot tell, nothing of that user expires.`,
	}
	c.AddCommand(newHoldAdd(e), newHoldList(e), newHoldRemove(e))
	return c
}

func newHoldAdd(e *env) *cobra.Command {
	var h index.Hold
	c := &cobra.Command{
		Use:   "add --user U --name NAME [QUERY]",
		Short: "Hold a user's mail, or what a search finds of it",
		Long: `Add places a hold: on all of a user's mail, or on what a search finds. The words
are those of restante search; after:2w and its like count from now on.`,
		Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			text := strings.Join(args, " ")
			q, err := search.Parse(text, time.Now())
			if err != nil {
				return e.queryFault(text, err)
			}
			h.Query = q.String() // whose spans of time are days by now
			if len(args) > 0 && h.Query == "" {
				return usage(errors.New("the search is empty; leave it out to hold all mail of the user"))
			}
			if err := checkHold(h); err != nil {
				return err
			}
			return e.withHouse(c.Context(), func(ctx context.Context, house *house) error {
				return e.hold(ctx, house, h, q)
			})
		},
	}
	c.Flags().StringVar(&h.Owner, "user", "", "whose mail")
	c.Flags().StringVar(&h.Name, "name", "", "what the hold is called, one of a name for each user")
	c.Flags().StringVar(&h.Why, "why", "", "the reason, a file number say")
	c.Flags().StringVar(&h.By, "by", me(), "who places it")
	must(c.MarkFlagRequired("user"))
	must(c.MarkFlagRequired("name"))
	return c
}

// holdTextMost bounds what is written about a hold, in octets.
const holdTextMost = 500

func checkHold(h index.Hold) error {
	for _, f := range []struct{ flag, text string }{{"--name", h.Name}, {"--why", h.Why}, {"--by", h.By}} {
		if err := index.CheckText(f.flag, f.text); err != nil {
			return usage(err)
		}
		if len(f.text) > holdTextMost {
			return usage(fmt.Errorf("%s has %d octets; allowed: at most %d", f.flag, len(f.text), holdTextMost))
		}
	}
	if strings.TrimSpace(h.Name) == "" {
		return usage(errors.New("--name is empty; a hold needs one, to be lifted by"))
	}
	return nil
}

// me is who runs the process.
func me() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return ""
}

func (e *env) hold(ctx context.Context, house *house, h index.Hold, q *search.Query) error {
	if err := house.mustKnow(ctx, h.Owner); err != nil {
		return err
	}
	err := house.archive.AddHold(ctx, &h)
	if errors.Is(err, index.ErrExists) {
		return fmt.Errorf("%s has a hold %q already; give another --name, or remove that one first", h.Owner, h.Name)
	}
	if err != nil {
		return err
	}
	if h.Query == "" {
		_, err := fmt.Fprintf(e.out, "%s: all mail of %s is held\n", h.Name, h.Owner)
		return err
	}
	if err := house.catchUp(ctx, e); err != nil {
		return fmt.Errorf("the hold is placed; what it finds cannot be told now: %w", err)
	}
	res, err := house.catalogue.Search(ctx, h.Owner, q, search.Page{Limit: 1})
	if err != nil {
		return fmt.Errorf("the hold is placed; what it finds cannot be told now: %w", err)
	}
	_, err = fmt.Fprintf(e.out, "%s: finds %d messages of %s now\n", h.Name, res.Total, h.Owner)
	return err
}

// holdReport is the JSON form of a hold.
type holdReport struct {
	User   string    `json:"user"`
	Name   string    `json:"name"`
	Query  string    `json:"query"` // empty: all mail
	By     string    `json:"by"`
	Why    string    `json:"why"`
	Placed time.Time `json:"placed"`
}

func newHoldList(e *env) *cobra.Command {
	return holdListing.command(e, "hold", "holds", func(ctx context.Context, h *house, user string) ([]index.Hold, error) {
		all, err := h.archive.PlacedHolds(ctx)
		return slices.DeleteFunc(all, func(h index.Hold) bool { return user != "" && h.Owner != user }), err
	})
}

var holdListing = listing[index.Hold]{
	none: "no holds", head: []string{"USER", "NAME", "SINCE", "BY", "HOLDS", "WHY"},
	json: func(h index.Hold) any { return holdReport{h.Owner, h.Name, h.Query, h.By, h.Why, h.Placed} },
	row: func(h index.Hold) []string {
		what := "all mail"
		if h.Query != "" {
			what = "what is found by: " + h.Query
		}
		return []string{h.Owner, cut(h.Name, 40), stamp(h.Placed), cut(h.By, 20), cut(what, 80), cut(h.Why, 80)}
	},
}

func newHoldRemove(e *env) *cobra.Command {
	var user, name, by string
	c := &cobra.Command{
		Use:   "remove --user U --name NAME",
		Short: "Lift a hold",
		Long: `Remove lifts a hold. What it had kept does not go at once: it is shown anew, by
restante expire --dry-run or the daily look, and goes the notice after that.`,
		RunE: func(c *cobra.Command, _ []string) error {
			return e.withHouse(c.Context(), func(ctx context.Context, h *house) error {
				err := h.archive.RemoveHold(ctx, user, name, by)
				if errors.Is(err, index.ErrNotFound) {
					return usage(fmt.Errorf("%s has no hold %q; restante hold list shows them", user, name))
				}
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(e.out, "%s: lifted\n", name)
				return err
			})
		},
	}
	c.Flags().StringVar(&user, "user", "", "whose mail it is on")
	c.Flags().StringVar(&name, "name", "", "what it is called")
	c.Flags().StringVar(&by, "by", me(), "who lifts it, for the log")
	must(c.MarkFlagRequired("user"))
	must(c.MarkFlagRequired("name"))
	return c
}
