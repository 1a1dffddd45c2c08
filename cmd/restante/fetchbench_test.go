//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"restante/configs"
	"restante/fetch"
	"restante/fetch/corpora"
	"restante/fetch/pop3"
	"restante/fetch/pop3/pop3test"
	"restante/fetch/pop3/pop3test/dovecot"
	"restante/filter"
	"restante/filter/letter"
)

// The benchmark of fetching: everybody empties the same maildrop of the same
// Dovecot into folders of its own, at a distance or not, under TLS or not. Each
// message is deleted upstream, and is on stable storage before (but for
// fetchmail's --bsmtp, which does not care). In each round all take their turn,
// so that what else the machine does burdens all.

// benchMail is what is pulled: real mail, and what people attach to it.
func benchMail(t testing.TB, n int, attached bool) [][]byte {
	t.Helper()
	mail := corpora.Mail(t, "spamassassin", n)
	if len(mail) < n {
		t.Skipf("the corpus has %d of %d messages", len(mail), n)
	}
	if !attached {
		return mail
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for i, m := range mail {
		// Of any size up to 70 kB, so that a message has 40 kB in the mean.
		mail[i] = attach(m, rng, rng.IntN(70_000))
	}
	return mail
}

var contentField = regexp.MustCompile(`(?im)^(content-[a-z-]+|mime-version):[^\n]*\n([ \t][^\n]*\n)*`)

// attach makes a message the first part of one that has an attachment of so many
// octets of base64.
func attach(msg []byte, rng *rand.Rand, octets int) []byte {
	head, body, _ := bytes.Cut(msg, []byte("\n\n"))
	head = append(bytes.TrimRight(head, "\r\n"), '\n')
	var out bytes.Buffer
	out.Write(contentField.ReplaceAll(head, nil))
	boundary := fmt.Sprintf("=-%016x", rng.Uint64())
	fmt.Fprintf(&out, "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=%q\n\n--%s\n", boundary, boundary)
	for _, field := range contentField.FindAll(head, -1) {
		if !bytes.HasPrefix(bytes.ToLower(field), []byte("mime")) {
			out.Write(field)
		}
	}
	fmt.Fprintf(&out, "\n%s\n--%s\nContent-Type: application/octet-stream; name=\"a.bin\"\nContent-Transfer-Encoding: base64\n\n", body, boundary)
	raw := make([]byte, octets/78*57)
	for i := range raw {
		raw[i] = byte(rng.Uint32())
	}
	for ; len(raw) > 0; raw = raw[57:] {
		out.WriteString(base64.StdEncoding.EncodeToString(raw[:57]))
		out.WriteString("\n")
	}
	fmt.Fprintf(&out, "\n--%s--\n", boundary)
	return out.Bytes()
}

// race is one comparison, ready to run many times.
type race struct {
	t     testing.TB
	up    *dovecot.Server
	proxy *pop3test.Proxy // nil: no distance
	mail  [][]byte
	tls   bool
	bin   string
}

func newRace(t testing.TB, up *dovecot.Server, bin string, mail [][]byte, delay time.Duration, tls bool) *race {
	r := &race{t: t, up: up, mail: mail, tls: tls, bin: bin}
	if delay > 0 {
		_, port := r.upstream()
		r.proxy = pop3test.NewProxy(t, pop3test.ProxyOptions{Upstream: fmt.Sprintf("127.0.0.1:%d", port), Delay: delay})
	}
	return r
}

// upstream is where Dovecot is.
func (r *race) upstream() (fetch.TLSMode, int) {
	if r.tls {
		return fetch.TLSImplicit, r.up.TLS
	}
	return fetch.TLSNone, r.up.Plain
}

// port is where the puller goes.
func (r *race) port() int {
	mode, _ := r.upstream()
	a := r.up.Account("isp", "user", mode)
	if r.proxy != nil {
		a = r.proxy.Account(a)
	}
	return a.Port
}

// fill puts the mail into the maildrop, and has Dovecot read it once to know its
// sizes.
func (r *race) fill() {
	r.t.Helper()
	// Dovecot takes a file name that it has deleted for a mistake.
	if err := os.RemoveAll(filepath.Join(r.up.Home, "user")); err != nil {
		r.t.Fatal(err)
	}
	r.up.Deliver("user", r.mail...)
	m, items := list(r.t, r.up.Account("isp", "user", fetch.TLSNone))
	if m.Quit(r.t.Context()) != nil || len(items) != len(r.mail) {
		r.t.Fatalf("Dovecot lists %d of %d messages", len(items), len(r.mail))
	}
}

// puller is a program that empties a maildrop.
type puller struct {
	name  string
	needs string // the program
	// make writes what the program needs to know into a folder, and gives the
	// command that does one round.
	make func(r *race, dir string) *exec.Cmd
	// got counts the messages in its folder.
	got func(r *race, dir string) int
}

func pullers() []puller {
	return []puller{
		{"mpop", "mpop", mpopPuller, inMaildir},
		{"fetchmail-bsmtp", "fetchmail", fetchmailBSMTP, inBSMTP},
		{"fetchmail-mda", "fetchmail", fetchmailMDA, inMaildir},
		{"fdm", "fdm", fdmPuller, inMaildir},
		{"getmail", "getmail", getmailPuller, inMaildir},
		{"restante-bare", "", barePuller, inArchive},
		{"restante", "", stairPuller, inCatalogue},
	}
}

// there tells whether a puller's program is on this machine.
func (p puller) there() bool {
	if p.needs == "" {
		return true
	}
	_, err := exec.LookPath(p.needs)
	return err == nil
}

// folder makes one for a puller, which others may pass through: some do not
// work as root.
func (r *race) folder() string {
	r.t.Helper()
	dir, err := os.MkdirTemp("", "pull")
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		r.t.Fatal(err)
	}
	return dir
}

// pull runs one round of a puller, and sees that all mail was moved.
func (r *race) pull(p puller) cost {
	r.t.Helper()
	r.fill()
	dir := r.folder()
	defer os.RemoveAll(dir)
	c, _ := spend(r.t, p.make(r, dir))
	r.check(p, dir)
	return c
}

// syncs counts the calls of a round that put something on stable storage.
func (r *race) syncs(p puller) int {
	r.t.Helper()
	r.fill()
	dir := r.folder()
	defer os.RemoveAll(dir)
	cmd := p.make(r, dir)
	table := filepath.Join(dir, "strace")
	traced := exec.Command("strace", append([]string{"-f", "-qq", "-e", "trace=fsync,fdatasync,sync,syncfs,sync_file_range", "-o", table}, cmd.Args...)...)
	traced.Env = cmd.Env
	spend(r.t, traced)
	r.check(p, dir)
	text, err := os.ReadFile(table)
	if err != nil {
		r.t.Fatal(err)
	}
	return len(regexp.MustCompile(`(?m)sync[a-z_]*\(`).FindAll(text, -1))
}

func (r *race) check(p puller, dir string) {
	r.t.Helper()
	if left := len(r.up.Remaining("user")); left != 0 {
		r.t.Fatalf("%s left %d of %d messages upstream", p.name, left, len(r.mail))
	}
	if got := p.got(r, dir); got != len(r.mail) {
		r.t.Fatalf("%s has %d of %d messages", p.name, got, len(r.mail))
	}
}

// inMaildir counts the messages of a Maildir.
func inMaildir(r *race, dir string) int {
	files, err := filepath.Glob(filepath.Join(dir, "mail", "new", "*"))
	if err != nil {
		r.t.Fatal(err)
	}
	return len(files)
}

func inBSMTP(r *race, dir string) int {
	b, err := os.ReadFile(filepath.Join(dir, "bsmtp"))
	if err != nil {
		r.t.Fatal(err)
	}
	return len(regexp.MustCompile(`(?m)^RCPT TO:.*\r\nDATA\r$`).FindAll(b, -1))
}

// ask runs the program on a puller's folder for a JSON answer.
func (r *race) ask(dir string, answer any, args ...string) {
	r.t.Helper()
	_, out := spend(r.t, exec.Command(r.bin, append([]string{"-c", filepath.Join(dir, "restante.yaml")}, args...)...))
	if err := json.Unmarshal(out, answer); err != nil {
		r.t.Fatalf("%s: %v in %s", args, err, out)
	}
}

// inArchive counts the messages that verify finds; twins are one.
func inArchive(r *race, dir string) int {
	var proof struct{ Messages int }
	r.ask(dir, &proof, "verify", "--json")
	return proof.Messages + twins(r.mail)
}

// inCatalogue counts those that can be found too.
func inCatalogue(r *race, dir string) int {
	var found struct{ Total int }
	r.ask(dir, &found, "search", "--json", "--user", "alice", "larger:0")
	return min(found.Total+twins(r.mail), inArchive(r, dir))
}

func twins(mail [][]byte) int { return len(mail) - len(unique(mail)) }

// barePuller is restante without judging: see fetchBare.
func barePuller(r *race, dir string) *exec.Cmd {
	return exec.Command("restante-bare", r.settings(dir))
}

func stairPuller(r *race, dir string) *exec.Cmd {
	return exec.Command(r.bin, "-c", r.settings(dir), "fetch", "--json")
}

func (r *race) settings(dir string) string {
	mode, _ := r.upstream()
	more := ""
	if r.tls {
		more = fmt.Sprintf(", ca_file: %q", r.up.CAFile)
	}
	conf := filepath.Join(dir, "restante.yaml")
	writeFile(r.t, conf, fmt.Sprintf(`data_dir: %s/data
users: [ { name: alice, password_hash: %q } ]
accounts:
  - { name: isp, user: alice, host: 127.0.0.1, port: %d, tls: %s, username: user, password: %q, keep: 0%s }
`, dir, benchHash, r.port(), mode, dovecot.Password, more))
	return conf
}

// benchHash is of a password that nobody needs: to make one takes a while.
const benchHash = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

func init() { programs["restante-bare"] = fetchBare }

// fetchBare is what restante-bare does: one round with the archive's own sink, on
// the settings file that is its argument, with judging left out. Nothing is
// opened, nothing judged, and the catalogue does not follow. All else is as it
// is, stable storage included.
func fetchBare() {
	err := func() error {
		ctx := context.Background()
		cfg, err := configs.Load(os.Args[1], configs.Options{CheckSchedule: checkSchedule})
		if err != nil {
			return err
		}
		h, err := open(ctx, cfg, newLog(cfg.Log, os.Stderr, quietly))
		if err != nil {
			return err
		}
		f := fetch.New(fetch.Options{
			Dialer: pop3.New(pop3.Options{Log: h.log, Quirks: h.store}), Ledger: h.store, Sink: bareSink{h},
			Spool: spoolDir(cfg), Log: h.log,
		})
		_, err = f.Round(ctx, h.accounts[0])
		if cerr := h.close(ctx); err == nil {
			err = cerr
		}
		return err
	}()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// bareSink shelves without judging.
type bareSink struct{ h *house }

var unjudged = filter.Verdict{Class: filter.Unsure, Score: 0.5, Mailbox: filter.Inbox}

func (s bareSink) Deliver(ctx context.Context, p *fetch.Parcel) error {
	return s.h.archive.Shelve(ctx, &filter.Sorted{Parcel: p, Letter: &letter.Letter{Size: p.Size}, Verdict: unjudged})
}
