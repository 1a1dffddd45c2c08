package main

import (
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestDoors_HaveRulesOfTheirOwn(t *testing.T) {
	t.Parallel()
	conf := settings(t, `serve:
  pop3: { address: "127.0.0.1:0", plaintext: never }
  pop3s: { address: "" }
  exclusive: true
  doors:
    - { name: lan, address: "127.0.0.1:0", plaintext: always, read_only: true, networks: [127.0.0.0/8] }
    - { name: elsewhere, address: "127.0.0.1:0", networks: [192.0.2.0/24] }
    - { name: proxied, address: "127.0.0.1:0", plaintext: always, proxies: [127.0.0.1/32] }
`)
	mail := filepath.Join(t.TempDir(), "pears.eml")
	writeFile(t, mail, string(letterAbout("pears")))
	do(t, conf, "import", "--user", "alice", "--mailbox", "inbox", mail)
	p, clear := startServe(t, conf)
	at := func(door string) string { return p.await(`door=` + door + ` address=(\S+)`)[1] }

	if got := dial(t, clear).ask("USER alice"); !strings.HasPrefix(got, "-ERR") {
		t.Errorf("a password in clear: %s", got)
	}
	c := dial(t, at("lan"))
	c.ok("USER alice")
	c.ok("PASS secret")
	if got := c.ask("DELE 1"); !strings.HasPrefix(got, "-ERR [SYS/PERM]") {
		t.Errorf("DELE through a read-only door: %s", got)
	}
	second := dial(t, at("lan"))
	second.ok("USER alice")
	if got := second.ask("PASS secret"); !strings.HasPrefix(got, "-ERR [IN-USE]") {
		t.Errorf("a second session: %s", got)
	}
	second.ok("USER alice+spam") // another mailbox
	second.ok("PASS secret")
	c.ok("QUIT")
	// dial has read the greeting; here it was a refusal.
	if _, err := dial(t, at("elsewhere")).r.ReadByte(); err == nil {
		t.Error("a door for other networks stays open")
	}
	p.await(`msg="pop3 session" user=alice mailbox=inbox device="" remote=127.0.0.1 tls="" mechanism=user failed=0 .* uidl=first .* end=quit`)
	if err := p.end(syscall.SIGTERM); err != nil {
		t.Errorf("end: %v", err)
	}
}

func TestDamaged_MessageIsServedAsOneThatSaysSo(t *testing.T) {
	conf := settings(t, doors)
	var paths []string
	for range 4 {
		path := filepath.Join(t.TempDir(), "mail.eml")
		writeFile(t, path, string(letterAbout(rand.Text()+strings.Repeat(rand.Text(), 3)+rand.Text())))
		paths = append(paths, path)
	}
	do(t, conf, append([]string{"import", "--user", "alice", "--mailbox", "inbox"}, paths...)...)
	spoilt := 0
	err := filepath.WalkDir(filepath.Join(dataDir(conf), "segments"), func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil || len(b) < 400 {
			return err
		}
		spoilt++
		copy(b[len(b)/2:], "these octets were something else once")
		return os.WriteFile(path, b, 0o600)
	})
	if err != nil || spoilt == 0 {
		t.Fatalf("%d files were spoilt, %v", spoilt, err)
	}
	_, address := startServe(t, conf)
	c := dial(t, address)
	c.ok("USER alice")
	c.ok("PASS secret")
	damaged := 0
	for n := 1; n <= len(paths); n++ {
		var same, size int
		if _, err := fmt.Sscanf(c.ok(fmt.Sprint("LIST ", n)), "+OK %d %d", &same, &size); err != nil {
			t.Fatal(err)
		}
		c.ok(fmt.Sprint("RETR ", n))
		body := c.body()
		if got := len(body) + strings.Count(body, "\n"); got != size {
			t.Errorf("message %d has %d octets, listed as %d", n, got, size)
		}
		if strings.Contains(body, "[damaged message]") {
			damaged++
		}
	}
	if damaged == 0 || damaged == len(paths) {
		t.Errorf("%d of %d are damaged", damaged, len(paths))
	}
	c.ok("QUIT")
}
