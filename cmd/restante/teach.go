package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"restante/fetch"
	"restante/fetch/mbox"
	"restante/filter"
	"restante/filter/letter"
	"restante/index"
)

func newTrain(e *env) *cobra.Command {
	var user string
	var spam, ham, forget, asJSON bool
	c := &cobra.Command{
		Use:   "train --user U (--spam | --ham | --forget) PATH…",
		Short: "Teach a user's filter with mbox files, Maildirs, folders or files",
		Long: `Train tells the filter of one user what is spam and what is ham. A message
taught before is moved, not counted twice. A message that is in the archive
goes into the quarantine as spam, and out of it as ham.`,
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
				return e.train(ctx, h, user, class, args, asJSON)
			})
		},
	}
	c.Flags().StringVar(&user, "user", "", "whose filter")
	c.Flags().BoolVar(&spam, "spam", false, "it is spam")
	c.Flags().BoolVar(&ham, "ham", false, "it is wanted")
	c.Flags().BoolVar(&forget, "forget", false, "take back what was taught of it")
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

func (e *env) train(ctx context.Context, h *house, user string, class filter.Class, paths []string, asJSON bool) error {
	var out trained
	b := e.bar("training", 0)
	err := e.eachMessage(ctx, h, paths, b, func(_ string, p *fetch.Parcel) error {
		t, err := h.archive.Teach(ctx, user, p.Digest, letter.Read(p.Open()), class, index.Origin{By: index.ByCommand})
		if err != nil {
			return err
		}
		if t.Was == t.Now {
			out.Known++
		} else {
			out.Taught++
		}
		out.Moved += t.Moved
		return nil
	})
	b.end()
	if asJSON {
		return errors.Join(err, e.json(out))
	}
	_, perr := fmt.Fprintf(e.out, "%d taught, %d known already, %d of the archive's moved\n", out.Taught, out.Known, out.Moved)
	return errors.Join(err, perr)
}

func newClassify(e *env) *cobra.Command {
	var user string
	var asJSON, explain bool
	c := &cobra.Command{
		Use:   "classify --user U PATH…",
		Short: "Judge messages and print path, class and score (0 ham to 1 spam), with tabs between",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return e.withHouse(c.Context(), func(ctx context.Context, h *house) error {
				if err := h.mustKnow(ctx, user); err != nil {
					return err
				}
				return e.classify(ctx, h, user, args, explain, asJSON)
			})
		},
	}
	c.Flags().StringVar(&user, "user", "", "whose filter")
	c.Flags().BoolVar(&explain, "explain", false, "print the reasons below each message")
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a message, with the reasons")
	must(c.MarkFlagRequired("user"))
	return c
}

// judged is the JSON form of a verdict.
type judged struct {
	Path    string          `json:"path"`
	Class   string          `json:"class"`
	Score   float64         `json:"score"`
	Reasons []filter.Reason `json:"reasons"`
}

func (e *env) classify(ctx context.Context, h *house, user string, paths []string, explain, asJSON bool) error {
	m, err := h.archive.Model(ctx, user)
	if err != nil {
		return err
	}
	return e.eachMessage(ctx, h, paths, nil, func(name string, p *fetch.Parcel) error {
		v := h.sorter.Judge(letter.Read(p.Open()), m)
		if asJSON {
			return e.json(judged{name, v.Class.String(), v.Score, v.Reasons})
		}
		if _, err := fmt.Fprintf(e.out, "%s\t%s\t%.6f\n", name, v.Class, v.Score); err != nil {
			return err
		}
		if !explain {
			return nil
		}
		for _, r := range v.Reasons {
			if _, err := fmt.Fprintf(e.out, "\t%+.2f\t%s\t%s\n", r.Weight, r.Name, cut(r.Text, 200)); err != nil {
				return err
			}
		}
		return nil
	})
}

// eachMessage calls do for every message of the paths, in order. What cannot
// be read is said and counted, and the rest go on.
func (e *env) eachMessage(ctx context.Context, h *house, paths []string, b *bar, do func(name string, p *fetch.Parcel) error) error {
	unread, done := 0, int64(0)
	for _, path := range paths {
		src, err := mbox.Open(e.path(path))
		if err != nil {
			fmt.Fprintln(e.errOut, "restante:", fmt.Errorf("read %s: %w", path, err))
			unread++
			continue
		}
		items, err := src.List(ctx)
		if err != nil {
			src.Close()
			return fmt.Errorf("read %s: %w", path, err)
		}
		err = src.Retrieve(ctx, items, func(it fetch.Item, r io.Reader, err error) error {
			var p *fetch.Parcel
			if err == nil {
				p, err = fetch.Pack(spoolDir(h.cfg), r)
			}
			if err != nil {
				fmt.Fprintln(e.errOut, "restante:", fmt.Errorf("read %s: %w", messageName(src, path, it), err))
				unread++
				return nil
			}
			defer p.Close()
			done++
			if b != nil {
				b.set(done, 0)
			}
			return do(messageName(src, path, it), p)
		})
		if err = errors.Join(err, src.Close()); err != nil {
			return err
		}
	}
	if unread > 0 {
		return fmt.Errorf("%d could not be read", unread)
	}
	return nil
}

// messageName is how a message is told of: its path, and its number where its
// file holds several.
func messageName(src *mbox.Source, path string, it fetch.Item) string {
	rel, n := src.Place(it)
	if rel != "" && rel != "." {
		path = filepath.Join(path, rel)
	}
	if n > 0 {
		return fmt.Sprintf("%s#%d", path, n)
	}
	return path
}
