package serve

import (
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/pires/go-proxyproto"
)

// proxyWait is how long a proxy may take to say for whom it calls. It knows
// that when it calls.
const proxyWait = 5 * time.Second

// proxied takes the client's address from the PROXY protocol, version 1 or 2,
// where a connection comes from one of the proxies. Those must speak it: the
// protocol forbids to guess. Whoever else comes is heard as he is, so that a
// header of his is a bad command and no address (HAProxy's proxy-protocol.txt,
// 2 and 5). The header is read by whoever asks the connection for its address
// or its octets first, not by Accept.
func proxied(ln net.Listener, proxies []netip.Prefix) net.Listener {
	return &proxyproto.Listener{
		Listener:          ln,
		ReadHeaderTimeout: proxyWait,
		ConnPolicy: func(o proxyproto.ConnPolicyOptions) (proxyproto.Policy, error) {
			from, err := netip.ParseAddrPort(o.Upstream.String())
			here := func(n netip.Prefix) bool { return n.Contains(from.Addr().Unmap().WithZone("")) }
			if err != nil || !slices.ContainsFunc(proxies, here) {
				return proxyproto.SKIP, nil
			}
			return proxyproto.REQUIRE, nil
		},
	}
}
