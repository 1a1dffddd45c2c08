package main

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"restante/fetch"
	"restante/fetch/memtest"
	"restante/fetch/pop3"
	"restante/fetch/pop3/pop3test"
	"restante/index"
	"restante/index/blob"
	"restante/index/record"
)

// manyMessages is how many a large maildrop has here.
const manyMessages = 100_000

// BenchmarkListing100k runs rounds against a maildrop of 100,000 messages that
// are all known: LIST, UIDL, the ledger in SQLite, and what is to be done.
//
//	go test -run - -bench Listing100k ./cmd/restante
func BenchmarkListing100k(b *testing.B) {
	f, a := largeMaildrop(b)
	b.ResetTimer()
	most := int64(0)
	for b.Loop() {
		most = max(most, memtest.Heap(func() { listed(b, f, a) }))
	}
	b.ReportMetric(float64(most)/(1<<20), "MiB-heap")
}

func listed(t testing.TB, f *fetch.Fetcher, a fetch.Account) {
	t.Helper()
	sum, err := f.Round(context.Background(), a)
	if err != nil || sum.Listed != manyMessages || sum.New != 0 {
		t.Fatalf("%+v, %v", sum, err)
	}
}

// largeMaildrop is an upstream of many messages that the records know all of.
func largeMaildrop(t testing.TB) (*fetch.Fetcher, fetch.Account) {
	t.Helper()
	ctx := context.Background()
	db, err := record.Open(ctx, filepath.Join(t.TempDir(), "x.db"), record.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	var sizes, uids bytes.Buffer
	adds := make([]index.Addition, 0, 1000)
	for n := range manyMessages {
		uid := fmt.Sprintf("%08x%08x", 0x5f3a1c77, n)
		fmt.Fprintf(&sizes, "%d %d\r\n", n+1, 1000+n)
		fmt.Fprintf(&uids, "%d %s\r\n", n+1, uid)
		adds = append(adds, index.Addition{
			Message: index.Message{Owner: "alice", UID: uid, Account: "isp", Mailbox: "inbox"},
			Receipt: index.Receipt{Account: "isp", UID: uid, Taken: fetch.Taken{At: time.Unix(int64(n), 0), Size: int64(1000 + n)}},
		})
		if len(adds) == cap(adds) {
			if _, err := db.Add(ctx, adds, blob.Position{}); err != nil {
				t.Fatal(err)
			}
			adds = adds[:0]
		}
	}
	said := "+OK ready\r\n-ERR\r\n+OK\r\n+OK\r\n+OK\r\nUIDL\r\nPIPELINING\r\n.\r\n" +
		"+OK\r\n" + sizes.String() + ".\r\n+OK\r\n" + uids.String() + ".\r\n" +
		strings.Repeat("-ERR no TOP\r\n", 4) + "+OK bye\r\n"
	dialer := pop3.New(pop3.Options{Connect: pop3test.Replay(said)})
	// Each round is the first of a process: it looks at some headers too.
	now := time.Now()
	var mu sync.Mutex
	f := fetch.New(fetch.Options{Dialer: dialer, Ledger: db, Sink: nil, Notes: db, Deletions: db, Spool: t.TempDir(), Now: func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		now = now.Add(time.Hour)
		return now
	}})
	return f, fetch.Account{
		Name: "isp", Owner: "alice", Host: "mail.example", Port: 110, TLS: fetch.TLSNone, Username: "u",
		Password: func(context.Context) (string, error) { return "p", nil },
	}
}
