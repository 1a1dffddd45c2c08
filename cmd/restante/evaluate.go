package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"restante/filter/bayes/trial"
)

// evaluation is what the flags of evaluate say.
type evaluation struct {
	index, feedback, out, html string
	first, balanced, from      int
	ham, spam                  float64
	asJSON                     bool
}

func newEvaluate(e *env) *cobra.Command {
	var v evaluation
	c := &cobra.Command{
		Use:   "evaluate --index FILE",
		Short: "Measure the Bayesian filter on labelled mail, in a model that is thrown away",
		Long: `Evaluate reads lines of label, tab and path (ham or spam; the path relative to
the index), judges each message in order and learns as told. Rules and the
users' own models take no part. It prints, all in percent:

  fp      ham called spam             missed  spam called ham or unsure
  fn      spam called ham             unsure  of all messages
  1-auc   pairs of ham and spam that the score ranks wrongly
  lam     logistic average of fp and missed
  fn@fp   spam missed at the cut-off that lets at most 0.1 % of ham through as spam`,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := v.check(); err != nil {
				return usage(err)
			}
			return v.run(c.Context(), e)
		},
	}
	c.Flags().StringVar(&v.index, "index", "", "the labelled list, a `FILE`")
	c.Flags().StringVar(&v.feedback, "feedback", "immediate", "learn the true label after each judgement: immediate or none")
	c.Flags().IntVar(&v.first, "train-first", 0, "learn the first `N` messages instead of judging them")
	c.Flags().IntVar(&v.balanced, "balanced", 0, "learn the first `N` of each class instead of judging them")
	c.Flags().IntVar(&v.from, "from", 0, "measure from message `N` on; those before are judged and learnt all the same")
	c.Flags().StringVarP(&v.out, "output", "o", "", "write gold, class and score of each message to this `FILE`, with tabs between")
	c.Flags().StringVar(&v.html, "html", "", "write a page with drawings to this `FILE`")
	c.Flags().Float64Var(&v.ham, "ham-cutoff", trial.HamCutoff, "scores below it are ham")
	c.Flags().Float64Var(&v.spam, "spam-cutoff", trial.SpamCutoff, "scores from it on are spam")
	c.Flags().BoolVar(&v.asJSON, "json", false, "print one JSON object")
	must(c.MarkFlagRequired("index"))
	return c
}

func (v *evaluation) check() error {
	if v.feedback != "immediate" && v.feedback != "none" {
		return fmt.Errorf("--feedback %q; allowed: immediate, none", v.feedback)
	}
	if v.ham < 0 || v.ham >= v.spam || v.spam > 1 {
		return fmt.Errorf("cut-offs %v and %v; allowed: 0 <= ham < spam <= 1", v.ham, v.spam)
	}
	if v.first < 0 || v.balanced < 0 || v.first > 0 && v.balanced > 0 {
		return errors.New("--train-first and --balanced take a number from 0 on, and only one of them")
	}
	if v.from < 0 {
		return errors.New("--from takes a number from 0 on")
	}
	return nil
}

func (v *evaluation) run(ctx context.Context, e *env) (err error) {
	o := trial.Options{Immediate: v.feedback == "immediate", TrainFirst: v.first, Balanced: v.balanced, From: v.from, HamCutoff: v.ham, SpamCutoff: v.spam}
	report := trial.Report{Title: v.index, How: v.how(), HamCutoff: v.ham, SpamCutoff: v.spam}
	if v.html != "" {
		o.Each = func(j trial.Judged) { report.Judged = append(report.Judged, j) }
	}
	done := func(bool) error { return nil }
	if v.out != "" {
		if o.Out, done, err = whole(e.path(v.out)); err != nil {
			return fmt.Errorf("write judgements: %w", err)
		}
	}
	report.Measures, err = trial.Run(ctx, e.path(v.index), o)
	if err = errors.Join(err, done(err == nil)); err != nil {
		return err
	}
	if report.Measures.Ham+report.Measures.Spam == 0 {
		return usage(errors.New("no message was left to judge"))
	}
	if v.html != "" {
		w, done, err := whole(e.path(v.html))
		if err != nil {
			return fmt.Errorf("write page: %w", err)
		}
		err = report.WriteHTML(w)
		if err = errors.Join(err, done(err == nil)); err != nil {
			return err
		}
	}
	if v.asJSON {
		return e.json(report.Measures)
	}
	return report.Measures.Print(e.out)
}

// how says in words how a trial was run.
func (v *evaluation) how() string {
	how := "judged in order, "
	switch {
	case v.first > 0:
		how = fmt.Sprintf("judged after the first %d were learnt, ", v.first)
	case v.balanced > 0:
		how = fmt.Sprintf("judged after the first %d of each class were learnt, ", v.balanced)
	}
	if v.from > 1 {
		how += fmt.Sprintf("measured from message %d on, ", v.from)
	}
	if v.feedback == "none" {
		return how + "without feedback"
	}
	return how + "each learnt after its judgement"
}

// whole gives a writer whose file takes its place only when all is written and
// well, so that a trial that fails costs no earlier results. What is no plain
// file, as /dev/stdout, is written as it is.
func whole(path string) (w io.Writer, done func(keep bool) error, err error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return nil, nil, err
		}
		return f, func(bool) error { return f.Close() }, nil
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return nil, nil, err
	}
	b := bufio.NewWriter(f)
	return b, func(keep bool) error {
		err := errors.Join(b.Flush(), f.Chmod(0o644), f.Close())
		if keep && err == nil {
			return os.Rename(f.Name(), path)
		}
		return errors.Join(err, os.Remove(f.Name()))
	}, nil
}
