package pop3d_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"restante/serve/pop3d"
	"restante/serve/pop3d/clients"
)

// Lines that do not fit into the 8 KiB that fetchmail reads at a time come out of
// it with octets that nobody sent. That is its own doing: it does the same to
// Dovecot's, to the octet, and poplib gets them unharmed from both.
func TestInterop_FetchmailDoesTheSameToLongLinesOfDovecot(t *testing.T) {
	var mail, sent [][]byte
	box := pop3d.NewMemory()
	box.AddUser("ada", "engine one")
	for _, length := range []int{8000, 8189, 8190, 8191, 8192, 8193, 9000, 16384, 100000} {
		m := fmt.Appendf(nil, "From: Ada <ada@example.net>\nSubject: %d\n\nbefore\n%s\n.after\n", length, strings.Repeat("long line ", length/10+1)[:length])
		if _, err := box.Add("ada", m); err != nil {
			t.Fatal(err)
		}
		mail, sent = append(mail, m), append(sent, clients.CRLF(m))
	}
	ours := maildrop(serve(t, pop3d.Options{Porter: box, Profile: pop3d.Profile{Plaintext: pop3d.Loopback}}))
	theirs := clients.Dovecot(t, mail)
	fetchmail, poplib := clients.Find(t, "fetchmail"), clients.Find(t, "poplib")
	for _, mode := range []clients.Mode{clients.Plain, clients.TLS} {
		fromOurs, fromTheirs := clients.Bodies(fetchmail.Download(t, ours, mode)), clients.Bodies(fetchmail.Download(t, theirs, mode))
		clients.Compare(t, fromOurs, fromTheirs)
		altered := 0
		for _, m := range fromTheirs {
			if !slices.ContainsFunc(sent, func(s []byte) bool { return bytes.Equal(s, m) }) {
				altered++
			}
		}
		t.Logf("%s: fetchmail altered %d of Dovecot's %d messages", mode, altered, len(mail))
		clients.Compare(t, clients.Bodies(poplib.Download(t, ours, mode)), sent)
		clients.Compare(t, clients.Bodies(poplib.Download(t, theirs, mode)), sent)
	}
}
