package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
)

// listing is how a list is told: to people as a table, else as one JSON object each.
type listing[T any] struct {
	none string   // what is said of an empty list
	head []string // of the table; nil: it has none
	json func(T) any
	row  func(T) []string
}

func (l listing[T]) say(e *env, all []T, asJSON bool) error {
	if asJSON {
		for _, one := range all {
			if err := e.json(l.json(one)); err != nil {
				return err
			}
		}
		return nil
	}
	if len(all) == 0 {
		_, err := fmt.Fprintln(e.out, l.none)
		return err
	}
	var rows [][]string
	if l.head != nil {
		rows = append(rows, l.head)
	}
	for _, one := range all {
		rows = append(rows, l.row(one))
	}
	_, err := fmt.Fprint(e.out, columns(rows))
	return err
}

// command lists what a user has, or everybody, for whom read is given an empty
// user. It calls a row a thing, and several things.
func (l listing[T]) command(e *env, thing, things string, read func(ctx context.Context, h *house, user string) ([]T, error)) *cobra.Command {
	var user string
	var asJSON bool
	c := &cobra.Command{
		Use: "list", Short: "List the " + things,
		RunE: func(c *cobra.Command, _ []string) error {
			return e.withHouse(c.Context(), func(ctx context.Context, h *house) error {
				if user != "" {
					if err := h.mustKnow(ctx, user); err != nil {
						return err
					}
				}
				all, err := read(ctx, h, user)
				if err != nil {
					return err
				}
				return l.say(e, all, asJSON)
			})
		},
	}
	c.Flags().StringVar(&user, "user", "", "only this user's")
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a "+thing)
	return c
}
