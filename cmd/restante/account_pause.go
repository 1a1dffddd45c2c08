package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
)

func newAccountPause(e *env) *cobra.Command {
	var reason string
	c := &cobra.Command{
		Use: "pause ACCOUNT", Short: "Leave an account alone until it is resumed", Args: cobra.ExactArgs(1),
		Long: `Leave an account alone until it is resumed. A round that is under way goes on;
restante fetch still fetches it.`,
		RunE: func(c *cobra.Command, args []string) error {
			return e.withHouse(c.Context(), func(ctx context.Context, h *house) error {
				a, err := h.accountNow(args[0])
				if err != nil {
					return err
				}
				if err := h.clock.Pause(ctx, a.Name, reason); err != nil {
					return err
				}
				_, err = fmt.Fprintf(e.out, "%s: paused\n", a.Name)
				return err
			})
		},
	}
	c.Flags().StringVar(&reason, "reason", "", "say `WHY`, for account list")
	return c
}

func newAccountResume(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "resume ACCOUNT", Short: "Fetch an account again, and at once", Args: cobra.ExactArgs(1),
		Long: `Fetch an account again, and at once: it is paused no more, refused logins and
troubles are forgotten, and so is what its server was thought to get wrong.
Messages that could not be taken are tried again.`,
		RunE: func(c *cobra.Command, args []string) error {
			return e.withHouse(c.Context(), func(ctx context.Context, h *house) error {
				a, err := h.accountNow(args[0])
				if err != nil {
					return err
				}
				// The round may begin before Resume is back: it comes last.
				err = errors.Join(h.store.ForgetNotes(ctx, a.Owner, a.Name), h.store.ForgetQuirks(ctx, a.Name))
				if err == nil {
					err = h.clock.Resume(ctx, a.Name)
				}
				if err != nil {
					return err
				}
				said := "its round begins now"
				if e.house == nil {
					said = "it is due once restante serve runs"
				}
				_, err = fmt.Fprintf(e.out, "%s: resumed, %s\n", a.Name, said)
				return err
			})
		},
	}
}
