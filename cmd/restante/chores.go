package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"restante/configs"
	"restante/fetch/schedule"
)

// chores are what the house does for itself while it serves.
func (h *house) chores() ([]schedule.Chore, error) {
	var all []schedule.Chore
	for _, c := range []struct {
		name, when string
		do         func(ctx context.Context) (string, error)
	}{
		{"seal", "@hourly", h.sealChore},
		{"traces", "@hourly", h.traceChore},
		{"verify", h.cfg.Upkeep.Verify, h.verifyChore},
		{"expire", h.cfg.Upkeep.Expire, h.expireChore},
		{"backup", h.backupSchedule(), h.backupChore},
	} {
		if c.when == configs.Never {
			continue
		}
		s, err := schedule.Parse(c.when)
		if err != nil {
			return nil, fmt.Errorf("schedule of %s: %w", c.name, err)
		}
		all = append(all, schedule.Chore{Name: c.name, Schedule: s, Do: c.do})
	}
	return all, nil
}

func newUpkeep(ctx context.Context, h *house) (*schedule.Chores, error) {
	all, err := h.chores()
	if err != nil {
		return nil, err
	}
	return schedule.NewChores(ctx, all, choreBook(filepath.Join(h.cfg.DataDir, "chores.json")), h.log)
}

// unhurried is how many octets of the catalogue a chore reads a second: a million
// messages take a minute, in which searches have nearly all of the disk.
const unhurried = 16 << 20

func (h *house) verifyChore(ctx context.Context) (string, error) {
	p, err := h.verify(ctx, proving{deep: true, pace: unhurried, progress: func(string, int64, int64) {}})
	if n := p.faults(); err == nil && n > 0 {
		err = fmt.Errorf("%d faults, the last: %s; restante verify --deep names those that stay", n, p.last())
	}
	return p.String(), err
}

// sealChore packs what no longer grows, so that it takes two thirds.
func (h *house) sealChore(ctx context.Context) (string, error) {
	s, err := h.blobs.Seal(ctx)
	if err == nil && len(s.Left) > 0 {
		err = fmt.Errorf("segments %v cannot be sealed; they stay as they are, see restante verify", s.Left)
	}
	if s.Segments == 0 {
		return "", err
	}
	return fmt.Sprintf("%d segments of %d messages, %s to %s", s.Segments, s.Messages, size(s.Before), size(s.After)), err
}

// choreBook keeps how chores ended in a file.
type choreBook string

func (b choreBook) Chores(context.Context) (map[string]schedule.Done, error) {
	text, err := os.ReadFile(string(b))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var all map[string]schedule.Done
	if json.Unmarshal(text, &all) != nil {
		return nil, nil // a power cut; the chores are done once more
	}
	return all, nil
}

func (b choreBook) SaveChores(_ context.Context, all map[string]schedule.Done) error {
	text, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	return writeWhole(string(b), append(text, '\n'))
}

// writeWhole writes a small file that is there whole or as it was.
func writeWhole(path string, text []byte) error {
	next := path + ".new"
	if err := os.WriteFile(next, text, 0o600); err != nil {
		return err
	}
	return os.Rename(next, path)
}

// choreReport is the JSON form of how a chore stands.
type choreReport struct {
	Chore   string    `json:"chore"`
	Next    time.Time `json:"next"` // while restante serves
	Last    time.Time `json:"last,omitzero"`
	Seconds float64   `json:"seconds,omitempty"`
	Good    time.Time `json:"last_good,omitzero"`
	Said    string    `json:"said,omitempty"`
	Error   string    `json:"error,omitempty"`
}

func (h *house) choreReports() []choreReport {
	last, reports := h.upkeep.Last(), []choreReport{}
	for _, name := range h.upkeep.Names() {
		d := last[name]
		reports = append(reports, choreReport{
			Chore: name, Next: h.upkeep.Due(name, time.Now()), Last: d.At, Seconds: d.Took.Seconds(), Good: d.Good, Said: d.Said, Error: d.Error,
		})
	}
	return reports
}

func newChores(e *env) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "chores",
		Short: "Tell what restante does for itself while it serves, and how that went",
		RunE: func(c *cobra.Command, _ []string) error {
			return e.withHouse(c.Context(), func(_ context.Context, h *house) error {
				return e.choreListing().say(e, h.choreReports(), asJSON)
			})
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a chore")
	return c
}

func (e *env) choreListing() listing[choreReport] {
	return listing[choreReport]{
		none: "no chores: the settings switch them off", head: []string{"CHORE", "NEXT", "LAST", "TOOK", "HOW IT WENT"},
		json: func(c choreReport) any { return c },
		row: func(c choreReport) []string {
			last, took, how := "never", "", c.Said
			if !c.Last.IsZero() {
				last, took = stamp(c.Last), seconds(c.Seconds).Round(time.Millisecond).String()
			}
			if c.Error != "" {
				how = e.coloured(red, strings.Join(strings.Fields(c.Error), " "))
			}
			return []string{c.Chore, stamp(c.Next), last, took, how}
		},
	}
}
