package pop3d_test

import (
	"encoding/pem"
	"fmt"
	"strings"
	"testing"

	"restante/serve/pop3d"
	"restante/serve/pop3d/clients"
)

// interopMessages is how many messages a client downloads, and fewMessages how
// many a slow one does.
const (
	interopMessages = 200
	fewMessages     = 30
)

// awkward gives message n: one kind of trap after the other.
func awkward(n int) string {
	header := fmt.Sprintf("From: Ada <ada@example.net>\nTo: bob@example.net\nSubject: number %d\n"+
		"Date: Fri, 02 Jan 2026 03:04:05 +0000\nMessage-ID: <%d@example.net>\nX-Number: %d\n", n, n, n)
	switch n % 10 {
	case 0:
		return header + "\n"
	case 1:
		return header + "\n.\n..\n...\n.leading\n\n.\n"
	case 2:
		return header + "\nno line end at the end"
	case 3:
		return header + "\nLatin-1 \xe9\xe8\xff, UTF-8 é, 日本語, and no text at all: \x80\x9f\x01\x7f\n"
	case 4:
		return header + "\n" + strings.Repeat("long line ", 70*n) + "\n.\n"
	case 5:
		return header + "\n\n\n\ntrailing empty lines\n\n\n\n"
	case 6:
		return header + "X-Folded: one\n\ttwo\n three\n\n" + strings.Repeat(".\n", 5000)
	case 7:
		return header + "\n " + strings.Repeat("x", 509) + "\n." + strings.Repeat("y", 1023) + "\n" + strings.Repeat("z", 4095) + "\n.\n"
	case 8:
		return header + "\n+OK this is text\n-ERR this too\nQUIT\n+ \n\tend\n"
	}
	if n == 9 {
		return header + "\n" + strings.Repeat("all work and no play makes jack a dull boy\n.", (2<<20)/45)
	}
	return header + "Content-Type: text/plain\n\n.first line\nlast line.\n."
}

func TestInterop_ClientsGetEveryOctet(t *testing.T) {
	t.Parallel()
	box := pop3d.NewMemory()
	box.AddUser("ada", "engine one")
	box.AddUser("bob", "engine one")
	var mail [][]byte
	for n := 1; n <= interopMessages; n++ {
		body := []byte(awkward(n))
		if _, err := box.Add("ada", body); err != nil {
			t.Fatal(err)
		}
		if n <= fewMessages {
			if _, err := box.Add("bob", body); err != nil {
				t.Fatal(err)
			}
		}
		mail = append(mail, clients.CRLF(body))
	}
	ours := maildrop(serve(t, pop3d.Options{Porter: box, Profile: pop3d.Profile{Plaintext: pop3d.Loopback}}))
	for _, c := range clients.All() {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			drop, want := ours, mail
			if c.Slow {
				drop.User, want = "bob", mail[:fewMessages]
			}
			if c.Alters {
				want = clients.Bodies(c.Download(t, clients.Dovecot(t, want), clients.Plain))
			}
			for _, mode := range c.Modes {
				t.Run(string(mode), func(t *testing.T) {
					clients.Compare(t, clients.Bodies(c.Download(t, drop, mode)), want)
				})
			}
		})
	}
}

// maildrop is where clients find ada's mail.
func maildrop(s *serving) clients.Maildrop {
	return clients.Maildrop{
		Clear: s.clear, TLS: s.tls, User: "ada", Password: "engine one",
		CA: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: testCert().Certificate[0]}),
	}
}
