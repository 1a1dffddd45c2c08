package main

import (
	"fmt"
	"strings"
	"text/tabwriter"
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
	t := tabwriter.NewWriter(e.out, 0, 0, 2, ' ', 0)
	if l.head != nil {
		fmt.Fprintln(t, strings.Join(l.head, "\t"))
	}
	for _, one := range all {
		fmt.Fprintln(t, strings.Join(l.row(one), "\t"))
	}
	return t.Flush()
}
