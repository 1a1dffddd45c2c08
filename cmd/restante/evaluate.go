package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"restante/filter/bayes/trial"
)

func newEvaluate(e *env) *cobra.Command {
	var index, feedback, out string
	var first, balanced int
	var ham, spam float64
	var asJSON bool
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
		RunE: func(c *cobra.Command, _ []string) (err error) {
			if feedback != "immediate" && feedback != "none" {
				return usage(fmt.Errorf("--feedback %q; allowed: immediate, none", feedback))
			}
			if ham < 0 || ham >= spam || spam > 1 {
				return usage(fmt.Errorf("cut-offs %v and %v; allowed: 0 <= ham < spam <= 1", ham, spam))
			}
			if first < 0 || balanced < 0 || first > 0 && balanced > 0 {
				return usage(errors.New("--train-first and --balanced take a number from 0 on, and only one of them"))
			}
			o := trial.Options{Immediate: feedback == "immediate", TrainFirst: first, Balanced: balanced, HamCutoff: ham, SpamCutoff: spam}
			done := func(bool) error { return nil }
			if out != "" {
				if o.Out, done, err = whole(e.path(out)); err != nil {
					return fmt.Errorf("write judgements: %w", err)
				}
			}
			m, err := trial.Run(c.Context(), e.path(index), o)
			if err = errors.Join(err, done(err == nil)); err != nil {
				return err
			}
			if m.Ham+m.Spam == 0 {
				return usage(errors.New("no message was left to judge"))
			}
			if asJSON {
				return e.json(m)
			}
			return m.Print(e.out)
		},
	}
	c.Flags().StringVar(&index, "index", "", "the labelled list, a `FILE`")
	c.Flags().StringVar(&feedback, "feedback", "immediate", "learn the true label after each judgement: immediate or none")
	c.Flags().IntVar(&first, "train-first", 0, "learn the first `N` messages instead of judging them")
	c.Flags().IntVar(&balanced, "balanced", 0, "learn the first `N` of each class instead of judging them")
	c.Flags().StringVarP(&out, "output", "o", "", "write gold, class and score of each message to this `FILE`, with tabs between")
	c.Flags().Float64Var(&ham, "ham-cutoff", trial.HamCutoff, "scores below it are ham")
	c.Flags().Float64Var(&spam, "spam-cutoff", trial.SpamCutoff, "scores from it on are spam")
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	must(c.MarkFlagRequired("index"))
	return c
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
