package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"
)

// A trace tells when somebody reads mail, and where, so that none stays for long
// because nobody thought of it.
const (
	keepTraces  = 7 * 24 * time.Hour // after the last line
	maxAllTrace = 256 << 20          // octets of all that have ended
)

// traceName is what start calls its files: nothing else is removed.
var traceName = regexp.MustCompile(`^\d{8}T\d{6}Z-\d+\.log$`)

// traceDir is where traces are written.
func (h *house) traceDir() string { return filepath.Join(h.cfg.DataDir, "traces") }

// traceChore removes traces that are old, or too many.
func (h *house) traceChore(context.Context) (string, error) {
	n, err := h.overheard.prune(h.traceDir(), time.Now())
	if n == 0 {
		return "", err
	}
	return fmt.Sprintf("%d old traces removed", n), err
}

// prune removes the traces whose last line is a week old, and of the others the
// oldest while all take too much. One that is under way stays.
func (o *overhearing) prune(dir string, now time.Time) (removed int, err error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil // nobody has ever asked for one
	}
	if err != nil {
		return 0, fmt.Errorf("look for old traces: %w", err)
	}
	var ended []fs.FileInfo
	for _, e := range entries {
		if !traceName.MatchString(e.Name()) || o.writes(filepath.Join(dir, e.Name())) {
			continue
		}
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() { // it may have gone meanwhile
			ended = append(ended, info)
		}
	}
	slices.SortFunc(ended, func(a, b fs.FileInfo) int { // the newest first
		return cmp.Or(b.ModTime().Compare(a.ModTime()), cmp.Compare(b.Name(), a.Name()))
	})
	var octets int64
	var errs []error
	for _, info := range ended {
		octets += info.Size()
		if octets <= maxAllTrace && now.Sub(info.ModTime()) < keepTraces {
			continue
		}
		if err := os.Remove(filepath.Join(dir, info.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, fmt.Errorf("remove old trace: %w", err))
			continue
		}
		removed++
	}
	return removed, errors.Join(errs...)
}

// writes tells whether a file is that of a trace that is under way.
func (o *overhearing) writes(path string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.ContainsFunc(o.traces, func(t *trace) bool { return t.path == path })
}
