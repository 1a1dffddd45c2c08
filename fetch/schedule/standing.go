package schedule

import (
	"cmp"
	"context"
	"errors"
	"time"

	"restante/fetch"
)

// State is how an account stands.
type State string

// The states. An account is in one of them.
const (
	OK         State = "ok"
	Waiting    State = "waiting"     // the upstream asked us to come back later
	Retrying   State = "retrying"    // the last round broke off
	NeedsLogin State = "needs-login" // logins were refused; a person must mend it
	Paused     State = "paused"      // somebody said so
)

// Standing is what is known of an account between its rounds. The zero value is
// that of one that nothing is known of. It is a value: the methods that change
// it give a changed one back.
type Standing struct {
	State State     `json:"state,omitempty"` // empty is OK
	Since time.Time `json:"since,omitzero"`  // of the state
	Why   string    `json:"why,omitempty"`   // of a state other than OK

	// Due is when the next round begins; for NeedsLogin it is when the login is
	// looked at for changes. The zero time is as soon as may be.
	Due   time.Time `json:"-"`
	Tried time.Time `json:"tried,omitzero"` // when the last round ended, or one under way began
	Good  time.Time `json:"good,omitzero"`  // when the last good round ended
	Open  bool      `json:"open,omitempty"` // a round is under way, or was when the process died

	Troubles int       `json:"troubles,omitempty"` // rounds that broke off, in a row
	Refusals int       `json:"refusals,omitempty"` // logins refused that count, in a row
	Mute     int       `json:"mute,omitempty"`     // how many of them were hang-ups
	Refused  time.Time `json:"refused,omitzero"`   // when the last of them was
	Seal     string    `json:"seal,omitempty"`     // of the login that was refused; see Job.Seal

	Logins Logins `json:"logins,omitzero"`
	Mail   Mail   `json:"mail,omitzero"`
}

// A Book keeps the standings of accounts, by name.
type Book interface {
	Standings(ctx context.Context) (map[string]Standing, error)
	// SetStanding replaces one, durably.
	SetStanding(ctx context.Context, account string, s Standing) error
}

// How refused logins are tried again: providers lock accounts after a few.
const (
	refusalsMost  = 3               // then no more; a hang-up is half of one
	refusalApart  = 5 * time.Minute // those that come closer together count once
	refusedFirst  = 10 * time.Minute
	refusedSecond = time.Hour
	refusedRest   = 24 * time.Hour // the longest, and between tries where no refusal was in words
)

// outcome is what came of a round.
type outcome struct {
	cut  bool // from here, whatever the error
	err  error
	mail int    // new messages
	seal string // of the login, where it was refused
}

// turn is a round from outside.
type turn struct {
	job          Job
	before       time.Time // when the upstream was last talked to before
	began, ended time.Time
}

// begin is the standing while a round is under way.
func (s Standing) begin(now time.Time) Standing {
	s.Tried, s.Open = now, true
	return s
}

// end is the standing after a round.
func (s Standing) end(t turn, o outcome) Standing {
	s.Open, s.Tried = false, t.ended
	if o.mail > 0 {
		s.Mail = s.Mail.came(t.ended)
	}
	rested := s.State == Paused || s.State == NeedsLogin
	var wait time.Duration
	switch {
	case o.err == nil:
		s = s.good(t)
		return s.notBefore(t.ended, s.Logins.Least)
	case o.cut:
		return s.notBefore(t.ended, s.Logins.Least) // it was due, and it is
	case errors.Is(o.err, fetch.ErrAuth):
		s, wait = s.refused(t, o)
	case errors.Is(o.err, fetch.ErrBusy):
		var often bool
		wait, often = asked(o.err)
		if often {
			s.Logins = s.Logins.learn(wait, t)
		}
		if !rested {
			s.Troubles++
			s = s.turn(Waiting, o.err.Error(), t.ended)
			wait = max(wait, ladder(s.Troubles, t))
		}
	default:
		if !rested {
			s.Troubles++
			s = s.turn(Retrying, o.err.Error(), t.ended)
			wait = ladder(s.Troubles, t)
		}
	}
	s.Due = t.ended.Add(wait)
	if rested && s.State == NeedsLogin {
		s.Due = t.job.after(time.Time{}, t.ended) // when it is looked at
	}
	return s.notBefore(t.ended, s.Logins.Least)
}

// good is the standing after a round that came to its end. Somebody who paused
// an account means it, even where a round by hand goes well.
func (s Standing) good(t turn) Standing {
	s.Good, s.Troubles = t.ended, 0
	s = s.unrefused()
	s.Logins = s.Logins.forget(t.ended)
	s.Mail = s.Mail.looked(t.ended)
	if s.State != Paused {
		s = s.turn(OK, "", t.ended)
	}
	base := t.began
	if late := t.began.Sub(s.Due); late >= 0 && late <= t.job.Schedule.gap(t.began)/10 {
		base = s.Due // counted from ring to ring, so that nothing drifts
	}
	s.Due = t.job.after(base, t.ended)
	return s
}

// unrefused forgets refused logins.
func (s Standing) unrefused() Standing {
	s.Refusals, s.Mute, s.Refused, s.Seal = 0, 0, time.Time{}, ""
	return s
}

// refused counts a refused login, and says when the next may be tried.
func (s Standing) refused(t turn, o outcome) (Standing, time.Duration) {
	s.Seal = o.seal
	if s.Refused.IsZero() || t.ended.Sub(s.Refused) >= refusalApart || t.ended.Before(s.Refused) {
		s.Refusals, s.Refused = s.Refusals+1, t.ended
		if errors.Is(o.err, fetch.ErrHungUp) {
			s.Mute++
		}
	}
	if s.State == Paused {
		return s, 0
	}
	gap := t.job.Schedule.gap(t.ended)
	if s.State == NeedsLogin || s.excess() >= 0 {
		return s.turn(NeedsLogin, o.err.Error(), t.ended), gap
	}
	s.Troubles++
	s = s.turn(Retrying, o.err.Error(), t.ended)
	if s.Refusals == 1 {
		return s, max(refusedFirst, min(gap, refusedSecond))
	}
	return s, refusedSecond
}

// excess is how many refusals there are beyond those that are tried again.
// Of a hang-up it is not known what it was.
func (s Standing) excess() int {
	halves := 2*(s.Refusals-s.Mute) + s.Mute - 2*refusalsMost
	if halves < 0 {
		return -1
	}
	return halves / 2
}

// another is when a login that is not the refused one may be tried: at once, but
// each that is refused too makes the next wait twice as long. Some secrets are
// made anew each time that somebody asks.
func (s Standing) another() time.Time {
	var wait time.Duration
	for range max(s.excess(), 0) {
		wait = min(max(2*wait, refusedSecond), refusedRest)
	}
	return s.Refused.Add(wait)
}

// lookAgain tells whether it is time to see if a login that waits for its next
// try is still the refused one; looked is when that was seen last. To the
// provider a changed one is a try more, so that it keeps the same distance.
func (s Standing) lookAgain(looked, now time.Time) bool {
	refusal := !s.Refused.IsZero() && s.Tried.Sub(s.Refused) < refusalApart // the last try was one
	return s.State == Retrying && s.Seal != "" && refusal &&
		now.Sub(s.Tried) >= refusalApart && (looked.IsZero() || now.Sub(looked) >= refusalApart || now.Before(looked))
}

// again is when the login itself may be tried once more: never (the zero time),
// but where the network may have been all the trouble.
func (s Standing) again() time.Time {
	if s.Mute < s.Refusals || s.Mute == 0 {
		return time.Time{}
	}
	return s.Refused.Add(refusedRest)
}

// turn changes the state; what is the same state begins no new one.
func (s Standing) turn(to State, why string, now time.Time) Standing {
	if cmp.Or(s.State, OK) != to || s.Since.IsZero() {
		s.Since = now
	}
	s.State, s.Why = to, why
	return s
}

// notBefore moves the next round so that it comes that long after a time.
func (s Standing) notBefore(from time.Time, wait time.Duration) Standing {
	if at := from.Add(wait); wait > 0 && s.Due.Before(at) {
		s.Due = at
	}
	return s
}

// paused is the standing of an account that is left alone.
func (s Standing) paused(reason string, now time.Time) Standing {
	return s.turn(Paused, reason, now)
}

// resumed is the standing of an account that is to be tried at once: what was
// held against it is forgotten. What the upstream said itself is not.
func (s Standing) resumed(now time.Time) Standing {
	s.Troubles = 0
	s = s.unrefused()
	if !s.Logins.Said {
		s.Logins = Logins{}
	}
	s = s.turn(OK, "", now)
	s.Due = now
	return s
}

// sane is the standing as the clock and the schedule have it now, either of
// which may have been set: nothing is due later than it could be.
func (s Standing) sane(j Job, now time.Time) Standing {
	if s.Tried.After(now) {
		s.Tried = now
	}
	if s.Refused.After(now) {
		s.Refused = now
	}
	latest := now.Add(waitMost)
	switch cmp.Or(s.State, OK) {
	case OK, NeedsLogin:
		latest = j.after(time.Time{}, now).Add(mostJitter + s.Logins.Least)
	case Retrying:
		latest = now.Add(stepMost + stepMost/10 + s.Logins.Least)
	}
	if s.Due.After(latest) {
		s.Due = s.Tried
		if next := j.after(s.Tried, s.Tried); !s.Tried.IsZero() && next.After(now) {
			s.Due = next
		}
		s = s.notBefore(s.Tried, s.Logins.Least)
	}
	return s
}
