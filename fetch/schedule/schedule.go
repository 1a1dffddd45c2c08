package schedule

import (
	"errors"
	"fmt"
	"strings"
	"time"
	_ "time/tzdata" // small systems and containers have no zone files

	"github.com/robfig/cron/v3"
)

const (
	exprMost  = 256                  // octets of an expression
	leastGap  = time.Second          // of @every; cron counts whole seconds
	mostEvery = 366 * 24 * time.Hour // of @every
)

// grammar is crontab(5) with five fields, and @daily, @every and the like.
var grammar = cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow | cron.Descriptor)

// Schedule says when to ring. It is made by [Parse]; the zero value never rings.
type Schedule struct {
	next  cron.Schedule
	zone  *time.Location
	every time.Duration // of @every; else 0
}

// Parse reads an expression: the five fields of crontab(5) (minute, hour, day
// of month, month, day of week), @hourly, @daily, @weekly, @monthly, @yearly,
// or "@every 5m" with a Go duration of 1 s to 366 days. CRON_TZ=Europe/Berlin
// or TZ=… in front, set off by a blank, names the zone of the fields; without
// it they are UTC. What never rings is an error.
func Parse(expr string) (s Schedule, err error) {
	// The parser has panicked on strangers' input before.
	defer func() {
		if p := recover(); p != nil {
			s, err = Schedule{}, fmt.Errorf("schedule %.60q: not understood", expr)
		}
	}()
	if len(expr) > exprMost {
		return Schedule{}, fmt.Errorf("schedule: %d octets are too many, at most %d", len(expr), exprMost)
	}
	s, err = parse(strings.TrimSpace(expr))
	if err != nil {
		return Schedule{}, fmt.Errorf("schedule %.60q: %w", expr, err)
	}
	return s, nil
}

func parse(expr string) (Schedule, error) {
	zone, fields, err := cutZone(expr)
	if err != nil {
		return Schedule{}, err
	}
	if fields == "" {
		return Schedule{}, errors.New("is empty")
	}
	if every, ok := strings.CutPrefix(fields, "@every"); ok {
		return interval(strings.TrimSpace(every))
	}
	for _, f := range strings.Fields(fields) {
		// An empty list would match nothing, and be looked for second by second.
		if strings.HasPrefix(f, ",") || strings.HasSuffix(f, ",") || strings.Contains(f, ",,") {
			return Schedule{}, fmt.Errorf("%q has an empty place in its list", f)
		}
	}
	next, err := grammar.Parse(fields)
	if err != nil {
		return Schedule{}, err
	}
	s := Schedule{next: next, zone: zone}
	if s.Next(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return Schedule{}, errors.New("never comes: there is no such date")
	}
	return s, nil
}

// cutZone takes TZ= or CRON_TZ= off the front.
func cutZone(expr string) (*time.Location, string, error) {
	rest, ok := strings.CutPrefix(expr, "CRON_TZ=")
	if !ok {
		rest, ok = strings.CutPrefix(expr, "TZ=")
	}
	if !ok {
		return time.UTC, expr, nil
	}
	name, fields, _ := strings.Cut(rest, " ")
	// "Local" and "" would load, and mean another thing on each machine.
	zone, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" {
		return nil, "", fmt.Errorf("%q is no time zone such as Europe/Berlin or UTC", name)
	}
	fields = strings.TrimSpace(fields)
	if strings.HasPrefix(fields, "TZ=") || strings.HasPrefix(fields, "CRON_TZ=") {
		return nil, "", errors.New("two time zones")
	}
	return zone, fields, nil
}

func interval(text string) (Schedule, error) {
	d, err := time.ParseDuration(text)
	if err != nil {
		return Schedule{}, fmt.Errorf("%q is no time such as 90s, 5m or 1h30m", text)
	}
	if d < leastGap || d > mostEvery {
		return Schedule{}, fmt.Errorf("@every wants %v to %v", leastGap, mostEvery)
	}
	return Schedule{next: cron.Every(d), zone: time.UTC, every: d}, nil
}

// Next is the first ring after t, in whole seconds and in the location of t.
// It is the zero time where there is none within ten years.
func (s Schedule) Next(t time.Time) time.Time {
	if s.next == nil {
		return time.Time{}
	}
	from := t.In(s.zone)
	// cron looks five years ahead; 29 February may be eight years off.
	for range 2 {
		if next := s.next.Next(from); !next.IsZero() {
			return next.In(t.Location())
		}
		from = from.AddDate(5, 0, 0)
	}
	return time.Time{}
}

// gap is the time between two rings after t.
func (s Schedule) gap(t time.Time) time.Duration {
	if s.every > 0 {
		return s.every
	}
	first := s.Next(t)
	if next := s.Next(first); !next.IsZero() {
		return next.Sub(first)
	}
	return mostEvery
}
