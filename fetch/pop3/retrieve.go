package pop3

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"syscall"

	"restante/fetch"
	"restante/fetch/wire"
)

// How much is asked for ahead of the answers (RFC 2449, section 6.6). The
// requests of a full window are about a kilobyte, which any socket buffer holds:
// writing them cannot block while the server waits to write to us. The octets
// bound what the server prepares in vain when a round stops.
const (
	windowCount = 64
	windowBytes = 4 << 20
	unknownSize = 32 << 10 // taken for a message whose size is not known
)

// Retrieve implements fetch.Maildrop.
func (s *session) Retrieve(ctx context.Context, items []fetch.Item, each func(fetch.Item, io.Reader, error) error) error {
	return s.do(ctx, func() error {
		err := s.exchange(ctx, "RETR", len(items), func(i int) (int, int64) { return items[i].Num, items[i].Size },
			func(i int, st wire.Status) error { return s.hand(items[i], st, each) })
		if err != nil {
			s.end(err) // even where each gave a refusal back: answers may be outstanding
		}
		return err
	})
}

// hand passes one answer to RETR on to each.
func (s *session) hand(it fetch.Item, st wire.Status, each func(fetch.Item, io.Reader, error) error) error {
	if !st.OK {
		return each(it, nil, s.refuse("RETR "+strconv.Itoa(it.Num), st))
	}
	s.link.step(s.dialer.times.Progress)
	body := &body{r: wire.Unstuff(s.r)}
	defer s.traceBody(body)
	if err := each(it, body, nil); err != nil {
		return err
	}
	if err := body.drain(); err != nil {
		return fmt.Errorf("RETR %d: %w", it.Num, err)
	}
	return nil
}

// body keeps in mind how reading a message ended, whatever its reader makes of it.
type body struct {
	r   io.Reader
	n   int64 // octets read
	err error
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
	b.err = err
	return n, err
}

func (b *body) drain() error {
	_, err := io.Copy(io.Discard, b)
	return err
}

// exchange sends "verb number" for each of n requests and calls answer for the
// status line of each, in order. With PIPELINING a window of them is under way
// at a time, else one.
func (s *session) exchange(ctx context.Context, verb string, n int, request func(i int) (num int, size int64), answer func(i int, st wire.Status) error) error {
	limit := 1
	if s.pipelining {
		limit = windowCount
	}
	cost := func(i int) int64 {
		if _, size := request(i); size >= 0 {
			return size
		}
		return unknownSize
	}
	var (
		sent  int
		ahead int64 // octets asked for and not yet answered
	)
	for i := range n {
		s.link.step(s.dialer.times.Command)
		if sent-i <= limit/2 {
			for sent < n && sent-i < limit && (sent == i || ahead+cost(sent) <= windowBytes) {
				num, _ := request(sent)
				fmt.Fprintf(s.w, "%s %d\r\n", verb, num) // errors stay until Flush
				ahead += cost(sent)
				sent++
			}
			if err := s.w.Flush(); err != nil {
				return fmt.Errorf("%s: %w", verb, err)
			}
		}
		st, err := s.status(verb)
		if err != nil {
			return s.stalled(ctx, err, sent-i)
		}
		ahead -= cost(i)
		if err := answer(i, st); err != nil {
			return err
		}
	}
	return nil
}

// stalled remembers a server that lists PIPELINING and loses what is sent ahead,
// so that the next session asks for one thing at a time.
func (s *session) stalled(ctx context.Context, err error, outstanding int) error {
	gone := errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET)
	if outstanding > 1 && (gone || errors.Is(err, os.ErrDeadlineExceeded)) {
		s.quirks.strike(ctx, noPipelining, "server stalls at pipelined commands, next session without", "outstanding", outstanding)
	}
	return err
}

// Delete implements fetch.Maildrop.
func (s *session) Delete(ctx context.Context, nums []int) (marked []int, err error) {
	err = s.do(ctx, func() error {
		return s.exchange(ctx, "DELE", len(nums), func(i int) (int, int64) { return nums[i], 0 },
			func(i int, st wire.Status) error {
				if st.OK {
					marked = append(marked, nums[i])
				}
				return nil
			})
	})
	return marked, err
}

// maxHead is how much of a header Head gives, in octets.
const maxHead = 1 << 20

// Head implements fetch.Prober with TOP n 0. A header of more than 1 MiB counts
// as one the server cannot show.
func (s *session) Head(ctx context.Context, it fetch.Item) (header []byte, ok bool, err error) {
	err = s.do(ctx, func() error {
		st, err := s.command(fmt.Sprintf("TOP %d 0", it.Num))
		if err != nil || !st.OK {
			return err
		}
		s.link.step(s.dialer.times.Progress)
		b := &body{r: wire.Unstuff(s.r)}
		defer s.traceBody(b)
		// Some servers send more than was asked for.
		header, err = io.ReadAll(io.LimitReader(wire.TopReader(b, 0), maxHead+1))
		if err == nil {
			err = b.drain()
		}
		if err != nil {
			return fmt.Errorf("TOP: %w", err)
		}
		ok = len(header) <= maxHead
		return nil
	})
	if err != nil || !ok {
		return nil, false, err
	}
	if bytes.HasPrefix(header, []byte("+OK")) { // FTGate says it twice
		_, header, _ = bytes.Cut(header, []byte("\n"))
	}
	return header, true, nil
}
