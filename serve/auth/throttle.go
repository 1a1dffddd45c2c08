package auth

import (
	"net/netip"
	"sync"
	"time"
)

// The numbers of the throttle; the rule is in the package comment.
const (
	freePair = 5  // failures without a wait, of one name from one address
	freeHome = 20 // the same where the name has got in from there
	freeAddr = 20 // names with failures from one address
	freeName = 50 // failures of one name from wherever

	firstWait = time.Second
	lastWait  = 15 * time.Minute
	steps     = 10             // waits, each twice the one before, until a ban takes their place
	longest   = 24 * time.Hour // of bans
	forget    = time.Hour      // after the last failure, and the end of its wait

	trusted = 30 * 24 * time.Hour // after the last right login of a name from an address
)

// pair is one name from one address.
type pair struct {
	name string
	addr netip.Prefix
}

// count is the failures of one key. An unsettled one, still being checked, is
// counted too.
type count struct {
	failures int
	until    time.Time // refused unchecked before this
	banned   time.Time // since when, where it is a ban; zero: it is a wait
	felt     bool      // somebody was refused by the ban
}

// throttle counts failures. It is safe for several goroutines. A nil one counts
// none and lets everybody try.
type throttle struct {
	ban time.Duration // the first; each further one is twice the one before

	mu    sync.Mutex // guards the fields below
	pairs *recent[pair, count]
	addrs *recent[netip.Prefix, count] // of its names that have failures
	names *recent[string, count]
	good  *recent[pair, struct{}] // who got in from where
}

func newThrottle(max int, ban time.Duration) *throttle {
	return &throttle{
		ban:   ban,
		pairs: newRecent[pair, count](max),
		addrs: newRecent[netip.Prefix, count](max),
		names: newRecent[string, count](max),
		good:  newRecent[pair, struct{}](max),
	}
}

// wait says for how long p may not try a password, 0 or less meaning that it may;
// and which bans p is the first to feel.
func (t *throttle) wait(p pair, now time.Time) (time.Duration, []Ban) {
	if t == nil {
		return 0, nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.waitLocked(p, now)
}

// begin is wait, and where p may try, it counts the try as a failure until
// settle says otherwise.
func (t *throttle) begin(p pair, now time.Time) (time.Duration, []Ban) {
	if t == nil {
		return 0, nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if wait, felt := t.waitLocked(p, now); wait > 0 {
		return wait, felt
	}
	before, _ := t.pairs.get(p, now)
	if _, known := t.good.get(p, now); known {
		bump(t.pairs, p, freeHome, 0, now)
		return 0, nil
	}
	bump(t.pairs, p, freePair, t.ban, now)
	bump(t.names, p.name, freeName, 0, now)
	if before.failures == 0 {
		bump(t.addrs, p.addr, freeAddr, t.ban, now)
	}
	return 0, nil
}

func (t *throttle) waitLocked(p pair, now time.Time) (time.Duration, []Ban) {
	_, known := t.good.get(p, now)
	a, felt := feel(t.pairs, p, now, Ban{Name: p.name, Network: p.addr}, nil)
	if known {
		return a, felt
	}
	b, felt := feel(t.addrs, p.addr, now, Ban{Network: p.addr}, felt)
	c, _ := t.names.get(p.name, now)
	return max(a, b, c.until.Sub(now)), felt
}

// feel gives the wait of one key. Where it is a ban that nobody has felt yet, it is
// put behind felt.
func feel[K comparable](r *recent[K, count], k K, now time.Time, b Ban, felt []Ban) (time.Duration, []Ban) {
	c, _ := r.get(k, now)
	wait := c.until.Sub(now)
	if wait > 0 && !c.banned.IsZero() && !c.felt {
		c.felt = true
		r.put(k, c, c.until.Add(forget))
		felt = append(felt, c.fill(b))
	}
	return wait, felt
}

// settle takes back what begin counted: ok tells that the password was right, and
// otherwise the fault was ours, which says nothing about the guesser. Right ones
// clear the pair's count, and the pair is trusted. A wrong one stays counted.
func (t *throttle) settle(p pair, ok bool, now time.Time) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	before, _ := t.pairs.get(p, now)
	_, known := t.good.get(p, now)
	switch {
	case ok:
		t.pairs.drop(p)
	case known:
		undo(t.pairs, p, freeHome, now)
	default:
		undo(t.pairs, p, freePair, now)
	}
	if !known {
		undo(t.names, p.name, freeName, now)
		if after, _ := t.pairs.get(p, now); before.failures > 0 && after.failures == 0 {
			undo(t.addrs, p.addr, freeAddr, now)
		}
	}
	if ok {
		t.good.put(p, struct{}{}, now.Add(trusted))
	}
}

// trust notes a right login that was not counted. It clears no count: who guesses
// beside a program that logs in every few minutes would begin anew each time.
func (t *throttle) trust(p pair, now time.Time) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.good.put(p, struct{}{}, now.Add(trusted))
}

// bump counts a failure and sets the wait that follows from it; ban is 0 where
// there is none.
func bump[K comparable](r *recent[K, count], k K, free int, ban time.Duration, now time.Time) {
	c, _ := r.get(k, now)
	c.failures++
	c.until, c.banned, c.felt = now, time.Time{}, false
	switch over := c.failures - free; {
	case over >= steps && ban > 0:
		c.until, c.banned = now.Add(min(ban<<min(over-steps, 10), longest)), now
	case over >= 0:
		c.until = now.Add(min(firstWait<<min(over, 20), lastWait))
	}
	r.put(k, c, c.until.Add(forget))
}

// undo takes a failure back. Whoever has to wait does not wait longer for it.
func undo[K comparable](r *recent[K, count], k K, free int, now time.Time) {
	c, _ := r.get(k, now)
	if c.failures--; c.failures <= 0 {
		r.drop(k)
		return
	}
	if c.failures < free+steps {
		c.banned = time.Time{}
	}
	if over := c.failures - free; over < 0 {
		c.until = now
	} else if c.banned.IsZero() {
		c.until = earlier(c.until, now.Add(min(firstWait<<min(over, 20), lastWait)))
	}
	r.put(k, c, c.until.Add(forget))
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// network is what an address counts as: itself, or its /64 in IPv6.
func network(a netip.Addr) netip.Prefix {
	a = a.Unmap().WithZone("")
	bits := 32
	if a.Is6() {
		bits = 64
	}
	p, err := a.Prefix(bits)
	if err != nil { // no address at all: a test's pipe, a Unix socket
		return netip.Prefix{}
	}
	return p
}
