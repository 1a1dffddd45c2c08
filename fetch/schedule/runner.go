package schedule

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"restante/fetch"
)

const (
	mostSleep = time.Minute            // before the clock on the wall is looked at again
	apart     = 250 * time.Millisecond // between accounts that are due when Run begins
	apartMost = 30 * time.Second       // for all of them
)

// ErrUnknown says that no job has that name.
var ErrUnknown = errors.New("no such account")

// Options are what a Runner works with.
type Options struct {
	Jobs []Job
	Book Book
	Log  *slog.Logger     // nil discards
	Now  func() time.Time // nil: the clock on the wall
}

// Runner knows how every account stands, and rings for their rounds. All its
// methods may be called at once.
type Runner struct {
	o     Options
	tends []*tended // in the order of the jobs
	named map[string]*tended
}

// tended is a job and how it stands.
type tended struct {
	Job
	changed chan struct{} // holds one where the standing changed; for who waits for Due

	mu       sync.Mutex // guards standing; held while the book is written
	standing Standing
}

// New makes a Runner of what the book says.
func New(ctx context.Context, o Options) (*Runner, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = wall
	}
	known, err := o.Book.Standings(ctx)
	if err != nil {
		return nil, err
	}
	r := &Runner{o: o, named: map[string]*tended{}}
	now := o.Now()
	for _, j := range o.Jobs {
		if r.named[j.Name] != nil {
			return nil, fmt.Errorf("two jobs are called %q", j.Name)
		}
		if j.Schedule.next == nil || j.Round == nil {
			return nil, fmt.Errorf("job %q has no schedule or nothing to do", j.Name)
		}
		t := &tended{Job: j, changed: make(chan struct{}, 1), standing: known[j.Name].sane(j, now)}
		r.tends, r.named[j.Name] = append(r.tends, t), t
	}
	return r, nil
}

// wall is the time on the wall: the monotonic clock stands still while a
// machine sleeps, and knows nothing of a clock that was set.
func wall() time.Time { return time.Now().Round(0) }

// Run rings until ctx is done, and returns when the rounds have ended, which
// hear of work being done. Each account runs on its own: however long one takes,
// the others ring in time, and what it misses itself is skipped.
func (r *Runner) Run(ctx, work context.Context) {
	r.spread()
	var wg sync.WaitGroup
	for _, t := range r.tends {
		wg.Go(func() { r.tend(ctx, work, t) })
	}
	wg.Wait()
}

// spread gives accounts that are due already times of their own. One whose
// round the last process did not live to end waits a little: it may have been
// the round that ended the process.
func (r *Runner) spread() {
	now := r.o.Now()
	step := min(apart, apartMost/time.Duration(len(r.tends)+1))
	for i, t := range r.tends {
		t.mu.Lock()
		s := t.standing
		if s.State == NeedsLogin || !s.Due.After(now) {
			s.Due = now.Add(time.Duration(i) * step)
			if s.Open {
				s.Tried = now // who knows how long it went on
				s = s.notBefore(now, min(t.Schedule.gap(now)/10, mostJitter))
			}
			t.standing = s.notBefore(s.Tried, s.Logins.Least)
		}
		t.mu.Unlock()
	}
}

// tend rings for one account, so that its rounds cannot overlap.
func (r *Runner) tend(ctx, work context.Context, t *tended) {
	var rest time.Time // not before
	for r.wait(ctx, t, rest) {
		s := t.now()
		if s.State == NeedsLogin && !r.relogin(work, t) {
			continue
		}
		r.ring(work, t)
		select {
		case <-t.changed: // by the round itself
		default:
		}
		rest = time.Time{}
		if now := r.o.Now(); !t.now().Due.After(now) {
			rest = now.Add(mostSleep) // another round of it is under way
		}
	}
}

// wait waits until the account is due, and tells whether it is: else ctx is done.
func (r *Runner) wait(ctx context.Context, t *tended, rest time.Time) bool {
	var looked time.Time
	for ctx.Err() == nil {
		now := r.o.Now()
		t.mu.Lock()
		t.standing = t.standing.sane(t.Job, now)
		s := t.standing
		t.mu.Unlock()
		due := s.Due
		if due.Before(rest) {
			due = rest
		}
		left := due.Sub(now)
		if s.State == Paused {
			left = mostSleep
		}
		if left <= 0 {
			return true
		}
		if s.lookAgain(looked, now) {
			looked = now
			r.lookAgain(ctx, t)
			continue
		}
		timer := time.NewTimer(min(left, mostSleep))
		select {
		case <-ctx.Done():
		case <-timer.C:
		case <-t.changed:
			rest = time.Time{}
		}
		timer.Stop()
	}
	return false
}

// relogin tells whether a login that was refused is another one by now, or may be
// tried once more as it is. It gets one try: to the provider it is one more.
func (r *Runner) relogin(ctx context.Context, t *tended) bool {
	seal := r.seal(ctx, t)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.standing.State != NeedsLogin {
		return false // somebody was faster
	}
	now, again := r.o.Now(), t.standing.again()
	switch {
	case seal != "" && seal != t.standing.Seal && !now.Before(t.standing.another()):
		r.o.Log.Info("the login was changed; it is tried again", "account", t.Name)
		return true
	case !again.IsZero() && !now.Before(again):
		r.o.Log.Info("the server only ever hung up on the login; it is tried again", "account", t.Name)
		return true
	}
	t.standing.Due = t.after(time.Time{}, now)
	return false
}

// lookAgain has a login that was refused tried at once where it is another one by
// now: whoever mends it should not wait an hour to hear whether it is right.
func (r *Runner) lookAgain(ctx context.Context, t *tended) {
	seal := r.seal(ctx, t)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.standing.State != Retrying || seal == "" || seal == t.standing.Seal {
		return
	}
	now := r.o.Now()
	t.standing.Seal, t.standing.Due = seal, now
	t.standing = t.standing.notBefore(t.standing.Tried, t.standing.Logins.Least)
	r.o.Log.Info("the login was changed; it is tried again", "account", t.Name)
}

// seal is empty where there is none, or none to be had: a vault may be shut.
func (r *Runner) seal(ctx context.Context, t *tended) string {
	if t.Seal == nil {
		return ""
	}
	seal, err := t.Seal(ctx)
	if err != nil {
		r.o.Log.Debug("login cannot be looked at", "account", t.Name, "err", err)
		return ""
	}
	return seal
}

// ring runs a round and outlives its panic. What came of the round, it tells
// the log itself.
func (r *Runner) ring(ctx context.Context, t *tended) {
	defer func() {
		if p := recover(); p != nil {
			r.o.Log.Error("round panicked", "account", t.Name, "err", fmt.Sprint(p), "stack", string(debug.Stack()))
			t.mu.Lock()
			began := t.standing.Tried
			t.mu.Unlock()
			r.ended(ctx, t, turn{job: t.Job, before: began, began: began}, outcome{err: fmt.Errorf("the round panicked: %v", p)})
		}
	}()
	_, _ = r.round(ctx, t)
}

// Round runs a round of an account now, whatever its state, and notes what came
// of it. The error is the round's, or ErrUnknown.
func (r *Runner) Round(ctx context.Context, account string) (fetch.Summary, error) {
	t := r.named[account]
	if t == nil {
		return fetch.Summary{Account: account}, fmt.Errorf("%s: %w", account, ErrUnknown)
	}
	return r.round(ctx, t)
}
