package pop3test

import (
	"context"
	"net"
	"strings"
	"time"
)

// Replay calls a server that says the same at each call, whatever it hears, as
// fast as it is read: for maildrops that are too large to be made. It is for
// Options.Connect of fetch/pop3.
func Replay(said string) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(context.Context, string, string) (net.Conn, error) {
		return replayed{r: strings.NewReader(said)}, nil
	}
}

// replayed is a connection of Replay. It has no deadline, since it never waits.
type replayed struct {
	r *strings.Reader
	net.Conn
}

func (r replayed) Read(b []byte) (int, error)       { return r.r.Read(b) }
func (r replayed) Write(b []byte) (int, error)      { return len(b), nil }
func (r replayed) Close() error                     { return nil }
func (r replayed) SetDeadline(time.Time) error      { return nil }
func (r replayed) SetReadDeadline(time.Time) error  { return nil }
func (r replayed) SetWriteDeadline(time.Time) error { return nil }
func (r replayed) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (r replayed) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
