package main

import (
	"net"
	"path/filepath"
	"strings"
	"testing"

	"restante/fetch/pop3/pop3test"
)

func TestAccount_PauseAndResumeHoldAtOnceInARunningHouse(t *testing.T) {
	up := pop3test.New(t, pop3test.Options{Messages: [][]byte{letterAbout("apples")}})
	conf := settings(t, doors+upstreamAccount(up, `, schedule: "@every 24h"`))
	p, _ := startServe(t, conf)
	p.await(`msg=round account=isp .*taken=1`)
	if out := do(t, conf, "account", "list"); !strings.Contains(out, "ok") || !strings.Contains(out, "in 24h") && !strings.Contains(out, "in 23h") {
		t.Errorf("list: %s", out)
	}
	if out := do(t, conf, "account", "pause", "isp", "--reason", "holiday"); out != "isp: paused\n" {
		t.Errorf("pause: %q", out)
	}
	if out := do(t, conf, "account", "list"); !strings.Contains(out, "paused") || !strings.Contains(out, "holiday") {
		t.Errorf("list: %s", out)
	}
	if out := do(t, conf, "account", "test", "isp"); !strings.Contains(out, "round trip") {
		t.Errorf("test: %s", out)
	}
	up.Add(letterAbout("cherries"))
	if out := do(t, conf, "account", "resume", "isp"); out != "isp: resumed, its round begins now\n" {
		t.Errorf("resume: %q", out)
	}
	p.await(`msg=round account=isp listed=2 new=1 taken=1`)
	refused(t, 2, []string{"the settings", "did you mean isp?", "restart it after a change"}, conf, "account", "pause", "isq")
}

func TestAccountList_TellsOfARoundThatIsUnderWay(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	conf := settings(t, doors+"accounts:\n  - { name: isp, user: alice, host: 127.0.0.1, tls: none, username: a, password: b, port: "+port+" }\n")
	p, _ := startServe(t, conf)
	conn, err := l.Accept() // and no greeting
	if err != nil {
		t.Fatal(err)
	}
	list, asJSON := do(t, conf, "account", "list"), do(t, conf, "account", "list", "--json")
	refused(t, 1, []string{"a round of this account is under way", "account show isp"}, conf, "account", "test", "isp")
	conn.Close()
	if !strings.Contains(list, " now ") || !strings.Contains(asJSON, `"running":true`) {
		t.Errorf("under way: %s%s", list, asJSON)
	}
	p.await(`round ended early`)
	if out := do(t, conf, "account", "list", "--json"); !strings.Contains(out, `"running":false`) {
		t.Errorf("afterwards: %s", out)
	}
}

func TestAccount_RestartFetchesNothingAgainBeforeItsTime(t *testing.T) {
	up := pop3test.New(t, pop3test.Options{Messages: [][]byte{letterAbout("apples")}})
	conf := settings(t, doors+upstreamAccount(up, `, schedule: "@every 24h"`))
	do(t, conf, "fetch")
	p, _ := startServe(t, conf)
	if out := do(t, conf, "account", "list", "--json"); !strings.Contains(out, `"state":"ok"`) || strings.Contains(p.output(), "msg=round") {
		t.Errorf("list: %s, log:\n%s", out, p.output())
	}
}

func TestAccount_RefusedLoginsAreCountedAcrossProcesses(t *testing.T) {
	up := pop3test.New(t, pop3test.Options{Messages: [][]byte{letterAbout("apples")}})
	conf := settings(t, doors+strings.Replace(upstreamAccount(up, ""), "password: secret", "password: hunter2", 1))
	for range 2 {
		refused(t, 1, []string{"accounts had trouble"}, conf, "fetch")
	}
	// They came too close together to be two.
	out := do(t, conf, "account", "list", "--json")
	if !strings.Contains(out, `"state":"retrying"`) || !strings.Contains(out, `"refused_logins":1`) || strings.Contains(out, "hunter2") {
		t.Errorf("list: %s", out)
	}
	if out := do(t, conf, "account", "show", "isp"); !strings.Contains(out, "2 rounds broke off, and 1 refused login counts\n") {
		t.Errorf("show: %s", out)
	}
}

func TestConfigCheck_AsksARunningHouseWhoItsUsersAre(t *testing.T) {
	up := pop3test.New(t, pop3test.Options{})
	conf := settings(t, doors+strings.Replace(upstreamAccount(up, ""), "user: alice", "user: bob", 1))
	refused(t, 2, []string{`accounts[0].user: nobody is called "bob"`}, conf, "config", "check")
	password := filepath.Join(t.TempDir(), "password")
	writeFile(t, password, "hunter2\n")
	do(t, conf, "user", "add", "bob", "--password-file", password)
	startServe(t, conf)
	if out := do(t, conf, "config", "check"); !strings.Contains(out, ": no faults") {
		t.Errorf("check: %s", out)
	}
}
