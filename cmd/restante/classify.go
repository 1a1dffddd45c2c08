package main

import (
	"context"
	"fmt"
	"strconv"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"restante/fetch"
	"restante/filter"
	"restante/filter/letter"
)

func newClassify(e *env) *cobra.Command {
	var user string
	var asJSON, explain bool
	c := &cobra.Command{
		Use:   "classify --user U PATH…",
		Short: "Judge messages and print path, class and score (0 ham to 1 spam), with tabs between",
		Long: `Classify judges messages as if they came in, and prints path, class and score (0
is surely ham, 1 surely spam) with tabs between.

With --explain a table follows each: the evidence for spam, weight above 0, and
then that for ham, the heaviest first. Weights are in the points of SpamAssassin:
a rule's are its score, and each of the words has its share of what all words
give together. HAM and SPAM are how many messages taught as such had the word.`,
		Args: cobra.MinimumNArgs(1),
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
	c.Flags().BoolVar(&explain, "explain", false, "print the evidence below each message")
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a message, with the reasons")
	must(c.MarkFlagRequired("user"))
	return c
}

// judged is the JSON form of a verdict.
type judged struct {
	Path     string            `json:"path"`
	Class    string            `json:"class"`
	Score    float64           `json:"score"`
	Reasons  []filter.Reason   `json:"reasons"`
	Evidence []filter.Evidence `json:"evidence,omitzero"`
}

func (e *env) classify(ctx context.Context, h *house, user string, paths []string, explain, asJSON bool) error {
	m, err := h.archive.Model(ctx, user)
	if err != nil {
		return err
	}
	who, err := h.archive.Senders(ctx, user)
	if err != nil {
		return err
	}
	return e.eachMessage(ctx, h, paths, nil, func(name string, p *fetch.Parcel) error {
		l := letter.Read(p.Open())
		v := h.sorter.Judge(l, m, who)
		var all []filter.Evidence
		if explain {
			all = filter.Explain(v, m, l)
		}
		if asJSON {
			return e.json(judged{name, v.Class.String(), v.Score, v.Reasons, all})
		}
		if _, err := fmt.Fprintf(e.out, "%s\t%s\t%.6f\n", name, v.Class, v.Score); err != nil || !explain {
			return err
		}
		return e.evidenceTable(v, all)
	})
}

func (e *env) evidenceTable(v filter.Verdict, all []filter.Evidence) error {
	t := tabwriter.NewWriter(e.out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(t, "%s\tHAM\tSPAM\t  EVIDENCE\n", e.coloured(bold, "WEIGHT"))
	row := func(weight float64, ham, spam, text string) {
		colour := red
		if weight < 0 {
			colour = green
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t  %s\n", e.coloured(colour, fmt.Sprintf("%+.2f", weight)), ham, spam, cut(text, 100))
	}
	for _, x := range all {
		if x.Kind == "word" {
			row(x.Weight, strconv.Itoa(x.Ham), strconv.Itoa(x.Spam), x.Text)
		} else {
			row(x.Weight, "", "", x.Text)
		}
	}
	for _, r := range v.Reasons {
		if r.Name == filter.WordsReason {
			row(r.Weight, "", "", "all words together")
		}
	}
	return t.Flush()
}
