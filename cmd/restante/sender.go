package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"restante/filter/sender"
	"restante/index"
)

func newSender(e *env) *cobra.Command {
	c := &cobra.Command{
		Use: "sender", Short: "Allow and block senders",
		Long: `A name is an address, or a domain with all that lies below it. The nearest entry
speaks: an address before its domain. An allowed name counts for nothing in a
message whose sender the provider refuted. What is said counts for mail to come.`,
	}
	c.AddCommand(newSenderList(e), newSenderSet(e, false), newSenderSet(e, true), newSenderForget(e))
	return c
}

// senderReport is the JSON form of a sender.
type senderReport struct {
	User  string    `json:"user"`
	Name  string    `json:"name"`
	State string    `json:"state"` // allowed or blocked
	Since time.Time `json:"since"`
}

func newSenderList(e *env) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "list USER", Short: "List whom a user allows and blocks",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return e.withHouse(c.Context(), func(ctx context.Context, h *house) error {
				if err := h.mustKnow(ctx, args[0]); err != nil {
					return err
				}
				list, err := h.archive.Senders(ctx, args[0])
				if err != nil {
					return err
				}
				return senderListing(args[0]).say(e, list.ByName(), asJSON)
			})
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a sender")
	return c
}

func senderListing(user string) listing[sender.Sender] {
	return listing[sender.Sender]{
		none: "no senders", head: []string{"NAME", "STATE", "SINCE"},
		json: func(s sender.Sender) any { return senderReport{user, s.Name, s.State(), s.Since} },
		row:  func(s sender.Sender) []string { return []string{s.Name, s.State(), stamp(s.Since)} },
	}
}

// foldNames brings names into the form in which they are kept, each once.
func foldNames(names []string) (folded []string, err error) {
	for _, name := range names {
		name, err := sender.Fold(name)
		if err != nil {
			return nil, usage(err)
		}
		if !slices.Contains(folded, name) {
			folded = append(folded, name)
		}
	}
	return folded, nil
}

func newSenderSet(e *env, block bool) *cobra.Command {
	c := &cobra.Command{
		Use: "allow USER NAME…", Short: "Judge a sender's mail as ham from now on",
		Args: cobra.MinimumNArgs(2),
	}
	if block {
		c.Use, c.Short = "block USER NAME…", "Judge a sender's mail as spam from now on"
	}
	c.RunE = func(c *cobra.Command, args []string) error {
		names, err := foldNames(args[1:])
		if err != nil {
			return err
		}
		keep := make([]sender.Sender, len(names))
		for i, name := range names {
			keep[i] = sender.Sender{Name: name, Blocked: block}
		}
		return e.withHouse(c.Context(), func(ctx context.Context, h *house) error {
			if err := h.mustKnow(ctx, args[0]); err != nil {
				return err
			}
			_, _, err := h.archive.ChangeSenders(ctx, args[0], nil, keep)
			if errors.Is(err, index.ErrMany) {
				return fmt.Errorf("%s would have too many senders; forget some first", args[0])
			}
			if err != nil {
				return err
			}
			for _, s := range keep {
				if _, err := fmt.Fprintf(e.out, "%s: %s\n", s.Name, s.State()); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return c
}

func newSenderForget(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "forget USER NAME…", Short: "Say nothing of a sender any more",
		Long: `Forget takes away what was said of each name. Where one of them is neither
allowed nor blocked, all stay as they are.`,
		Args: cobra.MinimumNArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			names, err := foldNames(args[1:])
			if err != nil {
				return err
			}
			return e.withHouse(c.Context(), func(ctx context.Context, h *house) error {
				if err := h.mustKnow(ctx, args[0]); err != nil {
					return err
				}
				list, err := h.archive.Senders(ctx, args[0])
				if err != nil {
					return err
				}
				for _, name := range names {
					if _, ok := list[name]; !ok {
						return usage(fmt.Errorf("%s neither allows nor blocks %s; restante sender list shows whom", args[0], name))
					}
				}
				if _, _, err := h.archive.ChangeSenders(ctx, args[0], names, nil); err != nil {
					return err
				}
				_, err = fmt.Fprintf(e.out, "forgotten: %s\n", strings.Join(names, ", "))
				return err
			})
		},
	}
}
