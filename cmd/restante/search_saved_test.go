package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// A saved search is a mailbox for POP3 programs, which grows as mail comes.
func TestServe_ASavedSearchIsAMailbox(t *testing.T) {
	conf := settings(t, doors)
	letters := func(name string, numbers ...int) string {
		var text strings.Builder
		for _, i := range numbers {
			fmt.Fprintf(&text, "From x@example.com Mon Feb  2 10:00:0%d 2026\nSubject: number %[1]d\n\nNumber %[1]d is odd: %[2]v.\n\n", i, i%2 == 1)
		}
		mail := filepath.Join(t.TempDir(), name)
		writeFile(t, mail, text.String())
		return mail
	}
	do(t, conf, "import", "--user", "alice", letters("1.mbox", 1, 2, 3))
	do(t, conf, "saved", "add", "--user", "alice", "--name", "odd", `"odd true"`)
	_, pop3 := startServe(t, conf)
	for _, want := range []string{"+OK 2 ", "+OK 3 "} {
		c := dial(t, pop3)
		c.ok("USER alice+odd")
		c.ok("PASS secret")
		if got := c.ask("STAT"); !strings.HasPrefix(got, want) {
			t.Errorf("STAT: %q, want %q", got, want)
		}
		c.ok("QUIT")
		do(t, conf, "import", "--user", "alice", letters("2.mbox", 5, 6))
		do(t, conf, "search", "--user", "alice", "odd") // waits for the catalogue
	}
}
