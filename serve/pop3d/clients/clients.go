package clients

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"restante/fetch/peertest"
)

// Mode is how a connection is secured.
type Mode string

// The modes.
const (
	Plain Mode = "plain"
	STLS  Mode = "stls"
	TLS   Mode = "tls" // implicit
)

// Maildrop is where mail is downloaded from. Nothing is deleted there.
type Maildrop struct {
	Clear    string // address of the server without TLS and with STLS; its host is localhost, whatever is said
	TLS      string // address with implicit TLS
	CA       []byte // PEM of the certificate, which must be good for localhost
	User     string
	Password string // or token; no quotes, no line ends
	UTF8     bool   // say UTF8 (RFC 6856); poplib alone can
	Auth     string // SASL mechanism to log in by, in lower case, of which curl and mpop have many; empty: a simple one
}

// Message is one message as it came.
type Message struct {
	UID  string // its UIDL, where the client can be made to tell (poplib)
	Body []byte // without dot-stuffing, line ends as the server sent them
}

// Client is a program that downloads mail.
type Client struct {
	Name  string
	Modes []Mode

	// Alters says that the client changes some mail by itself, whatever the
	// server. What it gives is to be compared with what it makes of the same
	// mail from Dovecot.
	Alters bool

	// Slow says that it takes long for each message: a few will do.
	Slow bool

	program string   // that must be installed
	needs   []string // arguments with which it succeeds if it has what else it needs
	local   bool     // it keeps mail with local line ends
	run     func(t testing.TB, p place)
}

// All gives every client, in the order of their names.
func All() []Client {
	all := []Mode{Plain, STLS, TLS}
	return []Client{
		{Name: "curl", program: "curl", Modes: all, run: curl},
		{Name: "fdm", program: "fdm", Modes: all, run: fdm, local: true, Alters: true, Slow: true},
		{Name: "fetchmail", program: "fetchmail", Modes: all, run: fetchmail, local: true, Alters: true},
		{Name: "getmail", program: "getmail", Modes: []Mode{Plain, TLS}, run: getmail, local: true, Alters: true, Slow: true}, // it knows no STLS
		{Name: "mpop", program: "mpop", Modes: all, run: mpop, local: true},
		{Name: "mutt", program: "mutt", Modes: all, run: mutt, local: true, Alters: true, Slow: true},
		{Name: "Net::POP3", program: "perl", needs: []string{"-MIO::Socket::SSL", "-MNet::POP3", "-e1"}, Modes: all, run: perl},
		{Name: "net-pop", program: "ruby", needs: []string{"-rnet/pop", "-e1"}, Modes: []Mode{Plain, TLS}, run: ruby},             // it knows no STLS
		{Name: "node-pop3", program: "node", needs: []string{"-e", "require('node-pop3')"}, Modes: []Mode{Plain, TLS}, run: node}, // nor does this
		{Name: "poplib", program: "python3", Modes: all, run: poplib},
	}
}

// Find gives a client by its name.
func Find(t testing.TB, name string) Client {
	t.Helper()
	for _, c := range All() {
		if c.Name == name {
			return c
		}
	}
	t.Fatalf("no client %q", name)
	return Client{}
}

// Download gets all messages of the maildrop, in no certain order.
func (c Client) Download(t testing.TB, m Maildrop, mode Mode) []Message {
	t.Helper()
	c.installed(t)
	address := m.Clear
	if mode == TLS {
		address = m.TLS
	}
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	p := place{Maildrop: m, mode: mode, port: port, dir: dir, out: filepath.Join(dir, "out"), ca: filepath.Join(dir, "ca.pem")}
	for _, d := range []string{p.out, filepath.Join(dir, "tmp")} {
		if err := os.Mkdir(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	write(t, p.ca, string(m.CA))
	c.run(t, p)
	return c.read(t, p.out)
}

// installed skips the test where the client is not to be had, and fails it in CI.
func (c Client) installed(t testing.TB) {
	t.Helper()
	_, err := exec.LookPath(c.program)
	if err == nil && c.needs != nil {
		err = exec.CommandContext(t.Context(), c.program, c.needs...).Run()
	}
	if err != nil {
		peertest.Missing(t, "%s: %s or what it needs is not installed; function peers of .ci/run names the packages", c.Name, c.program)
	}
}

// read gives the files of a folder as messages. What stands in a file's name
// behind a comma is a UIDL in hex.
func (c Client) read(t testing.TB, dir string) (all []Message) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		body, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if c.local {
			body = bytes.ReplaceAll(body, []byte("\n"), []byte("\r\n"))
		}
		m := Message{Body: body}
		if _, hex, ok := strings.Cut(e.Name(), ","); ok {
			if _, err := fmt.Sscanf(hex, "%x", &m.UID); err != nil {
				t.Fatalf("UIDL %q: %v", hex, err)
			}
		}
		all = append(all, m)
	}
	return all
}

// place is where a client works.
type place struct {
	Maildrop
	mode Mode
	port string
	dir  string // its home
	out  string // where its messages go, a file each
	ca   string // file
}

// pick gives the word for the mode.
func (p place) pick(plain, stls, tls string) string {
	return map[Mode]string{Plain: plain, STLS: stls, TLS: tls}[p.mode]
}

// config writes a settings file and gives its path.
func (p place) config(t testing.TB, name, format string, args ...any) string {
	t.Helper()
	path := filepath.Join(p.dir, name)
	write(t, path, fmt.Sprintf(format, args...))
	return path
}

// patience is how long a client may take.
const patience = time.Minute

// command runs a client in a home of its own.
func (p place) command(t testing.TB, name string, args ...string) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.WaitDelay = 5 * time.Second
	cmd.Dir = p.dir
	cmd.Env = append(os.Environ(), "HOME="+p.dir, "FETCHMAILHOME="+p.dir, "TMPDIR="+filepath.Join(p.dir, "tmp"), "LC_ALL=C")
	var out, faults bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &faults
	if err := cmd.Run(); err != nil {
		said := append(out.Bytes(), faults.Bytes()...)
		t.Fatalf("%s: %v\n%s", name, err, said[max(0, len(said)-2000):])
	}
	return out.Bytes()
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
