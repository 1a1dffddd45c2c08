package pop3_test

import (
	"bufio"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"restante/fetch"
	"restante/fetch/peertest"
	"restante/fetch/pop3/pop3test"
)

// gsasl is GNU SASL's server as a program: it answers each line with a line.
type gsasl struct {
	in  io.WriteCloser
	out *bufio.Reader
}

func (g *gsasl) say(b []byte) error {
	_, err := fmt.Fprintln(g.in, base64.StdEncoding.EncodeToString(b))
	return err
}

func (g *gsasl) hear() ([]byte, error) {
	line, err := g.out.ReadString('\n')
	if err != nil {
		return nil, err
	}
	if _, rest, ok := strings.Cut(line, "channel binding: "); ok { // a prompt
		line = rest
	}
	return base64.StdEncoding.DecodeString(strings.TrimSpace(line))
}

// runGSASL is one exchange, the server's side of which gsasl does.
func runGSASL(t *testing.T, mech string, binding []byte, ask func([]byte) ([]byte, error)) (bool, error) {
	// In a pipe its words would stay with it until it ends.
	args := []string{"-oL", "gsasl", "--server", "--application-data", "--mechanism", mech, "--authentication-id", "user", "--password", "secret"}
	plus := strings.HasSuffix(mech, "-PLUS")
	if !plus {
		args = append(args, "--no-cb")
	}
	cmd := exec.CommandContext(t.Context(), "stdbuf", args...)
	in, err := cmd.StdinPipe()
	if err != nil {
		return false, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return false, err
	}
	if err := cmd.Start(); err != nil {
		return false, err
	}
	g := &gsasl{in, bufio.NewReader(out)}
	if !plus {
		binding = nil
	}
	err = g.exchange(binding, ask)
	in.Close()
	return cmd.Wait() == nil && err == nil, nil
}

// exchange carries the three messages of the server's, and those between them.
func (g *gsasl) exchange(binding []byte, ask func([]byte) ([]byte, error)) error {
	if _, err := g.out.ReadString('\n'); err != nil { // the mechanism's name
		return err
	}
	for turn := range 3 {
		c, err := g.hear()
		if err != nil {
			return err
		}
		response, err := ask(c)
		if err != nil {
			return err
		}
		if err := g.say(response); err != nil {
			return err
		}
		if turn == 0 && binding != nil { // it asks for it then
			if err := g.say(binding); err != nil {
				return err
			}
		}
	}
	return nil
}

// GNU SASL is nobody's whose code we use: what it lets in is right to the octet,
// the binding to the channel too.
func TestGSASL_LetsInBySCRAM(t *testing.T) {
	peertest.Needs(t, "gsasl", "stdbuf")
	for _, list := range []string{"SCRAM-SHA-256-PLUS SCRAM-SHA-256", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256", "SCRAM-SHA-1"} {
		want, _, _ := strings.Cut(list, " ")
		for _, wrong := range []string{"", "password", "channel"} {
			secret := "secret"
			if wrong == "password" {
				secret = "wrong"
			}
			srv, err := dialError(t, pop3test.Options{
				TLS: fetch.TLSImplicit, Faults: pop3test.Faults{Capa: []string{"SASL " + list}},
				SASL: func(mech string, binding []byte, ask func([]byte) ([]byte, error)) (bool, error) {
					if wrong == "channel" && binding != nil {
						binding[0] ^= 1
					}
					return runGSASL(t, mech, binding, ask)
				},
			}, func(a *fetch.Account) { a.Auth, a.Password = fetch.AuthSCRAM, password(secret) })
			if got := ways(srv); !slices.Equal(got, []string{want}) {
				t.Errorf("asked for %q, want %q", got, want)
			}
			good := wrong == "" || wrong == "channel" && !strings.HasSuffix(want, "-PLUS")
			if good != (err == nil) || !good && !errors.Is(err, fetch.ErrAuth) {
				t.Errorf("%s, wrong %q: %v", want, wrong, err)
			}
		}
	}
}
