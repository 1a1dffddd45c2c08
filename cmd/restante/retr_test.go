package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net/netip"
	"path/filepath"
	"testing"
	"time"

	"restante/fetch"
	"restante/fetch/corpora"
	"restante/fetch/pop3"
	"restante/fetch/pop3/pop3test/dovecot"
	"restante/serve"
)

// retrMail is how many messages the mailboxes hold from which all is retrieved.
const retrMail = 10_000

// BenchmarkRetr retrieves a mailbox of real mail from our server and from
// Dovecot, in turn, with the same client. Ours is a process of its own, as
// Dovecot is, and has fetched its mail from there.
func BenchmarkRetr(b *testing.B) {
	up := dovecot.Start(b, dovecot.Options{Mail: distinct(b, retrMail)})
	ours := served(b, up)
	for _, mode := range []fetch.TLSMode{fetch.TLSNone, fetch.TLSImplicit} {
		b.Run(string(mode), func(b *testing.B) {
			theirs := up.Account("dovecot", "user", mode)
			retrieveAll(b, theirs)
			retrieveAll(b, ours[mode])
			var took [2]time.Duration
			for b.Loop() {
				for i, a := range []fetch.Account{theirs, ours[mode]} {
					start := time.Now()
					retrieveAll(b, a)
					took[i] += time.Since(start)
				}
			}
			b.ReportMetric(0, "ns/op") // of both together: says nothing
			for i, name := range []string{"dovecot", "restante"} {
				b.ReportMetric(float64(b.N*retrMail)/took[i].Seconds(), name+"-messages/s")
			}
			b.ReportMetric(took[0].Seconds()/took[1].Seconds(), "times-as-fast")
		})
	}
}

// distinct gives n real messages, no two alike: the archive keeps twins once.
func distinct(t testing.TB, n int) (mail [][]byte) {
	t.Helper()
	seen := map[[sha256.Size]byte]bool{}
	for _, stream := range []string{"spamassassin", "modern", "csdmc2010"} {
		for _, m := range corpora.Mail(t, stream, 0) {
			if d := sha256.Sum256(wire(m)); !seen[d] && len(mail) < n {
				seen[d] = true
				mail = append(mail, m)
			}
		}
	}
	if len(mail) < n {
		t.Fatalf("%d distinct messages, want %d", len(mail), n)
	}
	return mail
}

// list logs in and lists, and gives the session.
func list(t testing.TB, a fetch.Account) (fetch.Maildrop, []fetch.Item) {
	t.Helper()
	m, err := pop3.New(pop3.Options{}).Dial(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	items, err := m.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return m, items
}

// retrieveAll takes all messages of a maildrop and throws them away.
func retrieveAll(t testing.TB, a fetch.Account) {
	t.Helper()
	m, items := list(t, a)
	if len(items) != retrMail {
		t.Fatalf("%s lists %d messages", a.Name, len(items))
	}
	err := m.Retrieve(t.Context(), items, func(it fetch.Item, r io.Reader, err error) error {
		if err != nil {
			return err
		}
		n, err := io.Copy(io.Discard, r)
		if err == nil && n < it.Size { // Dovecot lists without the last line end that it adds
			err = fmt.Errorf("%s: message %d has %d octets, listed as %d", a.Name, it.Num, n, it.Size)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Quit(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// served fetches all mail of an upstream and serves it with the real program
// until the test ends.
func served(t testing.TB, up *dovecot.Server) map[fetch.TLSMode]fetch.Account {
	t.Helper()
	// A cutoff that no message reaches keeps all mail in one mailbox.
	conf := settings(t, fmt.Sprintf(`filter: { spam_cutoff: 1 }
accounts:
  - { name: isp, user: alice, host: 127.0.0.1, port: %d, tls: none, username: user, password: %q, keep: forever, schedule: "@every 24h" }
%s`, up.Plain, dovecot.Password, doors))
	do(t, conf, "fetch")
	p, clear := startServe(t, conf)
	implicit := p.await(`door=pop3s address=(\S+)`)[1]
	_, fingerprint, _, err := serve.SelfSigned(filepath.Join(dataDir(conf), "tls"), nil)
	if err != nil {
		t.Fatal(err)
	}
	account := func(address string, mode fetch.TLSMode) fetch.Account {
		at, err := netip.ParseAddrPort(address)
		if err != nil {
			t.Fatal(err)
		}
		return fetch.Account{
			Name: "restante", Owner: "alice", Host: at.Addr().String(), Port: int(at.Port()), TLS: mode, Fingerprint: fingerprint,
			Username: "alice", Password: func(context.Context) (string, error) { return "secret", nil },
		}
	}
	return map[fetch.TLSMode]fetch.Account{
		fetch.TLSNone:     account(clear, fetch.TLSNone),
		fetch.TLSImplicit: account(implicit, fetch.TLSImplicit),
	}
}
