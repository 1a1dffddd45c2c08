package main

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"restante/fetch/schedule"
	"restante/serve/monitor"
)

// watched is the house as the monitor asks it.
type watched struct{ *house }

var _ monitor.House = watched{}

// states are those that an account can be in: one of them reads 1.
var states = []schedule.State{schedule.OK, schedule.Waiting, schedule.Retrying, schedule.NeedsLogin, schedule.Paused}

// Readings gives the numbers that somebody would want to be woken for, or to see
// over a year.
func (h watched) Readings(ctx context.Context) ([]monitor.Reading, error) {
	var out readingList
	accounts := out.accounts(h.house)
	out.chores(h.house)
	out.bans(h.house)
	return out, errors.Join(accounts, out.catalogue(ctx, h.house), out.archive(h.house), out.build())
}

// Ready says whether mail can be taken and served: whether rows can be read, and
// there is room.
func (h watched) Ready(ctx context.Context) error {
	if _, err := h.store.Position(ctx); err != nil {
		return err
	}
	free, floor, err := h.blobs.Free()
	if err == nil && free < floor {
		err = fmt.Errorf("no mail is taken: %s free where the archive lies, and storage.min_free is %s", size(free), size(floor))
	}
	return err
}

type readingList []monitor.Reading

func (l *readingList) add(name, help string, v float64, labels ...monitor.Label) {
	*l = append(*l, monitor.Reading{Name: name, Help: help, Value: v, Labels: labels})
}

// at adds a moment; zero, which is never, adds nothing.
func (l *readingList) at(name, help string, t time.Time, labels ...monitor.Label) {
	if !t.IsZero() {
		l.add(name, help, float64(t.UnixMilli())/1e3, labels...)
	}
}

func (l *readingList) accounts(h *house) error {
	var errs []error
	for _, a := range h.accounts {
		s, err := h.clock.Standing(a.Name)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		name := monitor.Label{Name: "account", Value: a.Name}
		for _, st := range states {
			v := 0.0
			if s.State == st {
				v = 1
			}
			l.add("restante_account_state", "1 for the state that the account is in.", v, name, monitor.Label{Name: "state", Value: string(st)})
		}
		l.add("restante_account_troubles", "Rounds in a row that went wrong.", float64(s.Troubles), name)
		l.at("restante_account_last_good_round_timestamp_seconds", "When the last round that went well ended.", s.Good, name)
		l.at("restante_account_last_mail_timestamp_seconds", "When mail came last.", s.Mail.Last, name)
	}
	return errors.Join(errs...)
}

func (l *readingList) chores(h *house) {
	for name, d := range h.upkeep.Last() {
		label := monitor.Label{Name: "chore", Value: name}
		ok := 1.0
		if d.Error != "" {
			ok = 0
		}
		l.add("restante_chore_ok", "1 where the chore went well last, 0 where not.", ok, label)
		l.add("restante_chore_duration_seconds", "How long the chore took last.", d.Took.Seconds(), label)
		l.at("restante_chore_last_timestamp_seconds", "When the chore began last.", d.At, label)
		l.at("restante_chore_last_good_timestamp_seconds", "When the chore began last that went well.", d.Good, label)
	}
}

func (l *readingList) bans(h *house) {
	if h.porter == nil {
		return
	}
	l.add("restante_login_bans", "Bans in force of those who went on guessing passwords.", float64(len(h.porter.gate.Bans())))
	*l = append(*l, monitor.Reading{
		Name: "restante_login_bans_total", Help: "Bans that have refused somebody.", Total: true, Value: float64(h.porter.gate.BansFelt()),
	})
}

func (l *readingList) catalogue(ctx context.Context, h *house) error {
	n, err := h.catalogue.Behind(ctx, h.archive)
	if err != nil {
		return fmt.Errorf("how far the catalogue is: %w", err)
	}
	l.add("restante_catalogue_behind_changes", "Changes of the archive that cannot be searched yet.", float64(n))
	at, err := h.catalogue.Damaged()
	l.at("restante_catalogue_damaged_timestamp_seconds", "When a damaged catalogue was moved aside last, and a new one was begun.", at)
	return err
}

func (l *readingList) archive(h *house) error {
	files, err := h.blobs.Files()
	if err != nil {
		return fmt.Errorf("the archive's files: %w", err)
	}
	octets := 0.0
	for _, f := range files {
		octets += float64(f.Octets)
	}
	l.add("restante_archive_bytes", "What the archive's files take.", octets)
	free, floor, err := h.blobs.Free()
	if err != nil {
		return fmt.Errorf("the archive's free space: %w", err)
	}
	l.add("restante_disk_free_bytes", "What is free where the archive lies.", float64(free))
	l.add("restante_disk_floor_bytes", "With less free no mail is taken.", float64(floor))
	l.add("restante_archive_files", "How many files the archive has.", float64(len(files)))
	return nil
}

func (l *readingList) build() error {
	b, ok := debug.ReadBuildInfo()
	if !ok {
		return errors.New("this program was built without its version")
	}
	l.add("restante_build_info", "1, with the version as a label.", 1, monitor.Label{Name: "version", Value: b.Main.Version})
	return nil
}
