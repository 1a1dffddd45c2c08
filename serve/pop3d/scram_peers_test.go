package pop3d_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"restante/fetch/peertest"
	"restante/serve/pop3d"
	"restante/serve/pop3d/clients"
)

// mpop has its SCRAM of GNU SASL, and we have ours of another hand.
func TestSCRAM_MpopDownloadsByIt(t *testing.T) {
	box := newProver(t)
	mail := [][]byte{}
	for _, m := range sample {
		mail = append(mail, clients.CRLF([]byte(m)))
	}
	s := serve(t, pop3d.Options{Porter: box, Profile: pop3d.Profile{Plaintext: pop3d.Loopback}})
	for _, password := range []string{"engine one", "app password"} {
		drop := maildrop(s)
		drop.Auth, drop.Password = "scram-sha-256", password
		c := clients.Find(t, "mpop")
		for _, mode := range c.Modes {
			t.Run(password+" "+string(mode), func(t *testing.T) {
				clients.Compare(t, clients.Bodies(c.Download(t, drop, mode)), mail)
			})
		}
	}
}

// gsasl begins a client of GNU SASL's library; step gives it what the server said
// and returns what it says, or how it ended.
func gsasl(t *testing.T, mechanism, name, password string, binding []byte) (step func(said string) string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	probe := exec.CommandContext(ctx, "python3", "-c", "import ctypes; ctypes.CDLL('libgsasl.so.18')")
	if err := probe.Run(); err != nil {
		peertest.Missing(t, "python3 or libgsasl is not installed: apt-get install python3 libgsasl18")
	}
	cmd := exec.CommandContext(ctx, "python3", "testdata/gsasl.py", mechanism, name, password, base64.StdEncoding.EncodeToString(binding))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		cancel()
		_ = cmd.Wait() // killed, if it had not ended
	})
	r, begun := bufio.NewReader(out), false
	return func(said string) string {
		t.Helper()
		if begun {
			if _, err := in.Write([]byte(said + "\n")); err != nil {
				t.Fatal(err)
			}
		}
		begun = true
		line, err := r.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(line)
	}
}

func TestSCRAM_GNUSASLIsContentWithUs(t *testing.T) {
	s := serve(t, pop3d.Options{Porter: newProver(t), Profile: always})
	for _, c := range []struct {
		name, mechanism, password string
		bind                      bool // to this connection
		want                      string
	}{
		{"plain SCRAM", "SCRAM-SHA-256", "engine one", false, "+OK"},
		{"an app password", "SCRAM-SHA-256", "app password", false, "+OK"},
		{"a wrong password", "SCRAM-SHA-256", "engine", false, "-ERR [AUTH]"},
		{"bound", "SCRAM-SHA-256-PLUS", "app password", true, "+OK"},
		{"bound, and wrong", "SCRAM-SHA-256-PLUS", "engine", true, "-ERR [AUTH]"},
		{"bound to another connection", "SCRAM-SHA-256-PLUS", "engine one", false, "-ERR [AUTH]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			conn, err := tls.Dial("tcp", s.tls, &tls.Config{InsecureSkipVerify: true})
			if err != nil {
				t.Fatal(err)
			}
			us := newClient(t, conn)
			us.want("+OK")
			// RFC 9266, 2, by the standard library alone.
			state := conn.ConnectionState()
			binding, err := state.ExportKeyingMaterial("EXPORTER-Channel-Binding", nil, 32)
			if err != nil {
				t.Fatal(err)
			}
			if !c.bind {
				binding[0]++
			}
			if !strings.HasSuffix(c.mechanism, "-PLUS") {
				binding = nil
			}
			peer := gsasl(t, c.mechanism, "ada", c.password, binding)
			us.send("AUTH " + c.mechanism + " " + peer(""))
			for {
				line := us.line()
				challenge, more := strings.CutPrefix(line, "+ ")
				if !more {
					if !strings.HasPrefix(line, c.want) {
						t.Errorf("%q, want %q", line, c.want)
					}
					return
				}
				said := peer(challenge)
				if said == "" { // the last response is empty, and behind it comes the verdict
					if end := peer(""); end != "content" {
						t.Errorf("GNU SASL says %q", end)
					}
				}
				us.send(said)
			}
		})
	}
}
