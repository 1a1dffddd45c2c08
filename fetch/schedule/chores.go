package schedule

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"
)

// Chore is work that the house does for itself on a schedule: it has no
// upstream, and nobody waits for it.
type Chore struct {
	Name     string
	Schedule Schedule
	// Do does it, and says in few words what it did; empty says nothing.
	Do func(ctx context.Context) (said string, err error)
}

// Done is how a chore ended last.
type Done struct {
	At    time.Time     `json:"at"` // its beginning
	Took  time.Duration `json:"took"`
	Said  string        `json:"said,omitempty"`
	Error string        `json:"error,omitempty"` // empty: it went well
	Good  time.Time     `json:"good,omitzero"`   // beginning of the last that went well; zero: never
}

// ChoreBook keeps how chores ended over a restart, which then repeats none and
// misses none.
type ChoreBook interface {
	Chores(ctx context.Context) (map[string]Done, error)
	SaveChores(ctx context.Context, all map[string]Done) error
}

// Chores runs chores, one at a time: they all read the same disks.
type Chores struct {
	all  []Chore
	book ChoreBook
	log  *slog.Logger

	mu   sync.Mutex // guards done
	done map[string]Done
}

// NewChores reads the book. Names are given once; nil for log discards.
func NewChores(ctx context.Context, all []Chore, book ChoreBook, log *slog.Logger) (*Chores, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	done, err := book.Chores(ctx)
	if err != nil {
		return nil, fmt.Errorf("read how chores stand: %w", err)
	}
	c := &Chores{all: all, book: book, log: log, done: map[string]Done{}}
	for _, ch := range all {
		if d, ok := done[ch.Name]; ok {
			c.done[ch.Name] = d
		}
	}
	return c, nil
}

// Last tells how each chore ended that ever ran.
func (c *Chores) Last() map[string]Done {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.done)
}

// Due tells when a chore is due: counted from its last beginning, or from since
// where it never ran, or ran in a future that a wrong clock made up. Zero: there
// is no such chore.
func (c *Chores) Due(name string, since time.Time) time.Time {
	i := slices.IndexFunc(c.all, func(ch Chore) bool { return ch.Name == name })
	if i < 0 {
		return time.Time{}
	}
	from := since
	if d, ok := c.Last()[name]; ok && !d.At.After(time.Now()) {
		from = d.At
	}
	return c.all[i].Schedule.Next(from)
}

// lookAgain is how often the clock on the wall is looked at: it may be set, and
// the monotonic one stands still while a machine sleeps.
const lookAgain = time.Minute

// Names tells which chores there are, in the order given.
func (c *Chores) Names() []string {
	var names []string
	for _, ch := range c.all {
		names = append(names, ch.Name)
	}
	return names
}

// Run rings for the chores until ctx is done, with which the one under way has
// to end too, and returns when it has.
func (c *Chores) Run(ctx context.Context) {
	since := time.Now()
	for ctx.Err() == nil {
		next, due := c.next(since)
		if next == nil {
			<-ctx.Done()
			return
		}
		if wait := time.Until(due); wait > 0 {
			select {
			case <-ctx.Done():
			case <-time.After(min(wait, lookAgain)):
			}
			continue
		}
		c.run(ctx, *next)
	}
}

func (c *Chores) next(since time.Time) (next *Chore, due time.Time) {
	for i := range c.all {
		if at := c.Due(c.all[i].Name, since); !at.IsZero() && (next == nil || at.Before(due)) {
			next, due = &c.all[i], at
		}
	}
	return next, due
}

// run does a chore and notes how it ended. A panic is an error of that chore.
func (c *Chores) run(ctx context.Context, ch Chore) {
	d := Done{At: time.Now().Round(0), Good: c.Last()[ch.Name].Good}
	said, err := c.safely(ctx, ch)
	d.Took, d.Said = time.Since(d.At), said
	if err != nil {
		d.Error = strings.ToValidUTF8(err.Error(), "?")
		c.log.Error("a chore went wrong", "chore", ch.Name, "err", err, "took", d.Took)
	} else if d.Good = d.At; said != "" {
		c.log.Info(ch.Name, "done", said, "took", d.Took)
	}
	c.mu.Lock()
	c.done[ch.Name] = d
	c.mu.Unlock()
	if err := c.book.SaveChores(context.WithoutCancel(ctx), c.Last()); err != nil {
		c.log.Warn("how a chore ended is not kept; it may be done again after a restart", "chore", ch.Name, "err", err)
	}
}

func (c *Chores) safely(ctx context.Context, ch Chore) (said string, err error) {
	defer func() {
		if p := recover(); p != nil {
			c.log.Error("a chore panicked", "chore", ch.Name, "err", fmt.Sprint(p), "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return ch.Do(ctx)
}
