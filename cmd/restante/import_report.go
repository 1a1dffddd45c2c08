package main

import (
	"errors"
	"fmt"
	"text/tabwriter"

	"restante/fetch"
	"restante/fetch/mbox"
)

// sayMost is how many of the files passed over are told of to a person.
const sayMost = 20

// importFault is what could not be taken, as JSON.
type importFault struct {
	File    string `json:"file"`   // empty where it is not the file's fault
	Offset  int64  `json:"offset"` // octets from its start; 0 where that says nothing
	Problem string `json:"problem"`
}

// importReport is the JSON form of one path's import.
type importReport struct {
	Path     string        `json:"path"`
	Found    int           `json:"found"`
	New      int           `json:"new"`
	Known    int           `json:"known_already"`
	Bytes    int64         `json:"octets"`
	Failed   []string      `json:"failed"`
	Seconds  float64       `json:"seconds"`
	TooLarge int           `json:"too_large"`
	Faults   []importFault `json:"faults"` // one of each of failed, with its place
	Counts   []mbox.Tally  `json:"counts"` // of what was found
	Skipped  []mbox.Skip   `json:"passed_over"`
}

// dryReport is the JSON form of one path's counts.
type dryReport struct {
	Path    string        `json:"path"`
	Found   int           `json:"found"`
	Faults  []importFault `json:"faults"`
	Counts  []mbox.Tally  `json:"counts"`
	Skipped []mbox.Skip   `json:"passed_over"`
}

// orNone makes an empty list of none, for JSON.
func orNone[T any](of []T) []T {
	if of == nil {
		return []T{}
	}
	return of
}

func (e *env) sayImport(path string, src *mbox.Source, s fetch.Summary, v *importing) error {
	failed, faults := []string{}, []importFault{}
	for _, f := range s.Failed {
		failed = append(failed, fmt.Sprintf("%s: %v", f.UID, f.Err))
		at := importFault{Problem: fmt.Sprintf("%s: %v", f.UID, f.Err)}
		if m, ok := errors.AsType[*mbox.Fault](f.Err); ok {
			at = importFault{File: m.File, Offset: m.Offset, Problem: m.Err.Error()}
		}
		faults = append(faults, at)
	}
	if v.asJSON {
		return e.json(importReport{
			Path: path, Found: s.Listed, New: s.Taken - s.Twins, Known: s.Twins, Bytes: s.Bytes, Failed: failed, Seconds: s.Took.Seconds(),
			TooLarge: s.Skipped, Faults: faults, Counts: orNone(src.Tallies()), Skipped: orNone(src.Skipped()),
		})
	}
	for _, f := range failed {
		fmt.Fprintln(e.errOut, "restante: not taken:", f)
	}
	if s.Skipped > 0 {
		fmt.Fprintf(e.errOut, "restante: not taken: %d messages of more than 1 GiB\n", s.Skipped)
	}
	_, err := fmt.Fprintf(e.out, "%s: %d found, %d new, %d here already, %d not taken\n", path, s.Listed, s.Taken-s.Twins, s.Twins, len(failed)+s.Skipped)
	if err == nil && src.Mailboxes != nil {
		err = e.sayCounts(src.Tallies(), v)
	}
	if err == nil {
		err = e.saySkipped(src.Skipped())
	}
	return err
}

func (e *env) sayDry(path string, src *mbox.Source, found int, faults []*mbox.Fault, v *importing) error {
	r := dryReport{Path: path, Found: found, Faults: []importFault{}, Counts: orNone(src.Tallies()), Skipped: orNone(src.Skipped())}
	for _, f := range faults {
		r.Faults = append(r.Faults, importFault{File: f.File, Offset: f.Offset, Problem: f.Err.Error()})
	}
	for i := range r.Counts {
		if v.mailbox != "" {
			r.Counts[i].Mailbox = v.mailbox
		}
	}
	if v.asJSON {
		return e.json(r)
	}
	for _, f := range faults {
		fmt.Fprintln(e.errOut, "restante:", f)
	}
	_, err := fmt.Fprintf(e.out, "%s: %d found\n", path, found)
	if err == nil {
		err = e.sayCounts(r.Counts, v)
	}
	if err == nil {
		err = e.saySkipped(r.Skipped)
	}
	return err
}

// sayCounts tells which folders went where.
func (e *env) sayCounts(counts []mbox.Tally, v *importing) error {
	w := tabwriter.NewWriter(e.out, 0, 4, 2, ' ', 0)
	for _, t := range counts {
		from := ""
		if t.Folder != "" {
			from = "\tfrom " + cut(t.Folder, 100)
		}
		fmt.Fprintf(w, "  %d\t%s\tto %s%s\n", t.Messages, t.Format, cut(v.where(t), 100), from)
	}
	return w.Flush()
}

func (e *env) saySkipped(all []mbox.Skip) error {
	for _, s := range all[:min(len(all), sayMost)] {
		what := cut(s.File, 200)
		if s.Messages > 0 {
			what = fmt.Sprintf("%d of %s", s.Messages, what)
		}
		if _, err := fmt.Fprintf(e.out, "  passed over: %s: %s\n", what, cut(s.Why, 200)); err != nil {
			return err
		}
	}
	if len(all) > sayMost {
		_, err := fmt.Fprintf(e.out, "  passed over: %d more; --json names them\n", len(all)-sayMost)
		return err
	}
	return nil
}
