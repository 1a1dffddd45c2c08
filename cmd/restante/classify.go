package main

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"restante/fetch"
	"restante/filter"
	"restante/filter/bayes"
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
	Path     string          `json:"path"`
	Class    string          `json:"class"`
	Score    float64         `json:"score"`
	Reasons  []filter.Reason `json:"reasons"`
	Evidence []evidence      `json:"evidence,omitzero"`
}

// evidence is one thing that speaks for spam (above 0) or for ham.
type evidence struct {
	Weight float64 `json:"weight"` // points
	Kind   string  `json:"kind"`   // rule or word
	Text   string  `json:"text"`
	Ham    int     `json:"ham"` // messages taught that had the word
	Spam   int     `json:"spam"`
}

// How many words an explanation names for either class, and among how many of
// the loudest they are looked for.
const (
	explained = 12
	loudest   = 500
)

func (e *env) classify(ctx context.Context, h *house, user string, paths []string, explain, asJSON bool) error {
	m, err := h.archive.Model(ctx, user)
	if err != nil {
		return err
	}
	return e.eachMessage(ctx, h, paths, nil, func(name string, p *fetch.Parcel) error {
		l := letter.Read(p.Open())
		v := h.sorter.Judge(l, m)
		var all []evidence
		if explain {
			all = gather(v, m, l)
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

// gather puts the rules that hit and the words that spoke loudest together: those
// for spam, then those for ham, the heaviest first.
func gather(v filter.Verdict, m *bayes.Model, l *letter.Letter) []evidence {
	out := []evidence{}
	for _, r := range v.Reasons {
		text := r.Name
		if r.Text != "" {
			text += ": " + r.Text
		}
		if r.Name != filter.WordsReason { // which is the sum of the words
			out = append(out, evidence{Weight: r.Weight, Kind: "rule", Text: text})
		}
	}
	ham, spam := 0, 0
	for _, c := range m.Explain(l, bayes.Features(l), loudest) {
		said := &spam
		if c.Weight < 0 {
			said = &ham
		}
		if *said++; *said <= explained {
			out = append(out, evidence{Weight: filter.Points(c.Weight), Kind: "word", Text: c.Feature, Ham: c.Ham, Spam: c.Spam})
		}
	}
	slices.SortStableFunc(out, func(a, b evidence) int {
		if (a.Weight < 0) != (b.Weight < 0) {
			return cmp.Compare(b.Weight, a.Weight)
		}
		return cmp.Compare(math.Abs(b.Weight), math.Abs(a.Weight))
	})
	return out
}

func (e *env) evidenceTable(v filter.Verdict, all []evidence) error {
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
