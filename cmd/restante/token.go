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
	"restante/serve/auth"
	"restante/serve/web/api"
)

func newToken(e *env) *cobra.Command {
	c := &cobra.Command{
		Use: "token", Short: "Let programs in through the API",
		Long: `A token lets a program do for a user what its scopes allow, through the API of
the pages (web.address, under /api/v1; /api/v1/openapi.yaml describes it):

  read    see mail, lessons, senders, searches, devices, accounts and figures, and
          hear of new mail
  teach   teach the filter, take lessons back, allow and block senders, move mail,
          let mail programs have it again
  manage  save and remove searches, make and remove devices, see and end sessions`,
	}
	c.AddCommand(newTokenAdd(e), newTokenList(e), newTokenRevoke(e))
	return c
}

// daysMost bounds how long a token lasts.
const daysMost = 3650

func newTokenAdd(e *env) *cobra.Command {
	var t index.Token
	var days int
	c := &cobra.Command{
		Use:   "add USER NAME",
		Short: "Make a token; it is shown this once",
		Args:  cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			t.Owner, t.Name = args[0], args[1]
			for i, s := range t.Scopes {
				if !slices.Contains(api.Scopes(), s) || slices.Contains(t.Scopes[:i], s) {
					return usage(fmt.Errorf("--scope %q; allowed: each of %s, once", s, strings.Join(api.Scopes(), ", ")))
				}
			}
			if err := t.Check(); err != nil {
				return usage(err)
			}
			if days < 0 || days > daysMost {
				return usage(fmt.Errorf("--days %d; allowed: 1 to %d, or 0 for a token that never expires", days, daysMost))
			}
			return e.withHouse(c.Context(), func(ctx context.Context, h *house) error {
				return e.addToken(ctx, h, t, days)
			})
		},
	}
	c.Flags().StringSliceVar(&t.Scopes, "scope", []string{api.Read}, "what it may do: "+strings.Join(api.Scopes(), ", "))
	c.Flags().IntVar(&days, "days", 90, "for how many days it is valid; 0: for ever")
	return c
}

func (e *env) addToken(ctx context.Context, h *house, t index.Token, days int) error {
	if err := h.mustKnow(ctx, t.Owner); err != nil {
		return err
	}
	ticket := auth.APITicket.New()
	t.Secret, _ = auth.APITicket.Secret(ticket) // of the kind it is
	t.Made = time.Now().UTC()
	if days > 0 {
		t.Expires = t.Made.AddDate(0, 0, days)
	}
	err := h.store.AddToken(ctx, &t)
	if errors.Is(err, index.ErrExists) {
		return fmt.Errorf("%s has a token %q already; revoke that one first, or give another name", t.Owner, t.Name)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(e.out, "%s: %s\nIt is not shown again.\n", t.Name, ticket)
	return err
}

// tokenReport is the JSON form of a token.
type tokenReport struct {
	User    string    `json:"user"`
	Name    string    `json:"name"`
	Scopes  []string  `json:"scopes"`
	Made    time.Time `json:"made"`
	Expires time.Time `json:"expires,omitzero"`
	Used    time.Time `json:"used,omitzero"`
}

func newTokenList(e *env) *cobra.Command {
	return tokenListing.command(e, "token", "tokens", func(ctx context.Context, h *house, user string) ([]index.Token, error) {
		return h.store.Tokens(ctx, user)
	})
}

var tokenListing = listing[index.Token]{
	none: "no tokens", head: []string{"USER", "NAME", "SCOPES", "MADE", "EXPIRES", "LAST USED"},
	json: func(t index.Token) any { return tokenReport{t.Owner, t.Name, t.Scopes, t.Made, t.Expires, t.Used} },
	row: func(t index.Token) []string {
		expires, used := "never", "never"
		if !t.Expires.IsZero() {
			expires = stamp(t.Expires)
		}
		if !t.Used.IsZero() {
			used = stamp(t.Used)
		}
		return []string{t.Owner, cut(t.Name, 40), strings.Join(t.Scopes, ","), stamp(t.Made), expires, used}
	},
}

func newTokenRevoke(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "revoke USER NAME", Short: "Take a token back, at once",
		Args: cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			return e.withHouse(c.Context(), func(ctx context.Context, h *house) error {
				err := h.store.RemoveToken(ctx, args[0], args[1])
				if errors.Is(err, index.ErrNotFound) {
					return usage(fmt.Errorf("%s has no token %q; restante token list shows them", args[0], args[1]))
				}
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(e.out, "%s: revoked\n", args[1])
				return err
			})
		},
	}
}
