package pop3test_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"maps"
	"net"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"restante/fetch"
	"restante/fetch/pop3"
	"restante/fetch/pop3/pop3test"
)

// upstream starts a server whose one message has so many octets.
func upstream(t *testing.T, octets int) *pop3test.Server {
	msg := "Subject: x\r\n\r\n" + strings.Repeat(strings.Repeat("y", 62)+"\r\n", octets/64)
	return pop3test.New(t, pop3test.Options{Messages: [][]byte{[]byte(msg)}})
}

// A round trip is as long as asked for, and many requests under way share one.
func TestProxy_DelaysARoundTripAndNotEachOctet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, err := pop3test.Make(pop3test.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer server.Close()
		proxy := pop3test.MakeProxy(pop3test.ProxyOptions{Delay: 100 * time.Millisecond, Connect: server.Dial})
		defer proxy.Close()
		start := time.Now()
		c, err := proxy.Dial(t.Context(), "tcp", "")
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		r := bufio.NewReader(c)
		want := func(after time.Duration) {
			t.Helper()
			if line, err := r.ReadString('\n'); err != nil || !strings.HasPrefix(line, "+OK") {
				t.Fatalf("answer %q, %v", line, err)
			}
			if got := time.Since(start); got != after {
				t.Errorf("answer after %v, want %v", got, after)
			}
		}
		want(200 * time.Millisecond) // the handshake's round trip and the greeting's
		start = time.Now()
		io.WriteString(c, "NOOP\r\n")
		want(100 * time.Millisecond)
		start = time.Now()
		for range 50 {
			io.WriteString(c, "NOOP\r\n")
		}
		for range 50 {
			want(100 * time.Millisecond)
		}
	})
}

// What the plan does to a connection is drawn from the seed, and all troubles
// come about.
func TestProxy_StrikesAsTheSeedSays(t *testing.T) {
	flaky := &pop3test.Flaky{Seed: 7, Cut: 0.3, Reset: 0.3, Drip: 0.3, Within: 2000, Pause: time.Microsecond}
	run := func() map[pop3test.Trouble]int {
		server := upstream(t, 20_000)
		proxy := pop3test.NewProxy(t, pop3test.ProxyOptions{Upstream: server.Account("a").Address(), Flaky: flaky})
		for range 30 {
			c, err := net.Dial("tcp", proxy.Addr())
			if err != nil {
				t.Fatal(err)
			}
			io.WriteString(c, "USER user\r\nPASS secret\r\nRETR 1\r\nQUIT\r\n")
			io.Copy(io.Discard, c) // ends well or badly, as is drawn
			c.Close()
		}
		return proxy.Struck()
	}
	struck := run()
	if again := run(); !maps.Equal(struck, again) {
		t.Errorf("struck %v, and with the same seed %v", struck, again)
	}
	for _, want := range []pop3test.Trouble{pop3test.Cut, pop3test.Reset, pop3test.Drip} {
		if struck[want] == 0 {
			t.Errorf("no %s among %v", want, struck)
		}
	}
}

func TestProxy_StallKeepsTheConnectionOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, err := pop3test.Make(pop3test.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer server.Close()
		proxy := pop3test.MakeProxy(pop3test.ProxyOptions{
			Connect: server.Dial, Flaky: &pop3test.Flaky{Seed: 1, Stall: 1, Within: 1},
		})
		defer proxy.Close()
		c, err := proxy.Dial(t.Context(), "tcp", "")
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		go io.WriteString(c, "QUIT\r\n") // the upstream hangs up if it hears it, and must not be heard
		c.SetReadDeadline(time.Now().Add(time.Hour))
		heard, err := io.ReadAll(c)
		if timeout, ok := errors.AsType[net.Error](err); !ok || !timeout.Timeout() || strings.Count(string(heard), "+OK") > 1 {
			t.Errorf("heard %q, then %v; want at most the greeting, then silence", heard, err)
		}
		if got := proxy.Struck()[pop3test.Stall]; got != 1 {
			t.Errorf("%d stalls, want 1", got)
		}
	})
}

func TestProxy_CarriesMailUnchanged(t *testing.T) {
	server := upstream(t, 3<<20)
	proxy := pop3test.NewProxy(t, pop3test.ProxyOptions{
		Upstream: server.Account("a").Address(), Delay: time.Millisecond,
		Flaky: &pop3test.Flaky{Drip: 1, Pause: time.Microsecond},
	})
	drop, err := pop3.New(pop3.Options{}).Dial(t.Context(), proxy.Account(server.Account("a")))
	if err != nil {
		t.Fatal(err)
	}
	defer drop.Close()
	items, err := drop.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []byte
	err = drop.Retrieve(t.Context(), items, func(_ fetch.Item, r io.Reader, err error) error {
		if err == nil {
			got, err = io.ReadAll(r)
		}
		return err
	})
	if err != nil || !bytes.Equal(got, server.Messages()[0]) {
		t.Errorf("got %d octets, %v; want the message's %d", len(got), err, len(server.Messages()[0]))
	}
}

func TestProxy_ResetIsHeardAsABrokenConnection(t *testing.T) {
	server := upstream(t, 100)
	proxy := pop3test.NewProxy(t, pop3test.ProxyOptions{
		Upstream: server.Account("a").Address(), Flaky: &pop3test.Flaky{Reset: 1, Within: 1},
	})
	c, err := net.Dial("tcp", proxy.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	go io.WriteString(c, "NOOP\r\n")
	if _, err := io.Copy(io.Discard, c); !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, syscall.EPIPE) {
		t.Errorf("reading ended with %v, want a reset", err)
	}
}
