package main

import (
	"encoding/base64"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"restante/serve/pop3d"
)

// A trace tells the dialogue, and neither a password in any form nor any mail.
func TestTrace_TellsTheDialogueAndNoSecret(t *testing.T) {
	t.Parallel()
	const subject, body = "Xq7-subject", "Xq7-body"
	conf := settings(t, doors)
	text, err := os.ReadFile(conf)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, conf, strings.ReplaceAll(string(text), "password: secret", "password: "+canaryOwn))
	mail := filepath.Join(t.TempDir(), "mail")
	if err := os.Mkdir(mail, 0o700); err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(mail, "1.eml"), "From: ada@example.net\nSubject: "+subject+"\n\n"+body+"\n")
	do(t, conf, "import", "--user", "alice", "--mailbox", "inbox", mail)
	_, pop3 := startServe(t, conf)
	said := do(t, conf, "trace", "--user", "alice")
	path := regexp.MustCompile(`alice: sessions that begin in the next 1h0m0s are written to (\S+)`).FindStringSubmatch(said)
	if path == nil {
		t.Fatalf("trace: %q", said)
	}
	if info, err := os.Stat(path[1]); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%s: %v, %v", path[1], info, err)
	}

	plain := base64.StdEncoding.EncodeToString([]byte("\x00alice\x00" + canaryOwn))
	wrong := base64.StdEncoding.EncodeToString([]byte("\x00alice\x00" + canaryWrong))
	if got := blurt(t, pop3, plain, wrong); !strings.Contains(got, body) {
		t.Errorf("RETR gave %q", got)
	}
	other := dial(t, pop3)
	other.ok("USER bob")
	other.ask("PASS " + canaryWrong)
	other.ok("QUIT")
	if got := do(t, conf, "trace", "--user", "alice", "--end"); got != "alice: 1 traces ended\n" {
		t.Errorf("--end: %q", got)
	}
	unheard := dial(t, pop3)
	unheard.ok("USER alice")
	unheard.ok("PASS " + canaryOwn)
	unheard.ok("NOOP")
	unheard.ok("QUIT")

	heard, err := os.ReadFile(path[1])
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{canaryOwn, canaryWrong, plain, wrong, subject, body, "ada@", "bob"} {
		if strings.Contains(strings.ToLower(string(heard)), strings.ToLower(secret)) {
			t.Errorf("%s is told", secret)
		}
	}
	want := regexp.MustCompile(strings.Join([]string{`^S: \+OK restante ready`, `C: CAPA`, `S: \+OK [^|]*`, `S: \[capabilities\]`, `C: \?`, `S: -ERR [^|]*`,
		`C: \?`, `S: -ERR [^|]*`, `C: USER "alice"`, `S: \+OK [^|]*`, `C: PASS \*\*\*`, `S: -ERR \[AUTH\] [^|]*`, `C: AUTH PLAIN \*\*\*`, `S: -ERR \[AUTH\] [^|]*`,
		`C: AUTH PLAIN`, `S: \+ `, `C: \*\*\*`, `S: \+OK [^|]*`, `C: STAT`, `S: \+OK 1 \d+`, `C: UIDL`, `S: \[1 lines\]`, `C: RETR 1`, `S: \[\d+ octets\]`,
		`C: LIST 1`, `S: \[1 line\]`, `C: RETR \*\*\*`, `S: -ERR [^|]*`, `C: QUIT`, `S: \+OK [^|]*`, `-- quit$`}, `\|`))
	if got := strings.Join(dialogue(t, string(heard)), "|"); !want.MatchString(got) {
		t.Errorf("heard %s", strings.ReplaceAll(got, "|", "\n"))
	}
}

// blurt holds a session of alice's that says secrets wherever one can be said, and
// gives what RETR gave.
func blurt(t *testing.T, pop3, plain, wrong string) (mail string) {
	t.Helper()
	c := dial(t, pop3)
	c.ask("CAPA")
	c.body()
	c.ask("XYZZY " + canaryOwn)
	c.ask(canaryOwn)
	c.ok("USER alice")
	c.ask("PASS " + canaryWrong)
	c.ask("AUTH PLAIN " + wrong)
	c.ask("AUTH PLAIN")
	c.ok(plain)
	c.ok("STAT")
	c.ok("UIDL")
	c.body()
	c.ok("RETR 1")
	mail = c.body()
	c.ok("LIST 1")
	c.ask("RETR " + canaryOwn)
	c.ok("QUIT")
	return mail
}

// dialogue gives the lines of a trace without when and who.
func dialogue(t *testing.T, trace string) (lines []string) {
	t.Helper()
	form := regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z \d+ 127\.0\.0\.1 (.*)$`)
	for line := range strings.Lines(trace) {
		m := form.FindStringSubmatch(strings.TrimSuffix(line, "\n"))
		if m == nil {
			t.Fatalf("a line is %q", line)
		}
		lines = append(lines, m[1])
	}
	return lines
}

func TestTrace_EndsByItselfAndWhenItsFileIsFull(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		var o overhearing
		path, err := o.start(dir, "alice", "phone", time.Hour, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		remote := netip.MustParseAddr("192.0.2.1")
		if o.Hears("alice", pop3d.Label{Owner: "alice", Device: "laptop"}, remote) != nil || o.Hears("bob", pop3d.Label{Owner: "bob", Device: "phone"}, remote) != nil {
			t.Error("another device or user is heard")
		}
		hear := o.Hears("alice", pop3d.Label{Owner: "alice", Device: "phone"}, remote)
		if hear == nil || !o.Listens() {
			t.Fatal("nobody hears")
		}
		hear(time.Now(), "C: NOOP")
		time.Sleep(time.Hour)
		synctest.Wait()
		if o.Listens() {
			t.Error("somebody hears after an hour")
		}
		hear(time.Now(), "C: QUIT")
		if b, err := os.ReadFile(path); err != nil || string(b) != "2000-01-01T00:00:00.000Z 1 192.0.2.1 C: NOOP\n" {
			t.Errorf("%q, %v", b, err)
		}

		path, err = o.start(dir, "alice", "", time.Hour, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		hear = o.Hears("alice", pop3d.Label{}, remote)
		for range 20 {
			hear(time.Now(), "S: "+strings.Repeat("x", 1<<20))
		}
		if info, err := os.Stat(path); err != nil || info.Size() > maxTraceSize+100 || info.Size() < maxTraceSize/2 {
			t.Errorf("%v, %v", info, err)
		}
		o.end(func(*trace) bool { return true })
	})
}

func TestTrace_OldOnesAreRemovedAndNothingElse(t *testing.T) {
	dir, now := t.TempDir(), time.Now()
	put := func(name string, octets int64, age time.Duration) {
		t.Helper()
		path := filepath.Join(dir, name)
		writeFile(t, path, "")
		if err := errors.Join(os.Truncate(path, octets), os.Chtimes(path, time.Time{}, now.Add(-age))); err != nil {
			t.Fatal(err)
		}
	}
	var o overhearing
	if n, err := o.prune(filepath.Join(dir, "nowhere"), now); n != 0 || err != nil {
		t.Errorf("no folder: %d, %v", n, err)
	}
	going, err := o.start(dir, "alice", "", time.Hour, now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { o.end(func(*trace) bool { return true }) })
	if err := os.Chtimes(going, time.Time{}, now.Add(-30*24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	const day = 24 * time.Hour
	put("20260101T000000Z-1.log", 10, 8*day)
	put("20260102T000000Z-2.log", 10, 6*day)
	put("20260103T000000Z-3.log", 200<<20, 2*day) // sparse: it takes no room
	put("20260104T000000Z-4.log", 100<<20, day)
	put("notes.log", 10, 100*day)
	put("20260101T000000Z-1.log.mine", 10, 100*day)
	if err := os.Symlink(filepath.Join(dir, "notes.log"), filepath.Join(dir, "20250101T000000Z-5.log")); err != nil {
		t.Fatal(err)
	}
	for _, want := range []int{3, 0} { // the first is old, and the second and third are too much beside the fourth
		if n, err := o.prune(dir, now); n != want || err != nil {
			t.Errorf("%d removed, %v, want %d", n, err, want)
		}
	}
	var left []string
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		left = append(left, e.Name())
	}
	want := []string{"20250101T000000Z-5.log", "20260101T000000Z-1.log.mine", "20260104T000000Z-4.log", filepath.Base(going), "notes.log"}
	slices.Sort(want)
	if !slices.Equal(left, want) {
		t.Errorf("left are %q, want %q", left, want)
	}
}
