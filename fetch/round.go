package fetch

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// maxSessions bounds the sessions of a round. All but one may break at a
// message each; see round.run.
const maxSessions = 6

// maxProbes bounds the known messages that a round asks an upstream to show,
// or to give again where it cannot show them. The others have to wait.
const maxProbes = 5000

// round is what is known across the sessions of a round.
type round struct {
	*Fetcher
	a Account

	dry  bool // only look
	plan *planning

	probes  int          // how many more may be asked for
	noTop   bool         // TOP broke a session, or shows headers that prove nothing
	proven  bool         // TOP showed a header that is not the known one, and RETR the same
	book    *notebook    // nil before the ledger was asked
	waits   map[key]bool // what may be known under another UID, and is left for a later round
	waiting int          // how many they are

	unsettled []Deletion // of which the listing alone does not tell what came
	unseen    bool       // some message without a UID was left upstream unseen

	mu            sync.Mutex          // guards the fields below while parcels are with the sink
	taken         map[string]Taken    // by UID: what the ledger knew, and what this round took; nil before it was asked
	got           map[key]time.Time   // what this round took, and when that was first seen
	came          map[string][32]byte // where some are unsettled: digests of what came, by receipts' names and by digests' names
	wanted        map[key]bool        // what this round asked for
	skipped       map[key]bool        // what this round left upstream, by the account's policy
	reused        bool                // UIDs are in doubt: one names another message than before, or all are numbers
	counted       int                 // of what this round took, what its bounds are for
	countedOctets int64
	failed        map[key]failed   // why it is not safe
	order         []Item           // of failed, which may have some that are safe by now
	bad           map[key]*stumble // messages that broke sessions
	sum           Summary
}

func newRound(f *Fetcher, a Account, bad map[key]*stumble) *round {
	return &round{
		Fetcher: f, a: a, probes: maxProbes, bad: bad, sum: Summary{Account: a.Name},
		got: map[key]time.Time{}, wanted: map[key]bool{}, failed: map[key]failed{}, skipped: map[key]bool{}, came: map[string][32]byte{},
	}
}

// run goes through the sessions of a round: mostly one. Where one breaks at a
// message, the next goes on behind it. When one came to its end, having deleted
// what is safe, the messages that broke the others are tried alone. If none
// does, the last but one takes nothing, so that it can delete. Where the upstream
// wants time between two logins there is one session: what broke it is tried in a
// round that has nothing else to do.
func (r *round) run(ctx context.Context) error {
	var broke error
	n := 1
	for ; ; n++ {
		s := &session{round: r, number: n, does: takesAll}
		if n == maxSessions-1 {
			s.does = takesNone
		}
		err := s.run(ctx)
		if err == nil && s.does == takesNone {
			err = errors.New("the rest of the mail is left for the next round")
		} else if err == nil && s.oneLogin() {
			return nil
		} else if err == nil {
			break
		}
		_, again := errors.AsType[*broken](err)
		if again && s.does == takesBad {
			return nil // it is among the failed
		}
		if !again || s.does == takesNone || s.oneLogin() {
			return r.explain(err, broke)
		}
		r.o.Log.Debug("session broke; the next one goes on", "account", r.a.Name, "session", n, "err", err)
		broke = err
	}
	for n++; n <= maxSessions && r.anyToTry(); n++ {
		s := &session{round: r, number: n, does: takesBad}
		err := s.run(ctx)
		if _, again := errors.AsType[*broken](err); err == nil || again {
			continue
		}
		if s.drop == nil && ctx.Err() == nil {
			r.o.Log.Debug("no session for the messages that broke others", "account", r.a.Name, "err", err)
			return nil // all else is done, and they are among the failed
		}
		return r.explain(err, broke)
	}
	return nil
}

// close writes what the round found out beside the mail. Where that cannot be
// written, the next round finds it out again.
func (r *round) close(ctx context.Context, err error) {
	if r.taken == nil {
		return // nothing was asked, so there is nothing to say
	}
	ctx = context.WithoutCancel(ctx) // a round that was called off has failures too
	if err == nil && len(r.failed) == 0 && len(r.bad) == 0 && !r.unseen {
		if serr := r.settleNameless(ctx); serr != nil {
			r.o.Log.Warn("the next listing settles deletions again", "account", r.a.Name, "err", serr)
		}
	}
	r.noteFailures()
	if serr := r.saveNotes(ctx); serr != nil {
		r.o.Log.Warn("notes are lost", "account", r.a.Name, "err", serr)
	}
}

// explain names the account, and what had gone wrong before.
func (r *round) explain(err, before error) error {
	if before != nil {
		return fmt.Errorf("%s: %w, after: %w", r.a.Name, err, before)
	}
	return fmt.Errorf("%s: %w", r.a.Name, err)
}

// broken says that a session broke in a way that a next one can go round.
type broken struct{ err error }

func (b *broken) Error() string { return b.err.Error() }
func (b *broken) Unwrap() error { return b.err }

// key tells messages apart within a round: by UID, else by where they stand
// and how long they are.
type key struct {
	uid  string
	num  int
	size int64
}

func keyOf(it Item) key {
	if it.UID != "" {
		return key{uid: it.UID}
	}
	return key{num: it.Num, size: it.Size}
}

// want counts a message that was not known, once a round.
func (r *round) want(it Item) {
	if k := keyOf(it); !r.wanted[k] {
		r.wanted[k] = true
		r.sum.New++
	}
}

// failed is why a message is not safe.
type failed struct {
	err  error
	size int64
	ours bool // it is no fault of the upstream's
}

// fail notes why a message is not safe.
func (r *round) fail(it Item, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	k := keyOf(it)
	if r.failed[k].err == nil {
		r.order = append(r.order, it)
	}
	own, is := err.(ours)
	if is {
		err = own.error
	}
	r.failed[k] = failed{err, it.Size, is}
}

// failures gives what failed and was not made good, in order.
func (r *round) failures() (out []Failure) {
	for _, it := range r.order {
		err := r.failed[keyOf(it)].err
		if err == nil {
			continue
		}
		delete(r.failed, keyOf(it))
		uid := it.UID
		if uid == "" {
			uid = fmt.Sprintf("message %d", it.Num)
		}
		out = append(out, Failure{UID: uid, Err: err})
	}
	return out
}
