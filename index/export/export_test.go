package export_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"restante/fetch"
	"restante/fetch/mbox"
	"restante/fetch/peertest"
	"restante/index/export"
)

// letters are messages that some format or other has trouble with.
var letters = []string{
	"Subject: plain\r\n\r\nhello\r\n",
	"Subject: no end\n\nhello",
	"Subject: carriage return at the end\n\nhello\r",
	"From here on\nSubject: begins as an mbox does\n\n>From there\n>>From us\nFrom x Thu Jan  1 00:00:01 2026\n",
	"Subject: with a length\nContent-Length: 6\n\nhello\n\n\n\n",
	"X-Mozilla-Status: 0009\nX-Gmail-Labels: Trash\nSubject: said to be deleted\n\n",
	"Subject: NULs\n\n\x00\x00\xff\xfe\n",
	"",
	"\n",
	"\r\n\r\n",
	"no header at all",
	"Subject: =?UTF-8?B?4oCuLi4vLi4vZXRjL3Bhc3N3ZA==?=\n\n../../ and a right-to-left mark\n",
	"Subject: CON\n\nreserved\n",
	"Subject: " + strings.Repeat("long ", 100) + "\n\nlong\n",
	"Subject: a\x1b[31m/b\\c:d*e?f\"g<h>i|j\n\nhostile\n",
	"1234\nbegins with a number\n",
	"PK\x03\x04 begins as a zip does\n",
}

// mailboxes are names that some file system has trouble with.
var mailboxes = []string{
	"inbox", "spam", "Lists/Go", "Lists", "Entwürfe", "a.b", "A&B", "CON", "..", "../../etc", "/abs", "a//b", "sent", "Sent", "x.mbox", "x.mbox/y",
	".hidden", "日本/語", strings.Repeat("ü", 80), "end.", "-rf", "mbox", "Takeout/Mail/x", "a b", "~", "tmp", "cur", "x.sbd/y", "Trash",
}

// sent are all of these, each letter in some mailbox and each mailbox with some
// letter.
func sent() (all []export.Message) {
	for i := range max(len(letters), len(mailboxes)) {
		text := letters[i%len(letters)]
		if i >= len(letters) {
			text += fmt.Sprint(i)
		}
		all = append(all, export.Message{
			UID: fmt.Sprintf("abcdefghijkl%04d", i), Mailbox: mailboxes[i%len(mailboxes)], Seen: i%2 == 0,
			Received: time.Date(2024, 2, 3, 4, 5, i, 0, time.UTC), Open: func() io.Reader { return strings.NewReader(text) },
		})
	}
	return all
}

type kept struct {
	Mailbox, Text string
	Received      time.Time
}

func wanted(all []export.Message) (out []kept) {
	for _, m := range all {
		b, _ := io.ReadAll(m.Open()) // a string
		out = append(out, kept{m.Mailbox, string(b), m.Received})
	}
	return out
}

// back brings an export in again.
func back(t testing.TB, path string) (out []kept) {
	t.Helper()
	s, err := mbox.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	s.Mailboxes = &mbox.Mailboxes{Exact: true}
	items, err := s.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	err = s.Retrieve(t.Context(), items, func(it fetch.Item, r io.Reader, err error) error {
		if err != nil {
			return err
		}
		b, err := io.ReadAll(r)
		out = append(out, kept{s.Mailbox(it), string(b), s.Received(it)})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range s.Skipped() {
		t.Errorf("passed over: %+v", k)
	}
	return out
}

func write(t testing.TB, f export.Format, path string, one bool, all []export.Message) {
	t.Helper()
	w, err := export.Create(f, path, one)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range all {
		if err := w.Put(m); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := w.Abort(); err != nil {
		t.Errorf("Abort after Close: %v", err)
	}
}

func sorted(all []kept) []kept {
	slices.SortFunc(all, func(a, b kept) int { return strings.Compare(a.Text+"\x00"+a.Mailbox, b.Text+"\x00"+b.Mailbox) })
	return all
}

func TestCreate_EveryFormatGivesBackWhatWentIn(t *testing.T) {
	all := sent()
	for _, f := range export.Formats() {
		t.Run(string(f), func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "out")
			write(t, f, path, false, all)
			want, got := wanted(all), back(t, path)
			if d := cmp.Diff(sorted(want), sorted(got)); d != "" {
				t.Error(d)
			}
			namesAreHarmless(t, path)
		})
	}
}

// namesAreHarmless looks for names that some system cannot have, or that mean
// something else there.
func namesAreHarmless(t *testing.T, root string) {
	t.Helper()
	seen := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, _ os.DirEntry, err error) error {
		name := filepath.Base(path)
		maildir := strings.Contains(path, "/cur/") || strings.HasPrefix(name, ".")
		if !maildir && strings.ContainsAny(name, `<>:"\|?*`) || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\u202e' }) {
			t.Errorf("odd name %q", path)
		}
		if len(name) > 255 || strings.HasSuffix(name, ".") || seen[strings.ToLower(path)] {
			t.Errorf("name %q of %d octets", path, len(name))
		}
		seen[strings.ToLower(path)] = true
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestCreate_OneFileHoldsAllMailboxes(t *testing.T) {
	all := sent()
	path := filepath.Join(t.TempDir(), "all.mbox")
	write(t, export.Mbox, path, true, all)
	var want, got []string
	for _, k := range wanted(all) {
		want = append(want, k.Text)
	}
	for _, k := range back(t, path) {
		got = append(got, k.Text)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	var b strings.Builder
	w := export.Stream(&b)
	for _, m := range all {
		if err := w.Put(m); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(path)
	if err != nil || b.String() != string(file) {
		t.Errorf("the stream has %d octets, the file %d, %v", b.Len(), len(file), err)
	}
}

func TestCreate_ManyMailboxesNeedFewOpenFiles(t *testing.T) {
	var all []export.Message
	for i := range 300 {
		text := fmt.Sprintf("Subject: %d\n\n", i)
		all = append(all, export.Message{UID: fmt.Sprint(i), Mailbox: fmt.Sprintf("box/%d", i%100), Open: func() io.Reader { return strings.NewReader(text) }})
	}
	path := filepath.Join(t.TempDir(), "out")
	write(t, export.Mbox, path, false, all)
	if got := back(t, path); len(got) != 300 {
		t.Errorf("%d messages", len(got))
	}
}

func TestCreate_OverwritesNothing(t *testing.T) {
	dir := t.TempDir()
	file, full := filepath.Join(dir, "file"), filepath.Join(dir, "full")
	if err := errors.Join(os.WriteFile(file, []byte("x"), 0o600), os.Mkdir(full, 0o700), os.WriteFile(full+"/x", nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	for _, f := range export.Formats() {
		for _, path := range []string{file, full} {
			for _, one := range []bool{false, true} {
				if w, err := export.Create(f, path, one); err == nil {
					t.Errorf("%s to %s was begun", f, path)
					w.Abort()
				}
			}
		}
	}
	if _, err := export.Create(export.Zip, file, false); !errors.Is(err, export.ErrExists) {
		t.Errorf("a file that is there: %v", err)
	}
	if _, err := export.Create("pst", filepath.Join(dir, "new"), false); err == nil {
		t.Error("an unknown format was begun")
	}
	// What came to be there meanwhile stays too.
	late := filepath.Join(dir, "late")
	w, err := export.Create(export.Zip, late, false)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(late, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); !errors.Is(err, export.ErrExists) {
		t.Errorf("Close: %v", err)
	}
	if err := w.Abort(); err != nil {
		t.Error(err)
	}
	if b, err := os.ReadFile(late); string(b) != "mine" || err != nil {
		t.Errorf("%q, %v", b, err)
	}
}

func TestCreate_LeavesNothingOfABrokenExport(t *testing.T) {
	for _, f := range export.Formats() {
		for _, there := range []bool{false, true} {
			dir := t.TempDir()
			path := filepath.Join(dir, "out")
			if there && f != export.Zip {
				if err := os.Mkdir(path, 0o700); err != nil {
					t.Fatal(err)
				}
			}
			w, err := export.Create(f, path, false)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range sent() {
				if err := w.Put(m); err != nil {
					t.Fatal(err)
				}
			}
			broken := sent()[0]
			broken.UID = "other"
			broken.Open = func() io.Reader { return io.MultiReader(strings.NewReader("Subject: x\n\n"), failing{}) }
			if err := w.Put(broken); !errors.Is(err, errBroken) {
				t.Errorf("%s: Put = %v", f, err)
			}
			if err := w.Abort(); err != nil {
				t.Errorf("%s: Abort = %v", f, err)
			}
			left, err := filepath.Glob(filepath.Join(dir, "*", "*"))
			hidden, _ := filepath.Glob(filepath.Join(dir, ".*"))
			if err != nil || len(left)+len(hidden) > 0 {
				t.Errorf("%s: %q and %q stay behind, %v", f, left, hidden, err)
			}
		}
	}
}

var errBroken = errors.New("broken")

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errBroken }

// Python's mailbox reads what we write. It knows no quoting, so what it reads of
// an mbox is compared as it stands there.
func TestCreate_PythonReadsIt(t *testing.T) {
	peertest.Needs(t, "python3")
	var all []export.Message
	want := map[string]int{}
	for i, text := range letters {
		all = append(all, export.Message{UID: fmt.Sprintf("uid%d", i), Mailbox: "inbox", Received: time.Unix(1700000000, 0), Open: func() io.Reader { return strings.NewReader(text) }})
		want[fmt.Sprintf("%x", sha256.Sum256([]byte(text)))]++
	}
	dir := t.TempDir()
	write(t, export.Maildir, filepath.Join(dir, "Maildir"), false, all)
	write(t, export.Mbox, filepath.Join(dir, "mbox"), true, all)
	script := `
import hashlib, mailbox, re, sys
for key, m in mailbox.Maildir(sys.argv[1] + "/Maildir", create=False).iteritems():
    pass
box = mailbox.Maildir(sys.argv[1] + "/Maildir", create=False)
for key in box.keys():
    print("maildir", hashlib.sha256(box.get_bytes(key)).hexdigest())
box = mailbox.mbox(sys.argv[1] + "/mbox", create=False)
for key in box.keys():
    text = re.sub(rb"(?m)^>(>*From )", rb"\1", box.get_bytes(key))
    if box.get_message(key).get_from().endswith(" mboxrd-noeol"):
        text = text[:-1]
    print("mbox", hashlib.sha256(text).hexdigest())
`
	out, err := exec.CommandContext(t.Context(), "python3", "-c", script, dir).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, format := range []string{"maildir", "mbox"} {
		got := map[string]int{}
		for line := range strings.Lines(string(out)) {
			if digest, ok := strings.CutPrefix(strings.TrimSpace(line), format+" "); ok {
				got[digest]++
			}
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", format, d)
		}
	}
}
