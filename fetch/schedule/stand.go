package schedule

import (
	"context"
	"errors"
	"fmt"
	"time"

	"restante/fetch"
)

// now is how the account stands.
func (t *tended) now() Standing {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.standing
}

// round runs a round and notes what came of it.
func (r *Runner) round(ctx context.Context, t *tended) (fetch.Summary, error) {
	began := r.o.Now()
	before, _ := r.change(ctx, t, func(s Standing) Standing { return s.begin(began) })
	sum, err := t.Round(ctx)
	if errors.Is(err, fetch.ErrRunning) {
		return sum, err
	}
	o := outcome{err: err, mail: sum.Taken - sum.Twins, cut: ctx.Err() != nil}
	if !o.cut && errors.Is(err, fetch.ErrAuth) {
		o.seal = r.seal(ctx, t)
	}
	r.ended(ctx, t, turn{job: t.Job, before: before.Tried, began: began}, o)
	return sum, err
}

// ended notes what came of a round, and tells of what its owner should hear.
func (r *Runner) ended(ctx context.Context, t *tended, tn turn, o outcome) {
	tn.ended = r.o.Now()
	was, is := r.change(ctx, t, func(s Standing) Standing {
		return s.end(tn, o)
	})
	if is.State == Retrying && errors.Is(o.err, fetch.ErrAuth) {
		r.o.Log.Warn("login is tried again; sooner once its settings or its secret change, or after account resume",
			"account", t.Name, "refused", is.Refusals, "next", is.Due.UTC().Format(time.RFC3339))
	}
	if is.State == NeedsLogin && was.State != NeedsLogin {
		r.o.Log.Error("account needs a login: it is left alone until its settings or its secret change, or account resume",
			"account", t.Name, "err", o.err)
	}
	if is.Mail.Quiet && !was.Mail.Quiet {
		r.o.Log.Warn("account is unusually quiet", "account", t.Name,
			"last_mail", is.Mail.Last.UTC().Format(time.DateOnly), "usual_gap", is.Mail.Usual())
	}
}

// change changes a standing and writes it down. A book that cannot be written
// is told of: the standing holds in this process all the same.
func (r *Runner) change(ctx context.Context, t *tended, how func(Standing) Standing) (was, is Standing) {
	was, is, err := r.set(ctx, t, how)
	if err != nil {
		r.o.Log.Warn("how an account stands could not be written down", "account", t.Name, "err", err)
	}
	if least := is.Logins.Least; least > was.Logins.Least && least > t.Schedule.gap(r.o.Now()) {
		r.o.Log.Warn("upstream wants logins less often than the schedule has them; it is heeded",
			"account", t.Name, "least", least)
	}
	return was, is
}

func (r *Runner) set(ctx context.Context, t *tended, how func(Standing) Standing) (was, is Standing, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	was = t.standing
	t.standing = how(was)
	// A round that is cut must still be noted, or it would be noted as open.
	err = r.o.Book.SetStanding(context.WithoutCancel(ctx), t.Name, t.standing)
	select {
	case t.changed <- struct{}{}:
	default:
	}
	return was, t.standing, err
}

// Heard takes what a session said of the least time between logins; see
// fetch.Unhurried. News is written down at once: the round may not live to its end.
func (r *Runner) Heard(ctx context.Context, account string, delay time.Duration) {
	t := r.named[account]
	if t == nil {
		return
	}
	now := r.o.Now()
	if was := t.now().Logins; was.said(delay, was.At) != was {
		r.change(ctx, t, func(s Standing) Standing {
			s.Logins = s.Logins.said(delay, now)
			return s
		})
	}
}

// Standing gives how an account stands.
func (r *Runner) Standing(account string) (Standing, error) {
	t := r.named[account]
	if t == nil {
		return Standing{}, fmt.Errorf("%s: %w", account, ErrUnknown)
	}
	s := t.now()
	if s.State == "" {
		s.State = OK
	}
	return s, nil
}

// Pause keeps an account from being rung for, until it is resumed. A round that
// is under way goes on.
func (r *Runner) Pause(ctx context.Context, account, reason string) error {
	return r.told(ctx, account, func(s Standing) Standing { return s.paused(reason, r.o.Now()) })
}

// Resume rings for an account at once, whatever its state, and forgets refused
// logins, troubles, and what was guessed of its upstream's manners.
func (r *Runner) Resume(ctx context.Context, account string) error {
	return r.told(ctx, account, func(s Standing) Standing { return s.resumed(r.o.Now()) })
}

func (r *Runner) told(ctx context.Context, account string, how func(Standing) Standing) error {
	t := r.named[account]
	if t == nil {
		return fmt.Errorf("%s: %w", account, ErrUnknown)
	}
	if _, _, err := r.set(ctx, t, how); err != nil {
		return fmt.Errorf("account %s: %w", account, err)
	}
	return nil
}
