package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// A serving house shows what is due by itself. A session that had listed it goes
// on when it is erased, and ends as ever.
func TestServe_ASessionOutlivesWhatExpires(t *testing.T) {
	conf := settings(t, doors+"retention: [{ name: old, keep: 30d }]\nupkeep: { verify: never, expire: \"@every 1s\" }\n")
	mail := filepath.Join(t.TempDir(), "old.mbox")
	var text strings.Builder
	for i := range 2 {
		fmt.Fprintf(&text, "From x@example.com Mon Feb  2 10:00:0%d 2026\nSubject: number %[1]d\n\nNumber %[1]d.\n\n", i)
	}
	writeFile(t, mail, text.String())
	do(t, conf, "import", "--user", "alice", mail)
	p, pop3 := startServe(t, conf)
	p.await(`to expire.* messages=2 new=2 `)
	p.await(`msg=expire done="2 due, 0 held, 0 expired, 0 octets less on disk"`)

	c := dial(t, pop3)
	c.ok("USER alice")
	c.ok("PASS secret")
	c.ok("STAT")
	if out := do(t, conf, "expire", "--now", "--yes"); !strings.Contains(out, "\n2 expired, ") {
		t.Errorf("expire: %q", out)
	}
	if got := c.ask("RETR 1"); !strings.HasPrefix(got, "-ERR [SYS/TEMP]") {
		t.Errorf("RETR of what expired: %q", got)
	}
	c.ok("DELE 2")
	c.ok("QUIT")
	c = dial(t, pop3)
	c.ok("USER alice")
	c.ok("PASS secret")
	if got := c.ask("STAT"); got != "+OK 0 0" {
		t.Errorf("STAT afterwards: %q", got)
	}
	if out := do(t, conf, "chores"); !strings.Contains(out, "expire  20") {
		t.Errorf("chores: %q", out)
	}
}
