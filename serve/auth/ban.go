package auth

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// A Ban is a long time in which logins are refused unchecked.
type Ban struct {
	Name     string       // whose logins; empty: everybody's
	Network  netip.Prefix // from where: an IPv4 address or an IPv6 /64
	Failures int          // that led to it; without a Name, how many names have some
	Since    time.Time
	Until    time.Time
}

func (c count) fill(b Ban) Ban {
	b.Failures, b.Since, b.Until = c.failures, c.banned, c.until
	return b
}

// refused makes an error of a wait, and tells of bans that are news.
func (g *Gate) refused(wait time.Duration, felt []Ban) error {
	for _, b := range felt {
		g.felt.Add(1)
		g.o.Banned(b)
	}
	if wait > 0 {
		return &ThrottledError{wait}
	}
	return nil
}

// Bans gives those that are in force, the oldest first.
func (g *Gate) Bans() []Ban {
	t, now := g.slow, g.o.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	var all []Ban
	add := func(c count, b Ban) {
		if !c.banned.IsZero() && now.Before(c.until) {
			all = append(all, c.fill(b))
		}
	}
	t.pairs.each(func(p pair, c count) { add(c, Ban{Name: p.name, Network: p.addr}) })
	t.addrs.each(func(a netip.Prefix, c count) { add(c, Ban{Network: a}) })
	slices.SortFunc(all, func(a, b Ban) int {
		return cmp.Or(a.Since.Compare(b.Since), a.Network.Addr().Compare(b.Network.Addr()), strings.Compare(a.Name, b.Name))
	})
	return all
}

// LiftName forgets all failures of a name, from wherever; LiftNetwork those from
// an address or a network, of whatever names. Both lift the waits and the bans that
// came of them, and give the number of bans.
func (g *Gate) LiftName(name string) int {
	return g.lift(func(p pair) bool { return p.name == name }, func(netip.Prefix) bool { return false }, name)
}

// LiftNetwork is told of with LiftName.
func (g *Gate) LiftNetwork(n netip.Prefix) int {
	n = netip.PrefixFrom(n.Addr().Unmap().WithZone(""), n.Bits())
	within := func(a netip.Prefix) bool { return n.Overlaps(a) }
	return g.lift(func(p pair) bool { return within(p.addr) }, within, "")
}

func (g *Gate) lift(ofPair func(pair) bool, ofAddr func(netip.Prefix) bool, name string) (bans int) {
	t, now := g.slow, g.o.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	counted := func(c count) {
		if !c.banned.IsZero() && now.Before(c.until) {
			bans++
		}
	}
	t.pairs.each(func(p pair, c count) {
		if ofPair(p) {
			counted(c)
			t.pairs.drop(p)
		}
	})
	t.addrs.each(func(a netip.Prefix, c count) {
		if ofAddr(a) {
			counted(c)
			t.addrs.drop(a)
		}
	})
	t.names.drop(name)
	return bans
}

// BansFelt is how many bans have refused somebody since the Gate was made.
func (g *Gate) BansFelt() int64 { return g.felt.Load() }
