package pop3d

import (
	"context"
	"net"
	"time"

	"golang.org/x/sys/unix"
)

// asking has TCP ask its peer once a second whether it is there, and at once where
// nothing was heard of it for a second; usual is what net does by itself.
var (
	asking = net.KeepAliveConfig{Enable: true, Idle: time.Second, Interval: time.Second, Count: 9}
	usual  = net.KeepAliveConfig{Enable: true}
)

// peerAnswers tells whether the other end's TCP answers, be its program busy or
// not. Of what is no TCP connection it is taken for granted. It ends early when gone
// is closed: nobody is there then.
func peerAnswers(ctx context.Context, conn net.Conn, gone <-chan struct{}) bool {
	c, ok := conn.(*net.TCPConn)
	if !ok {
		return true
	}
	if err := c.SetKeepAliveConfig(asking); err != nil {
		return true
	}
	defer c.SetKeepAliveConfig(usual) // or it is closed
	start := time.Now()
	tick := time.NewTicker(looks)
	defer tick.Stop()
	for time.Since(start) < answer {
		select {
		case <-ctx.Done():
			return true
		case <-gone:
			return false
		case <-tick.C:
		}
		if ago, ok := heardAgo(c); !ok || ago < time.Since(start) {
			return ok
		}
	}
	return false
}

// heardAgo is how long ago the peer acknowledged something last; false: the
// connection is closed.
func heardAgo(c *net.TCPConn) (ago time.Duration, ok bool) {
	raw, err := c.SyscallConn()
	if err != nil {
		return 0, false
	}
	err = raw.Control(func(fd uintptr) {
		if info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO); err == nil {
			ago, ok = time.Duration(info.Last_ack_recv)*time.Millisecond, true
		}
	})
	return ago, ok && err == nil
}
