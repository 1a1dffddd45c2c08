package auth

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"
)

// ErrUnknown is what Options.Lookup wraps where there is no such name.
var ErrUnknown = errors.New("no such name")

// ErrWrong says that the name or the password is wrong, and not which.
var ErrWrong = errors.New("wrong name or password")

// ErrThrottled says that too many wrong passwords came before this one, which
// was not looked at. Errors of this kind are a *ThrottledError.
var ErrThrottled = errors.New("too many wrong passwords")

// ThrottledError is an ErrThrottled with the time to wait.
type ThrottledError struct{ RetryAfter time.Duration }

func (e *ThrottledError) Error() string {
	return fmt.Sprintf("%v: try again in %v", ErrThrottled, e.RetryAfter.Round(time.Second))
}

// Unwrap gives ErrThrottled.
func (e *ThrottledError) Unwrap() error { return ErrThrottled }

// Options are what a Gate needs. All but Lookup may be left zero.
type Options struct {
	// Lookup gives the PHC string stored for a name, or wraps ErrUnknown.
	// It is called for each login and by several goroutines at once.
	Lookup func(ctx context.Context, name string) (phc string, err error)

	// Trusted are networks whose tries are neither counted nor made to wait, so
	// that nothing there locks anybody out. A network from behind which the
	// whole world comes, such as that of a container's gateway, must not be one.
	Trusted []netip.Prefix

	// Ban is how long whoever goes on guessing is refused at first; 0: an hour. Each
	// further time it is twice as long, and a day at most. Banned, which may be nil,
	// hears of each that somebody feels.
	Ban    time.Duration
	Banned func(Ban)

	Remember time.Duration    // how long after its last use a password found right is known again without hashing; 0: an hour
	Hashes   int              // how many hashes run at once, each with some 19 MiB; 0: one a processor
	Entries  int              // size of each table of names, addresses and digests; 0: 10,000
	Now      func() time.Time // nil: time.Now
}

// A Gate checks passwords and slows down guessing. It is safe for several
// goroutines.
type Gate struct {
	o      Options
	key    [32]byte // of the digests; lives as long as the process
	slots  chan struct{}
	flight singleflight.Group
	slow   *throttle
	felt   atomic.Int64 // bans that have refused somebody

	mu    sync.Mutex // guards the fields below
	known *recent[digest, bool]
}

// digest stands for a name, its stored hash and a password offered for it. One
// of a wrong password holds the address too.
type digest [sha256.Size]byte

// New makes a Gate. It panics without a Lookup, which is a mistake of whoever
// wires it.
func New(o Options) *Gate {
	if o.Lookup == nil {
		panic("auth: Options.Lookup is nil")
	}
	if o.Ban == 0 {
		o.Ban = time.Hour
	}
	if o.Banned == nil {
		o.Banned = func(Ban) {}
	}
	if o.Remember == 0 {
		o.Remember = time.Hour // mail programs come every few minutes, and the laziest every half hour
	}
	if o.Hashes == 0 {
		o.Hashes = runtime.GOMAXPROCS(0)
	}
	if o.Entries == 0 {
		o.Entries = 10_000
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	g := &Gate{
		o:     o,
		slots: make(chan struct{}, o.Hashes),
		slow:  newThrottle(o.Entries, o.Ban),
		known: newRecent[digest, bool](o.Entries),
	}
	rand.Read(g.key[:])
	return g
}

// Check returns nil when password is the one stored for name. Otherwise the
// error is or wraps ErrWrong, or ErrThrottled (a *ThrottledError: nothing was
// checked), or it is a fault of ours: Lookup failed, the stored string is no
// argon2id PHC, or ctx ended while it waited for its turn to hash.
func (g *Gate) Check(ctx context.Context, name, password string, remote netip.Addr) error {
	slow, p := g.slowing(name, remote)
	if err := g.refused(slow.wait(p, g.o.Now())); err != nil {
		return err
	}
	phc, err := g.o.Lookup(ctx, name)
	if errors.Is(err, ErrUnknown) {
		phc, err = "", nil
	}
	if err != nil {
		return fmt.Errorf("look up password: %w", err)
	}
	yes := g.digest("right", name, phc, password)
	no := g.digest("wrong", name, phc, password, p.addr.String())
	if ok, seen := g.remembered(yes, no); seen {
		if ok {
			slow.trust(p, g.o.Now())
		}
		return verdict(ok)
	}
	// Many devices that come at once with the same password share one hash.
	// It goes on when the first of them hangs up, for the others' sake.
	res := g.flight.DoChan(string(no[:]), func() (any, error) {
		return g.try(context.WithoutCancel(ctx), slow, p, phc, password, yes, no)
	})
	select {
	case <-ctx.Done():
		return fmt.Errorf("wait to check a password: %w", ctx.Err())
	case r := <-res:
		if r.Err != nil {
			return r.Err
		}
		return verdict(r.Val.(bool))
	}
}

// Know takes password for the one that phc was made of, as who has just made it can
// tell: the first login after a start need not wait for another hash.
func (g *Gate) Know(name, phc, password string) {
	g.remember(g.digest("right", name, phc, password), true)
}

func verdict(ok bool) error {
	if !ok {
		return ErrWrong
	}
	return nil
}

// try hashes, counts and remembers. An empty phc stands for an unknown name.
func (g *Gate) try(ctx context.Context, slow *throttle, p pair, phc, password string, yes, no digest) (ok bool, err error) {
	select {
	case <-ctx.Done():
		return false, ctx.Err()
	case g.slots <- struct{}{}:
	}
	defer func() { <-g.slots }()

	// The turn may have been long in coming: the same answer may be there, or
	// other failures may have come before.
	if ok, seen := g.remembered(yes, no); seen {
		return ok, nil
	}
	if err := g.refused(slow.begin(p, g.o.Now())); err != nil {
		return false, err
	}
	against := phc
	if phc == "" {
		against = decoy
	}
	ok, err = Verify(against, password)
	if phc == "" {
		ok = false
	}
	switch {
	case err != nil:
		slow.settle(p, false, g.o.Now())
		return false, fmt.Errorf("check password: %w", err)
	case ok:
		slow.settle(p, true, g.o.Now())
		g.remember(yes, true)
	default:
		g.remember(no, false)
	}
	return ok, nil
}

// maxName is how much of a name the throttle keeps, in octets.
const maxName = 255

// decoy is hashed against for unknown names. Its costs are those of Hash; no
// password is known for it, and its match would not count.
const decoy = "$argon2id$v=19$m=19456,t=2,p=1$cmVzdGFudGUtZGVjb3k$3q2+796tvu/erb7v3q2+796tvu/erb7v3q2+796tvu8"

// digest gives the keyed digest of parts. Each part goes in with its length,
// so that no two lists of parts read the same.
func (g *Gate) digest(parts ...string) (d digest) {
	h := hmac.New(sha256.New, g.key[:])
	for _, s := range parts {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(s)))
		h.Write(n[:])
		h.Write([]byte(s))
	}
	h.Sum(d[:0])
	return d
}

func (g *Gate) remembered(yes, no digest) (ok, seen bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.o.Now()
	if ok, seen = g.known.get(yes, now); seen {
		g.known.put(yes, ok, now.Add(g.o.Remember))
		return ok, true
	}
	if ok, seen = g.known.get(no, now); seen {
		g.known.put(no, false, now.Add(forget)) // as long as it is sent again, it is no new guess
	}
	return ok, seen
}

func (g *Gate) remember(d digest, ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	lasts := forget
	if ok {
		lasts = g.o.Remember
	}
	g.known.put(d, ok, g.o.Now().Add(lasts))
}
