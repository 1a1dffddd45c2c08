package main

import (
	"bytes"
	"encoding/pem"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"restante/cmd/restante/sample"
	"restante/fetch/corpora"
	"restante/index/downgrade"
	"restante/serve"
	"restante/serve/pop3d/clients"
)

// Mail goes in by import, through the archive, and out to real clients.
func TestInterop_ClientsGetTheArchivesBytes(t *testing.T) {
	t.Parallel()
	t.Run("corpus", func(t *testing.T) {
		t.Parallel()
		clientsGet(t, corpora.Mail(t, "spamassassin", 150))
	})
	t.Run("sample", func(t *testing.T) {
		t.Parallel()
		clientsGet(t, sampleMail())
	})
}

// sampleMail is our own sample mail, with all that is wrong with it.
func sampleMail() (mail [][]byte) {
	for _, m := range sample.Messages(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)) {
		mail = append(mail, m.Raw)
	}
	return mail
}

// clientsGet has clients download alice's inbox in each of their ways, and
// poplib before and after the house was closed and opened again. Every fifth
// message lies in her quarantine, which is for the clients that alter mail:
// they start processes for each message.
func clientsGet(t *testing.T, mail [][]byte) {
	conf := settings(t, doors)
	var inbox, quarantine [][]byte
	for i, m := range unique(mail) {
		if i%5 == 4 {
			quarantine = append(quarantine, m)
		} else {
			inbox = append(inbox, m)
		}
	}
	do(t, conf, "import", "--user", "alice", "--mailbox", "inbox", maildir(t, inbox))
	do(t, conf, "import", "--user", "alice", "--mailbox", "spam", maildir(t, quarantine))

	poplib := clients.Find(t, "poplib")
	var first map[string]string
	t.Run("clients", func(t *testing.T) {
		drop := serveInterop(t, conf)
		first = uidls(poplib.Download(t, drop, clients.Plain))
		spam := drop
		spam.User = "alice+spam"
		served := poplib.Download(t, spam, clients.STLS)
		wantSent(t, served, quarantine)
		for _, c := range clients.All() {
			t.Run(c.Name, func(t *testing.T) {
				get := func(t *testing.T, mode clients.Mode) { wantSent(t, c.Download(t, drop, mode), inbox) }
				if c.Alters {
					want := clients.Bodies(c.Download(t, clients.Dovecot(t, clients.Bodies(served)), clients.Plain))
					get = func(t *testing.T, mode clients.Mode) {
						clients.Compare(t, clients.Bodies(c.Download(t, spam, mode)), want)
					}
				}
				for _, mode := range c.Modes {
					t.Run(string(mode), func(t *testing.T) { get(t, mode) })
				}
			})
		}
	})
	t.Run("again", func(t *testing.T) {
		again := uidls(poplib.Download(t, serveInterop(t, conf), clients.TLS))
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
		want = append(want, clients.CRLF(inASCII(t, m)))
	}
	clients.Compare(t, bare, want)
}

// inASCII is a message as who does not say UTF8 gets it.
func inASCII(t *testing.T, m []byte) []byte {
	t.Helper()
	b, err := io.ReadAll(downgrade.Reader(bytes.NewReader(m)))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Who says UTF8 gets real headers as they came, and who does not gets ASCII, under
// the same UIDLs. poplib holds STAT, LIST and TOP against RETR in either way.
func TestInterop_UTF8ChoosesBetweenTwoFormsOfHeaders(t *testing.T) {
	t.Parallel()
	var mail [][]byte
	for _, m := range unique(corpora.Mail(t, "modern", 2000)) {
		if !bytes.Equal(m, inASCII(t, m)) {
			mail = append(mail, m)
		}
	}
	if len(mail) < 50 {
		t.Fatalf("%d messages with raw UTF-8", len(mail))
	}
	conf := settings(t, doors)
	do(t, conf, "import", "--user", "alice", "--mailbox", "inbox", maildir(t, mail))
	drop := serveInterop(t, conf)
	poplib := clients.Find(t, "poplib")
	plain := poplib.Download(t, drop, clients.Plain)
	wantSent(t, plain, mail)
	drop.UTF8 = true
	raw := poplib.Download(t, drop, clients.Plain)
	var bare, want [][]byte
	for _, m := range raw {
		bare = append(bare, added.ReplaceAll(m.Body, []byte("$1")))
	}
	for _, m := range mail {
		want = append(want, clients.CRLF(m))
	}
	clients.Compare(t, bare, want)
	inPlain := uidls(plain)
	for uid, body := range uidls(raw) {
		if got, ok := inPlain[uid]; !ok || got == body {
			t.Errorf("UIDL %s: listed in both ways %v, of the same bytes %v", uid, ok, got == body)
		}
	}
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

// serveInterop serves until the test ends, and gives where alice's inbox is.
func serveInterop(t *testing.T, conf string) clients.Maildrop {
	t.Helper()
	_, drop := serveHeard(t, conf)
	return drop
}

// serveHeard is serveInterop that gives the process too.
func serveHeard(t *testing.T, conf string) (*process, clients.Maildrop) {
	t.Helper()
	p, pop3 := startServe(t, conf)
	pop3s := p.await(`door=pop3s address=(\S+)`)[1]
	t.Cleanup(func() {
		if err := p.end(syscall.SIGTERM); err != nil || strings.Contains(p.output(), "level=ERROR") {
			t.Errorf("serve ended with %v:\n%s", err, p.output())
		}
	})
	cert, _, _, err := serve.SelfSigned(filepath.Join(dataDir(conf), "tls"), nil)
	if err != nil {
		t.Fatal(err)
	}
	return p, clients.Maildrop{
		Clear: pop3, TLS: pop3s, User: "alice", Password: "secret",
		CA: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Certificate[0]}),
	}
}
