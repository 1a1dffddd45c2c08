package pop3d_test

import (
	"bytes"
	"context"
	"encoding/pem"
	"fmt"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"restante/serve/pop3d"
)

// interopMessages is how many messages each client downloads.
const interopMessages = 200

var numberHeader = regexp.MustCompile(`(?m)^X-Number: (\d+)\r?$`)

// awkward gives message n: one kind of trap after the other. No line is longer
// than some 8,000 octets unless long is set.
func awkward(n int, long bool) string {
	header := fmt.Sprintf("From: Ada <ada@example.net>\nTo: bob@example.net\nSubject: number %d\n"+
		"Date: Fri, 02 Jan 2026 03:04:05 +0000\nMessage-ID: <%d@example.net>\nX-Number: %d\n", n, n, n)
	switch n % 10 {
	case 0:
		return header + "\n"
	case 1:
		return header + "\n.\n..\n...\n.leading\n\n.\n"
	case 2:
		return header + "\nno line end at the end"
	case 3:
		return header + "\nLatin-1 \xe9\xe8\xff, UTF-8 é, 日本語, and no text at all: \x80\x9f\x01\x7f\n"
	case 4:
		words := 800
		if long {
			words = 1000 * n / 10
		}
		return header + "\n" + strings.Repeat("long line ", words) + "\n.\n"
	case 5:
		return header + "\n\n\n\ntrailing empty lines\n\n\n\n"
	case 6:
		return header + "X-Folded: one\n\ttwo\n three\n\n" + strings.Repeat(".\n", 5000)
	case 7:
		return header + "\n " + strings.Repeat("x", 509) + "\n." + strings.Repeat("y", 1023) + "\n" + strings.Repeat("z", 4095) + "\n.\n"
	case 8:
		return header + "\n+OK this is text\n-ERR this too\nQUIT\n+ \n\tend\n"
	}
	if n == 9 {
		return header + "\n" + strings.Repeat("all work and no play makes jack a dull boy\n.", (2<<20)/45)
	}
	return header + "Content-Type: text/plain\n\n.first line\nlast line.\n."
}

// peer is a real client: it downloads all of a maildrop and gives each file
// that it made.
type peer struct {
	program string // that must be installed
	user    string // ada; bob has no very long lines, and carl 20 messages only
	modes   string // of plain, stls, tls
	run     func(t *testing.T, p place) []string
}

// place is where a peer finds the server and puts its files.
type place struct {
	dir, port, mode, user string
	ca                    string // PEM file of the server's certificate
}

func TestInterop_ClientsGetEveryOctet(t *testing.T) {
	box := pop3d.NewMemory()
	want := map[string]map[string]string{"ada": {}, "bob": {}, "carl": {}}
	for user, messages := range want {
		box.AddUser(user, "engine one")
		count := interopMessages
		if user == "carl" {
			count = 20
		}
		for n := 1; n <= count; n++ {
			body := awkward(n, user != "bob")
			if _, err := box.Add(user, []byte(body)); err != nil {
				t.Fatal(err)
			}
			messages[fmt.Sprint(n)] = crlf(body)
		}
	}
	s := serve(t, pop3d.Options{Porter: box, Plaintext: pop3d.Loopback})
	peers := map[string]peer{
		"curl":   {"curl", "ada", "plain stls tls", runCurl},
		"poplib": {"python3", "ada", "plain stls tls", runPoplib},
		"mpop":   {"mpop", "ada", "plain stls tls", runMpop},
		// fetchmail 6.4 puts octets of its own into lines of more than 8 KiB.
		"fetchmail": {"fetchmail", "bob", "plain stls tls", runFetchmail},
		// getmail knows no STLS, and waits half a second for each delivery.
		"getmail": {"getmail", "carl", "plain tls", runGetmail},
	}
	for _, name := range slices.Sorted(maps.Keys(peers)) {
		for _, mode := range strings.Fields(peers[name].modes) {
			t.Run(name+"/"+mode, func(t *testing.T) {
				p := peers[name]
				if _, err := exec.LookPath(p.program); err != nil {
					if os.Getenv("CI") == "true" {
						t.Fatalf("%s is not installed", p.program)
					}
					t.Skipf("%s is not installed: apt-get install %s", p.program, p.program)
				}
				address := s.clear
				if mode == "tls" {
					address = s.tls
				}
				_, port, err := net.SplitHostPort(address)
				if err != nil {
					t.Fatal(err)
				}
				dir := t.TempDir()
				ca := filepath.Join(dir, "ca.pem")
				write(t, ca, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: testCert().Certificate[0]})))
				compare(t, want[p.user], p.run(t, place{dir, port, mode, p.user, ca}))
			})
		}
	}
}

// compare wants each message once. Clients that keep local line ends get CRLF
// back first.
func compare(t *testing.T, want map[string]string, got []string) {
	t.Helper()
	seen := map[string]bool{}
	for _, body := range got {
		m := numberHeader.FindStringSubmatch(body)
		if m == nil {
			t.Errorf("a message without a number: %.200q", body)
			continue
		}
		if seen[m[1]] {
			t.Errorf("message %s came twice", m[1])
		}
		seen[m[1]] = true
		if have, want := crlf(body), want[m[1]]; have != want {
			i := 0
			for i < min(len(have), len(want)) && have[i] == want[i] {
				i++
			}
			t.Errorf("message %s differs at octet %d (%d octets, want %d):\n got %.80q\nwant %.80q", m[1], i, len(have), len(want), have[i:], want[i:])
		}
	}
	if len(seen) != len(want) {
		t.Errorf("%d of %d messages came", len(seen), len(want))
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// command runs a client with a home of its own. Its password reaches it by a
// file, never by an argument.
func command(t *testing.T, p place, name string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.WaitDelay = 5 * time.Second
	cmd.Dir = p.dir
	cmd.Env = append(os.Environ(), "HOME="+p.dir, "FETCHMAILHOME="+p.dir, "LC_ALL=C")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out.Bytes()[max(0, out.Len()-2000):])
	}
}

// files reads what lies in a folder.
func files(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, string(text))
	}
	return all
}

// collector gives a shell script that puts its input into a file of its own in
// a folder.
func collector(t *testing.T, p place) (script, out string) {
	t.Helper()
	script, out = filepath.Join(p.dir, "mda.sh"), folder(t, p)
	write(t, script, fmt.Sprintf("cat >\"$(mktemp %s/XXXXXXXXXX)\"\n", out))
	return script, out
}

func folder(t *testing.T, p place) string {
	t.Helper()
	out := filepath.Join(p.dir, "out")
	if err := os.Mkdir(out, 0o700); err != nil {
		t.Fatal(err)
	}
	return out
}
