package schedule

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"
)

const (
	mostJitter = 30 * time.Second // of a job's offset
	mostSleep  = time.Minute      // before the clock on the wall is looked at again
)

// Job is what is done at each ring.
type Job struct {
	Name     string // unique in its Runner; its offset follows from it
	Schedule Schedule
	// Run does the work. Its error is logged; the job goes on at the next ring.
	Run func(ctx context.Context) error
}

// Runner rings for its jobs. Its fields are set before Run and left alone.
type Runner struct {
	Jobs     []Job
	Log      *slog.Logger // nil discards
	AtStart  bool         // run each job once when Run begins, too
	NoJitter bool         // ring on the second; else each job has its own offset
}

// Run rings until ctx is done, and returns when the jobs have ended, which
// hear of it through theirs. Each job runs on its own: however long one takes,
// the others ring in time, and what it misses itself is skipped. The error is
// that of jobs that cannot be run; a ctx that is done is none.
func (r *Runner) Run(ctx context.Context) error {
	names := map[string]bool{}
	for _, j := range r.Jobs {
		if names[j.Name] {
			return fmt.Errorf("two jobs are called %q", j.Name)
		}
		if j.Schedule.next == nil || j.Run == nil {
			return fmt.Errorf("job %q has no schedule or nothing to do", j.Name)
		}
		names[j.Name] = true
	}
	log := r.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	var wg sync.WaitGroup
	for _, j := range r.Jobs {
		wg.Go(func() { r.tend(ctx, j, log.With("account", j.Name)) })
	}
	wg.Wait()
	return nil
}

// tend runs one job, so that it cannot overlap itself.
func (r *Runner) tend(ctx context.Context, j Job, log *slog.Logger) {
	if r.AtStart {
		run(ctx, j, log)
	}
	ring, ok := r.wait(ctx, j, j.Schedule.Next(wall()))
	for ok {
		run(ctx, j, log)
		// Counted from ring to ring: the offset must not push the job past a
		// ring that lies within it.
		next := j.Schedule.Next(ring)
		if late := r.catchUp(j, next); !late.Equal(next) {
			log.Warn("took longer than its interval, the times missed are skipped")
			next = late
		}
		ring, ok = r.wait(ctx, j, next)
	}
}

// catchUp gives the first ring from next on that is not past.
func (r *Runner) catchUp(j Job, next time.Time) time.Time {
	now := wall()
	past := func(ring time.Time) bool { return !ring.IsZero() && ring.Add(r.offset(j, ring)).Before(now) }
	if !past(next) {
		return next
	}
	// Not ring by ring: the clock may have been set forward by years.
	next = j.Schedule.Next(now.Add(-mostJitter))
	for past(next) {
		next = j.Schedule.Next(next)
	}
	return next
}

// wait waits for a ring and its offset. It gives the ring that came, and false
// where none will: ctx is done, or the schedule has ended.
func (r *Runner) wait(ctx context.Context, j Job, ring time.Time) (time.Time, bool) {
	for ctx.Err() == nil && !ring.IsZero() {
		now := wall()
		if next := j.Schedule.Next(now); next.Before(ring) {
			ring = next // the clock was set back
		}
		left := ring.Add(r.offset(j, ring)).Sub(now)
		if left <= 0 {
			return ring, true
		}
		t := time.NewTimer(min(left, mostSleep))
		select {
		case <-ctx.Done():
		case <-t.C:
		}
		t.Stop()
	}
	return ring, false
}

// wall is the time on the wall: the monotonic clock stands still while a
// machine sleeps, and knows nothing of a clock that was set.
func wall() time.Time { return time.Now().Round(0) }

// offset is the same for a name each time: a tenth of the interval at most.
func (r *Runner) offset(j Job, ring time.Time) time.Duration {
	if r.NoJitter {
		return 0
	}
	next := j.Schedule.Next(ring)
	if next.IsZero() {
		return 0
	}
	room := min(next.Sub(ring)/10, mostJitter)
	h := fnv.New64a()
	h.Write([]byte(j.Name))
	// Milliseconds are fine enough, and the product stays in range.
	return room * time.Duration(h.Sum64()%1000) / 1000
}

// run does the work once, and outlives its panic.
func run(ctx context.Context, j Job, log *slog.Logger) {
	defer func() {
		if p := recover(); p != nil {
			log.Error("job panicked", "err", fmt.Sprint(p), "stack", string(debug.Stack()))
		}
	}()
	if err := j.Run(ctx); err != nil && !errors.Is(err, context.Canceled) {
		log.Warn("job ended with an error", "err", err)
	}
}
