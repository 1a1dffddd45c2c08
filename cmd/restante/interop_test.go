package main

import (
	"bytes"
	"context"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"restante/cmd/restante/sample"
	"restante/configs"
	"restante/fetch/corpora"
	"restante/serve"
	"restante/serve/pop3d/clients"
)

// Mail goes in by import, through the archive, and out to real clients.
func TestInterop_ClientsGetTheArchivesBytes(t *testing.T) {
	t.Run("corpus", func(t *testing.T) { clientsGet(t, corpora.Mail(t, "spamassassin", 150)) })
	t.Run("sample", func(t *testing.T) { clientsGet(t, sampleMail()) })
}

// sampleMail is our own sample mail, with all that is wrong with it.
func sampleMail() (mail [][]byte) {
	for _, m := range sample.Messages(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)) {
		mail = append(mail, m.Raw)
	}
	return mail
}

// clientsGet has every client download alice's inbox in each of its ways, and
// poplib her quarantine too, before and after the house was closed and opened
// again. Every tenth message lies in the quarantine.
func clientsGet(t *testing.T, mail [][]byte) {
	conf := interopSettings(t, "")
	mail = unique(mail)
	var inbox, quarantine [][]byte
	for i, m := range mail {
		if i%10 == 9 {
			quarantine = append(quarantine, m)
		} else {
			inbox = append(inbox, m)
		}
	}
	restante(t, conf, "import", "--user", "alice", "--mailbox", "inbox", maildir(t, inbox))
	restante(t, conf, "import", "--user", "alice", "--mailbox", "spam", maildir(t, quarantine))

	poplib := clients.Find(t, "poplib")
	var first map[string]string
	t.Run("clients", func(t *testing.T) {
		drop := interopServe(t, conf)
		served := poplib.Download(t, drop, clients.Plain)
		first = uidls(served)
		for _, c := range clients.All() {
			t.Run(c.Name, func(t *testing.T) {
				check := func(t *testing.T, got []clients.Message) { wantSent(t, got, inbox) }
				if c.Alters {
					want := clients.Bodies(c.Download(t, clients.Dovecot(t, clients.Bodies(served)), clients.Plain))
					check = func(t *testing.T, got []clients.Message) { clients.Compare(t, clients.Bodies(got), want) }
				}
				for _, mode := range c.Modes {
					t.Run(string(mode), func(t *testing.T) { check(t, c.Download(t, drop, mode)) })
				}
			})
		}
		drop.User = "alice+spam"
		t.Run("quarantine", func(t *testing.T) { wantSent(t, poplib.Download(t, drop, clients.STLS), quarantine) })
	})
	t.Run("again", func(t *testing.T) {
		again := uidls(poplib.Download(t, interopServe(t, conf), clients.TLS))
		if len(first) != len(inbox) || len(again) != len(first) {
			t.Errorf("%d UIDLs at first and %d later, of %d messages", len(first), len(again), len(inbox))
		}
		for uid, body := range first {
			if again[uid] != body {
				t.Errorf("message %s was %.200q and is %.200q", uid, body, again[uid])
			}
		}
	})
}

// added is what serving puts above a message, or below its mbox From line.
var added = regexp.MustCompile(`^(From [^\n]*\n)?` +
	`X-Spam-Flag: (?:YES|NO)\r\nX-Spam-Status: [^\r\n]+(?:\r\n\t[^\r\n]+)+\r\nX-Spam-Score: \d\.\d+\r\nX-Restante-Account: import:alice\r\n`)

// wantSent takes off what was added and wants the messages as they were sent.
func wantSent(t *testing.T, got []clients.Message, sent [][]byte) {
	t.Helper()
	var bare, want [][]byte
	for _, m := range got {
		if !added.Match(m.Body) {
			t.Errorf("no header fields of ours above %.300q", m.Body)
		}
		bare = append(bare, added.ReplaceAll(m.Body, []byte("$1")))
	}
	for _, m := range sent {
		want = append(want, clients.CRLF(m))
	}
	clients.Compare(t, bare, want)
}

func uidls(messages []clients.Message) map[string]string {
	all := map[string]string{}
	for _, m := range messages {
		all[m.UID] = string(m.Body)
	}
	return all
}

// unique leaves out what the archive would keep once.
func unique(mail [][]byte) (once [][]byte) {
	seen := map[string]bool{}
	for _, m := range mail {
		if !seen[string(m)] {
			once = append(once, m)
		}
		seen[string(m)] = true
	}
	return once
}

// interopSettings writes settings and gives their path.
func interopSettings(t *testing.T, accounts string) string {
	t.Helper()
	dir := t.TempDir()
	conf := filepath.Join(dir, "restante.yaml")
	writeFile(t, conf, fmt.Sprintf(`data_dir: %q
users: [ { name: alice, password: open sesame } ]
serve: { pop3: { address: "127.0.0.1:0" }, pop3s: { address: "127.0.0.1:0" } }
%s`, filepath.Join(dir, "data"), accounts))
	return conf
}

// maildir puts mail into a Maildir.
func maildir(t *testing.T, mail [][]byte) string {
	t.Helper()
	dir := t.TempDir()
	for _, sub := range []string{"cur", "new", "tmp"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for i, m := range mail {
		writeFile(t, filepath.Join(dir, "new", fmt.Sprintf("%06d.M0P1.test", i)), string(m))
	}
	return dir
}

// restante runs a command in this process and gives what it printed.
func restante(t *testing.T, conf string, args ...string) string {
	t.Helper()
	out, status := restanteStatus(t, conf, args...)
	if status != exitOK {
		t.Fatalf("%v: exit status %d\n%s", args, status, out)
	}
	return out
}

func restanteStatus(t *testing.T, conf string, args ...string) (string, int) {
	t.Helper()
	var out, errOut bytes.Buffer
	e := &env{cwd: t.TempDir(), in: &bytes.Buffer{}, out: &out, errOut: &errOut, lookup: func(string) (string, bool) { return "", false }}
	status := run(t.Context(), e, append([]string{"-c", conf}, args...))
	if errOut.Len() > 0 {
		t.Logf("%v says %s", args, errOut.String())
	}
	return out.String(), status
}

// interopOpen opens the house until the test ends.
func interopOpen(t *testing.T, conf string) *house {
	t.Helper()
	cfg, err := configs.Load(conf, configs.Options{CheckSchedule: checkSchedule})
	if err != nil {
		t.Fatal(err)
	}
	h, err := open(t.Context(), cfg, newLog(cfg.Log, t.Output(), quietly))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return h
}

// interopServe serves until the test ends, and gives where alice's inbox is.
func interopServe(t *testing.T, conf string) clients.Maildrop {
	t.Helper()
	h := interopOpen(t, conf)
	ctx, stop := context.WithCancel(context.Background())
	ready, ended := make(chan map[string]net.Addr, 1), make(chan error, 1)
	go func() {
		ended <- h.serve(ctx, serving{ready: func(at map[string]net.Addr) { ready <- at }})
	}()
	var at map[string]net.Addr
	select {
	case at = <-ready:
	case err := <-ended:
		stop()
		t.Fatal("serving ended at once: ", err)
	}
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	cert, _, _, err := serve.SelfSigned(tlsDir(h.cfg), nil)
	if err != nil {
		t.Fatal(err)
	}
	return clients.Maildrop{
		Clear: at["pop3"].String(), TLS: at["pop3s"].String(), User: "alice", Password: "open sesame",
		CA: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Certificate[0]}),
	}
}
