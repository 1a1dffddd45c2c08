package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"restante/fetch"
	"restante/fetch/pop3/pop3test"
)

// accountTest runs `account test` against srv.
func accountTest(t *testing.T, srv *pop3test.Server, password string, args ...string) (string, error) {
	t.Helper()
	a := srv.Account("isp")
	conf := filepath.Join(t.TempDir(), "restante.yaml")
	text := fmt.Sprintf("users: [ { name: alice, password: secret } ]\naccounts:\n"+
		"  - { name: isp, user: alice, host: %s, port: %d, tls: %s, username: %s, password: %s, fingerprint: %q }\n",
		a.Host, a.Port, a.TLS, a.Username, password, a.Fingerprint)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	e := &env{cwd: t.TempDir(), out: &out, errOut: &out, lookup: func(string) (string, bool) { return "", false }, config: conf}
	c := newAccountTest(e)
	c.SilenceErrors, c.SilenceUsage = true, true
	c.SetArgs(append(args, "isp"))
	err := c.ExecuteContext(t.Context())
	return out.String(), err
}

func TestAccountTest_SaysWhatTheServerIs(t *testing.T) {
	srv := pop3test.New(t, pop3test.Options{Messages: [][]byte{[]byte("Subject: x\r\n\r\nx\r\n")}, TLS: fetch.TLSStart,
		Faults: pop3test.Faults{CapaAfter: []string{"UIDL", "EXPIRE 30"}}})
	said, err := accountTest(t, srv, "secret")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`account +isp\n`, `server +127\.0\.0\.1:\d+\n`, `greeting +pop3test ready\n`, `TLS +TLS 1\.3, TLS_`,
		`certificate +of CN=localhost, by CN=localhost, until 2099-01-01 \(\d+ days\)\n`, `fingerprint +` + srv.Fingerprint() + `\n`,
		`lists +USER, .*, STLS\n`, `under TLS +USER, .*PIPELINING\n`, `logged in +UIDL, EXPIRE 30\n`, `login by +PLAIN\n`,
		`mail +1 messages, 17 octets\n`, `UIDL +works\n`, `TOP +works, though it is not listed\n`, `PIPELINING +missing\n`,
		`round trip +[0-9.]+(µs|ms|s)\n`, `odd +it deletes mail by itself: EXPIRE 30 \(days\)\n`,
	} {
		if !regexp.MustCompile(`(?m)^` + want).MatchString(said) {
			t.Errorf("no %s in\n%s", want, said)
		}
	}
	asJSON, err := accountTest(t, srv, "secret", "--json")
	if err != nil {
		t.Fatal(err)
	}
	var r serverReport
	if err := json.Unmarshal([]byte(asJSON), &r); err != nil {
		t.Fatal(err)
	}
	if r.TLS == nil || r.TLS.Fingerprint != srv.Fingerprint() || r.Login != "PLAIN" || r.Octets != 17 || len(r.Capabilities.After) != 2 || len(r.Quirks) == 0 {
		t.Errorf("JSON is %s", asJSON)
	}
}

func TestAccountTest_SaysHowFarItCame(t *testing.T) {
	srv := pop3test.New(t, pop3test.Options{})
	said, err := accountTest(t, srv, "wrong", "--json")
	if err == nil || !regexp.MustCompile(`"greeting":"pop3test ready".*"error":".*refused the login`).MatchString(said) {
		t.Errorf("%v beside %s", err, said)
	}
	busy := pop3test.New(t, pop3test.Options{Faults: pop3test.Faults{BadLogin: "-ERR [IN-USE] locked"}})
	if _, err := accountTest(t, busy, "wrong"); err == nil || !regexp.MustCompile(`restante fetches .* try again$`).MatchString(err.Error()) {
		t.Errorf("where the maildrop is in use: %v", err)
	}
}
