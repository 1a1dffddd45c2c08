package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"restante/fetch"
	"restante/filter"
	"restante/filter/letter"
)

// Bounds of what is looked at before a training, and of what is told of it.
const (
	guardSample = 200
	guardShown  = 5
)

// guard looks at a sample of what is about to be taught. Where the filter is
// strongly of another mind it asks, or refuses where nobody can be asked.
func (e *env) guard(ctx context.Context, h *house, user string, class filter.Class, paths []string) error {
	d, err := h.archive.Doubt(ctx, user, class, h.cfg.Filter.HamCutoff, h.cfg.Filter.SpamCutoff)
	if d == nil || err != nil {
		return err
	}
	quiet := *e
	quiet.errOut = io.Discard // what cannot be read is told when it is taught
	some := spread(paths, guardSample)
	err = quiet.someMessages(ctx, h, some, nil, max(1, guardSample/max(1, len(some))), func(name string, p *fetch.Parcel) error {
		d.Look(name, letter.Read(p.Open()))
		return nil
	})
	if ctx.Err() != nil {
		return err
	}
	if !d.Grave() {
		return nil
	}
	other := filter.Spam
	if class == filter.Spam {
		other = filter.Ham
	}
	fmt.Fprintf(e.errOut, "restante: %d of %d messages looked at are surely %s to the filter of %s, and would be taught as %s:\n",
		len(d.Against), d.Looked, other, user, class)
	for _, x := range d.Worst(guardShown) {
		fmt.Fprintf(e.errOut, "  %.3f  %s\n", x.Score, cut(x.Name, 200))
	}
	if yes, err := e.ask(fmt.Sprintf("Teach all of them as %s?", class)); yes || err != nil {
		return err
	}
	return errors.New("nothing was taught; look at the folder again, or give --yes")
}

// ask puts a question that only yes answers. Where no person sits at standard
// input the answer is no.
func (e *env) ask(question string) (yes bool, err error) {
	f, ok := e.in.(*os.File)
	if !ok || !isTerminal(f) {
		return false, nil
	}
	fmt.Fprintf(e.errOut, "%s [y/N] ", question)
	line, err := bufio.NewReader(io.LimitReader(f, 1<<10)).ReadString('\n')
	if err != nil && err != io.EOF {
		return false, fmt.Errorf("read the answer: %w", err)
	}
	answer := strings.ToLower(strings.TrimSpace(line))
	return answer == "y" || answer == "yes", nil
}
