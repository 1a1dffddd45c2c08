package main

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"restante/cmd/restante/sample"
)

// someHouse is an env with a house of its own, of users ann and bob.
func someHouse(t *testing.T) *env {
	t.Helper()
	dir := t.TempDir()
	put(t, filepath.Join(dir, "restante.yaml"), "data_dir: "+filepath.Join(dir, "data")+"\nusers: [ { name: ann, password: x }, { name: bob, password: x } ]\n")
	var out bytes.Buffer
	return &env{
		cwd: dir, in: strings.NewReader(""), out: &out, errOut: &out,
		lookup: func(string) (string, bool) { return "", false },
	}
}

// runIn runs a command in an env's house.
func runIn(t *testing.T, e *env, want int, args ...string) string {
	t.Helper()
	out := e.out.(*bytes.Buffer)
	out.Reset()
	again := *e
	again.house = nil
	code := run(t.Context(), &again, append([]string{"-c", filepath.Join(e.cwd, "restante.yaml")}, args...))
	if code != want {
		t.Fatalf("%v: exit status %d, want %d\n%s", args, code, want, out)
	}
	return out.String()
}

// digests counts a user's messages by mailbox and digest.
func digests(t *testing.T, e *env, user string) map[string]int {
	t.Helper()
	got := map[string]int{}
	again := *e
	again.config = filepath.Join(e.cwd, "restante.yaml")
	err := again.withHouse(t.Context(), func(ctx context.Context, h *house) error {
		ids, err := kept(ctx, h, user)
		if err != nil {
			return err
		}
		for _, id := range ids {
			m, err := h.archive.Message(ctx, user, id)
			if err != nil {
				return err
			}
			got[fmt.Sprintf("%s %s %s", m.Mailbox, m.Digest, m.Received.Truncate(time.Second).Format(time.RFC3339))]++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// oddLetters are messages that the sample has no like of.
var oddLetters = map[string]string{
	"inbox": "From here\nSubject: begins as an mbox does\n\nand ends without a line end", "Lists/Go": "Subject: x\nContent-Length: 3\n\nabc\n\nFrom here\n",
	"sent": "\r\n", "Sent": "Subject: case\r\n\r\n\x00\xff\r", "Müller & Co.": "X-Gmail-Labels: Trash\nX-Mozilla-Status: 0009\n\n", "Trash": "Subject: ../../x\n\n>From\n>>From x\n",
}

func TestExport_GivesAnEmptyHouseTheSameMailInTheSameMailboxes(t *testing.T) {
	t.Parallel()
	from := someHouse(t)
	mail := filepath.Join(from.cwd, "mail")
	some := sample.Messages(time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC))
	if testing.Short() {
		some = some[:30]
	}
	for i, m := range some {
		put(t, fmt.Sprintf("%s/%s/%03d.eml", mail, []string{"inbox", "spam", "Lists/Go"}[i%3], i), string(m.Raw))
	}
	runIn(t, from, 0, "import", "--user", "ann", "--mailboxes", "exact", mail)
	for box, text := range oddLetters {
		runIn(t, from, 0, "import", "--user", "ann", "--mailbox", box, maildirOf(t, from.cwd, text))
	}
	want := digests(t, from, "ann")
	if n := sum(want); n < len(some)+len(oddLetters)-1 { // one may be there twice
		t.Fatalf("only %d messages are there", n)
	}
	for _, format := range []string{"mbox", "maildir", "eml", "zip"} {
		t.Run(format, func(t *testing.T) {
			dest := filepath.Join(t.TempDir(), "out")
			runIn(t, from, 0, "export", "--user", "ann", "--all", "--format", format, dest)
			to := someHouse(t)
			runIn(t, to, 0, "import", "--user", "bob", "--mailboxes", "exact", dest)
			want, got := want, digests(t, to, "bob")
			if format == "eml" || format == "zip" { // a time in the header is believed first
				want, got = untimed(want), untimed(got)
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("not the same: %s", d)
			}
			if format != "mbox" {
				return // a second time is the same for all
			}
			if said := runIn(t, to, 0, "import", "--user", "bob", "--mailboxes", "exact", dest); !strings.Contains(said, " 0 new, ") {
				t.Errorf("a second time: %s", said)
			}
		})
	}
}

func untimed(all map[string]int) map[string]int {
	out := map[string]int{}
	for k, n := range all {
		out[k[:strings.LastIndexByte(k, ' ')]] += n
	}
	return out
}

func sum(all map[string]int) (n int) {
	for v := range maps.Values(all) {
		n += v
	}
	return n
}

// maildirOf holds one message, which a Maildir carries whatever it is.
func maildirOf(t *testing.T, dir, text string) string {
	t.Helper()
	box, err := os.MkdirTemp(dir, "maildir")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(box, "new"), 0o700); err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(box, "cur", "1600000000.x.host:2,S"), text)
	return box
}

// put writes a file and the folders above it.
func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// More than a page of hits, and none twice.
func TestExport_ByQueryTakesAllHits(t *testing.T) {
	t.Parallel()
	e := someHouse(t)
	var b strings.Builder
	for i := range 1100 {
		fmt.Fprintf(&b, "From x@example.com Mon Feb  2 10:00:00 2026\nSubject: %s\nMessage-ID: <%d@example.com>\n\n%d\n\n", []string{"odd", "even"}[i%2], i, i)
	}
	put(t, filepath.Join(e.cwd, "box"), b.String())
	runIn(t, e, 0, "import", "--user", "ann", "box")
	for query, want := range map[string]int{"subject:odd": 550, "subject:odd OR subject:even": 1100, "subject:neither": 0} {
		dest := filepath.Join(t.TempDir(), "out.zip")
		said := runIn(t, e, 0, "export", "--user", "ann", "--query", query, "--format", "zip", dest)
		if !strings.HasPrefix(said, fmt.Sprintf("%s: %d messages, ", dest, want)) {
			t.Errorf("%s: %s", query, said)
		}
	}
}

func TestExport_StopsWhereItIsCalledOff(t *testing.T) {
	e := someHouse(t)
	put(t, filepath.Join(e.cwd, "x.eml"), "Subject: x\n\n")
	runIn(t, e, 0, "import", "--user", "ann", "x.eml")
	e.config = filepath.Join(e.cwd, "restante.yaml")
	err := e.withHouse(t.Context(), func(ctx context.Context, h *house) error {
		chosen, err := e.chosen(ctx, h, &exporting{user: "ann", all: true}, nil)
		if err != nil || len(chosen) != 1 {
			t.Fatalf("%d chosen, %v", len(chosen), err)
		}
		called, stop := context.WithCancel(ctx)
		stop()
		w, err := e.exportTo(&exporting{format: "zip"}, "out.zip")
		if err != nil {
			return err
		}
		if err := e.exportAll(called, h, &exporting{user: "ann"}, chosen, w, &exportReport{Mailboxes: map[string]int{}}); err != context.Canceled {
			t.Errorf("exportAll = %v", err)
		}
		return w.Abort()
	})
	if err != nil {
		t.Fatal(err)
	}
	left, err := filepath.Glob(filepath.Join(e.cwd, "*zip*"))
	hidden, _ := filepath.Glob(filepath.Join(e.cwd, ".*"))
	if err != nil || len(left)+len(hidden) > 0 {
		t.Errorf("%q and %q stay behind, %v", left, hidden, err)
	}
}
