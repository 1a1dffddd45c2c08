package main

import (
	"encoding/base64"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"restante/serve/auth"
)

// provingHouse is a house that fetches from another house's user by SCRAM alone.
func provingHouse(t *testing.T, pop3, user, password string) (conf string) {
	t.Helper()
	host, port, err := net.SplitHostPort(pop3)
	if err != nil {
		t.Fatal(err)
	}
	return settings(t, fmt.Sprintf("accounts:\n"+
		"  - { name: far, user: alice, host: %q, port: %s, tls: none, auth: scram-sha-256, username: %q, password: %q }\n",
		host, port, user, password))
}

func TestSCRAM_EveryUserProvesTheirPassword(t *testing.T) {
	t.Parallel()
	conf := settings(t, doors)
	file := filepath.Join(t.TempDir(), "bob")
	writeFile(t, file, "engine two\n")
	do(t, conf, "user", "add", "--password-file", file, "bob")
	_, pop3 := startServe(t, conf)

	for user, password := range map[string]string{"alice": "secret", "bob": "engine two", "alice+spam": "secret"} {
		if out := do(t, provingHouse(t, pop3, user, password), "fetch"); !strings.Contains(out, "0 listed") {
			t.Errorf("%s: %q", user, out)
		}
	}
	wrong := []string{"password"}
	refused(t, 1, wrong, provingHouse(t, pop3, "alice", "engine two"), "fetch")
	refused(t, 1, wrong, provingHouse(t, pop3, "eve", "engine two"), "fetch")

	// Another password counts at once, and the old one no more.
	writeFile(t, file, "engine three\n")
	do(t, conf, "user", "passwd", "--password-file", file, "bob")
	do(t, provingHouse(t, pop3, "bob", "engine three"), "fetch")
	refused(t, 1, wrong, provingHouse(t, pop3, "bob", "engine two"), "fetch")
}

func quit(t *testing.T, p *process) {
	t.Helper()
	if err := p.end(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
}

func TestSCRAM_DevicesProveTheirAppPasswords(t *testing.T) {
	t.Parallel()
	conf := settings(t, doors)
	said := do(t, conf, "device", "add", "alice", "phone")
	_, rest, _ := strings.Cut(said, "with the password ")
	app, _, _ := strings.Cut(rest, "\n")
	p, pop3 := startServe(t, conf)

	for _, typed := range []string{app, strings.ReplaceAll(app, "-", "")} {
		do(t, provingHouse(t, pop3, "alice", typed), "fetch")
	}
	p.await(`msg="pop3 session" .*device=phone .*mechanism=scram-sha-256`)
	// Who guesses at the account keeps its password waiting (package auth tests that,
	// by a clock of its own), and no device's.
	for range 6 {
		refused(t, 1, nil, provingHouse(t, pop3, "alice", "a guess"), "fetch")
	}
	do(t, provingHouse(t, pop3, "alice", app), "fetch")

	do(t, conf, "device", "remove", "alice", "phone")
	refused(t, 1, nil, provingHouse(t, pop3, "alice", app), "fetch")
}

// With a hash alone there is nothing to make keys of. SCRAM would lock its owner
// out, so it waits for everybody.
func TestSCRAM_WaitsForTheKeysOfEverybody(t *testing.T) {
	t.Parallel()
	phc, err := auth.Hash("engine one")
	if err != nil {
		t.Fatal(err)
	}
	conf := filepath.Join(t.TempDir(), "restante.yaml")
	text := fmt.Sprintf("data_dir: %q\n%susers:\n  - { name: ada, password_hash: %q }\n  - { name: bob, password: engine two }\n", dataDir(conf), doors, phc)
	writeFile(t, conf, text)
	p, pop3 := startServe(t, conf)
	p.await(`SCRAM is not offered yet`)
	mechanisms := func() string {
		c := dial(t, pop3)
		c.ok("CAPA")
		return c.body()
	}
	if got := mechanisms(); !strings.Contains(got, "SASL PLAIN LOGIN") {
		t.Errorf("CAPA: %q", got)
	}
	c := dial(t, pop3)
	c.ok("USER ada+spam")
	c.ok("PASS engine one")
	if got := mechanisms(); !strings.Contains(got, "SASL SCRAM-SHA-256 PLAIN LOGIN") {
		t.Errorf("CAPA after a login: %q", got)
	}
	do(t, provingHouse(t, pop3, "ada", "engine one"), "fetch")

	// They are kept, and forgotten where there are to be none.
	quit(t, p)
	p, pop3 = startServe(t, conf)
	if got := mechanisms(); !strings.Contains(got, "SCRAM-SHA-256") {
		t.Errorf("CAPA of the next run: %q", got)
	}
	quit(t, p)
	writeFile(t, conf, strings.Replace(text, "serve: {", "serve: { scram: false,", 1))
	p, pop3 = startServe(t, conf)
	if got := mechanisms(); strings.Contains(got, "SCRAM") {
		t.Errorf("CAPA without SCRAM: %q", got)
	}
	quit(t, p)
	writeFile(t, conf, text)
	p, _ = startServe(t, conf)
	p.await(`SCRAM is not offered yet`)
}

// A challenge must not tell which names there are.
func TestSCRAM_ChallengesNobodyAlike(t *testing.T) {
	t.Parallel()
	conf := settings(t, doors)
	p, pop3 := startServe(t, conf)
	salt := func(name string) string {
		c := dial(t, pop3)
		said, ok := strings.CutPrefix(c.ask("AUTH SCRAM-SHA-256 "+base64.StdEncoding.EncodeToString([]byte("n,,n="+name+",r=abc"))), "+ ")
		if !ok {
			t.Fatalf("%s: %q", name, said)
		}
		text, err := base64.StdEncoding.DecodeString(said)
		if err != nil {
			t.Fatal(err)
		}
		_, rest, _ := strings.Cut(string(text), ",")
		return rest
	}
	before := map[string]string{}
	for _, name := range []string{"alice", "alice+spam", "eve", "eve+spam"} {
		before[name] = salt(name)
		if before[name] != salt(name) || !strings.HasSuffix(before[name], ",i=10000") || len(before[name]) != len(before["alice"]) {
			t.Errorf("%s: %q, then %q", name, before[name], salt(name))
		}
	}
	if before["alice"] != before["alice+spam"] || before["eve"] != before["eve+spam"] || before["alice"] == before["eve"] {
		t.Errorf("%v", before)
	}
	quit(t, p)
	_, pop3 = startServe(t, conf)
	if again := salt("eve"); again != before["eve"] {
		t.Errorf("eve's salt was %q, now %q", before["eve"], again)
	}
}
