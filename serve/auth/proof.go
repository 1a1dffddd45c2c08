package auth

import (
	"net/netip"
	"slices"
)

// Begin counts a login whose password does not come here, such as one by SCRAM,
// as a failure until Settle says otherwise. An ErrThrottled (a *ThrottledError)
// says that nothing may be tried now, and nothing was counted.
func (g *Gate) Begin(name string, remote netip.Addr) error {
	slow, p := g.slowing(name, remote)
	return g.refused(slow.begin(p, g.o.Now()))
}

// Settle says how a login ended that Begin let pass.
func (g *Gate) Settle(name string, remote netip.Addr, ok bool) {
	if slow, p := g.slowing(name, remote); ok {
		slow.settle(p, true, g.o.Now())
	}
}

// slowing gives what slows down a try, nil in a trusted network, and what it is
// counted as.
func (g *Gate) slowing(name string, remote netip.Addr) (*throttle, pair) {
	p := pair{name[:min(len(name), maxName)], network(remote)}
	if slices.ContainsFunc(g.o.Trusted, func(n netip.Prefix) bool { return n.Contains(remote.Unmap().WithZone("")) }) {
		return nil, p
	}
	return g.slow, p
}
