package fetch

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
)

// ErrRunning says that a round of the same account is under way: two sessions
// with one maildrop would be two sessions too many (RFC 1939, section 8).
var ErrRunning = errors.New("a round of this account is under way")

// Options say what a Fetcher works with.
type Options struct {
	Dialer Dialer
	Ledger Ledger
	Sink   Sink
	Spool  string // folder for parcels over 1 MiB

	Notes     Notes     // nil: notes last as long as the Fetcher
	Deletions Deletions // nil: nobody keeps what was deleted upstream

	Concurrency int              // rounds at once; 0 means 4
	PerHost     int              // rounds at once against one host; 0 means 2
	InFlight    int              // parcels with the sink at once, a round; 0 means 128
	MaxSize     int64            // octets of the largest message taken, larger ones stay upstream; 0 means 1 GiB
	Log         *slog.Logger     // nil: none
	Progress    func(Progress)   // nil: none; called by several rounds at once
	Now         func() time.Time // nil: time.Now

	// LoginDelay is told what each Unhurried maildrop knows. Nil: nobody.
	LoginDelay func(ctx context.Context, account string, least time.Duration)
}

// Progress is how far a round is.
type Progress struct {
	Account     string
	Done, Total int // messages
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
	New     int // messages tried that were not known before, or not known to be the same
	Taken   int // messages now safe
	Twins   int // of these, how many were in the archive already
	Bytes   int64
	Deleted int // deletions that the upstream confirmed
	Skipped int // messages left upstream and not tried: too large, passed over, or tried for too long
	Headers int // of these, how many had their header taken
	Left    int // messages left for the next round, by the account's bounds
	Renamed int // messages known again under new UIDs
	Failed  []Failure
	Took    time.Duration
}

// inFlightBytes bounds the octets of all rounds' parcels that wait for the
// sink. A parcel that alone is larger waits for all others.
const inFlightBytes = 64 << 20

// Fetcher runs rounds. It is safe for concurrent use.
type Fetcher struct {
	o     Options
	bytes *semaphore.Weighted

	drops, hosts, all *gates

	mu      sync.Mutex // guards the fields below
	running map[string]bool
	told    map[string]bool             // accounts whose missing UIDs were told of
	bad     map[string]map[key]*stumble // by account; the maps are for its round alone
	books   map[string]*notebook        // by account, where there is no door for notes
	guarded map[string]time.Time        // by account, when known mail was last looked at
}

// New makes a Fetcher.
func New(o Options) *Fetcher {
	if o.Concurrency <= 0 {
		o.Concurrency = 4
	}
	if o.PerHost <= 0 {
		o.PerHost = 2
	}
	if o.InFlight <= 0 {
		o.InFlight = 128
	}
	if o.MaxSize <= 0 {
		o.MaxSize = 1 << 30
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
		o: o, bytes: semaphore.NewWeighted(inFlightBytes),
		drops: newGates(1), hosts: newGates(o.PerHost), all: newGates(o.Concurrency),
		running: map[string]bool{}, told: map[string]bool{}, bad: map[string]map[key]*stumble{}, books: map[string]*notebook{},
		guarded: map[string]time.Time{},
	}
}

// Round runs one round against an account. The summary holds also when the
// round broke: what it says was taken is safe. Messages that could not be
// taken are in Summary.Failed and do not make an error of the round.
func (f *Fetcher) Round(ctx context.Context, a Account) (Summary, error) {
	bad, ok := f.enter(a.Name)
	if !ok {
		return Summary{Account: a.Name}, ErrRunning
	}
	defer f.leave(a.Name)
	leave, err := f.admit(ctx, a)
	if err != nil {
		return Summary{Account: a.Name}, err
	}
	defer leave()
	start := f.o.Now()
	r := newRound(f, a, bad)
	err = r.run(ctx)
	r.close(ctx, err)
	r.sum.Failed = r.failures()
	r.sum.Took = f.o.Now().Sub(start)
	f.o.Progress(Progress{Account: a.Name, Done: r.sum.Taken, Total: r.sum.New})
	f.log(r.sum, err)
	return r.sum, err
}

// Alone runs f while no round of the account is under way, and counts as one
// meanwhile. ErrRunning where a round is.
func (f *Fetcher) Alone(ctx context.Context, a Account, do func() error) error {
	if _, ok := f.enter(a.Name); !ok {
		return ErrRunning
	}
	defer f.leave(a.Name)
	leave, err := f.admit(ctx, a)
	if err != nil {
		return err
	}
	defer leave()
	return do()
}

// enter lets one round of an account in, and gives what is known of messages
// that broke its sessions.
func (f *Fetcher) enter(account string) (bad map[key]*stumble, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.running[account] {
		return nil, false
	}
	f.running[account] = true
	if f.bad[account] == nil {
		f.bad[account] = map[key]*stumble{}
	}
	return f.bad[account], true
}

func (f *Fetcher) leave(account string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.running, account)
}

// tell tells once of an account whose UIDs are of no use.
func (f *Fetcher) tell(account string, messages int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.told[account] {
		f.told[account] = true
		f.o.Log.Warn("upstream gives messages no unique id; they are downloaded each round and known by their digest",
			"account", account, "messages", messages)
	}
}

func (f *Fetcher) log(sum Summary, err error) {
	attrs := []any{
		"account", sum.Account, "listed", sum.Listed, "new", sum.New, "taken", sum.Taken, "known_already", sum.Twins,
		"bytes", sum.Bytes, "deleted", sum.Deleted, "failed", len(sum.Failed), "skipped", sum.Skipped, "headers", sum.Headers, "left", sum.Left, "renamed", sum.Renamed, "took", sum.Took.Round(time.Millisecond),
	}
	for _, bad := range sum.Failed[:min(len(sum.Failed), 5)] {
		f.o.Log.Warn("message left upstream", "account", sum.Account, "uid", bad.UID, "err", bad.Err)
	}
	switch {
	case errors.Is(err, context.Canceled):
		f.o.Log.Info("round broken off", attrs...)
	case errors.Is(err, ErrUnproven):
		f.o.Log.Error("round ended: the server may be another than it seems; nothing was taken or deleted", append(attrs, "err", err)...)
	case errors.Is(err, ErrAuth):
		f.o.Log.Error("round ended: check the account's name and its password or token", append(attrs, "err", err)...)
	case err != nil:
		f.o.Log.Warn("round ended early; it will be tried again", append(attrs, "err", err)...)
	default:
		f.o.Log.Info("round", attrs...)
	}
}
