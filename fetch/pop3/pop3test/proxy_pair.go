package pop3test

import (
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// pair is a client's connection and ours to its upstream.
type pair struct {
	client, server net.Conn // server is nil at first
	plan           plan
	tell           func(Trouble)
	done           chan struct{}

	mu     sync.Mutex // guards the fields below, and server until it is connected
	closed bool
	dark   bool // nothing gets through, and nobody is told
}

// connected notes the upstream's connection, unless all is over already.
func (p *pair) connected(server net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		server.Close()
		return false
	}
	p.server = server
	return true
}

// run carries octets both ways until both ways have ended.
func (p *pair) run(delay time.Duration) {
	up := &flow{pair: p, from: p.client, to: p.server, delay: delay}
	down := &flow{pair: p, from: p.server, to: p.client, delay: delay}
	if p.plan.upwards {
		up.plan = p.plan
	} else {
		down.plan = p.plan
	}
	var wg sync.WaitGroup
	for _, f := range []*flow{up, down} {
		f.queue = make(chan chunk, inTheLine)
		wg.Go(f.read)
		wg.Go(f.write)
	}
	wg.Wait()
}

// close ends both connections; with reset, so that both sides hear of it as a
// broken connection and lose what is on its way.
func (p *pair) close(reset bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	p.closed = true
	close(p.done)
	for _, c := range []net.Conn{p.client, p.server} {
		if c == nil {
			continue
		}
		if tcp, ok := c.(*net.TCPConn); ok && reset {
			tcp.SetLinger(0)
		}
		c.Close()
	}
}

// sleep waits; false says that all is over.
func (p *pair) sleep(d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-p.done:
		return false
	}
}

func (p *pair) isDark() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.dark
}

// flow is one direction of a pair. One goroutine reads and stamps, another waits
// and writes, so that a delay holds up each octet once and not all behind it.
type flow struct {
	*pair
	from, to net.Conn
	delay    time.Duration
	plan     plan
	queue    chan chunk
	passed   int // octets
	drips    int // octets that are to drip
}

// chunk is what was read at once, and when it is due at the other side. One with
// an error is the last.
type chunk struct {
	due  time.Time
	data []byte
	err  error
}

// A line holds so many chunks of at most so many octets: more than a second of
// what loopback carries with mail in it.
const (
	inTheLine = 1024
	chunkSize = 32 << 10
)

func (f *flow) read() {
	buf := make([]byte, chunkSize)
	for {
		n, err := f.from.Read(buf)
		c := chunk{due: time.Now().Add(f.delay), err: err}
		c.data = append(c.data, buf[:n]...)
		select {
		case f.queue <- c:
		case <-f.done:
			return
		}
		if err != nil {
			return
		}
	}
}

func (f *flow) write() {
	for {
		var c chunk
		select {
		case c = <-f.queue:
		case <-f.done:
			return
		}
		if !f.sleep(time.Until(c.due)) {
			return
		}
		if err := f.pass(c.data); err != nil {
			f.close(true)
			return
		}
		if c.err != nil {
			f.ended(c.err)
			return
		}
	}
}

// pass writes octets, or does what the plan has for them.
func (f *flow) pass(b []byte) error {
	if len(b) == 0 || f.isDark() {
		return nil
	}
	if f.plan.trouble != None && f.passed+len(b) > f.plan.at {
		n := f.plan.at - f.passed
		if _, err := f.to.Write(b[:n]); err != nil {
			return err
		}
		if b = b[n:]; f.trouble() {
			return nil
		}
	}
	f.passed += len(b)
	b, err := f.drip(b)
	if err == nil && len(b) > 0 {
		_, err = f.to.Write(b)
	}
	return err
}

// ended hands on that one side has no more to say. In the dark a client that
// gives up is the end, and a server that does is not heard.
func (f *flow) ended(err error) {
	if f.isDark() {
		if f.from == f.client {
			f.close(true)
		}
		return
	}
	half, can := f.to.(interface{ CloseWrite() error })
	if errors.Is(err, io.EOF) && can {
		half.CloseWrite()
		return
	}
	f.close(!errors.Is(err, io.EOF))
}
