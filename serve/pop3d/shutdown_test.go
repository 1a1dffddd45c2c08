package pop3d_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"restante/serve/pop3d"
)

func TestShutdown_BusyGoesOnIdleIsClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box := newSample(t)
		b := newBubble(t, pop3d.Options{Porter: box, Profile: pop3d.Profile{Plaintext: pop3d.Always}})
		defer b.end()
		idle, busy := b.dial("192.0.2.1:1").in(), b.dial("192.0.2.1:2").in()
		idle.ask("DELE 2", "+OK")
		start := time.Now()
		ended := make(chan error, 1)
		go func() {
			ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
			defer cancel()
			ended <- b.Shutdown(ctx)
		}()
		for range 10 {
			time.Sleep(time.Second)
			busy.ask("RETR 1", "+OK")
			busy.body()
		}
		busy.ask("DELE 1", "+OK")
		busy.ask("QUIT", "+OK")
		idle.want("-ERR [SYS/TEMP]")
		idle.wantEnd()
		if err := <-ended; err != nil || time.Since(start) != 10*time.Second {
			t.Errorf("Shutdown = %v after %v", err, time.Since(start))
		}
		if got := box.UIDs("ada"); len(got) != 3 || got[0] != "m00000002" {
			t.Errorf("left are %v", got)
		}
	})
}

func TestShutdown_CutsWhoGoesOnForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box := newSample(t)
		b := newBubble(t, pop3d.Options{Porter: box, Profile: pop3d.Profile{Plaintext: pop3d.Always}})
		defer b.end()
		c := b.dial("192.0.2.1:1").in()
		c.ask("DELE 1", "+OK")
		start := time.Now()
		ended := make(chan error, 1)
		var took time.Duration
		go func() {
			ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
			defer cancel()
			err := b.Shutdown(ctx)
			took = time.Since(start)
			ended <- err
		}()
		synctest.Wait()
		var err error
		for err == nil {
			time.Sleep(time.Second)
			if _, err = c.Write([]byte("NOOP\r\n")); err == nil {
				_, err = c.r.ReadString('\n')
			}
		}
		if err := <-ended; !errors.Is(err, context.DeadlineExceeded) || took != 30*time.Second {
			t.Errorf("Shutdown = %v after %v", err, took)
		}
		if n := len(box.UIDs("ada")); n != 4 {
			t.Errorf("%d messages are left", n)
		}
	})
}

func TestShutdown_ClosesTheDoorsAtOnceAndTwiceIsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t, pop3d.Options{Porter: newSample(t)})
		defer b.stop()
		synctest.Wait()
		for range 2 {
			if err := b.Shutdown(t.Context()); err != nil {
				t.Errorf("Shutdown = %v", err)
			}
		}
		if err := <-b.done; err != nil {
			t.Errorf("Serve = %v", err)
		}
		late := &pipes{closed: make(chan struct{})}
		if err := b.Serve(t.Context(), late, false); err != nil {
			t.Errorf("Serve after Shutdown = %v", err)
		}
		select {
		case <-late.closed:
		default:
			t.Error("a door opened after Shutdown stays open")
		}
	})
}
