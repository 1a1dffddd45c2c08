package fetch_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"restante/fetch"
	"restante/fetch/memtest"
	"restante/fetch/pop3"
	"restante/fetch/pop3/pop3test"
)

// bookkeeper is a ledger that makes its answer anew, as a database does.
type bookkeeper struct{ uids []string }

func (b bookkeeper) Taken(context.Context, string, string) (map[string]fetch.Taken, error) {
	taken := map[string]fetch.Taken{}
	for n, uid := range b.uids {
		taken[strings.Clone(uid)] = fetch.Taken{At: time.Unix(int64(n), 0), Size: int64(1000 + n)}
	}
	return taken, nil
}

// Listing, ledger and choice together: 60 MiB at most beside the idle process,
// whether all mail is known or none.
func TestQuirk36_AHundredThousandMessagesTakeLittleMemory(t *testing.T) {
	const n = 100_000
	var sizes, uidl bytes.Buffer
	var known bookkeeper
	for i := range n {
		known.uids = append(known.uids, fmt.Sprintf("%08x%08x", 0x5f3a1c77, i))
		fmt.Fprintf(&sizes, "%d %d\r\n", i+1, 1000+i)
		fmt.Fprintf(&uidl, "%d %s\r\n", i+1, known.uids[i])
	}
	said := "+OK ready\r\n-ERR\r\n+OK\r\n+OK\r\n+OK\r\nUIDL\r\n.\r\n+OK\r\n" + sizes.String() + ".\r\n+OK\r\n" + uidl.String() + ".\r\n" +
		strings.Repeat("-ERR\r\n", 10) + "+OK bye\r\n"
	for name, ledger := range map[string]bookkeeper{"known": known, "new": {}} {
		t.Run(name, func(t *testing.T) {
			f := fetch.New(fetch.Options{
				Dialer: pop3.New(pop3.Options{Connect: pop3test.Replay(said)}),
				Ledger: ledger, Sink: newArchive(), Spool: t.TempDir(),
			})
			acc := fetch.Account{Name: "isp", Host: "mail.example", TLS: fetch.TLSNone, Username: "u", MostMessages: 1,
				Password: func(context.Context) (string, error) { return "p", nil }}
			var sum fetch.Summary
			var err error
			got := memtest.Heap(func() { sum, err = f.Round(t.Context(), acc) })
			if err != nil || sum.Listed != n || sum.Left != map[string]int{"known": 0, "new": n - 1}[name] {
				t.Fatalf("%+v, %v", sum, err)
			}
			t.Logf("%.1f MiB of heap", float64(got)/(1<<20))
			if got > 60<<20 {
				t.Errorf("%.1f MiB of heap beside what was there, want 60 at most", float64(got)/(1<<20))
			}
		})
	}
}
