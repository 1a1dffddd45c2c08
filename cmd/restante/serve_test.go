package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"restante/fetch/pop3/pop3test"
)

// letterAbout is a small message.
func letterAbout(subject string) []byte {
	return fmt.Appendf(nil, "From: Ann <ann@example.com>\r\nTo: alice@example.org\r\nSubject: %s\r\n"+
		"Message-ID: <%x@example.com>\r\nDate: Mon, 2 Feb 2026 10:00:00 +0000\r\n\r\nThis is about %[1]s.\r\n", subject, subject)
}

// upstreamAccount is an entry of the settings' accounts for a test's upstream.
func upstreamAccount(up *pop3test.Server, more string) string {
	a := up.Account("isp")
	return fmt.Sprintf("accounts:\n  - { name: isp, user: alice, host: %q, port: %d, tls: %s, username: user, password: secret%s }\n",
		a.Host, a.Port, a.TLS, more)
}

func TestServe_CommandsBesideItRunInTheRunningHouse(t *testing.T) {
	t.Parallel()
	up := pop3test.New(t, pop3test.Options{Messages: [][]byte{letterAbout("apples")}})
	conf := settings(t, doors+upstreamAccount(up, ""))
	mail := filepath.Join(t.TempDir(), "pears.eml")
	writeFile(t, mail, string(letterAbout("pears")))
	p, pop3 := startServe(t, conf)
	p.await(`msg=round account=isp .*taken=1`)

	up.Add(letterAbout("cherries"))
	for _, c := range []struct {
		args string
		want string
	}{
		{"fetch", "isp: 2 listed, 1 new, 1 taken"},
		{"fetch --json isp", `"account":"isp","listed":2,"new":0,"taken":0`},
		{"import --user alice " + mail, "1 found, 1 new"},
		{"search --user alice cherries", "1 of 1"},
		{"search --user alice --json pears", `"total":1`},
		{"classify --user alice " + mail, mail + "\tunsure\t"},
		{"train --user alice --spam " + mail, "1 taught, 0 known already, 1 of the archive's moved"},
		{"search --user alice in:spam pears", "1 of 1"},
		{"user list", "alice\tsettings\n"},
		{"index rebuild", "4 changes of the archive indexed"},
		{"verify", "3 messages"},
		{"config show", "data_dir: " + dataDir(conf)},
		{"version", "restante "},
	} {
		if out := do(t, conf, strings.Fields(c.args)...); !strings.Contains(out, c.want) {
			t.Errorf("%s: %q, want something with %q", c.args, out, c.want)
		}
	}

	// Passwords go along, typed or in a file; what is wrong comes back.
	add := program(conf, "user", "add", "bob")
	add.Stdin = strings.NewReader("hunter2\n")
	if r := finish(t, add); r.status != 0 || r.out != "bob: done\n" {
		t.Errorf("user add: %+v", r)
	}
	from, to, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintln(to, "swordfish")
	to.Close()
	add = program(conf, "user", "add", "carol", "--password-file", "/dev/fd/3") // which the other process does not have
	add.ExtraFiles = []*os.File{from}
	if r := finish(t, add); r.status != 0 {
		t.Errorf("user add: %+v", r)
	}
	for name, password := range map[string]string{"alice": "secret", "bob": "hunter2", "carol": "swordfish"} {
		c := dial(t, pop3)
		c.ok("USER " + name)
		c.ok("PASS " + password)
		c.ok("QUIT")
	}
	refused(t, 1, []string{`user "bob" exists already`}, conf, "user", "add", "bob", "--password-file", mail)
	refused(t, 2, []string{`there is no user "dave"`}, conf, "search", "--user", "dave", "pears")
	refused(t, 2, []string{"the settings", `no account "isq"`}, conf, "fetch", "isq")

	// A house is served once.
	pid := strconv.Itoa(p.cmd.Process.Pid)
	refused(t, 1, []string{"in use by another restante (process " + pid + ")", "stop that one first"}, conf, "serve")
	if err := p.end(syscall.SIGTERM); err != nil {
		t.Errorf("serve ended with %v:\n%s", err, p.output())
	}
	if out := do(t, conf, "verify"); !strings.Contains(out, "\n3 messages") || !strings.Contains(out, " 0 faults") {
		t.Errorf("verify afterwards: %s", out)
	}
}

func TestServe_SIGTERMClosesTheDoorsAndLetsSessionsFinish(t *testing.T) {
	conf := settings(t, doors)
	mail := filepath.Join(t.TempDir(), "mail.eml")
	writeFile(t, mail, string(letterAbout("apples")))
	do(t, conf, "import", "--user", "alice", mail)
	p, pop3 := startServe(t, conf)
	c := dial(t, pop3)
	c.ok("USER alice")
	c.ok("PASS secret")
	c.ok("DELE 1")
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	until(t, "the doors to close", func() bool {
		conn, err := net.Dial("tcp", pop3)
		if err == nil {
			conn.Close()
		}
		return err != nil
	})
	select {
	case <-p.ended:
		t.Fatalf("ended under an open session:\n%s", p.output())
	default:
	}
	c.ok("RSET")
	c.ok("RETR 1")
	if body := c.body(); !strings.Contains(body, "This is about apples.") {
		t.Errorf("RETR gave %q", body)
	}
	c.ok("DELE 1")
	c.ok("QUIT")
	if err := p.wait(); err != nil {
		t.Errorf("ended with %v:\n%s", err, p.output())
	}
	p.await("shutting down")
	// The deletion counted.
	_, pop3 = startServe(t, conf)
	c = dial(t, pop3)
	c.ok("USER alice")
	c.ok("PASS secret")
	if got := c.ok("STAT"); got != "+OK 0 0" {
		t.Errorf("STAT: %s", got)
	}
}

func TestServe_KilledItLeavesNothingInTheWay(t *testing.T) {
	conf := settings(t, doors)
	p, _ := startServe(t, conf)
	if err := p.end(syscall.SIGKILL); err == nil {
		t.Fatal("killed, and ended well")
	}
	if _, err := os.Stat(socketPath(dataDir(conf))); err != nil {
		t.Fatalf("no socket is left to be in the way: %v", err)
	}
	if out := do(t, conf, "user", "list"); out != "alice\tsettings\n" {
		t.Errorf("user list: %q", out)
	}
	p, _ = startServe(t, conf)
	if err := p.end(syscall.SIGINT); err != nil {
		t.Errorf("ended with %v:\n%s", err, p.output())
	}
}

func TestDemo_CtrlCEndsItAndRemovesItsFolder(t *testing.T) {
	t.Parallel()
	tmp := t.TempDir()
	cmd := program("", "demo")
	cmd.Env = append(os.Environ(), "TMPDIR="+tmp)
	p := start(t, cmd)
	search := p.await(`(?m)restante -c (\S+) search --user (\S+) '([^']*)'$`)
	p.await(`Ctrl-C stops\.\n`)
	if out := do(t, search[1], "search", "--user", search[2], search[3]); !strings.HasSuffix(out, "1 of 1\n") {
		t.Errorf("the search it tells of finds %q", out)
	}
	if err := p.end(syscall.SIGINT); err != nil {
		t.Errorf("ended with %v:\n%s", err, p.output())
	}
	left, err := filepath.Glob(filepath.Join(tmp, "*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
}
