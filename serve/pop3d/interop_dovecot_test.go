package pop3d_test

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"restante/fetch/pop3/pop3test/dovecot"
	"restante/serve/pop3d"
	"restante/serve/pop3d/clients"
)

// fetchmail reads 8 KiB at a time, and looks for a line's end in what it read.
// What it makes of longer lines it makes of Dovecot's too, to the octet; so
// MaxLine spares nobody but fetchmail.
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
	ours := maildrop(serve(t, pop3d.Options{Porter: box, Plaintext: pop3d.Loopback}))
	up := dovecot.Start(t, dovecot.Options{Users: []string{"ada"}, Mail: mail})
	ca, err := os.ReadFile(up.CAFile)
	if err != nil {
		t.Fatal(err)
	}
	theirs := clients.Maildrop{
		Clear: net.JoinHostPort("localhost", strconv.Itoa(up.Plain)), TLS: net.JoinHostPort("localhost", strconv.Itoa(up.TLS)),
		CA: ca, User: "ada", Password: dovecot.Password,
	}
	fetchmail, poplib := clients.Find(t, "fetchmail"), clients.Find(t, "poplib")
	for _, mode := range []clients.Mode{clients.Plain, clients.TLS} {
		fromOurs, fromTheirs := bodies(fetchmail.Download(t, ours, mode)), bodies(fetchmail.Download(t, theirs, mode))
		clients.Compare(t, fromOurs, fromTheirs)
		altered := 0
		for _, m := range fromTheirs {
			if !slices.ContainsFunc(sent, func(s []byte) bool { return bytes.Equal(s, m) }) {
				altered++
			}
		}
		t.Logf("%s: fetchmail altered %d of Dovecot's %d messages", mode, altered, len(mail))
		clients.Compare(t, bodies(poplib.Download(t, ours, mode)), sent)
		clients.Compare(t, bodies(poplib.Download(t, theirs, mode)), sent)
	}
}
