package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"restante/fetch"
	"restante/fetch/pop3/pop3test"
)

// Words that may stand in no log: the passwords, and what is in a letter.
const (
	canaryUpstream = "Xq7-upstream-password"
	canaryOwn      = "Xq7-own-password"
	canaryWrong    = "Xq7-mistyped-password"
	canaryAdded    = "Xq7-added-password"
	canarySubject  = "Xq7-subject"
	canaryBody     = "Xq7-body"
	canarySender   = "xq7-sender"
)

func TestCanary_NoLogTellsAPasswordOrALetter(t *testing.T) {
	t.Parallel()
	letter := fmt.Appendf(nil, "From: <%s@example.com>\r\nSubject: %s\r\n\r\n%s\r\n", canarySender, canarySubject, canaryBody)
	inTLS := pop3test.New(t, pop3test.Options{Messages: [][]byte{letter}, Password: canaryUpstream, TLS: fetch.TLSImplicit})
	// This one refuses, and repeats what it heard.
	rude := pop3test.New(t, pop3test.Options{Password: "another", Faults: pop3test.Faults{BadLogin: "-ERR not " + canaryUpstream}})
	conf := settings(t, doors)
	dir := filepath.Dir(conf)
	text := fmt.Sprintf("data_dir: %q\nlog: { level: debug }\nusers: [ { name: alice, password: %s } ]\n%saccounts:\n", dataDir(conf), canaryOwn, doors)
	for name, up := range map[string]*pop3test.Server{"good": inTLS, "rude": rude} {
		a := up.Account(name)
		text += fmt.Sprintf("  - { name: %s, user: alice, host: %q, port: %d, tls: %s, fingerprint: %q, username: user, password: %s }\n",
			name, a.Host, a.Port, a.TLS, a.Fingerprint, canaryUpstream)
	}
	writeFile(t, conf, text)
	mail := filepath.Join(dir, "mail.eml")
	writeFile(t, mail, string(letter))

	p, pop3 := startServe(t, conf)
	p.await(`account=good .*taken=1`)
	p.await(`account=rude .*err=`)
	c := dial(t, pop3)
	c.ok("USER alice")
	if got := c.ask("PASS " + canaryWrong); !strings.HasPrefix(got, "-ERR") {
		t.Errorf("the wrong password: %s", got)
	}
	c.ok("USER alice")
	c.ok("PASS " + canaryOwn)
	c.ok("RETR 1")
	if body := c.body(); !strings.Contains(body, canaryBody) {
		t.Errorf("RETR gave %q", body)
	}
	c.ask("XYZZY " + canaryOwn)
	c.ok("QUIT")
	do(t, conf, "train", "--user", "alice", "--spam", mail)
	do(t, conf, "search", "--user", "alice", canaryBody)
	add := program(conf, "user", "add", "bob")
	add.Stdin = strings.NewReader(canaryAdded + "\n")
	if r := finish(t, add); r.status != 0 {
		t.Errorf("user add: %+v", r)
	}
	again := finish(t, program(conf, "fetch")) // what a person sees of the rude one
	shown := finish(t, program(conf, "config", "show"))
	if err := p.end(syscall.SIGTERM); err != nil {
		t.Errorf("serve ended with %v", err)
	}

	log := strings.ToLower(p.output() + again.out + again.errOut + shown.out + shown.errOut)
	if !strings.Contains(log, "level=debug") {
		t.Error("nothing is logged at level debug: the canary proves little")
	}
	for _, secret := range []string{canaryUpstream, canaryOwn, canaryWrong, canaryAdded, canarySubject, canaryBody, canarySender} {
		if i := strings.Index(log, strings.ToLower(secret)); i >= 0 {
			t.Errorf("%s is told:\n%s", secret, log[max(0, i-300):min(len(log), i+100)])
		}
	}
}
