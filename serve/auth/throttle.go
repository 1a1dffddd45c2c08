package auth

import (
	"net/netip"
	"sync"
	"time"
)

// The numbers of the throttle; the rule is in the package comment.
const (
	freePair = 5  // failures without a wait, of one name from one address
	freeAddr = 20 // of one address with whatever names
	freeName = 50 // of one name from wherever

	firstWait = time.Second
	lastWait  = 15 * time.Minute
	forget    = time.Hour           // after the last failure
	trusted   = 30 * 24 * time.Hour // after the last right login of a name from an address
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
}

// throttle counts failures. It is safe for several goroutines. A nil one counts
// none and lets everybody try.
type throttle struct {
	mu    sync.Mutex // guards the fields below
	pairs *recent[pair, count]
	addrs *recent[netip.Prefix, count]
	names *recent[string, count]
	good  *recent[pair, struct{}] // who got in from where
}

func newThrottle(max int) *throttle {
	return &throttle{
		pairs: newRecent[pair, count](max),
		addrs: newRecent[netip.Prefix, count](max),
		names: newRecent[string, count](max),
		good:  newRecent[pair, struct{}](max),
	}
}

// wait says for how long p may not try a password; 0 or less means that it may.
func (t *throttle) wait(p pair, now time.Time) time.Duration {
	if t == nil {
		return 0
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.waitLocked(p, now)
}

// begin is wait, and where p may try, it counts the try as a failure until
// settle says otherwise.
func (t *throttle) begin(p pair, now time.Time) time.Duration {
	if t == nil {
		return 0
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if wait := t.waitLocked(p, now); wait > 0 {
		return wait
	}
	bump(t.pairs, p, 1, freePair, now)
	bump(t.addrs, p.addr, 1, freeAddr, now)
	bump(t.names, p.name, 1, freeName, now)
	return 0
}

func (t *throttle) waitLocked(p pair, now time.Time) time.Duration {
	_, known := t.good.get(p, now)
	a, _ := t.pairs.get(p, now)
	wait := a.until.Sub(now)
	if !known {
		b, _ := t.addrs.get(p.addr, now)
		c, _ := t.names.get(p.name, now)
		wait = max(wait, b.until.Sub(now), c.until.Sub(now))
	}
	return wait
}

// outcome is how a try that begin let pass has ended.
type outcome int

const (
	wrong  outcome = iota // it stays counted
	right                 // the pair's count is cleared, and the pair is trusted
	unsure                // it says nothing about the guesser: the fault was ours
)

func (t *throttle) settle(p pair, o outcome, now time.Time) {
	if t == nil || o == wrong {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	bump(t.addrs, p.addr, -1, freeAddr, now)
	bump(t.names, p.name, -1, freeName, now)
	if o == unsure {
		bump(t.pairs, p, -1, freePair, now)
		return
	}
	t.pairs.drop(p)
	t.good.put(p, struct{}{}, now.Add(trusted))
}

// bump changes a count by one failure and sets the wait that follows from it.
func bump[K comparable](r *recent[K, count], k K, by, free int, now time.Time) {
	c, _ := r.get(k, now)
	if c.failures = max(0, c.failures+by); c.failures == 0 {
		r.drop(k)
		return
	}
	c.until = time.Time{}
	if over := c.failures - free; over >= 0 {
		c.until = now.Add(min(firstWait<<min(over, 20), lastWait))
	}
	r.put(k, c, now.Add(forget))
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
