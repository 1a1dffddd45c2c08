package pop3test

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"
	"time"

	"restante/fetch"
)

// ProxyOptions say what lies between a client and its upstream.
type ProxyOptions struct {
	Upstream string        // host:port
	Delay    time.Duration // the round trip it adds: half of it each way; 0 adds none
	Flaky    *Flaky        // nil: nothing goes wrong

	// Connect reaches the upstream; nil is TCP. Server.Dial fits.
	Connect func(ctx context.Context, network, address string) (net.Conn, error)
}

// Proxy is a network of ours: it makes a round trip longer without making the
// line narrower, and goes wrong when told to. TLS passes through it. It may be
// used by several goroutines.
type Proxy struct {
	opts     ProxyOptions
	listener net.Listener // nil: reached by Dial only
	ctx      context.Context
	stop     context.CancelFunc
	wg       sync.WaitGroup

	mu     sync.Mutex // guards the fields below
	flaky  *Flaky
	count  int // connections so far
	pairs  map[*pair]bool
	struck map[Trouble]int
	closed bool
}

// NewProxy starts a proxy on a free port of 127.0.0.1, which ends with the test.
func NewProxy(t testing.TB, o ProxyOptions) *Proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := MakeProxy(o)
	p.listener = l
	p.wg.Go(p.accept)
	t.Cleanup(p.Close)
	return p
}

// MakeProxy gives a proxy that does not listen: it is reached by Dial, over
// pipes in memory, so that a test can run on the fake clock of testing/synctest.
// It must be closed.
func MakeProxy(o ProxyOptions) *Proxy {
	if o.Connect == nil {
		o.Connect = (&net.Dialer{}).DialContext
	}
	p := &Proxy{opts: o, flaky: o.Flaky, pairs: map[*pair]bool{}, struck: map[Trouble]int{}}
	p.ctx, p.stop = context.WithCancel(context.Background())
	return p
}

func (p *Proxy) accept() {
	for {
		c, err := p.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err == nil {
			p.carry(c)
		}
	}
}

// Dial opens a connection through a proxy that does not listen. It fits
// pop3.Options.Connect.
func (p *Proxy) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	if p.listener != nil {
		return (&net.Dialer{}).DialContext(ctx, network, p.Addr())
	}
	client, server := net.Pipe()
	p.carry(server)
	return client, nil
}

// carry takes a client to the upstream, in goroutines of its own.
func (p *Proxy) carry(client net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		client.Close()
		return
	}
	p.count++
	pr := &pair{client: client, done: make(chan struct{}), plan: p.flaky.plan(p.count), tell: p.strike}
	p.pairs[pr] = true
	p.wg.Go(func() {
		p.run(pr)
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.pairs, pr)
	})
}

func (p *Proxy) run(pr *pair) {
	defer pr.close(false)
	// The client believes itself connected at once. What the handshake would
	// have cost it until the server knows of it is made up for here.
	if !pr.sleep(p.opts.Delay + p.opts.Delay/2) {
		return
	}
	server, err := p.opts.Connect(p.ctx, "tcp", p.opts.Upstream)
	if err != nil || !pr.connected(server) {
		return
	}
	pr.run(p.opts.Delay / 2)
}

// strike counts a trouble that came about.
func (p *Proxy) strike(t Trouble) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.struck[t]++
}

// Struck says how often each trouble came about so far.
func (p *Proxy) Struck() map[Trouble]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := map[Trouble]int{}
	for t, n := range p.struck {
		out[t] = n
	}
	return out
}

// SetFlaky changes what goes wrong with connections that are opened from now on;
// nil is nothing.
func (p *Proxy) SetFlaky(f *Flaky) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.flaky = f
}

// Addr is host:port of the proxy.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// Account leads an account of the upstream's through the proxy.
func (p *Proxy) Account(a fetch.Account) fetch.Account {
	a.Host, a.Port = "127.0.0.1", p.listener.Addr().(*net.TCPAddr).Port
	return a
}

// Close cuts all connections, takes no more, and waits for its goroutines.
func (p *Proxy) Close() {
	p.mu.Lock()
	if !p.closed {
		p.closed = true
		p.stop()
		if p.listener != nil {
			p.listener.Close()
		}
		for pr := range p.pairs {
			pr.close(true)
		}
	}
	p.mu.Unlock()
	p.wg.Wait()
}
