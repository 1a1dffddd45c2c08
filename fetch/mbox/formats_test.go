package mbox_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"io"
	"maps"
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
)

// held is a message as it was found.
type held struct{ Mailbox, Text string }

// survey lists and takes a path with folders as mailboxes.
func survey(t *testing.T, path string) (all []held, faults []error, s *mbox.Source) {
	t.Helper()
	s, err := mbox.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	s.Mailboxes = &mbox.Mailboxes{Separator: "+"}
	items, err := s.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, it := range items {
		texts, bad := takeAny(t, s, it)
		faults = append(faults, bad...)
		for _, text := range texts {
			all = append(all, held{s.Mailbox(it), text})
		}
	}
	return all, faults, s
}

func takeAny(t *testing.T, s *mbox.Source, it fetch.Item) ([]string, []error) {
	t.Helper()
	if it.Size >= 0 {
		return take(t, s, []fetch.Item{it})
	}
	var texts []string
	var faults []error
	err := s.Retrieve(t.Context(), []fetch.Item{it}, func(_ fetch.Item, r io.Reader, err error) error {
		var text []byte
		if err == nil {
			text, err = io.ReadAll(r)
		}
		if err != nil {
			faults = append(faults, err)
		} else {
			texts = append(texts, string(text))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return texts, faults
}

// Mail in each format that has folders, and what of it is passed over. Archived
// is what an archive of it gives, where that is something else: what only other
// files of a folder tell, it does not tell.
var formatTests = []struct {
	name     string
	files    map[string]string
	want     []held
	skipped  []mbox.Skip
	archived []held
}{
	{"Thunderbird's mbox files", map[string]string{
		"acc/INBOX": "From - Thu Jan  1 00:00:01 2026\nX-Mozilla-Status: 0001\nA: 1\n\n1\n\nFrom - Thu Jan  1 00:00:01 2026\nX-Mozilla-Status: 0009\n\ngone\n\n" +
			"From - Thu Jan  1 00:00:01 2026\r\nX-Mozilla-Status: 0000\r\n\r\n2\r\n\r\n",
		"acc/INBOX.msf": "// <!-- <mdb:mork:z", "acc/Archives.sbd/2019": "From - Thu Jan  1 00:00:01 2026\nA: 3\n\n3\n\n", "acc/Archives": "",
		"acc/Trash": "From - Thu Jan  1 00:00:01 2026\nA: 4\n\n4\n\n",
	}, []held{{"Archives/2019", "A: 3\n\n3\n"}, {"inbox", "X-Mozilla-Status: 0001\nA: 1\n\n1\n"}, {"inbox", "X-Mozilla-Status: 0000\r\n\r\n2\r\n"}},
		[]mbox.Skip{
			{File: "acc/Archives", Why: "it is empty"},
			{File: "acc/INBOX", Messages: 1, Why: "deleted in Thunderbird, whose file was not compacted since"},
			{File: "acc/Trash", Messages: 1, Why: "left out, as trash or as asked: Trash"},
		},
		[]held{
			{"acc/Archives/2019", "A: 3\n\n3\n"}, {"acc/INBOX", "X-Mozilla-Status: 0001\nA: 1\n\n1\n"}, {"acc/INBOX", "X-Mozilla-Status: 0000\r\n\r\n2\r\n"},
			{"acc/Trash", "A: 4\n\n4\n"},
		}},
	{"Thunderbird's Maildirs", map[string]string{
		"Inbox/cur/17@x.eml": "A: 1\n\n1\n", "Inbox/tmp/": "", "Lists.sbd/Go/cur/18@x.eml": "A: 2\n\n2\n", "Lists.sbd/Go/tmp/19@x.eml": "A: 3\n\n3\n",
	}, []held{{"inbox", "A: 1\n\n1\n"}, {"Lists/Go", "A: 2\n\n2\n"}}, nil,
		[]held{{"inbox", "A: 1\n\n1\n"}, {"Lists/Go", "A: 2\n\n2\n"}, {"Lists/Go/tmp", "A: 3\n\n3\n"}}},
	{"Maildir++", map[string]string{
		"cur/1700000000.1.h:2,S": "A: 1\n\n1\n", "new/": "", ".Lists.Go/cur/1700000000.2.h:2,": "A: 2\n\n2\n", ".Lists.Go/new/": "", ".Lists.Go/maildirfolder": "",
		".Entw&APw-rfe/new/1700000000.3.h": "A: 3\n\n3\n", ".Entw&APw-rfe/cur/": "", ".Junk/cur/1700000000.4.h": "A: 4\n\n4", ".Junk/new/": "",
	}, []held{{"drafts", "A: 3\n\n3\n"}, {"spam", "A: 4\n\n4"}, {"Lists/Go", "A: 2\n\n2\n"}, {"inbox", "A: 1\n\n1\n"}}, nil, nil},
	{"MH", map[string]string{
		"inbox/.mh_sequences": "unseen: 10\n", "inbox/2": "A: 2\n\n2\n", "inbox/10": "no header at all", "inbox/,1": "A: 1\n\n1\n", "inbox/9": "A: 9\n",
		"lists/go/1": "A: 3\n\n3\n", "lists/go/.mh_sequences": "", "inbox/notes": "shopping list",
	}, []held{{"inbox", "A: 2\n\n2\n"}, {"inbox", "A: 9\n"}, {"inbox", "no header at all"}, {"lists/go", "A: 3\n\n3\n"}},
		[]mbox.Skip{{File: "inbox/,1", Why: "removed from its MH folder"}, {File: "inbox/notes", Why: "it does not look like mail"}},
		[]held{{"inbox", "A: 2\n\n2\n"}, {"inbox", "A: 9\n"}, {"lists/go", "A: 3\n\n3\n"}, {"inbox", "A: 1\n\n1\n"}}},
	{"Apple Mail", map[string]string{
		"V10/8E/INBOX.mbox/77/Data/Messages/1.emlx": "12        \nA: 1\n\none\n\n\n<?xml version=\"1.0\"?>\n<plist/>\n", "V10/8E/INBOX.mbox/Info.plist": "<?xml?>",
		"V10/8E/Work.mbox/Big.mbox/77/Data/Messages/2.emlx": "9\nA: 2\n\ntwo<?xml?>", "out/Sent.mbox/mbox": fromLine + "A: 3\n\n3\n\n", "out/Sent.mbox/table_of_contents": "\x00\x01",
	}, []held{{"inbox", "A: 1\n\none\n\n\n"}, {"Work/Big", "A: 2\n\ntwo"}, {"out/Sent", "A: 3\n\n3\n"}},
		[]mbox.Skip{{File: "V10/8E/INBOX.mbox/Info.plist", Why: "it does not look like mail"}, {File: "out/Sent.mbox/table_of_contents", Why: "it does not look like mail"}}, nil},
	{"Takeout", map[string]string{
		"Takeout/Mail/All mail Including Spam and Trash.mbox": "From 1@xxx Thu Jan 01 00:00:01 +0000 2026\r\nX-Gmail-Labels: Inbox,Work\r\n\r\n1\r\n\r\n" +
			"From 2@xxx Thu Jan 01 00:00:01 +0000 2026\r\nX-Gmail-Labels: Opened\r\n\r\n2\r\n\r\nFrom 3@xxx Thu Jan 01 00:00:01 +0000 2026\r\nX-Gmail-Labels: Trash\r\n\r\n3\r\n\r\n" +
			"From 4@xxx Thu Jan 01 00:00:01 +0000 2026\r\nA: 4\r\n\r\n4\r\n",
		"Takeout/archive_browser.html": "<html></html>",
	}, []held{{"Work", "X-Gmail-Labels: Inbox,Work\r\n\r\n1\r\n"}, {"archive", "X-Gmail-Labels: Opened\r\n\r\n2\r\n"}, {"", "A: 4\r\n\r\n4\r\n"}},
		[]mbox.Skip{
			{File: "Takeout/Mail/All mail Including Spam and Trash.mbox", Messages: 1, Why: "left out, as trash or as asked: Trash"},
			{File: "Takeout/archive_browser.html", Why: "it does not look like mail"},
		}, nil},
	{".eml files", map[string]string{
		"inbox/a.eml": "A: 1\n\n1\n", "inbox/b.EML": "no header", "Old/c": "Received: x\n\n2\n", "d.eml": "A: 3\n", ".hidden/e.eml": "A: 4\n",
	}, []held{{"Old", "Received: x\n\n2\n"}, {"", "A: 3\n"}, {"inbox", "A: 1\n\n1\n"}, {"inbox", "no header"}}, nil, nil},
}

func TestSource_ReadsTheFoldersOfMailPrograms(t *testing.T) {
	for _, tt := range formatTests {
		t.Run(tt.name, func(t *testing.T) {
			got, faults, s := survey(t, lay(t, tt.files))
			if d := cmp.Diff(tt.want, got); d != "" || faults != nil {
				t.Errorf("%v\n%s", faults, d)
			}
			if d := cmp.Diff(tt.skipped, s.Skipped()); d != "" {
				t.Errorf("skipped: %s", d)
			}
			n := 0
			for _, tally := range s.Tallies() {
				n += tally.Messages
			}
			if n != len(tt.want) || s.NoMail() != nil {
				t.Errorf("tallies %+v, %v", s.Tallies(), s.NoMail())
			}
		})
	}
}

// packs put files into one in each way that is read.
var packs = map[string]func(t *testing.T, names []string, files map[string]string) []byte{
	"zip": func(t *testing.T, names []string, files map[string]string) []byte {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for i, name := range names {
			w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: uint16(i % 2 * int(zip.Deflate)), Modified: time.Unix(1700000000, 0)})
			if err != nil {
				t.Fatal(err)
			}
			w.Write([]byte(files[name]))
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	},
	"tar": tarOf,
	"tar.gz": func(t *testing.T, names []string, files map[string]string) []byte {
		return gzipOf(tarOf(t, names, files))
	},
}

func tarOf(t *testing.T, names []string, files map[string]string) []byte {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, name := range names {
		kind := byte(tar.TypeReg)
		if strings.HasSuffix(name, "/") {
			kind = tar.TypeDir
		}
		if err := w.WriteHeader(&tar.Header{Typeflag: kind, Name: name, Mode: 0o600, Size: int64(len(files[name])), ModTime: time.Unix(1700000000, 0)}); err != nil {
			t.Fatal(err)
		}
		w.Write([]byte(files[name]))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func gzipOf(b []byte) []byte {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	z.Write(b)
	z.Close()
	return out.Bytes()
}

func TestSource_ReadsArchivesAsFolders(t *testing.T) {
	count := func(all []held) map[held]int {
		n := map[held]int{}
		for _, h := range all {
			n[h]++
		}
		return n
	}
	for _, tt := range formatTests {
		want := tt.archived
		if want == nil {
			want = tt.want
		}
		for kind, pack := range packs {
			t.Run(tt.name+" in "+kind, func(t *testing.T) {
				path := filepath.Join(t.TempDir(), "x")
				if err := os.WriteFile(path, pack(t, slices.Sorted(maps.Keys(tt.files)), tt.files), 0o600); err != nil {
					t.Fatal(err)
				}
				got, faults, _ := survey(t, path)
				if d := cmp.Diff(count(want), count(got)); d != "" || faults != nil {
					t.Errorf("%v\n%s", faults, d)
				}
			})
		}
	}
}

func TestSource_TakesMessagesOfAnArchiveInAnyOrder(t *testing.T) {
	box := fromLine + "A: 1\n\n1\n\n" + fromLine + "A: 2\n\n2\n\n"
	path := filepath.Join(t.TempDir(), "x.tgz")
	if err := os.WriteFile(path, packs["tar.gz"](t, []string{"a", "b.eml", "c"}, map[string]string{"a": box, "b.eml": "A: 3\n", "c": box}), 0o600); err != nil {
		t.Fatal(err)
	}
	s, items := open(t, path)
	want := []string{"A: 1\n\n1\n", "A: 2\n\n2\n", "A: 3\n", "A: 1\n\n1\n", "A: 2\n\n2\n"}
	for _, i := range []int{4, 0, 1, 1, 2, 3, 0, 2, 2, 4, 4} {
		texts, faults := takeAny(t, s, items[i])
		if len(texts) != 1 || texts[0] != want[i] || faults != nil {
			t.Errorf("message %d: %q, %v", i+1, texts, faults)
		}
	}
	for i, want := range []string{"a 1", "a 2", "b.eml 0", "c 1", "c 2"} {
		if rel, n := s.Place(items[i]); rel+" "+string(rune('0'+n)) != want {
			t.Errorf("message %d lies at %s %d, want %s", i+1, rel, n, want)
		}
	}
}

func TestSource_ReadsAnMboxMadeSmaller(t *testing.T) {
	dir := lay(t, map[string]string{"Lists/Go.mbox.gz": string(gzipOf([]byte(fromLine + "A: 1\n\n1\n\n"))), "one.eml.gz": string(gzipOf([]byte("A: 2\n")))})
	got, faults, _ := survey(t, dir)
	if d := cmp.Diff([]held{{"Lists/Go", "A: 1\n\n1\n"}, {"", "A: 2\n"}}, got); d != "" || faults != nil {
		t.Errorf("%v\n%s", faults, d)
	}
}

func TestSource_SaysWhereAnArchiveIsBroken(t *testing.T) {
	files := map[string]string{"1.eml": "A: 1\n", "2.eml": "A: 2\n\n" + strings.Repeat("some text that is not all the same\n", 9000), "3.eml": "A: 3\n"}
	names := []string{"1.eml", "2.eml", "3.eml"}
	whole := packs["tar.gz"](t, names, files)
	for name, text := range map[string][]byte{"cut": whole[:len(whole)*2/3], "tar": tarOf(t, names, files)[:3000]} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		got, faults, s := survey(t, path)
		if len(got) == 0 || got[0].Text != "A: 1\n" || len(faults) == 0 || !strings.Contains(faults[len(faults)-1].Error(), "breaks off behind file 2") || len(s.Faults()) != 1 {
			t.Errorf("%s: %d messages, %v", name, len(got), faults)
		}
	}
	z := packs["zip"](t, names, files)
	at := bytes.Index(z, []byte("2.eml")) + 20
	z[at] ^= 0xff
	path := filepath.Join(t.TempDir(), "zip")
	if err := os.WriteFile(path, z, 0o600); err != nil {
		t.Fatal(err)
	}
	got, _, _ := survey(t, path)
	if len(got) < 2 || got[0].Text != "A: 1\n" || got[len(got)-1].Text != "A: 3\n" {
		t.Errorf("zip: %d messages", len(got))
	}
}

// Some programs of Windows part folders by backslashes in a zip.
func TestSource_ReadsBackslashesInAZipAsFolders(t *testing.T) {
	read := func(sep string) []held {
		files := map[string]string{"M/cur/1.x": "A: 1\n", "M/new/2.x": "A: 2\n", "M/tmp/": "", "Box/a.mbox": fromLine + "A: 3\n\n"}
		written := map[string]string{}
		for name, text := range files {
			written[strings.ReplaceAll(name, "/", sep)] = text
		}
		path := filepath.Join(t.TempDir(), "x.zip")
		if err := os.WriteFile(path, packs["zip"](t, slices.Sorted(maps.Keys(written)), written), 0o600); err != nil {
			t.Fatal(err)
		}
		got, faults, s := survey(t, path)
		if faults != nil || s.Skipped() != nil || len(got) != 3 {
			t.Errorf("with %s: %d messages, %v %v", sep, len(got), faults, s.Skipped())
		}
		return got
	}
	if d := cmp.Diff(read("/"), read(`\`)); d != "" {
		t.Error(d)
	}
}

func TestSource_PassesOverAnArchiveInAnArchive(t *testing.T) {
	inner := packs["zip"](t, []string{"x.eml"}, map[string]string{"x.eml": "A: b\n"})
	path := filepath.Join(t.TempDir(), "x.zip")
	outer := packs["zip"](t, []string{"in.zip", "../../evil\x1b.eml"}, map[string]string{"in.zip": string(inner), "../../evil\x1b.eml": "A: c\n"})
	if err := os.WriteFile(path, outer, 0o600); err != nil {
		t.Fatal(err)
	}
	got, faults, s := survey(t, path)
	if d := cmp.Diff([]held{{"", "A: c\n"}}, got); d != "" || faults != nil {
		t.Errorf("%v\n%s", faults, d)
	}
	if d := cmp.Diff([]mbox.Skip{{File: "x.zip/in.zip", Why: "it is an archive in an archive"}}, s.Skipped()); d != "" {
		t.Error(d)
	}
}

func TestSource_NoMailNamesWhatWasLookedFor(t *testing.T) {
	for name, want := range map[string]bool{"photo.txt": true, "empty": false} {
		s, _ := open(t, lay(t, map[string]string{name: strings.Repeat("x", 5*len(name)-25)}))
		err := s.NoMail()
		if (err != nil) != want || want && !strings.Contains(err.Error(), "Maildirs, MH folders, .eml and .emlx files, and .zip") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Python's mailbox writes MH as nmh has it.
func TestSource_ReadsTheMHThatPythonWrote(t *testing.T) {
	peertest.Needs(t, "python3")
	dir := t.TempDir()
	script := `
import mailbox, sys
box = mailbox.MH(sys.argv[1])
for i in range(12):
    box.add(b"A: %d\n\nFrom here\n" % i)
sub = box.add_folder("sub")
sub.add(b"A: sub\n\n")
open(sys.argv[1] + "/.mh_sequences", "a").close()
box.set_sequences({"unseen": [1, 2]})
box.discard(3)
`
	if out, err := exec.CommandContext(t.Context(), "python3", "-c", script, dir).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	got, faults, s := survey(t, dir)
	if len(got) != 12 || faults != nil || got[1].Text != "A: 1\n\nFrom here\n" || got[11] != (held{"sub", "A: sub\n\n"}) {
		t.Errorf("%d messages, %v: %q", len(got), faults, got)
	}
	if tallies := s.Tallies(); len(tallies) != 2 || tallies[0].Format != "MH" || tallies[0].Messages != 11 {
		t.Errorf("tallies %+v", tallies)
	}
}
