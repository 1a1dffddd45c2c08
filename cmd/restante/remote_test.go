package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"testing"
	"testing/synctest"
	"time"
)

func TestAnswer_CallerThatStopsReadingHoldsUpNothing(t *testing.T) {
	for _, told := range []bool{false, true} { // to end, while the caller dawdles
		synctest.Test(t, func(t *testing.T) {
			h := &house{log: slog.New(slog.DiscardHandler)}
			ours, theirs := net.Pipe() // holds no octet: every write waits for a reader
			defer theirs.Close()
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			start := time.Now()
			done := make(chan struct{})
			go func() {
				defer close(done)
				h.answer(ctx, ours)
			}()
			if err := json.NewEncoder(theirs).Encode(request{Args: []string{"version"}, Cwd: "/"}); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			most := 3 * callerWait
			if told {
				cancel()
				most = 3 * endWait
			}
			<-done
			if took := time.Since(start); took > most {
				t.Errorf("told to end: %v; took %v", told, took)
			}
		})
	}
}

func TestAnswer_GivesOutputAndStatusBack(t *testing.T) {
	h := &house{log: slog.New(slog.DiscardHandler)}
	ours, theirs := net.Pipe()
	defer theirs.Close()
	go h.answer(context.Background(), ours)
	if err := json.NewEncoder(theirs).Encode(request{Args: []string{"no-such-command"}, Cwd: "/"}); err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(theirs)
	said := ""
	for {
		var p piece
		if err := dec.Decode(&p); err != nil {
			t.Fatal(err)
		}
		said += string(p.Err)
		if p.Exit != nil {
			if *p.Exit == exitOK || said == "" {
				t.Errorf("status %d, said %q", *p.Exit, said)
			}
			return
		}
	}
}
