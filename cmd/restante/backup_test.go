package main

import (
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
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

func TestBackup_OfAServingHouseComesBackAsItWas(t *testing.T) {
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

func TestRebuild_ChangesNothingThatAnybodySees(t *testing.T) {
	conf := settings(t, doors)
	p, pop3, letters := lively(t, conf)
	want := look(t, conf, pop3, letters)
	if err := p.end(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if out := do(t, conf, "rebuild"); !strings.Contains(out, "160 messages") || !strings.Contains(out, " 0 messages came later") {
		t.Errorf("rebuild: %s", out)
	}
	p, pop3 = startServe(t, conf)
	refused(t, 1, []string{"stop that one first"}, conf, "rebuild")
	got := look(t, conf, pop3, letters)
	// Numbers are of the database, and others now.
	for _, v := range []view{want, got} {
		for _, answer := range v.Searches {
			delete(answer.(map[string]any), "next")
			for _, h := range answer.(map[string]any)["hits"].([]any) {
				delete(h.(map[string]any), "id")
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-before +rebuilt):\n%s", diff)
	}
	if err := p.end(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
}

// A kill leaves what was there whole; the next backup goes on.
func TestBackup_KilledAtAnyFile(t *testing.T) {
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

// A restore that was killed before it was whole is begun again, and one that was
// whole is finished by whoever opens the house.
func TestRestore_KilledAtAnyTime(t *testing.T) {
	conf := settings(t, "")
	mail := filepath.Join(filepath.Dir(conf), "mail.mbox")
	letterFile(t, mail, 3, "garden minutes")
	do(t, conf, "import", "--user", "alice", mail)
	dest := filepath.Join(filepath.Dir(conf), "b")
	do(t, conf, "backup", dest)

	fresh := settings(t, "")
	half := filepath.Join(dataDir(fresh), restoringName, "segments")
	if err := os.MkdirAll(half, 0o700); err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(half, "000001.mbox.zst"), "half")
	refused(t, 1, []string{"broken off", "run restante restore again"}, fresh, "verify")
	do(t, fresh, "restore", dest)

	data := dataDir(fresh)
	whole := filepath.Join(data, restoredName)
	if err := os.Mkdir(whole, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"restante.db", "segments"} {
		if err := os.Rename(filepath.Join(data, name), filepath.Join(whole, name)); err != nil {
			t.Fatal(err)
		}
	}
	if out := do(t, fresh, "verify"); !strings.Contains(out, "3 messages") {
		t.Errorf("verify: %s", out)
	}
	if _, err := os.Stat(whole); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s is left: %v", whole, err)
	}
}

// A house that was just brought back may lose its database again, however short it
// served.
func TestRestore_KeepsTheKnowledgeFromTheStart(t *testing.T) {
	conf := settings(t, "")
	mail, pw := filepath.Join(filepath.Dir(conf), "mail.mbox"), filepath.Join(filepath.Dir(conf), "pw")
	letterFile(t, mail, 3, "garden minutes")
	writeFile(t, pw, "hunter2hunter2\n")
	do(t, conf, "import", "--user", "alice", mail)
	do(t, conf, "user", "add", "--password-file", pw, "bob")
	dest := filepath.Join(filepath.Dir(conf), "b")
	do(t, conf, "backup", dest)
	for _, elsewhere := range []string{"", fmt.Sprintf("storage: { blobs: %q }\n", filepath.Join(t.TempDir(), "s"))} {
		fresh := settings(t, elsewhere)
		do(t, fresh, "restore", dest)
		if err := os.Remove(filepath.Join(dataDir(fresh), "restante.db")); err != nil {
			t.Fatal(err)
		}
		if out := do(t, fresh, "user", "list"); !strings.Contains(out, "bob") {
			t.Errorf("after the loss of the database: %s", out)
		}
	}
}

// Without its key an encrypted archive is no use: that is said while the data
// folder is still empty, and the next try succeeds.
func TestRestore_RefusesAnotherKeyOfTheArchiveFirst(t *testing.T) {
	dir := t.TempDir()
	set := func(name, text string) string {
		writeFile(t, filepath.Join(dir, name), text)
		return filepath.Join(dir, name)
	}
	key := fmt.Sprintf("storage: { key_file: %q }\n", set("key", strings.Repeat("ab", 32)))
	other := fmt.Sprintf("storage: { key_file: %q }\n", set("other", strings.Repeat("cd", 32)))
	phrase := fmt.Sprintf("storage: { passphrase_file: %q }\n", set("phrase", "correct horse battery staple\n"))
	conf := settings(t, key)
	letterFile(t, filepath.Join(dir, "mail.mbox"), 3, "garden minutes")
	do(t, conf, "import", "--user", "alice", filepath.Join(dir, "mail.mbox"))
	dest := filepath.Join(dir, "b")
	do(t, conf, "backup", dest)
	fresh := settings(t, "")
	text, err := os.ReadFile(fresh)
	if err != nil {
		t.Fatal(err)
	}
	for _, wrong := range []string{"", other, phrase} {
		writeFile(t, fresh, string(text)+wrong)
		refused(t, 1, []string{"storage.key_file", "Nothing was restored"}, fresh, "restore", dest)
	}
	writeFile(t, fresh, string(text)+key)
	if out := do(t, fresh, "restore", dest); !strings.Contains(out, "3 messages") {
		t.Errorf("restore: %s", out)
	}
}

// Rows and segments may be elsewhere than in the data folder.
func TestRestore_FillsEveryPlaceOfTheSettings(t *testing.T) {
	conf := settings(t, "")
	mail := filepath.Join(filepath.Dir(conf), "mail.mbox")
	letterFile(t, mail, 3, "garden minutes")
	do(t, conf, "import", "--user", "alice", mail)
	dest := filepath.Join(filepath.Dir(conf), "b")
	do(t, conf, "backup", dest)
	dir := t.TempDir()
	blobs, rows := filepath.Join(dir, "segments"), filepath.Join(dir, "rows.db")
	elsewhere := fmt.Sprintf("storage: { blobs: %q, database: %q }\n", blobs, rows)
	do(t, settings(t, elsewhere), "restore", dest)
	for _, path := range []string{rows, filepath.Join(blobs, "000001.mbox.zst")} {
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	}
	refused(t, 1, []string{blobs, "is not empty"}, settings(t, elsewhere), "restore", dest)
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

// A PostgreSQL database is not moved; the new one learns what the old one knew.
func TestRebuild_IntoAnotherPostgreSQL(t *testing.T) {
	first, second := postgresSchema(t), postgresSchema(t)
	conf := settings(t, fmt.Sprintf("storage: { database: %q }\n", first))
	mail, pw := filepath.Join(filepath.Dir(conf), "mail.mbox"), filepath.Join(filepath.Dir(conf), "pw")
	letterFile(t, mail, 3, "garden minutes")
	writeFile(t, pw, "hunter2hunter2\n")
	do(t, conf, "import", "--user", "alice", mail)
	do(t, conf, "user", "add", "--password-file", pw, "bob")
	dest := filepath.Join(filepath.Dir(conf), "b")
	do(t, conf, "backup", dest)
	refused(t, 1, []string{"make an empty database", "left as it is"}, conf, "rebuild")
	text, err := os.ReadFile(conf)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, conf, strings.Replace(string(text), first, second, 1))
	if out := do(t, conf, "rebuild"); !strings.Contains(out, "3 messages") || !strings.Contains(do(t, conf, "user", "list"), "bob") {
		t.Errorf("rebuild: %s", out)
	}
	// A backup of one engine is restored into the other.
	lite := settings(t, "")
	do(t, lite, "restore", dest)
	if out := do(t, lite, "user", "list"); !strings.Contains(out, "bob") {
		t.Errorf("user list: %s", out)
	}
	full := settings(t, fmt.Sprintf("storage: { database: %q }\n", second))
	refused(t, 1, []string{"not empty"}, full, "restore", dest)
	do(t, settings(t, fmt.Sprintf("storage: { database: %q }\n", postgresSchema(t))), "restore", dest)
}

// postgresSchema gives the DSN of an empty schema that ends with the test.
func postgresSchema(t *testing.T) string {
	t.Helper()
	dsn := os.Getenv("RESTANTE_TEST_POSTGRES")
	if dsn == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("RESTANTE_TEST_POSTGRES is not set: want the postgres:// URL of a database for tests")
		}
		t.Skip("RESTANTE_TEST_POSTGRES is not set: no PostgreSQL to test on")
	}
	admin, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("test_%x", rand.Text())
	if _, err := admin.Exec("CREATE SCHEMA " + name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := admin.Exec("DROP SCHEMA " + name + " CASCADE"); err != nil {
			t.Error(err)
		}
		admin.Close()
	})
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("search_path", name)
	u.RawQuery = q.Encode()
	return u.String()
}

func TestBackup_IsAChoreOfTheHouse(t *testing.T) {
	dest := filepath.Join(t.TempDir(), "b")
	conf := settings(t, doors+fmt.Sprintf("backup: { to: %q, schedule: \"@every 1s\", keep: 2 }\n", dest))
	startServe(t, conf)
	until(t, "three backups, of which two stay", func() bool {
		all, err := backup.List(dest)
		return err == nil && len(all) == 2 && !backup.Verified(dest).IsZero() && strings.Contains(do(t, conf, "chores"), "1 old snapshots removed")
	})
}
