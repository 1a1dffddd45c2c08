package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"restante/fetch"
	"restante/filter"
	"restante/filter/letter"
	"restante/index"
)

func newTrain(e *env) *cobra.Command {
	var user string
	var spam, ham, forget, yes, asJSON bool
	c := &cobra.Command{
		Use:   "train --user U (--spam | --ham | --forget) PATH…",
		Short: "Teach a user's filter with mbox files, Maildirs, folders or files",
		Long: `Train tells the filter of one user what is spam and what is ham. A message
taught before is moved, not counted twice. A message that is in the archive
goes into the quarantine as spam, and out of it as ham; what is forgotten goes
back to where it was.

Before a filter that has learnt something is taught, it looks at a sample. Where
more than a third of it, and ten messages at least, are surely of the other class
to it, train asks, or without a terminal teaches nothing: the folder may be the
wrong one. With --yes it is not asked. What was taught can be taken back: see
restante lessons.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			class := filter.Unsure
			switch {
			case spam:
				class = filter.Spam
			case ham:
				class = filter.Ham
			}
			return e.withHouse(c.Context(), func(ctx context.Context, h *house) error {
				if err := h.mustKnow(ctx, user); err != nil {
					return err
				}
				if !yes {
					if err := e.guard(ctx, h, user, class, args); err != nil {
						return err
					}
				}
				return e.train(ctx, h, user, class, args, asJSON)
			})
		},
	}
	c.Flags().StringVar(&user, "user", "", "whose filter")
	c.Flags().BoolVar(&spam, "spam", false, "it is spam")
	c.Flags().BoolVar(&ham, "ham", false, "it is wanted")
	c.Flags().BoolVar(&forget, "forget", false, "take back what was taught of it")
	c.Flags().BoolVar(&yes, "yes", false, "teach it even if the filter is sure that it is the other class")
	c.Flags().BoolVar(&asJSON, "json", false, "print the outcome as one JSON object")
	c.MarkFlagsMutuallyExclusive("spam", "ham", "forget")
	c.MarkFlagsOneRequired("spam", "ham", "forget")
	must(c.MarkFlagRequired("user"))
	return c
}

// trained is the outcome of a training.
type trained struct {
	Taught int `json:"taught"`
	Known  int `json:"known_already"`
	Moved  int `json:"moved"`
}

// Bounds of what is taught in one commit.
const (
	trainMessages = 100
	trainOctets   = 8 << 20
)

// lessonPlan gathers letters and teaches them, some at a time.
type lessonPlan struct {
	archive *index.Archive
	user    string
	class   filter.Class
	letters []index.Material
	octets  int64
	out     trained
}

func (t *lessonPlan) add(ctx context.Context, p *fetch.Parcel, from index.Origin) error {
	t.letters = append(t.letters, index.Material{Digest: p.Digest, Letter: letter.Read(p.Open()), From: from})
	t.octets += p.Size
	if len(t.letters) < trainMessages && t.octets < trainOctets {
		return nil
	}
	return t.teach(ctx)
}

func (t *lessonPlan) teach(ctx context.Context) error {
	all, err := t.archive.TeachAll(ctx, t.user, t.class, t.letters)
	if err != nil {
		return err
	}
	for _, one := range all {
		if one.Was == one.Now {
			t.out.Known++
		} else {
			t.out.Taught++
		}
		t.out.Moved += one.Moved
	}
	clear(t.letters)
	t.letters, t.octets = t.letters[:0], 0
	return nil
}

func (e *env) train(ctx context.Context, h *house, user string, class filter.Class, paths []string, asJSON bool) error {
	plan := &lessonPlan{archive: h.archive, user: user, class: class}
	b := e.bar("training", 0)
	err := e.eachMessage(ctx, h, paths, b, func(name string, p *fetch.Parcel) error {
		from := index.Origin{By: index.ByFolder, Source: e.path(name)}
		if slices.Contains(paths, name) {
			from.By = index.ByCommand
		}
		return plan.add(ctx, p, from)
	})
	err = errors.Join(err, plan.teach(ctx))
	b.end()
	if asJSON {
		return errors.Join(err, e.json(plan.out))
	}
	_, perr := fmt.Fprintf(e.out, "%d taught, %d known already, %d of the archive's moved\n", plan.out.Taught, plan.out.Known, plan.out.Moved)
	return errors.Join(err, perr)
}
