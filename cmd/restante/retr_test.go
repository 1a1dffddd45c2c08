//go:build linux

package main

import (
	"crypto/sha256"
	"fmt"
	"io"
	"net"
	"os/exec"
	"path/filepath"
	"syscall"
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
	dir, bin := t.TempDir(), buildBinary(t)
	conf := filepath.Join(dir, "restante.yaml")
	settings := func(serve string) {
		// A cutoff that no message reaches keeps all mail in one mailbox.
		writeFile(t, conf, fmt.Sprintf(`data_dir: %s/data
users: [ { name: user, password: %q } ]
filter: { spam_cutoff: 1 }
accounts:
  - { name: isp, user: user, host: 127.0.0.1, port: %d, tls: none, username: user, password: %q, keep: forever, schedule: "@every 24h" }
%s`, dir, dovecot.Password, up.Plain, dovecot.Password, serve))
	}
	settings("")
	spend(t, exec.Command(bin, "-c", conf, "fetch"))

	clear, implicit := freePort(t), freePort(t)
	settings(fmt.Sprintf("serve: { pop3: { address: \"127.0.0.1:%d\" }, pop3s: { address: \"127.0.0.1:%d\" } }\n", clear, implicit))
	cmd := exec.Command(bin, "-c", conf, "serve")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		if err := cmd.Wait(); err != nil {
			t.Error("serve: ", err)
		}
	})
	a := fetch.Account{Name: "restante", Owner: "user", Host: "127.0.0.1", Port: clear, TLS: fetch.TLSNone, Username: "user", Password: up.Account("", "", "").Password}
	awaitDoor(t, a)
	_, fingerprint, _, err := serve.SelfSigned(filepath.Join(dir, "data", "tls"), nil)
	if err != nil {
		t.Fatal(err)
	}
	secure := a
	secure.Port, secure.TLS, secure.Fingerprint = implicit, fetch.TLSImplicit, fingerprint
	return map[fetch.TLSMode]fetch.Account{fetch.TLSNone: a, fetch.TLSImplicit: secure}
}

// freePort finds a port that nobody listens on.
func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// awaitDoor tries to log in until the server is there.
func awaitDoor(t testing.TB, a fetch.Account) {
	t.Helper()
	retry := time.NewTicker(20 * time.Millisecond)
	defer retry.Stop()
	deadline := time.After(20 * time.Second)
	for {
		m, err := pop3.New(pop3.Options{}).Dial(t.Context(), a)
		if err == nil {
			m.Close()
			return
		}
		select {
		case <-deadline:
			t.Fatal("serve did not open its door: ", err)
		case <-retry.C:
		}
	}
}
