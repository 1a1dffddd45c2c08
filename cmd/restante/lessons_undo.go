package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"restante/index"
)

// undoing says which lessons are to be taken back.
type undoing struct {
	user, ago string
	numbers   []int64 // the last first
	since     time.Time
	last      int
	asJSON    bool
}

func newLessonsUndo(e *env) *cobra.Command {
	var u undoing
	c := &cobra.Command{
		Use:   "undo NUMBER… | --last N | --since TIME",
		Short: "Take lessons back, as if they had never been given",
		Long: `Undo takes lessons back. The filter is then as if they had never been given, and
a message that a lesson had moved goes back to where it was, unless somebody
moved it on. Where a lesson had replaced another about the same message, that one
is taught again, unless it is to be taken back too.`,
		Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			if err := u.parse(c, args); err != nil {
				return err
			}
			return e.withHouse(c.Context(), func(ctx context.Context, h *house) error {
				user, err := h.whose(ctx, u.user)
				if err != nil {
					return err
				}
				return e.undo(ctx, h, user, u)
			})
		},
	}
	c.Flags().StringVar(&u.user, "user", "", "whose filter; needed where there are several users")
	c.Flags().IntVar(&u.last, "last", 0, "the last `N` lessons that stand")
	c.Flags().StringVar(&u.ago, "since", "", "all lessons since a `TIME`: 2026-05-17, or 2d for two days ago")
	c.Flags().BoolVar(&u.asJSON, "json", false, "print one JSON object a lesson taken back")
	c.MarkFlagsMutuallyExclusive("last", "since")
	return c
}

func (u *undoing) parse(c *cobra.Command, args []string) error {
	ways := 0
	for _, given := range []bool{len(args) > 0, c.Flags().Changed("last"), u.ago != ""} {
		if given {
			ways++
		}
	}
	if ways != 1 {
		return usage(errors.New("say which lessons: their numbers, or --last N, or --since TIME"))
	}
	if c.Flags().Changed("last") && u.last < 1 {
		return usage(fmt.Errorf("--last %d; allowed: 1 and more", u.last))
	}
	var err error
	if u.since, err = parseSince(u.ago, time.Now()); err != nil {
		return err
	}
	for _, a := range args {
		n, err := strconv.ParseInt(a, 10, 64)
		if err != nil || n < 1 {
			return usage(fmt.Errorf("%q is no lesson's number; restante lessons list shows them", a))
		}
		u.numbers = append(u.numbers, n)
	}
	slices.Sort(u.numbers)
	u.numbers = slices.Compact(u.numbers)
	slices.Reverse(u.numbers)
	return nil
}

// pick gives the numbers of the lessons to take back, the last first.
func (u *undoing) pick(ctx context.Context, h *house, user string) ([]int64, error) {
	if u.numbers != nil {
		return u.numbers, nil
	}
	q := index.ActQuery{Since: u.since, Max: u.last, Standing: true}
	acts, err := h.archive.Acts(ctx, user, q)
	var numbers []int64
	for _, a := range acts {
		numbers = append(numbers, a.Number)
	}
	return numbers, err
}

// meant tells whether a lesson that was replaced is to be taken back too.
func (u *undoing) meant(ctx context.Context, h *house, user string, number int64) (bool, error) {
	if u.since.IsZero() {
		return slices.Contains(u.numbers, number), nil
	}
	acts, err := h.archive.Acts(ctx, user, index.ActQuery{Number: number, Since: u.since, Max: 1})
	return len(acts) > 0, err
}

// undone is the JSON form of a lesson that was taken back.
type undone struct {
	Lesson int64 `json:"lesson"`
	Again  int64 `json:"taught_again,omitzero"` // as this lesson: what it had replaced
	Moved  int   `json:"moved"`
}

func (e *env) undo(ctx context.Context, h *house, user string, u undoing) error {
	numbers, err := u.pick(ctx, h, user)
	if err != nil {
		return err
	}
	var errs []error
	moved, again := 0, 0
	done := map[int64]bool{}
	for _, n := range numbers {
		if done[n] {
			continue // with the one that had replaced it
		}
		out, err := u.back(ctx, h, user, n, done)
		switch {
		case errors.Is(err, index.ErrUndone):
			errs = append(errs, fmt.Errorf("lesson %d was taken back already", n))
			continue
		case errors.Is(err, index.ErrNotFound):
			errs = append(errs, fmt.Errorf("%s has no lesson %d; restante lessons list shows them", user, n))
			continue
		case err != nil:
			return errors.Join(append(errs, err)...)
		}
		moved += out.Moved
		if out.Again != 0 {
			again++
		}
		if u.asJSON {
			if err := e.json(out); err != nil {
				return err
			}
		}
	}
	if !u.asJSON {
		_, err = fmt.Fprintf(e.out, "%d taken back, %d of what they had replaced taught again, %d of the archive's moved\n", len(done), again, moved)
	}
	return errors.Join(append(errs, err)...)
}

// back takes a lesson back, and what it had replaced as long as that is to be
// taken back too.
func (u *undoing) back(ctx context.Context, h *house, user string, number int64, done map[int64]bool) (undone, error) {
	out := undone{Lesson: number}
	next := number
	for {
		got, err := h.archive.Undo(ctx, user, next, index.Origin{By: index.ByCommand})
		if err != nil {
			return out, err
		}
		done[number] = true
		out.Moved, out.Again = out.Moved+got.Moved, got.Again
		if got.Again == 0 {
			return out, nil
		}
		if too, err := u.meant(ctx, h, user, got.Replaced); !too || err != nil {
			return out, err
		}
		number, next = got.Replaced, got.Again
	}
}
