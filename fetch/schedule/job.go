package schedule

import (
	"context"
	"time"

	"restante/fetch"
)

// Job is an account and its rounds.
type Job struct {
	Name     string // unique in its Runner
	Schedule Schedule
	// Round runs a round. It may answer fetch.ErrRunning, which changes nothing.
	Round func(ctx context.Context) (fetch.Summary, error)
	// Seal gives a text that changes with the secret and with whatever else a
	// login rests on, and that nobody can read the secret from. An account whose
	// logins were refused is tried again once it changes. Nil: it never does.
	Seal func(ctx context.Context) (string, error)
}

// after is the first ring after now. An interval is counted from base, or from
// now where that is zero.
func (j Job) after(base, now time.Time) time.Time {
	if d := j.Schedule.every; d > 0 {
		if base.IsZero() || base.After(now) {
			base = now
		}
		next := base.Add((now.Sub(base)/d + 1) * d)
		return next.Add(min(j.away(next), d/10, mostJitter))
	}
	past := func(ring time.Time) bool { return !ring.IsZero() && !ring.Add(j.offset(ring)).After(now) }
	ring := j.Schedule.Next(now.Add(-mostJitter))
	for past(ring) {
		ring = j.Schedule.Next(ring)
	}
	if ring.IsZero() {
		return now.Add(mostEvery) // to look again
	}
	return ring.Add(j.offset(ring))
}

// away is how far a time lies before the account's own place in its interval.
// Rings move there a little at a time, and stay: accounts that all began with
// the process end up all over the interval.
func (j Job) away(t time.Time) time.Duration {
	d := j.Schedule.every
	left := (part(d, j.Name, 0) - time.Duration(t.UnixNano()%int64(d))) % d
	if left < 0 {
		left += d
	}
	return left
}

// offset is how long after a ring of the calendar the account's turn is: always
// the same, a tenth of the interval at most.
func (j Job) offset(ring time.Time) time.Duration {
	next := j.Schedule.Next(ring)
	if next.IsZero() {
		return 0
	}
	return part(min(next.Sub(ring)/10, mostJitter), j.Name, 0)
}
