package pop3_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"net"
	"strings"
	"testing"

	"restante/fetch"
	"restante/fetch/pop3"
)

// hears connects to a canned server.
func hears(said []byte) func(context.Context, string, string) (net.Conn, error) {
	return func(context.Context, string, string) (net.Conn, error) { return canned{bytes.NewReader(said)}, nil }
}

// Whatever a server says that does not know the password, SCRAM does not let it
// be taken for one that does, and shows nobody the password.
func FuzzSCRAM(f *testing.F) {
	list := "+OK ready\r\n+OK\r\nSASL SCRAM-SHA-256 SCRAM-SHA-1\r\n.\r\n"
	say := func(s string) string { return "+ " + base64.StdEncoding.EncodeToString([]byte(s)) + "\r\n" }
	f.Add([]byte(list + "+ \r\n" + say("r=abc,s=c2FsdA==,i=4096") + say("v=c2FsdA==") + "+OK\r\n"))
	f.Add([]byte(list + "+\r\n" + say("e=unknown-user") + "-ERR\r\n+OK\r\n" + say("m=x") + "+OK\r\n"))
	f.Add([]byte(list + "+OK\r\n+OK hunter2\r\n"))
	f.Add([]byte(list + "+\r\n" + say("r=,s=,i=") + "+\r\n" + say("r=,s=,i=99999999999999999999")))
	f.Fuzz(func(t *testing.T, said []byte) {
		var shown strings.Builder
		d := pop3.New(pop3.Options{Connect: hears(said), Trace: func(string) pop3.Tracer {
			return func(_ pop3.Side, line string) { shown.WriteString(line + "\n") }
		}})
		_, err := d.Dial(t.Context(), fetch.Account{Name: "a", TLS: fetch.TLSNone, Auth: fetch.AuthSCRAM, Username: "u", Password: password("hunter2")})
		if err == nil {
			t.Fatalf("let in by %q", said)
		}
		if strings.Contains(err.Error()+shown.String(), "hunter2") {
			t.Fatalf("the password is in %v, or in\n%s", err, shown.String())
		}
	})
}

// What a proxy says is bounded and never repeated; what comes behind it is the
// server's.
func FuzzConnectAnswer(f *testing.F) {
	f.Add([]byte("HTTP/1.1 200 OK\r\nVia: x\r\n\r\n"))
	f.Add([]byte("HTTP/1.0 200\n\n"))
	f.Add([]byte("HTTP/1.1 407 Basic bWU6aHVudGVyMg==\r\n\r\n"))
	f.Add([]byte("HTTP/1.1 99999999999 \r\n\r\n"))
	f.Add(bytes.Repeat([]byte("x"), 20<<10))
	f.Fuzz(func(t *testing.T, answer []byte) {
		said := append(bytes.Clone(answer), "+OK ready\r\n-ERR\r\n+OK\r\n+OK\r\n-ERR\r\n"...)
		d := pop3.New(pop3.Options{Connect: hears(said)})
		m, err := d.Dial(t.Context(), fetch.Account{
			Name: "a", Host: "h", Port: 110, TLS: fetch.TLSNone, Username: "u", Password: password("p"), Proxy: "http://me:hunter2@proxy:8080",
		})
		if err == nil {
			m.Close()
			if !bytes.HasPrefix(answer, []byte("HTTP/1.")) {
				t.Fatalf("let through by %q", answer)
			}
			return
		}
		if strings.Contains(err.Error(), "hunter2") || len(err.Error()) > 2000 {
			t.Fatalf("error %q", err)
		}
	})
}
