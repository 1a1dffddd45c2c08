package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"restante/fetch/peertest"
	"restante/index"
	"restante/serve/pop3d"
)

// fruits are letters for the devices to read.
var fruits = []string{"apples", "pears", "cherries", "plums", "quinces"}

// orchard serves alice's inbox of fruits.
func orchard(t *testing.T) (conf, pop3 string) {
	t.Helper()
	conf = settings(t, doors)
	dir := t.TempDir()
	var paths []string
	for i, fruit := range fruits {
		path := filepath.Join(dir, fmt.Sprintf("%d.eml", i))
		writeFile(t, path, string(letterAbout(fruit)))
		paths = append(paths, path)
	}
	do(t, conf, append([]string{"import", "--user", "alice", "--mailbox", "inbox"}, paths...)...)
	p, pop3 := startServe(t, conf)
	t.Cleanup(func() {
		if err := p.end(syscall.SIGTERM); err != nil {
			t.Errorf("serve ended with %v:\n%s", err, p.output())
		}
	})
	return conf, pop3
}

var shownPassword = regexp.MustCompile(`with the password (\S+)`)

func addDevice(t *testing.T, conf, name string, flags ...string) (password string) {
	t.Helper()
	out := do(t, conf, append([]string{"device", "add", "alice", name}, flags...)...)
	m := shownPassword.FindStringSubmatch(out)
	if m == nil {
		t.Fatalf("device add: %q", out)
	}
	return m[1]
}

func login(t *testing.T, pop3, name, password string) *client {
	t.Helper()
	c := dial(t, pop3)
	c.ok("USER " + name)
	c.ok("PASS " + password)
	return c
}

// uidl lists a session's UIDLs in order.
func (c *client) uidl() (all []string) {
	c.t.Helper()
	c.ok("UIDL")
	for _, l := range strings.Fields(strings.ReplaceAll(c.body(), " ", "=")) {
		_, uid, _ := strings.Cut(l, "=")
		all = append(all, uid)
	}
	return all
}

// reads wants the mail of a login to be these of alice's UIDLs.
func reads(t *testing.T, pop3, name, password string, want []string) {
	t.Helper()
	c := login(t, pop3, name, password)
	if got := c.uidl(); !slices.Equal(got, want) {
		t.Errorf("%s lists %q, want %q", name, got, want)
	}
	c.ok("QUIT")
}

func TestDevice_WhatThePhoneDeletesStaysForTheLaptop(t *testing.T) {
	t.Parallel()
	conf, pop3 := orchard(t)
	c := login(t, pop3, "alice", "secret")
	all := c.uidl()
	c.ok("QUIT")
	if len(all) != len(fruits) {
		t.Fatalf("%q are listed", all)
	}
	phone, laptop := addDevice(t, conf, "phone"), addDevice(t, conf, "laptop", "--days", "3000")

	c = login(t, pop3, "alice", phone)
	c.ok("RETR 1")
	want := c.body()
	c.ok("DELE 1")
	c.ok("DELE 3")
	c.ok("QUIT")
	left := []string{all[1], all[3], all[4]}
	reads(t, pop3, "alice", phone, left)
	reads(t, pop3, "alice", strings.ToUpper(strings.ReplaceAll(phone, "-", "")), left)
	reads(t, pop3, "alice", laptop, all)
	reads(t, pop3, "alice", "secret", all)

	// Everywhere else too the phone has its own view, and nobody forgets mail.
	for _, name := range []string{"alice+archive", "alice+2026-02"} {
		c = login(t, pop3, name, phone)
		n := len(c.uidl())
		c.ok("QUIT")
		if month := strings.HasSuffix(name, "02"); !month && n != len(fruits) || month && n > len(fruits) {
			t.Errorf("%s lists %d", name, n)
		}
	}
	c = login(t, pop3, "alice+archive", phone)
	for i := range fruits {
		c.ok(fmt.Sprint("DELE ", i+1))
	}
	c.ok("QUIT")
	reads(t, pop3, "alice+archive", phone, nil)
	reads(t, pop3, "alice+archive", "secret", all)
	reads(t, pop3, "alice", phone, left)

	for password, days := range map[string]string{phone: "NEVER", laptop: "3000", "secret": "NEVER"} {
		expires(t, pop3, password, "3000", days)
	}

	// Delivered again: new to the phone, and the same octets.
	if out := do(t, conf, "redeliver", "--user", "alice", "--device", "phone", "apples OR pears"); !strings.Contains(out, "1 delivered again, 1 listed") {
		t.Fatal(out)
	}
	c = login(t, pop3, "alice", phone)
	again := c.uidl()
	c.ok(fmt.Sprint("RETR ", len(again)))
	if got := c.body(); got != want {
		t.Errorf("delivered again: %q, want %q", got, want)
	}
	c.ok("QUIT")
	if !slices.Equal(again[:3], left) || len(again) != 4 || slices.Contains(all, again[3]) {
		t.Errorf("%q are listed, want %q and a new one", again, left)
	}
	reads(t, pop3, "alice", laptop, all)

	// A removed one is not let in, and its session deletes nothing.
	c = login(t, pop3, "alice", phone)
	c.ok("DELE 1")
	do(t, conf, "device", "remove", "alice", "phone")
	if l := c.ask("QUIT"); !strings.HasPrefix(l, "-ERR") {
		t.Errorf("QUIT of a device that is gone: %s", l)
	}
	c = dial(t, pop3)
	c.ok("USER alice")
	if l := c.ask("PASS " + phone); !strings.HasPrefix(l, "-ERR [AUTH]") {
		t.Errorf("PASS of a device that is gone: %s", l)
	}
	reads(t, pop3, "alice", laptop, all)
}

// expires wants CAPA to tell for how long mail is listed (RFC 2449, section 6.7):
// for anybody, in days, before the login, and to this one behind it.
func expires(t *testing.T, pop3, password, least, own string) {
	t.Helper()
	c := dial(t, pop3)
	c.ok("CAPA")
	if capa := c.body(); !strings.Contains(capa, "EXPIRE "+least+" USER\n") {
		t.Errorf("CAPA before the login: %q, want EXPIRE %s USER", capa, least)
	}
	c.ok("USER alice")
	c.ok("PASS " + password)
	c.ok("CAPA")
	if capa := c.body(); !strings.Contains(capa, "EXPIRE "+own+"\n") {
		t.Errorf("CAPA after the login: %q, want EXPIRE %s", capa, own)
	}
	c.ok("QUIT")
}

// A name may hold the separator, and so may a search's.
func TestPorter_SplitsAtTheLongestNameOfAUser(t *testing.T) {
	h := openHouse(t, settings(t, ""))
	p, err := newPorter(h)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.archive.AddUser(t.Context(), index.User{Name: "alice+home"}); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][2]string{
		"alice": {"alice", ""}, "alice+spam": {"alice", "spam"}, "alice+home": {"alice+home", ""}, "alice+home+spam": {"alice+home", "spam"},
		"alice+search:a+b": {"alice", "search:a+b"}, "alice+": {"alice+", ""}, "+spam": {"+spam", ""}, "bob+spam": {"bob+spam", ""},
		"alice+1+2+3+4+5": {"alice+1+2+3+4+5", ""},
	} {
		owner, mailbox, err := p.split(context.Background(), name)
		if got := [2]string{owner, mailbox}; err != nil || got != want {
			t.Errorf("%s is %q, %v; want %q", name, got, err, want)
		}
	}
}

// A name's owner is found however a keyboard spells it, and no database is asked
// about what is no text: PostgreSQL has an error for that, which is not the client's
// to hear.
func TestPorter_KnowsANameInEverySpelling(t *testing.T) {
	h := openHouse(t, settings(t, ""))
	p, err := newPorter(h)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.archive.AddUser(t.Context(), index.User{Name: "j\u00fcrgen"}); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][2]string{
		"j\u00fcrgen": {"j\u00fcrgen", ""}, "ju\u0308rgen": {"j\u00fcrgen", ""}, "ju\u0308rgen+spam": {"j\u00fcrgen", "spam"},
		"\uff41\uff4c\uff49\uff43\uff45": {"alice", ""}, "jurgen": {"jurgen", ""},
		"alice\xff": {"alice\uFFFD", ""}, "alice\x00": {"alice\uFFFD", ""}, "alice+\xffa\x00": {"alice", "\uFFFDa\uFFFD"},
	} {
		owner, mailbox, err := p.split(t.Context(), name)
		if got := [2]string{owner, mailbox}; err != nil || got != want {
			t.Errorf("%+q is %+q, %v; want %+q", name, got, err, want)
		}
	}
	for _, name := range []string{"\xff", "alice\x00", "alice+\xff"} {
		if _, err := p.Login(t.Context(), name, "secret", netip.Addr{}); !errors.Is(err, pop3d.ErrAuth) {
			t.Errorf("Login of %+q: %v", name, err)
		}
	}
}

// fetching is a mail program with a memory.
type fetching struct {
	t    *testing.T
	dir  string
	name string
	args []string
}

// run fetches, and tells how many messages have come by now.
func (f fetching) run(may ...int) int {
	f.t.Helper()
	cmd := exec.CommandContext(f.t.Context(), f.name, f.args...)
	cmd.Dir, cmd.Env = f.dir, append(os.Environ(), "HOME="+f.dir, "FETCHMAILHOME="+f.dir, "LC_ALL=C")
	out, err := cmd.CombinedOutput()
	if err != nil && !slices.Contains(may, cmd.ProcessState.ExitCode()) {
		f.t.Fatalf("%s: %v\n%s", f.name, err, out)
	}
	entries, err := os.ReadDir(filepath.Join(f.dir, "new"))
	if err != nil {
		f.t.Fatal(err)
	}
	return len(entries)
}

func newFetching(t *testing.T, name string) fetching {
	t.Helper()
	peertest.Needs(t, name)
	f := fetching{t: t, dir: t.TempDir(), name: name}
	for _, sub := range []string{"new", "cur", "tmp"} {
		if err := os.Mkdir(filepath.Join(f.dir, sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

// The phone runs mpop, which deletes what it got; the laptop runs fetchmail,
// which leaves it. Neither ever gets a message twice.
func TestDevice_RealProgramsDownloadEachMessageOnce(t *testing.T) {
	mpop, fetchmail := newFetching(t, "mpop"), newFetching(t, "fetchmail")
	conf, pop3 := orchard(t)
	_, port, err := net.SplitHostPort(pop3)
	if err != nil {
		t.Fatal(err)
	}
	phone, laptop := addDevice(t, conf, "phone"), addDevice(t, conf, "laptop")
	rc := filepath.Join(mpop.dir, "mpoprc")
	writeFile(t, rc, fmt.Sprintf("account default\nhost localhost\nport %s\nuser alice\npassword \"%s\"\nauth plain\ntls off\n"+
		"delivery maildir %s\nreceived_header off\nkeep off\nuidls_file %s\n", port, phone, mpop.dir, filepath.Join(mpop.dir, "uidls")))
	mpop.args = []string{"--file=" + rc}
	rc = filepath.Join(fetchmail.dir, "fetchmailrc")
	writeFile(t, rc, fmt.Sprintf("set no bouncemail\npoll localhost protocol pop3 uidl port %s auth password timeout 60\n"+
		"  user alice password \"%s\" is root here sslproto ''\n  keep no rewrite mda \"sh -c 'cat >$(mktemp %s/new/XXXXXXXXXX)'\"\n",
		port, laptop, fetchmail.dir))
	fetchmail.args = []string{"--fetchmailrc", rc, "--idfile", filepath.Join(fetchmail.dir, "ids"),
		"--pidfile", filepath.Join(fetchmail.dir, "pid"), "--nosyslog", "--nodetach"}
	const noMail = 1 // is how fetchmail ends then

	for range 2 {
		if n := mpop.run(); n != len(fruits) {
			t.Errorf("the phone has %d messages, want %d", n, len(fruits))
		}
		if n := fetchmail.run(noMail); n != len(fruits) {
			t.Errorf("the laptop has %d messages, want %d", n, len(fruits))
		}
	}
	reads(t, pop3, "alice", phone, nil)
	if n := len(login(t, pop3, "alice", laptop).uidl()); n != len(fruits) {
		t.Errorf("%d are left for the laptop, want %d", n, len(fruits))
	}
	do(t, conf, "redeliver", "--user", "alice", "--device", "laptop", "apples") // listed already
	do(t, conf, "redeliver", "--user", "alice", "--device", "phone", "apples")
	for range 2 {
		if n := mpop.run(); n != len(fruits)+1 {
			t.Errorf("the phone has %d messages, want one more", n)
		}
		if n := fetchmail.run(noMail); n != len(fruits) {
			t.Errorf("the laptop has %d messages, want no more", n)
		}
	}
}
