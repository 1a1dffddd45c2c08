package clients

import (
	"net"
	"os"
	"strconv"
	"testing"

	"restante/fetch/pop3/pop3test/dovecot"
)

// Dovecot serves mail until the test ends. It skips as Download does where there
// is no Dovecot.
func Dovecot(t testing.TB, mail [][]byte) Maildrop {
	t.Helper()
	up := dovecot.Start(t, dovecot.Options{Mail: mail})
	ca, err := os.ReadFile(up.CAFile)
	if err != nil {
		t.Fatal(err)
	}
	return Maildrop{
		Clear: net.JoinHostPort("localhost", strconv.Itoa(up.Plain)), TLS: net.JoinHostPort("localhost", strconv.Itoa(up.TLS)),
		CA: ca, User: "user", Password: dovecot.Password,
	}
}
