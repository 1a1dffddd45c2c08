package pop3_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"

	"restante/fetch"
	"restante/fetch/pop3"
	"restante/fetch/pop3/pop3test"
)

// endless dials a server that does all right but for one command, to which it
// says +OK and then the same text for ever.
func endless(t *testing.T, verb, text string) (*pop3.Dialer, fetch.Account) {
	t.Helper()
	answers := map[string]string{"CAPA": "-ERR", "LIST": "+OK\r\n1 5\r\n.", "UIDL": "+OK\r\n1 a\r\n.", "TOP": "+OK\r\n\r\n.", "STAT": "+OK 1 5"}
	d := pop3.New(pop3.Options{Connect: func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go func() { // ends with the client's end
			defer server.Close()
			io.WriteString(server, "+OK\r\n")
			for r := bufio.NewReader(server); ; {
				line, err := r.ReadString('\n')
				if err != nil {
					return
				}
				said := strings.Fields(line)[0]
				answer, ok := answers[said]
				if !ok {
					answer = "+OK"
				}
				if said == verb {
					answer = "+OK"
				}
				io.WriteString(server, answer+"\r\n")
				for block := strings.Repeat(text, 1+(64<<10)/len(text)); said == verb; {
					if _, err := io.WriteString(server, block); err != nil {
						return
					}
				}
			}
		}()
		return client, nil
	}})
	return d, fetch.Account{Name: "a", Host: "localhost", Port: 110, TLS: fetch.TLSNone, Username: "user", Password: password("secret")}
}

func TestSession_AnswersWithoutEndAreGivenUp(t *testing.T) {
	long := strings.Repeat("x", 9<<10) + "\r\n"
	for _, tt := range []struct{ verb, text string }{
		{"CAPA", long}, {"LIST", long}, {"LIST", "1 5\r\n"}, {"UIDL", long}, {"TOP", "more\r\n"}, {"TOP", long},
	} {
		d, a := endless(t, tt.verb, tt.text)
		m, err := d.Dial(t.Context(), a)
		if err != nil {
			t.Fatalf("%s, %.5q for ever: %v", tt.verb, tt.text, err) // without CAPA it goes on
		}
		items, err := m.List(t.Context())
		if err == nil {
			_, err = header(t.Context(), m, items[0])
		}
		m.Close()
		if tt.verb != "CAPA" && (err == nil || !strings.Contains(err.Error(), tt.verb)) {
			t.Errorf("%s, %.5q for ever: %v", tt.verb, tt.text, err)
		}
		if tt.verb == "TOP" {
			if _, err := d.Report(t.Context(), a); err == nil || !strings.Contains(err.Error(), "TOP") {
				t.Errorf("Report of TOP, %.5q for ever: %v", tt.text, err)
			}
		}
	}
}

// A round is to outlive whatever its own side makes of a message.
func TestRetrieve_APanicOfTheCallersComesBackToHim(t *testing.T) {
	srv := pop3test.New(t, pop3test.Options{Messages: letters(3)})
	m := open(t, srv)
	items := list(t, m)
	func() {
		defer func() {
			if p := recover(); p != "no" {
				t.Errorf("recovered %v", p)
			}
		}()
		m.Retrieve(t.Context(), items, func(fetch.Item, io.Reader, error) error { panic("no") })
	}()
	if _, err := m.Delete(t.Context(), []int{1}); err == nil || errors.Is(err, fetch.ErrAuth) {
		t.Errorf("a session of which answers are outstanding goes on: %v", err)
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
}
