package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"filippo.io/age"
	"github.com/google/go-cmp/cmp"

	"restante/index/backup"
)

// view is what people and programs see of a house.
type view struct {
	Drops    map[string][]string // UIDL and LIST, by login
	Searches map[string]any
	Scores   map[string]float64
	Lessons  string
	Users    string
}

// letterFile writes an mbox of n letters that have these words.
func letterFile(t testing.TB, path string, n int, words string) {
	t.Helper()
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "From x@example.com Mon Feb  2 10:00:00 2026\nFrom: a@example.com\nSubject: %s %d\nMessage-ID: <%d.%s@x.example>\n\n%s %d\n\n",
			words, i, i, strings.ReplaceAll(words, " ", "."), words, i)
	}
	writeFile(t, path, b.String())
}

// look asks a serving house for everything.
func look(t testing.TB, conf, pop3 string, letters []string) view {
	t.Helper()
	v := view{Drops: map[string][]string{}, Searches: map[string]any{}, Scores: map[string]float64{}}
	for _, name := range []string{"alice", "alice+spam"} {
		c := dial(t, pop3)
		c.ok("USER " + name)
		c.ok("PASS secret")
		for _, ask := range []string{"UIDL", "LIST"} {
			c.ok(ask)
			v.Drops[name] = append(v.Drops[name], c.body())
		}
		c.ok("QUIT")
	}
	for _, q := range []string{"larger:1", "pills", "garden -minutes", "in:spam", `"seaside viewing"`} {
		var answer any
		if err := json.Unmarshal([]byte(do(t, conf, "search", "--user", "alice", "--json", q)), &answer); err != nil {
			t.Fatal(err)
		}
		v.Searches[q] = answer
	}
	for _, path := range letters {
		for line := range strings.Lines(do(t, conf, "classify", "--user", "alice", "--json", path)) {
			var c struct {
				Path  string
				Score float64
			}
			if err := json.Unmarshal([]byte(line), &c); err != nil {
				t.Fatal(err)
			}
			v.Scores[c.Path] = c.Score // shortest form of JSON: to the bit
		}
	}
	v.Lessons, v.Users = do(t, conf, "lessons", "list", "--user", "alice"), do(t, conf, "user", "list")
	return v
}

// lively makes a house that has seen lessons, moves and deletions, and serves.
func lively(t testing.TB, conf string) (p *process, pop3 string, letters []string) {
	t.Helper()
	dir := filepath.Dir(conf)
	at := func(name string) string { return filepath.Join(dir, name) }
	letterFile(t, at("ham.mbox"), 80, "garden minutes of the committee")
	letterFile(t, at("spam.mbox"), 80, "pills seaside viewing balcony")
	letterFile(t, at("new.mbox"), 20, "garden pills and minutes by the seaside")
	p, pop3 = startServe(t, conf)
	do(t, conf, "import", "--user", "alice", at("ham.mbox"), at("spam.mbox"))
	do(t, conf, "train", "--user", "alice", "--ham", at("ham.mbox"))
	do(t, conf, "train", "--user", "alice", "--spam", at("spam.mbox"))
	do(t, conf, "lessons", "undo", "--last", "2")
	writeFile(t, at("pw"), "hunter2hunter2\n")
	do(t, conf, "user", "add", "--password-file", at("pw"), "bob")
	c := dial(t, pop3)
	c.ok("USER alice")
	c.ok("PASS secret")
	c.ok("DELE 3")
	c.ok("DELE 5")
	c.ok("QUIT")
	return p, pop3, []string{at("new.mbox"), at("ham.mbox")}
}

// backedUp makes a house with three letters and the user bob, and a backup of it.
func backedUp(t testing.TB, more string) (conf, dest string) {
	t.Helper()
	conf = settings(t, more)
	at := func(name string) string { return filepath.Join(filepath.Dir(conf), name) }
	letterFile(t, at("mail.mbox"), 3, "garden minutes")
	do(t, conf, "import", "--user", "alice", at("mail.mbox"))
	writeFile(t, at("pw"), "hunter2hunter2\n")
	do(t, conf, "user", "add", "--password-file", at("pw"), "bob")
	do(t, conf, "backup", at("b"))
	return conf, at("b")
}

func TestBackup_OfAServingHouseComesBackAsItWas(t *testing.T) {
	t.Parallel()
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		dest    string
		options []string
	}{
		"folder":           {"b", nil},
		"encrypted folder": {"b", []string{"--recipient", key.Recipient().String()}},
		"tar":              {"b.tar", []string{"--keys"}},
		"encrypted tar":    {"b.tar.age", []string{"--recipient", key.Recipient().String()}},
	} {
		t.Run(name, func(t *testing.T) {
			if testing.Short() && name != "encrypted folder" {
				t.Skip("in short mode one form speaks for all")
			}
			conf := settings(t, doors)
			p, pop3, letters := lively(t, conf)
			dest := filepath.Join(filepath.Dir(conf), c.dest)
			more := filepath.Join(filepath.Dir(conf), "more.mbox")
			letterFile(t, more, 200, "mail that comes while the backup runs")
			args := append([]string{"backup", dest}, c.options...)
			var wait sync.WaitGroup
			wait.Go(func() { finish(t, program(conf, "import", "--user", "alice", more)) })
			for range 3 {
				do(t, conf, args...)
			}
			wait.Wait()
			do(t, conf, args...)
			want := look(t, conf, pop3, letters)
			if len(want.Scores) < 100 || len(want.Drops) != 2 {
				t.Fatalf("only %d scores, %d drops", len(want.Scores), len(want.Drops))
			}
			if err := p.end(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}

			identity := filepath.Join(filepath.Dir(conf), "key")
			writeFile(t, identity, key.String()+"\n")
			bring := func(more ...string) string {
				conf := settings(t, doors)
				out := do(t, conf, append([]string{"restore", dest, "--identity", identity}, more...)...)
				if !strings.Contains(out, " 0 faults") {
					t.Errorf("restore: %s", out)
				}
				return conf
			}
			fresh := bring()
			_, pop3 = startServe(t, fresh)
			if diff := cmp.Diff(want, look(t, fresh, pop3, letters)); diff != "" {
				t.Errorf("(-before +restored):\n%s", diff)
			}
			if isTar(dest) {
				return
			}
			// Those that were made while mail came in are whole, too.
			all, err := backup.List(dest)
			if err != nil || len(all) != 4 {
				t.Fatalf("List = %+v, %v", all, err)
			}
			for _, s := range all[:3] {
				bring("--snapshot", s.Name)
			}
		})
	}
}

// A kill leaves what was there whole; the next backup goes on.
func TestBackup_KilledAtAnyFile(t *testing.T) {
	t.Parallel()
	conf := settings(t, "")
	mail := filepath.Join(filepath.Dir(conf), "mail.mbox")
	letterFile(t, mail, 200, "garden minutes")
	do(t, conf, "import", "--user", "alice", mail)
	dest := filepath.Join(filepath.Dir(conf), "b")
	for files := range 8 {
		p := start(t, program(conf, "backup", dest))
		until(t, "a file of the backup", func() bool {
			n := 0
			filepath.WalkDir(dest, func(_ string, e fs.DirEntry, err error) error {
				if err == nil && !e.IsDir() {
					n++
				}
				return nil
			})
			select {
			case <-p.ended:
				return true
			default:
				return n > files
			}
		})
		p.cmd.Process.Kill() // an error says that it has ended
		p.wait()
	}
	do(t, conf, "backup", dest, "--verify")
	all, err := backup.List(dest)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		do(t, settings(t, ""), "restore", dest, "--snapshot", s.Name)
	}
}

// One house's output may be another's input: ssh does the rest.
func TestBackup_ThroughAPipe(t *testing.T) {
	conf := settings(t, doors)
	mail := filepath.Join(filepath.Dir(conf), "mail.mbox")
	letterFile(t, mail, 3, "garden minutes")
	startServe(t, conf)
	do(t, conf, "import", "--user", "alice", mail)
	restore := program(settings(t, ""), "restore", "-")
	restore.Stdin = strings.NewReader(do(t, conf, "backup", "-"))
	if r := finish(t, restore); r.status != 0 || !strings.Contains(r.out, "3 messages") {
		t.Errorf("exit status %d\n%s%s", r.status, r.out, r.errOut)
	}
}

func TestBackup_IsAChoreOfTheHouse(t *testing.T) {
	t.Parallel()
	dest := filepath.Join(t.TempDir(), "b")
	conf := settings(t, doors+fmt.Sprintf("backup: { to: %q, schedule: \"@every 1s\", keep: 2 }\n", dest))
	startServe(t, conf)
	until(t, "three backups, of which two stay", func() bool {
		all, err := backup.List(dest)
		return err == nil && len(all) == 2 && !backup.Verified(dest).IsZero() && strings.Contains(do(t, conf, "chores"), "1 old snapshots removed")
	})
}
