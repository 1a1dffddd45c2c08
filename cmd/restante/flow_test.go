package main

import (
	"context"
	"fmt"
	"net"
	"runtime"
	"slices"
	"strings"
	"testing"

	"restante/configs"
	"restante/fetch"
	"restante/filter"
	"restante/index"
	"restante/index/blob"
	"restante/serve/pop3d"
)

// The life of a message, as its call stack tells it: the command starts a
// round, the round hands a parcel to the filter, the filter hands what it
// sorted to the archive, the archive adds the row. Nothing calls back up.
//
//	go test -run Flow -v ./cmd/restante
func TestFlow_OneMessageClimbsFromFetchToRecord(t *testing.T) {
	ctx := t.Context()
	h := flowHouse(t, oneLetterUpstream(t))
	err := h.archive.Close(ctx)
	if err != nil {
		t.Fatal(err)
	}
	rows := &witness{Store: h.store}
	if h.archive, err = index.New(ctx, index.Options{Blobs: h.blobs, Store: rows}); err != nil {
		t.Fatal(err)
	}
	h.sorter = filter.New(filter.Options{
		HamCutoff: h.cfg.Filter.HamCutoff, SpamCutoff: h.cfg.Filter.SpamCutoff,
		Rules: h.rules, Models: h.archive, Wishes: h.archive, Shelf: h.archive,
	})
	h.watchRounds(func(fetch.Progress) {})
	sum, err := h.fetcher.Round(ctx, h.accounts[0])
	if err != nil || sum.Taken != 1 {
		t.Fatalf("the round took %d messages, %v", sum.Taken, err)
	}

	// The stack has the innermost call first; a message climbs the other way.
	slices.Reverse(rows.stack)
	var folders []string
	for _, call := range rows.stack {
		folder, _, _ := strings.Cut(call, ".")
		folders = append(folders, folder)
		t.Log(call)
	}
	if got := slices.Compact(folders); !slices.Equal(got, []string{"fetch", "filter", "index"}) {
		t.Errorf("the message goes through %v", got)
	}
}

// witness is the records, noting who adds a row.
type witness struct {
	index.Store
	stack []string // our functions, innermost first
}

func (w *witness) Add(ctx context.Context, adds []index.Addition, upTo blob.Position) ([]int64, error) {
	pcs := make([]uintptr, 100)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs)])
	for more := true; more; {
		var f runtime.Frame
		f, more = frames.Next()
		if name, ours := strings.CutPrefix(f.Function, "restante/"); ours {
			w.stack = append(w.stack, name)
		}
	}
	return w.Store.Add(ctx, adds, upTo)
}

// flowHouse opens the real house over an upstream.
func flowHouse(t *testing.T, upstream net.Addr) *house {
	t.Helper()
	ctx := context.WithoutCancel(t.Context()) // which ends before the house is closed
	conf := settings(t, fmt.Sprintf(
		"accounts:\n  - { name: isp, user: alice, host: 127.0.0.1, port: %d, tls: none, username: ann, password: secret }\n",
		upstream.(*net.TCPAddr).Port))
	cfg, err := configs.Load(conf, configs.Options{CheckSchedule: checkSchedule})
	if err != nil {
		t.Fatal(err)
	}
	h, err := open(ctx, cfg, newLog(cfg.Log, t.Output(), quietly))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.close(ctx); err != nil {
			t.Error(err)
		}
	})
	return h
}

// oneLetterUpstream is our own server over a maildrop in memory.
func oneLetterUpstream(t *testing.T) net.Addr {
	t.Helper()
	mem := pop3d.NewMemory()
	mem.AddUser("ann", "secret")
	if _, err := mem.Add("ann", letterAbout("the stair")); err != nil {
		t.Fatal(err)
	}
	srv, err := pop3d.New(pop3d.Options{Porter: mem, Profile: pop3d.Profile{Plaintext: pop3d.Loopback}})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- srv.Serve(ctx, l, false) }()
	t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return l.Addr()
}
