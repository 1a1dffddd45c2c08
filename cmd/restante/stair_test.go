//go:build linux

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"restante/fetch"
	"restante/fetch/corpora"
	"restante/fetch/peertest"
	"restante/fetch/pop3/pop3test/dovecot"
	"restante/serve/auth"
)

// The whole stair against what a person would join by hand: mpop into a
// Maildir, bogofilter over its files, notmuch to search them. Both take the
// same mail from the same Dovecot, which keeps it, and both filters learnt from
// the same mail before. Ours ends with everything on stable storage, whatever
// the others do.
const (
	stairLearnt = 500
	stairMail   = 4000
)

// cost is what processes took.
type cost struct {
	wall, cpu time.Duration // cpu: user and system
	rss       int64         // octets, of the largest
}

func (c *cost) add(d cost) {
	c.wall += d.wall
	c.cpu += d.cpu
	c.rss = max(c.rss, d.rss)
}

// spend runs a command to its end, which may have other statuses than 0. GNU time
// stands between where there is one: the greatest size of a child of ours else
// begins with our own.
func spend(t testing.TB, cmd *exec.Cmd, statuses ...int) (cost, []byte) {
	t.Helper()
	name := filepath.Base(cmd.Path)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	size := filepath.Join(t.TempDir(), "size")
	gnu, err := exec.LookPath("/usr/bin/time")
	if err == nil {
		cmd.Args = append([]string{gnu, "-q", "-f", "%M", "-o", size, cmd.Path}, cmd.Args[1:]...)
		cmd.Path = gnu
	}
	start := time.Now()
	if err := cmd.Run(); err != nil && !slices.Contains(statuses, cmd.ProcessState.ExitCode()) {
		t.Fatalf("%s: %v\n%s%s", name, err, out.Bytes(), said.Bytes())
	}
	wall, st := time.Since(start), cmd.ProcessState
	kib := st.SysUsage().(*syscall.Rusage).Maxrss // KiB, as GNU time has it
	if text, err := os.ReadFile(size); err == nil {
		if kib, err = strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	return cost{wall: wall, cpu: st.UserTime() + st.SystemTime(), rss: kib << 10}, out.Bytes()
}

// stair is one comparison, ready to run many times.
type stair struct {
	t        testing.TB
	up       *dovecot.Server
	mail     [][]byte
	bin      string
	wordlist string // bogofilter's folder
	learnt   string // a data folder of ours, with a model and no mail
}

// newStair makes a comparison on n messages, which come after those that both
// filters learn from.
func newStair(t testing.TB, n int) *stair {
	t.Helper()
	peertest.Needs(t, "mpop", "bogofilter", "notmuch")
	s := &stair{t: t, mail: corpora.Mail(t, "spamassassin", stairLearnt+n)[stairLearnt:], bin: buildBinary(t)}
	s.up = dovecot.Start(t, dovecot.Options{Mail: s.mail})
	// Dovecot reads all mail once, to know its sizes.
	if m, _ := list(t, s.up.Account("isp", "user", fetch.TLSNone)); m.Quit(t.Context()) != nil {
		t.Fatal("the session with Dovecot broke off")
	}
	ham, spam := labelled(t, stairLearnt)
	s.wordlist, s.learnt = t.TempDir(), t.TempDir()
	for flag, files := range map[string][]string{"-n": ham, "-s": spam} {
		s.bogofilter(files, flag)
	}
	conf := s.settings(s.learnt)
	for flag, files := range map[string][]string{"--ham": ham, "--spam": spam} {
		spend(t, exec.Command(s.bin, append([]string{"-c", conf, "train", "--user", "alice", flag}, files...)...))
	}
	return s
}

// labelled gives the files of a stream's first n messages by what they are.
func labelled(t testing.TB, n int) (ham, spam []string) {
	t.Helper()
	index := corpora.Index(t, "spamassassin")
	text, err := os.ReadFile(index)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.SplitN(string(text), "\n", n+1)[:n] {
		label, path, _ := strings.Cut(line, "\t")
		path = filepath.Join(filepath.Dir(index), path)
		if label == "spam" {
			spam = append(spam, path)
		} else {
			ham = append(ham, path)
		}
	}
	return ham, spam
}

// settings writes a settings file for a data folder, and gives its path.
func (s *stair) settings(dir string) string {
	s.t.Helper()
	phc, err := auth.Hash("secret")
	if err != nil {
		s.t.Fatal(err)
	}
	conf := filepath.Join(dir, "restante.yaml")
	writeFile(s.t, conf, fmt.Sprintf(`data_dir: %s/data
users: [ { name: alice, password_hash: %q } ]
accounts:
  - { name: isp, user: alice, host: 127.0.0.1, port: %d, tls: none, username: user, password: %q, keep: forever }
`, dir, phc, s.up.Plain, dovecot.Password))
	return conf
}

// byHand runs the three programs into empty folders.
func (s *stair) byHand() (mpop, bogofilter, notmuch cost) {
	s.t.Helper()
	dir := s.t.TempDir()
	maildir := filepath.Join(dir, "mail")
	for _, sub := range []string{"cur", "new", "tmp"} {
		if err := os.MkdirAll(filepath.Join(maildir, sub), 0o700); err != nil {
			s.t.Fatal(err)
		}
	}
	rc := filepath.Join(dir, "mpoprc")
	writeFile(s.t, rc, fmt.Sprintf("account isp\nhost 127.0.0.1\nport %d\nuser user\npassword %q\nauth user\ntls off\nkeep on\nuidls_file %s/uidls\ndelivery maildir %s\n",
		s.up.Plain, dovecot.Password, dir, maildir))
	mpop, _ = spend(s.t, exec.Command("mpop", "-q", "-C", rc, "isp"))

	files, err := filepath.Glob(filepath.Join(maildir, "new", "*"))
	if err != nil || len(files) != len(s.mail) {
		s.t.Fatalf("mpop: %d of %d messages, %v", len(files), len(s.mail), err)
	}
	bogofilter, judged := s.bogofilter(files, "-T")
	if n := bytes.Count(judged, []byte("\n")); n != len(s.mail) {
		s.t.Fatalf("bogofilter: judged %d of %d messages", n, len(s.mail))
	}

	settings := filepath.Join(dir, "notmuchrc")
	writeFile(s.t, settings, "[database]\npath="+maildir+"\n[user]\nname=Alice\nprimary_email=alice@example.org\n")
	run := func(args ...string) (cost, []byte) {
		cmd := exec.Command("notmuch", append([]string{"--config=" + settings}, args...)...)
		return spend(s.t, cmd)
	}
	notmuch, _ = run("new", "--quiet")
	// By files, as notmuch shows messages with one Message-ID as one.
	if _, out := run("count", "--output=files", "--exclude=false", "*"); strings.TrimSpace(string(out)) != strconv.Itoa(len(s.mail)) {
		s.t.Fatalf("notmuch: found %s of %d messages", bytes.TrimSpace(out), len(s.mail))
	}
	return mpop, bogofilter, notmuch
}

// bogofilter learns or judges files, in bulk.
func (s *stair) bogofilter(files []string, flag string) (cost, []byte) {
	s.t.Helper()
	cmd := exec.Command("bogofilter", "-C", "-d", s.wordlist, flag, "-b")
	cmd.Stdin = strings.NewReader(strings.Join(files, "\n") + "\n")
	return spend(s.t, cmd, 1, 2) // ham, unsure
}

// byUs runs one fetch of ours, which judges, archives and catalogues.
func (s *stair) byUs() cost {
	s.t.Helper()
	dir := s.t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "data"), os.DirFS(filepath.Join(s.learnt, "data"))); err != nil {
		s.t.Fatal(err)
	}
	conf := s.settings(dir)
	run := func(answer any, args ...string) cost {
		s.t.Helper()
		c, out := spend(s.t, exec.Command(s.bin, append([]string{"-c", conf}, args...)...))
		if err := json.Unmarshal(out, answer); err != nil {
			s.t.Fatalf("%s: %v in %s", args, err, out)
		}
		return c
	}
	var round roundReport
	c := run(&round, "fetch", "--json")
	if round.Taken != len(s.mail) {
		s.t.Fatalf("fetched %d of %d messages", round.Taken, len(s.mail))
	}
	want := round.Taken - round.Known // messages with the same bytes are one
	var proof struct{ Messages int }
	run(&proof, "verify", "--json")
	var found struct{ Total int }
	run(&found, "search", "--json", "--user", "alice", "larger:0")
	if proof.Messages != want || found.Total != want {
		s.t.Fatalf("%d messages verified, %d found, want %d", proof.Messages, found.Total, want)
	}
	return c
}

// TestInterop_StairComparisonRuns sees that both sides of the benchmark end with all
// the mail.
func TestInterop_StairComparisonRuns(t *testing.T) {
	t.Parallel()
	s := newStair(t, 300)
	s.byHand()
	s.byUs()
}

// BenchmarkStair gives the means of its rounds. In each both sides take their
// turn, so that what else the machine does burdens both.
func BenchmarkStair(b *testing.B) {
	s := newStair(b, stairMail)
	var hand, us cost
	for b.Loop() {
		mpop, bogofilter, notmuch := s.byHand()
		ours := s.byUs()
		b.Logf("wall and CPU s: mpop %.2f %.2f, bogofilter %.2f %.2f, notmuch %.2f %.2f, restante %.2f %.2f",
			mpop.wall.Seconds(), mpop.cpu.Seconds(), bogofilter.wall.Seconds(), bogofilter.cpu.Seconds(),
			notmuch.wall.Seconds(), notmuch.cpu.Seconds(), ours.wall.Seconds(), ours.cpu.Seconds())
		for _, c := range []cost{mpop, bogofilter, notmuch} {
			hand.add(c)
		}
		us.add(ours)
	}
	b.ReportMetric(0, "ns/op") // of both sides together: says nothing
	for side, c := range map[string]cost{"hand": hand, "restante": us} {
		b.ReportMetric(c.wall.Seconds()/float64(b.N), side+"-wall-s")
		b.ReportMetric(c.cpu.Seconds()/float64(b.N), side+"-cpu-s")
		b.ReportMetric(float64(c.rss)/(1<<20), side+"-MiB")
	}
	b.ReportMetric(us.wall.Seconds()/hand.wall.Seconds(), "wall-ratio")
	b.ReportMetric(us.cpu.Seconds()/hand.cpu.Seconds(), "cpu-ratio")
}
