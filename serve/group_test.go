package serve_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"restante/serve"
	"restante/serve/pop3d"
)

// stub is a Server whose sessions end as its fields say.
type stub struct {
	fail      error         // what Serve returns at once
	takes     time.Duration // how long the sessions need to finish
	err       error         // what Shutdown returns after that
	cut       bool
	shutdowns int
	stopped   chan struct{}
}

func (s *stub) Serve(ctx context.Context, ln net.Listener, _ bool) error {
	if s.fail != nil {
		return s.fail
	}
	select {
	case <-s.stopped:
	case <-ctx.Done():
		s.cut = true
	}
	return nil
}

func (s *stub) Shutdown(ctx context.Context) error {
	s.shutdowns++
	defer close(s.stopped)
	select {
	case <-time.After(s.takes):
		return s.err
	case <-ctx.Done():
		s.cut = true
		return ctx.Err()
	}
}

func TestGroup_DrainsThenCuts(t *testing.T) {
	for _, c := range []struct {
		name        string
		takes, want time.Duration
		cut         bool
	}{
		{"sessions finish", 5 * time.Second, 5 * time.Second, false},
		{"sessions go on", time.Hour, serve.DefaultDrain, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := &stub{takes: c.takes, stopped: make(chan struct{})}
			var g serve.Group
			for _, name := range []string{"pop3", "pop3s"} {
				if _, err := g.Listen(t.Context(), serve.Door{Name: name, Address: "127.0.0.1:0"}, s); err != nil {
					t.Fatal(err)
				}
			}
			synctest.Test(t, func(t *testing.T) {
				s.stopped = make(chan struct{})
				start := time.Now()
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				if err := g.Run(ctx); err != nil {
					t.Errorf("Run = %v", err)
				}
				if got := time.Since(start) - time.Minute; got != c.want || s.cut != c.cut || s.shutdowns != 1 {
					t.Errorf("drained for %v, cut %v, %d shutdowns; want %v, %v, 1", got, s.cut, s.shutdowns, c.want, c.cut)
				}
			})
		})
	}
}

func TestGroup_FailingServerEndsTheRest(t *testing.T) {
	fault := errors.New("no certificate")
	good, bad := &stub{stopped: make(chan struct{})}, &stub{fail: fault, stopped: make(chan struct{})}
	var g serve.Group
	for _, s := range []*stub{good, bad} {
		if _, err := g.Listen(t.Context(), serve.Door{Name: "door", Address: "127.0.0.1:0"}, s); err != nil {
			t.Fatal(err)
		}
	}
	if err := g.Run(t.Context()); !errors.Is(err, fault) || good.shutdowns != 1 {
		t.Errorf("Run = %v, %d shutdowns of the other", err, good.shutdowns)
	}
}

func TestGroup_ServesPOP3AndClosesItsDoors(t *testing.T) {
	s, err := pop3d.New(pop3d.Options{Porter: pop3d.NewMemory(), Greeting: "hello"})
	if err != nil {
		t.Fatal(err)
	}
	var g serve.Group
	addr, err := g.Listen(t.Context(), serve.Door{Name: "pop3", Address: "127.0.0.1:0"}, s)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- g.Run(ctx) }()
	conn, err := net.Dial("tcp", addr.String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if line, err := bufio.NewReader(conn).ReadString('\n'); line != "+OK hello\r\n" {
		t.Errorf("greeting %q, %v", line, err)
	}
	cancel()
	if rest, _ := io.ReadAll(conn); !strings.HasPrefix(string(rest), "-ERR [SYS/TEMP] ") {
		t.Errorf("an idle client hears %q at the end", rest)
	}
	if err := <-ended; err != nil {
		t.Errorf("Run = %v", err)
	}
	if c, err := net.Dial("tcp", addr.String()); err == nil {
		c.Close()
		t.Error("the door is still open")
	}
}

func TestListen_SaysWhatToDo(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	cases := map[string]string{
		taken.Addr().String(): "another program, or another restante, has this address",
		"192.0.2.1:0":         "this machine has no such address",
		"127.0.0.1:99999":     "invalid port",
		"127.0.0.1":           "missing port",
		"nowhere.invalid:0":   "the host part must be an address of this machine",
	}
	for address, want := range cases {
		var g serve.Group
		_, err := g.Listen(t.Context(), serve.Door{Name: "pop3", Address: address}, nil)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "pop3") {
			t.Errorf("Listen(%s) = %v, want %q", address, err, want)
		}
	}
}

// An HTTP server tells at its end that its listeners, which the group has closed,
// are closed.
func TestGroup_EndsAnHTTPServerWithoutAWord(t *testing.T) {
	var said bytes.Buffer
	g := serve.Group{Log: slog.New(slog.NewTextHandler(&said, &slog.HandlerOptions{Level: slog.LevelWarn}))}
	closed := &stub{stopped: make(chan struct{}), err: fmt.Errorf("close tcp: %w", net.ErrClosed)}
	if _, err := g.Listen(t.Context(), serve.Door{Name: "web", Address: "127.0.0.1:0"}, closed); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := g.Run(ctx); err != nil || said.Len() > 0 || closed.shutdowns != 1 {
		t.Errorf("Run = %v, %d shutdowns, said %q", err, closed.shutdowns, said.String())
	}
}
