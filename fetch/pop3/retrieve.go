package pop3

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"sync/atomic"
	"syscall"

	"restante/fetch"
	"restante/fetch/wire"
)

// Retrieve implements fetch.Maildrop.
func (s *session) Retrieve(ctx context.Context, items []fetch.Item, each func(fetch.Item, io.Reader, error) error) error {
	return s.do(ctx, func() error {
		x := &exchange{session: s, verb: "RETR", n: len(items), request: func(i int) (int, int64) { return items[i].Num, items[i].Size }}
		err := x.run(ctx, func(i int, st wire.Status) error { return x.hand(ctx, items[i], st, each) })
		if err != nil {
			s.end(err) // even where each gave a refusal back: answers may be outstanding
		}
		return err
	})
}

// hand passes one answer to RETR on to each. As long as that takes, keepAlive has
// the turn to talk.
func (x *exchange) hand(ctx context.Context, it fetch.Item, st wire.Status, each func(fetch.Item, io.Reader, error) error) error {
	s := x.session
	var b *body
	var r io.Reader
	var refused error
	if st.OK {
		s.link.step(s.dialer.times.Progress)
		b = &body{r: wire.Unstuff(s.r), whole: &s.whole}
		defer s.traceBody(b)
		if _, ok := s.heads[it.Num]; ok {
			b.head = new(bytes.Buffer)
		}
		r = b
	} else {
		refused = s.refuse("RETR "+strconv.Itoa(it.Num), st)
	}
	s.whole.Store(!st.OK)
	err := x.away(func() error { return each(it, r, refused) })
	if err != nil || b == nil {
		return err
	}
	if err := b.drain(); err != nil {
		return fmt.Errorf("RETR %d: %w", it.Num, err)
	}
	if b.head != nil && fetch.HeadSum(b.head.Bytes()) != s.heads[it.Num] {
		s.doubtTop(ctx, lyingTop, "server shows other headers by TOP than by RETR, going on without TOP")
	}
	return nil
}

// away gives the turn away while f runs, and takes it back however f ends.
func (x *exchange) away(f func() error) error {
	s := x.session
	s.waiting = x
	s.turn.Unlock()
	defer func() {
		s.turn.Lock()
		s.waiting = nil
	}()
	return f()
}

// body keeps in mind how reading a message ended, whatever its reader makes of it.
type body struct {
	r     io.Reader
	n     int64 // octets read
	err   error
	whole *atomic.Bool  // set at its end
	head  *bytes.Buffer // gets what may be the header; nil: nobody asks
}

func (b *body) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	n, err := b.r.Read(p)
	if err == io.ErrUnexpectedEOF {
		err = errHungUp
	}
	b.n += int64(n)
	if b.head != nil && n > 0 {
		b.head.Write(p[:min(n, maxHead-b.head.Len())])
	}
	if b.err = err; err == io.EOF && b.whole != nil {
		b.whole.Store(true)
	}
	return n, err
}

func (b *body) drain() error {
	_, err := io.Copy(io.Discard, b)
	return err
}

// exchange sends "verb number" for each of n requests and reads the answers in
// order. With PIPELINING a window of requests is under way at a time, else one.
type exchange struct {
	*session
	verb    string
	behind  string // of each request, behind its number
	n       int
	request func(i int) (num int, size int64)

	sent  int   // requests
	ahead int64 // octets asked for and not yet answered
	noops []int // NOOPs under way: how many requests were sent before each
}

// run calls answer for the status line of each answer. Answer reads the rest.
func (x *exchange) run(ctx context.Context, answer func(i int, st wire.Status) error) error {
	x.window.open()
	for i := range x.n {
		x.link.step(x.dialer.times.Command)
		if err := x.ask(i); err != nil {
			return err
		}
		if err := x.readNoops(i); err != nil {
			return err
		}
		from := x.link.heard - int64(x.r.Buffered())
		st, err := x.status(x.verb)
		if err != nil {
			x.stalled(ctx, err, x.sent-i, x.link.heard == from)
			return err
		}
		x.ahead -= x.cost(i)
		if err := answer(i, st); err != nil {
			return err
		}
		x.window.got(x.cost(i), i+1)
	}
	if x.window.proven >= startCount/2 {
		x.quirks.clear(ctx, noPipelining)
	}
	return x.readNoops(x.n)
}

func (x *exchange) cost(i int) int64 {
	if _, size := x.request(i); size >= 0 {
		return size
	}
	return unknownSize
}

// ask fills the window where half of it is answered: to do it for each would be a
// system call each.
func (x *exchange) ask(answered int) error {
	count := 1
	if x.pipelining {
		count = x.window.count
	}
	if x.sent-answered > count/2 {
		return nil
	}
	if x.pipelining {
		x.window.widen()
		count = x.window.count
	}
	from := x.sent
	for x.sent < x.n && x.sent-answered < count && (x.sent == answered || x.ahead+x.cost(x.sent) <= x.window.bytes) {
		num, _ := x.request(x.sent)
		fmt.Fprintf(x.w, "%s %d%s\r\n", x.verb, num, x.behind) // errors stay until Flush
		x.ahead += x.cost(x.sent)
		x.sent++
	}
	if x.sent == from {
		return nil
	}
	x.window.asked(x.sent-answered, x.sent)
	if err := x.w.Flush(); err != nil {
		return fmt.Errorf("%s: %w", x.verb, err)
	}
	return nil
}

// readNoops reads the answers to NOOPs that come ahead of a request's. What they
// say does not matter.
func (x *exchange) readNoops(request int) error {
	for len(x.noops) > 0 && x.noops[0] <= request {
		x.noops = x.noops[1:]
		x.link.step(x.dialer.times.Command)
		if _, err := x.status("NOOP"); err != nil {
			return err
		}
	}
	return nil
}

// stalled looks at how a connection was lost while so many answers were awaited.
// A network breaks anywhere, mostly in the middle of something. A server that
// lists PIPELINING and loses what is sent ahead goes silent between two answers,
// and does so as soon as more is under way than it ever answered at once: that is
// a strike against pipelining. A session without it that is lost all the same
// takes the strike back.
func (s *session) stalled(ctx context.Context, err error, outstanding int, silent bool) {
	gone := errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET)
	if !gone && !errors.Is(err, os.ErrDeadlineExceeded) {
		return
	}
	switch {
	case !s.pipelining && s.quirks.strikes[noPipelining].count < forGood:
		s.quirks.clear(ctx, noPipelining)
	case s.pipelining && silent && outstanding > 1 && outstanding > s.window.proven:
		s.quirks.strike(ctx, noPipelining, "server stalls at pipelined commands, next session without", "outstanding", outstanding)
	}
}

// Delete implements fetch.Maildrop.
func (s *session) Delete(ctx context.Context, nums []int) (marked []int, err error) {
	err = s.do(ctx, func() error {
		x := &exchange{session: s, verb: "DELE", n: len(nums), request: func(i int) (int, int64) { return nums[i], 0 }}
		return x.run(ctx, func(i int, st wire.Status) error {
			if st.OK {
				marked = append(marked, nums[i])
			}
			return nil
		})
	})
	return marked, err
}

// Bounds of an answer to TOP, in octets: how much of a header Heads gives, and how
// much more is read to the answer's end. Some servers send the whole message.
const (
	maxHead = 1 << 20
	maxTop  = 64 << 20
)

// start reads an answer to TOP, and gives the first of what r makes of it.
func (b *body) start(r io.Reader) ([]byte, error) {
	head, err := io.ReadAll(io.LimitReader(r, maxHead+1))
	if err == nil {
		_, err = io.CopyN(io.Discard, b, maxTop)
	}
	switch err {
	case io.EOF:
		return head, nil
	case nil:
		err = fmt.Errorf("the answer goes on behind %d octets", maxTop)
	}
	return nil, fmt.Errorf("TOP: %w", err)
}

// headCost stands for the octets of a header, which no listing gives.
const headCost = 4 << 10

// Heads implements fetch.Prober with TOP n 0. A header of more than 1 MiB counts
// as one the server cannot show. The first of a session is asked for alone: a
// server that breaks at TOP is not to be taken for one that breaks at what is
// sent ahead.
func (s *session) Heads(ctx context.Context, items []fetch.Item, each func(fetch.Item, []byte)) error {
	for len(items) > 0 {
		n := len(items)
		if s.heads == nil {
			n = 1
		}
		if s.quirks.noTop {
			for _, it := range items {
				each(it, nil)
			}
			return nil
		}
		if err := s.do(ctx, func() error { return s.tops(ctx, items[:n], each) }); err != nil {
			return err
		}
		items = items[n:]
	}
	return nil
}

func (s *session) tops(ctx context.Context, items []fetch.Item, each func(fetch.Item, []byte)) error {
	answered := 0
	x := &exchange{session: s, verb: "TOP", behind: " 0", n: len(items), request: func(i int) (int, int64) { return items[i].Num, headCost }}
	err := x.run(ctx, func(i int, st wire.Status) error {
		header, ok, err := s.top(st)
		if err != nil {
			return err
		}
		answered++
		s.showed(ctx, items[i], header, ok)
		if !ok {
			header = nil
		}
		each(items[i], header)
		return nil
	})
	if err != nil && ctx.Err() == nil && s.heads == nil && answered < len(items) {
		s.doubtTop(ctx, noTop, "server breaks at TOP, next session without")
	}
	return err
}

// showed notes what came of a TOP. A nil header is a refusal.
func (s *session) showed(ctx context.Context, it fetch.Item, header []byte, ok bool) {
	switch {
	case ok:
		s.quirks.clear(ctx, noTop)
		if s.heads == nil {
			s.heads = map[int][8]byte{}
		}
		s.heads[it.Num] = fetch.HeadSum(header)
	case s.heads == nil && header == nil: // it never did better
		s.doubtTop(ctx, noTop, "server refuses TOP, going on without")
	}
}

// top reads the rest of an answer to TOP n 0. A nil header is a refusal.
func (s *session) top(st wire.Status) (header []byte, ok bool, err error) {
	if !st.OK {
		return nil, false, nil
	}
	s.link.step(s.dialer.times.Progress)
	b := &body{r: wire.Unstuff(s.r)}
	defer s.traceBody(b)
	header, err = b.start(wire.TopReader(b, 0))
	if err != nil {
		return nil, false, err
	}
	ok = len(header) <= maxHead
	if bytes.HasPrefix(header, []byte("+OK")) { // FTGate says it twice
		_, header, _ = bytes.Cut(header, []byte("\n"))
	}
	if header == nil {
		header = []byte{}
	}
	return header, ok, nil
}

// doubtTop has TOP asked no more, now and for a day at least.
func (s *session) doubtTop(ctx context.Context, quirk, told string) {
	s.quirks.strike(ctx, quirk, told)
	s.quirks.noTop = true
}
