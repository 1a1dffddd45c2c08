package fetch

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"time"
)

// ErrRunning says that a round of the same account is under way: two sessions
// with one maildrop would be two sessions too many (RFC 1939, section 8).
var ErrRunning = errors.New("a round of this account is under way")

// maxUID bounds the UIDLs believed, in octets. RFC 1939 allows 70; what is
// longer than any sane server's is treated as absent.
const maxUID = 1000

// Options say what a Fetcher works with.
type Options struct {
	Dialer Dialer
	Ledger Ledger
	Sink   Sink
	Spool  string // folder for parcels over 1 MiB

	Concurrency int              // rounds at once; 0 means 4
	InFlight    int              // parcels with the sink at once, a round; 0 means 128
	Log         *slog.Logger     // nil: none
	Progress    func(Progress)   // nil: none; called by several rounds at once
	Now         func() time.Time // nil: time.Now
}

// Progress is how far a round is.
type Progress struct {
	Account     string
	Done, Total int   // messages
	Bytes       int64 // octets so far
	End         bool  // the round is over
}

// Failure is a message that a round did not get safe.
type Failure struct {
	UID string
	Err error
}

// Summary tells what a round did.
type Summary struct {
	Account string
	Listed  int // messages in the maildrop
	New     int // messages not known before
	Taken   int // messages now safe
	Twins   int // of these, how many were in the archive already
	Bytes   int64
	Deleted int // deletions that the upstream confirmed
	Failed  []Failure
	Took    time.Duration
}

// Fetcher runs rounds. It is safe for concurrent use.
type Fetcher struct {
	o     Options
	slots chan struct{}

	mu       sync.Mutex // guards the fields below
	running  map[string]bool
	stumbled map[string]map[string]int // account → UID → how often it broke a round
}

// New makes a Fetcher.
func New(o Options) *Fetcher {
	if o.Concurrency <= 0 {
		o.Concurrency = 4
	}
	if o.InFlight <= 0 {
		o.InFlight = 128
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Progress == nil {
		o.Progress = func(Progress) {}
	}
	return &Fetcher{
		o: o, slots: make(chan struct{}, o.Concurrency),
		running: map[string]bool{}, stumbled: map[string]map[string]int{},
	}
}

// Round runs one round against an account. The summary holds also when the
// round broke: what it says was taken is safe. Messages that could not be
// taken are in Summary.Failed and do not make an error of the round.
func (f *Fetcher) Round(ctx context.Context, a Account) (Summary, error) {
	if !f.enter(a.Name) {
		return Summary{Account: a.Name}, ErrRunning
	}
	defer f.leave(a.Name)
	select {
	case f.slots <- struct{}{}:
		defer func() { <-f.slots }()
	case <-ctx.Done():
		return Summary{Account: a.Name}, ctx.Err()
	}
	start := f.o.Now()
	r := &round{Fetcher: f, a: a, sum: Summary{Account: a.Name}, safe: map[int]bool{}}
	err := r.run(ctx)
	r.sum.Took = f.o.Now().Sub(start)
	f.o.Progress(Progress{Account: a.Name, Done: r.sum.Taken, Total: r.sum.New, Bytes: r.sum.Bytes, End: true})
	r.log(err)
	return r.sum, err
}

func (f *Fetcher) enter(account string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.running[account] {
		return false
	}
	f.running[account] = true
	return true
}

func (f *Fetcher) leave(account string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.running, account)
}

// round is one session with one upstream.
type round struct {
	*Fetcher
	a   Account
	sum Summary

	drop  Maildrop
	taken map[string]Taken

	mu   sync.Mutex   // guards safe and the sum while parcels are with the sink
	safe map[int]bool // message numbers that may be deleted if the policy says so
}

func (r *round) run(ctx context.Context) error {
	drop, err := r.o.Dialer.Dial(ctx, r.a)
	if err != nil {
		return fmt.Errorf("%s: %w", r.a.Name, err)
	}
	defer drop.Close()
	r.drop = drop
	items, err := drop.List(ctx)
	if err != nil {
		return fmt.Errorf("%s: list: %w", r.a.Name, err)
	}
	r.sum.Listed = len(items)
	if r.taken, err = r.o.Ledger.Taken(ctx, r.a.Owner, r.a.Name); err != nil {
		return fmt.Errorf("%s: ask the ledger: %w", r.a.Name, err)
	}
	fresh, err := r.choose(ctx, items)
	if err != nil {
		return fmt.Errorf("%s: probe: %w", r.a.Name, err)
	}
	r.sum.New = len(fresh)
	if err := r.take(ctx, fresh); err != nil {
		return fmt.Errorf("%s: %w", r.a.Name, err)
	}
	if err := r.end(ctx, items); err != nil {
		return fmt.Errorf("%s: %w", r.a.Name, err)
	}
	return nil
}

// choose splits a listing: what it returns must be retrieved, what it marks
// safe may be deleted.
func (r *round) choose(ctx context.Context, items []Item) ([]Item, error) {
	seen := make(map[string]int, len(items))
	for _, it := range items {
		seen[it.UID]++
	}
	now := r.o.Now()
	var fresh []Item
	odd := 0
	for i := range items {
		it := &items[i]
		if it.UID == "" || seen[it.UID] > 1 || len(it.UID) > maxUID {
			it.UID = "" // no name to trust: its digest will be its name
			odd++
			fresh = append(fresh, *it)
			continue
		}
		t, known := r.taken[it.UID]
		if !known || sizesDiffer(t.Size, it.Size) {
			fresh = append(fresh, *it)
			continue
		}
		if !r.a.Keep.Due(t.At, now) {
			continue
		}
		same, err := r.same(ctx, *it, t)
		switch {
		case err != nil:
			return nil, err
		case same:
			r.safe[it.Num] = true
		default:
			fresh = append(fresh, *it)
		}
	}
	if odd > 0 {
		r.o.Log.Warn("upstream gives messages no unique id; they are downloaded each round and known by their digest",
			"account", r.a.Name, "messages", odd)
	}
	return r.stumblersLast(fresh), nil
}

func sizesDiffer(a, b int64) bool { return a >= 0 && b >= 0 && a != b }

// same tells whether a listed message is the one that was taken, by its header.
func (r *round) same(ctx context.Context, it Item, t Taken) (bool, error) {
	p, can := r.drop.(Prober)
	if !can {
		return false, nil
	}
	head, ok, err := p.Head(ctx, it)
	return ok && HeadSum(head) == t.Head, err
}

// end deletes what is safe and due, and quits.
func (r *round) end(ctx context.Context, items []Item) error {
	var nums []int
	for _, it := range items {
		if r.safe[it.Num] {
			nums = append(nums, it.Num)
		}
	}
	if len(nums) == 0 {
		if err := r.drop.Quit(ctx); err != nil {
			r.o.Log.Debug("upstream did not answer QUIT", "account", r.a.Name, "err", err)
		}
		return nil
	}
	marked, err := r.drop.Delete(ctx, nums)
	if err != nil {
		return fmt.Errorf("delete upstream copies: %w", err)
	}
	if err := r.drop.Quit(ctx); err != nil {
		return fmt.Errorf("quit, so that it is not known whether %d deletions took effect: %w", len(marked), err)
	}
	r.sum.Deleted = len(marked)
	return nil
}

func (r *round) log(err error) {
	attrs := []any{
		"account", r.a.Name, "listed", r.sum.Listed, "new", r.sum.New, "taken", r.sum.Taken, "known_already", r.sum.Twins,
		"bytes", r.sum.Bytes, "deleted", r.sum.Deleted, "failed", len(r.sum.Failed), "took", r.sum.Took.Round(time.Millisecond),
	}
	for _, f := range r.sum.Failed[:min(len(r.sum.Failed), 5)] {
		r.o.Log.Warn("message left upstream", "account", r.a.Name, "uid", strconv.QuoteToASCII(f.UID), "err", f.Err)
	}
	switch {
	case errors.Is(err, context.Canceled):
		r.o.Log.Info("round broken off", attrs...)
	case errors.Is(err, ErrAuth):
		r.o.Log.Error("round ended: check the account's name and password", append(attrs, "err", err)...)
	case err != nil:
		r.o.Log.Warn("round ended early; it is tried again at the next turn", append(attrs, "err", err)...)
	default:
		r.o.Log.Info("round", attrs...)
	}
}
