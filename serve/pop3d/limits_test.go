package pop3d_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"restante/serve/pop3d"
)

func TestIdle_EndsAfterTenMinutesAndDeletesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box := newSample(t)
		b := newBubble(t, pop3d.Options{Porter: box, Profile: pop3d.Profile{Plaintext: pop3d.Always}})
		defer b.end()
		c := b.dial("192.0.2.1:5").in()
		c.ask("DELE 1", "+OK")
		for range 5 { // as long as it says something it is not idle
			time.Sleep(9 * time.Minute)
			c.ask("NOOP", "+OK")
		}
		start := time.Now()
		c.wantEnd()
		if got := time.Since(start); got != 10*time.Minute {
			t.Errorf("hung up after %v", got)
		}
		if n := len(box.UIDs("ada")); n != 4 {
			t.Errorf("%d messages are left", n)
		}
	})
}

func TestIdle_DripOfACommandDoesNotKeepItOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t, pop3d.Options{Porter: newSample(t)})
		defer b.end()
		c := b.dial("192.0.2.1:5")
		c.want("+OK")
		start := time.Now()
		for {
			if _, err := c.Write([]byte("A")); err != nil {
				break
			}
			time.Sleep(time.Minute)
		}
		if got := time.Since(start); got > 11*time.Minute {
			t.Errorf("kept open for %v", got)
		}
	})
}

func TestStall_ClientThatReadsNothingIsCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box := newSample(t)
		if _, err := box.Add("ada", make([]byte, 1<<20)); err != nil {
			t.Fatal(err)
		}
		b := newBubble(t, pop3d.Options{Porter: box, Profile: pop3d.Profile{Plaintext: pop3d.Always}})
		defer b.end()
		c := b.dial("192.0.2.1:5").in()
		c.ask("RETR 5", "+OK 1048578")
		some := make([]byte, 1000)
		for range 30 { // slow, and still moving
			time.Sleep(time.Second)
			if _, err := io.ReadFull(c.r, some); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(2 * time.Minute)
		rest, _ := io.ReadAll(c.r)
		if strings.HasSuffix(string(rest), "\r\n.\r\n") {
			t.Error("the message got its dot")
		}
	})
}

func TestEndlessLine_IsCut(t *testing.T) {
	s := serve(t, pop3d.Options{Porter: newSample(t)})
	c := dial(t, s.clear)
	c.want("+OK")
	junk := []byte(strings.Repeat("x", 1<<20))
	for {
		if _, err := c.Write(junk); err != nil {
			if ne := net.Error(nil); errors.As(err, &ne) && ne.Timeout() {
				t.Error("the server goes on reading")
			}
			return
		}
	}
}

func TestLimits_TurnAwayWithATemporaryError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t, pop3d.Options{Porter: newSample(t), MaxSessions: 5, MaxPerAddr: 2})
		defer b.end()
		for i := range 2 {
			b.dial(fmt.Sprintf("[2001:db8::%d]:1", i+1)).want("+OK")
		}
		b.dial("[2001:db8::99]:1").want("-ERR [SYS/TEMP]") // of the same /64
		b.dial("192.0.2.1:1").want("+OK")
		first := b.dial("192.0.2.1:2")
		first.want("+OK")
		third := b.dial("192.0.2.1:3")
		third.want("-ERR [SYS/TEMP]")
		third.wantEnd()
		synctest.Wait()
		b.dial("192.0.2.2:1").want("+OK")
		b.dial("192.0.2.3:1").want("-ERR [SYS/TEMP]") // the house is full
		first.ask("QUIT", "+OK")
		first.wantEnd()
		synctest.Wait()
		b.dial("192.0.2.1:4").want("+OK")
	})
}

// stubborn is a listener that fails a number of times first.
type stubborn struct {
	*pipes
	faults atomic.Int64
}

func (s *stubborn) Accept() (net.Conn, error) {
	if s.faults.Add(-1) >= 0 {
		return nil, errors.New("too many open files")
	}
	return s.pipes.Accept()
}

func TestServe_WaitsOutFaultsOfAccept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv, err := pop3d.New(pop3d.Options{Porter: newSample(t)})
		if err != nil {
			t.Fatal(err)
		}
		ln := &stubborn{pipes: &pipes{make(chan net.Conn), make(chan struct{})}}
		ln.faults.Store(12)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- srv.Serve(ctx, ln, false) }()
		start := time.Now()
		mine, theirs := net.Pipe()
		ln.conns <- theirs
		// 5 + 10 + … + 640 ms, then 1 s each.
		if got := time.Since(start); got != 1275*time.Millisecond+4*time.Second {
			t.Errorf("12 faults were waited out in %v", got)
		}
		newClient(t, mine).want("+OK")
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Serve = %v", err)
		}
	})
}

func TestNew_NamesEveryOptionThatMakesNoSense(t *testing.T) {
	_, err := pop3d.New(pop3d.Options{Idle: time.Minute, Greeting: "hi <1896.697170952@dbc>", MaxPerAddr: -1})
	for _, want := range []string{"porter", "idle", "greeting", "negative"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("New = %v, lacks %q", err, want)
		}
	}
	if p, err := pop3d.ParsePolicy("sometimes"); err == nil || p != pop3d.Never || !strings.Contains(err.Error(), "loopback") {
		t.Errorf("ParsePolicy = %v, %v", p, err)
	}
}

func TestPolicy_LoopbackIsTheClientsAddress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t, pop3d.Options{Porter: newSample(t), Profile: pop3d.Profile{Plaintext: pop3d.Loopback}})
		defer b.end()
		for remote, want := range map[string]string{
			"127.0.0.1:1": "+OK", "127.1.2.3:1": "+OK", "[::1]:1": "+OK", "[::ffff:127.0.0.1]:1": "+OK",
			"192.0.2.1:1": "-ERR", "10.0.0.1:1": "-ERR", "[fe80::1%eth0]:1": "-ERR", "pipe": "-ERR",
		} {
			c := b.dial(remote)
			c.want("+OK")
			c.ask("USER ada", want)
		}
	})
}
