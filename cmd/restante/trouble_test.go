package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"restante/fetch"
	"restante/fetch/pop3/pop3test"
)

// Trouble that a person has to mend: each kind has a message that says how, an
// exit status, and loses nothing.

func TestTrouble_MissingDataFolderIsMade(t *testing.T) {
	conf := settings(t, "")
	writeFile(t, conf, fmt.Sprintf("data_dir: %q\nusers: [ { name: alice, password: secret } ]\n", filepath.Join(dataDir(conf), "deep", "down")))
	do(t, conf, "user", "list")
	info, err := os.Stat(filepath.Join(dataDir(conf), "deep", "down"))
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("made %v, %v; want a folder for its owner alone", info, err)
	}
}

func TestTrouble_DataFolderIsAFile(t *testing.T) {
	conf := settings(t, "")
	writeFile(t, dataDir(conf), "precious")
	refused(t, 1, []string{"data folder", dataDir(conf), "set data_dir to a folder that can be written"}, conf, "fetch")
	if b, err := os.ReadFile(dataDir(conf)); err != nil || string(b) != "precious" {
		t.Errorf("the file holds %q, %v", b, err)
	}
}

func TestTrouble_PortInUse(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	conf := settings(t, fmt.Sprintf("serve: { pop3: { address: %q }, pop3s: { address: \"\" } }\n", l.Addr()))
	refused(t, 1, []string{"open pop3 on " + l.Addr().String(), "another program, or another restante, has this address"}, conf, "serve")
	do(t, conf, "user", "list") // and nothing is locked
}

func TestTrouble_BadCertificate(t *testing.T) {
	conf := settings(t, "serve: { tls: { cert_file: cert.pem, key_file: key.pem } }\n")
	dir := filepath.Dir(conf)
	run := func(words ...string) {
		t.Helper()
		cmd := program(conf, "serve")
		cmd.Dir = dir
		wantRefusal(t, finish(t, cmd), 1, words...)
	}
	cmd := program(conf, "serve")
	cmd.Dir = dir
	wantRefusal(t, finish(t, cmd), 2, "restante.yaml:3: serve.tls.cert_file: the file cert.pem does not exist")
	writeFile(t, filepath.Join(dir, "cert.pem"), "no certificate")
	writeFile(t, filepath.Join(dir, "key.pem"), "no key")
	run("TLS certificate cert.pem with key key.pem", "PEM")
}

func TestTrouble_UpstreamsAreToldApart(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	mail := [][]byte{letterAbout("apples")}
	for name, c := range map[string]struct {
		options pop3test.Options
		account func(*pop3test.Server) string
		words   []string
	}{
		"login refused": {
			pop3test.Options{Messages: mail, Password: "another"},
			func(up *pop3test.Server) string { return upstreamAccount(up, "") },
			[]string{"isp: ", "login", "the server said"},
		},
		"nobody listens": {
			pop3test.Options{Messages: mail},
			func(*pop3test.Server) string {
				return fmt.Sprintf("accounts:\n  - { name: isp, user: alice, host: 127.0.0.1, port: %d, tls: none, username: user, password: secret }\n",
					closed.Addr().(*net.TCPAddr).Port)
			},
			[]string{"isp: ", "connection refused"},
		},
		"unknown host": {
			pop3test.Options{Messages: mail},
			func(*pop3test.Server) string {
				return "accounts:\n  - { name: isp, user: alice, host: pop.invalid, username: user, password: secret }\n"
			},
			[]string{"isp: ", "pop.invalid"},
		},
		"wrong fingerprint": {
			pop3test.Options{Messages: mail, TLS: fetch.TLSImplicit},
			func(up *pop3test.Server) string {
				return upstreamAccount(up, ", fingerprint: \"sha256:"+strings.Repeat("ab", 32)+"\"")
			},
			[]string{"not the pinned sha256:abab", "set the new fingerprint"},
		},
		"unknown authority": {
			pop3test.Options{Messages: mail, TLS: fetch.TLSImplicit},
			func(up *pop3test.Server) string { return upstreamAccount(up, "") },
			[]string{"if this is the server you mean, set fingerprint: sha256:"},
		},
		"no TLS there": {
			pop3test.Options{Messages: mail},
			func(up *pop3test.Server) string {
				return strings.Replace(upstreamAccount(up, ""), "tls: none", "tls: implicit", 1)
			},
			[]string{"the server does not speak TLS here"},
		},
		"no STLS offered": {
			pop3test.Options{Messages: mail},
			func(up *pop3test.Server) string {
				return strings.Replace(upstreamAccount(up, ""), "tls: none", "tls: starttls", 1)
			},
			[]string{"server does not offer STLS; set tls: implicit or none"},
		},
		"hangs up": {
			pop3test.Options{Messages: mail, Faults: pop3test.Faults{CutRetr: map[int]int{1: 20}}},
			func(up *pop3test.Server) string { return upstreamAccount(up, ", keep: \"0\"") },
			[]string{"message left upstream", "account=isp", "the server closed the connection"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			up := pop3test.New(t, c.options)
			conf := settings(t, c.account(up))
			refused(t, 1, append(c.words, "1 of 1 accounts had trouble"), conf, "fetch")
			if n := len(up.Messages()); n != 1 {
				t.Errorf("%d messages are left upstream", n)
			}
			if out := do(t, conf, "verify"); !strings.Contains(out, "\n0 messages") {
				t.Errorf("verify: %s", out)
			}
		})
	}
}

// A hanging upstream has its minute; Ctrl-C does not wait for it.
func TestTrouble_CtrlCEndsAFetchFromAnUpstreamThatHangs(t *testing.T) {
	up := pop3test.New(t, pop3test.Options{Faults: pop3test.Faults{Hang: map[string]bool{"LIST": true, "UIDL": true}}})
	p := start(t, program(settings(t, upstreamAccount(up, "")), "fetch"))
	until(t, "the listing to be asked for", func() bool {
		heard := strings.Join(up.Commands(), " ")
		return strings.Contains(heard, "LIST") || strings.Contains(heard, "UIDL")
	})
	p.end(syscall.SIGINT)
	if got := p.cmd.ProcessState.ExitCode(); got != exitInterrupted {
		t.Errorf("exit status %d, want %d\n%s", got, exitInterrupted, p.output())
	}
	p.await("restante: interrupted")
}
