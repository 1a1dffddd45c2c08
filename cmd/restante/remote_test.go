package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"restante/configs"
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

func TestWithHouse_WaitsForAProcessThatTakesNoCommands(t *testing.T) {
	t.Parallel()
	conf := settings(t, "")
	cfg, err := configs.Load(conf, configs.Options{Env: os.LookupEnv})
	if err != nil {
		t.Fatal(err)
	}
	if err := makeDataDir(cfg); err != nil {
		t.Fatal(err)
	}
	lock, err := lockData(cfg)
	if err != nil {
		t.Fatal(err)
	}
	e := &env{config: conf, in: strings.NewReader(""), out: io.Discard, errOut: io.Discard, lookup: os.LookupEnv}
	ran := func(context.Context, *house) error { return io.EOF }
	soon, cancel := context.WithTimeout(t.Context(), busyPatience/10)
	defer cancel()
	if err := e.withHouse(soon, ran); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("told to end while it waits: %v", err)
	}
	var busy *busyError
	if err := e.withHouse(t.Context(), ran); !errors.As(err, &busy) {
		t.Errorf("waited in vain: %v", err)
	}
	done := time.AfterFunc(busyPatience/10, func() { lock.Close() })
	defer done.Stop()
	if err := e.withHouse(t.Context(), ran); !errors.Is(err, io.EOF) {
		t.Errorf("the other has ended: %v", err)
	}
}
