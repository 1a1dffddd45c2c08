package mbox

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestParseLabels_ReadsWhatTakeoutWrites(t *testing.T) {
	tests := map[string][]string{
		"":                                    nil,
		" Inbox":                              {"Inbox"},
		"Inbox,Important, Opened":             {"Inbox", "Important", "Opened"},
		"Archived,\tWork/Big   Plan":          {"Archived", "Work/Big Plan"},
		`"Smith, Jones",Inbox`:                {"Smith, Jones", "Inbox"},
		`Inbox,"say ""yes""","a\"b"`:          {"Inbox", `say "yes"`, `a"b`},
		`half "quoted" word`:                  {`half "quoted" word`},
		`"never closed, Inbox`:                {"never closed, Inbox"},
		",, ,":                                nil,
		"=?UTF-8?Q?Posteingang,B=C3=BCcher?=": {"Posteingang", "Bücher"},
		"=?UTF-8?Q?=22M=C3=BCller,?= =?UTF-8?Q?_Meier=22,Inbox?=": {"Müller, Meier", "Inbox"},
		"=?UTF-8?B?5Y+X5L+h44OI44Os44Kk?=":                        {"受信トレイ"},
		"=?x-unknown?Q?a?=,b":                                     {"=?x-unknown?Q?a?=", "b"},
		"a\xffb":                                                  {"a\ufffdb"},
	}
	for in, want := range tests {
		if d := cmp.Diff(want, Labels(in)); d != "" {
			t.Errorf("%q: %s", in, d)
		}
	}
}

func FuzzLabels(f *testing.F) {
	f.Add(`Inbox,"a, b",=?UTF-8?Q?=22c,?= =?UTF-8?Q?_d=22?=`)
	f.Add(`"\`)
	f.Fuzz(func(t *testing.T, value string) {
		m := Mailboxes{Separator: "+"}
		labels := Labels(value)
		for _, l := range labels {
			if l == "" || !utf8.ValidString(l) || l != strings.TrimSpace(l) {
				t.Fatalf("%q has the label %q", value, l)
			}
		}
		if len(labels) == 0 {
			return
		}
		name, out := m.place(nil, labels)
		if name == "" && out == "" {
			t.Fatalf("%q goes nowhere", value)
		}
		checkName(t, name)
	})
}

// checkName wants a mailbox's name that a login name can hold.
func checkName(t *testing.T, name string) {
	t.Helper()
	odd := func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) || r == '+' }
	if strings.ContainsFunc(name, odd) || len(name) > mailboxMost || !utf8.ValidString(name) {
		t.Fatalf("mailbox %q", name)
	}
}

func FuzzFolder(f *testing.F) {
	for _, s := range []string{"Mail/.A.B/cur/1700000000.x:2,S", "INBOX.sbd/&APw-", "x.mbox/Messages/1.emlx", "Takeout/Mail/x.mbox", "a//../b", ".", "/", "tmp/12"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, path string) {
		m := Mailboxes{Separator: "+"}
		for _, format := range []Format{FormatMbox, FormatMaildir, FormatMH, FormatEML, FormatEMLX} {
			folder := folderOf(path, format, func(string) bool { return false })
			if len(folder) == 0 {
				continue
			}
			name, out := m.place(folder, nil)
			if name == "" && out == "" {
				t.Fatalf("%q as %s goes nowhere: %q", path, format, folder)
			}
			checkName(t, name)
		}
		name := path[strings.LastIndexByte(path, '/')+1:]
		if at := flagsAt(name); at > len(name) {
			t.Fatalf("flags of %q at %d", name, at)
		}
		if at, ok := maildirTime(name); ok && at.Before(time.Unix(0, 0)) {
			t.Fatalf("%q was received at %v", name, at)
		}
		if isNumber(name) && strings.Trim(name, "0123456789") != "" {
			t.Fatalf("%q is a number", name)
		}
		if hidden := hiddenIn(path); hidden && !strings.Contains(path, ".") && !strings.Contains(path, "__MACOSX") {
			t.Fatalf("%q is hidden", path)
		}
	})
}

func TestFolderOf(t *testing.T) {
	tests := []struct {
		path   string
		format Format
		want   string // levels with | between
	}{
		{"inbox", FormatMbox, "inbox"},
		{"Archives.sbd/2019.sbd/May", FormatMbox, "Archives|2019|May"},
		{"lists/go.mbox", FormatMbox, "lists|go"},
		{"account/INBOX.sbd/Work", FormatMbox, "INBOX|Work"}, // account holds .msf files
		{"Mail/Local Folders/Entw&APw-rfe", FormatMbox, "Entwürfe"},
		{"ImapMail/imap.example.org/INBOX.sbd/A&-B", FormatMbox, "INBOX|A&B"},
		{"Mail/pop.example.org/Inbox", FormatMbox, "Inbox"},
		{"Mail/lists/go", FormatMbox, "Mail|lists|go"},
		{"Takeout/Mail/Rechnungen.mbox", FormatMbox, "Rechnungen"},
		{"Takeout/Mail/All mail Including Spam and Trash.mbox", FormatMbox, ""},
		{"Inbox.mbox/mbox", FormatMbox, "Inbox"},
		{"cur/1.a", FormatMaildir, "inbox"},
		{"new/1.a", FormatMaildir, "inbox"},
		{"Maildir/cur/1.a", FormatMaildir, "inbox"},
		{"home/.maildir/cur/1.a", FormatMaildir, "inbox"},
		{"Maildir/.Sent/cur/1.a", FormatMaildir, "Sent"},
		{".Lists.Go/new/1.a", FormatMaildir, "Lists|Go"},
		{".Entw&APw-rfe/cur/1.a", FormatMaildir, "Entwürfe"},
		{"mail/Sent/cur/1.a", FormatMaildir, "mail|Sent"},
		{"lists/go/12", FormatMH, "lists|go"},
		{"12", FormatMH, ""},
		{"inbox/x.eml", FormatEML, "inbox"},
		{"V10/8E2F/INBOX.mbox/77A1/Data/Messages/9.emlx", FormatEMLX, "INBOX"},
		{"V10/8E2F/[Gmail].mbox/Sent Mail.mbox/77A1/Data/0/Messages/9.emlx", FormatEMLX, "[Gmail]|Sent Mail"},
		{"9.emlx", FormatEMLX, ""},
	}
	for _, tt := range tests {
		got := folderOf(tt.path, tt.format, func(dir string) bool { return dir == "account" })
		if strings.Join(got, "|") != tt.want {
			t.Errorf("%s %s: %q, want %q", tt.format, tt.path, got, tt.want)
		}
	}
}

func TestMailboxes_MeanWhatTheirOwnerMeant(t *testing.T) {
	m := Mailboxes{Separator: "+", Map: map[string]string{"lists/go": "golang", "old": "", "bills": "money"}}
	tests := []struct{ folder, labels, want, out string }{
		{"INBOX", "", "inbox", ""},
		{"Posteingang", "", "inbox", ""},
		{"Junk", "", "spam", ""},
		{"Junk|2019", "", "spam", ""},
		{"Junk E-mail", "", "spam", ""},
		{"[Gmail]|Sent Mail", "", "sent", ""},
		{"INBOX|Sent Items", "", "sent", ""},
		{"[Google Mail]|Alle Nachrichten", "", "archive", ""},
		{"Todos", "", "Todos", ""},
		{"Entwu\u0308rfe", "", "drafts", ""}, // as macOS writes it
		{"Trash", "", "", "Trash"},
		{"Trash|Deep", "", "", "Trash/Deep"},
		{"Work|Trash", "", "Work/Trash", ""},
		{"Inbox|Later", "", "inbox/Later", ""},
		{"Lists|Go", "", "golang", ""},
		{"Old", "", "", "Old"},
		{"Big  Plans+| \x01\u202e ", "", "Big--Plans-", ""},
		{"\x01", "", "unnamed", ""},
		{strings.Repeat("ü", 100), "", strings.Repeat("ü", 60), ""},
		{"", "", "", ""},
		{"All", "Inbox|Unread|Category Personal", "inbox", ""},
		{"All", "Archived|Opened|Important", "archive", ""},
		{"All", "Unread", "archive", ""},
		{"All", "Sent|Inbox", "inbox", ""},
		{"All", "Sent|Opened", "sent", ""},
		{"All", "Drafts", "drafts", ""},
		{"All", "Inbox|Work|Work/Big|Home/Small", "Work/Big", ""},
		{"All", "Spam|Work", "spam", ""},
		{"All", "Trash|Spam|Work", "", "Trash"},
		{"All", "Papierkorb", "", "Papierkorb"},
		{"All", "Trash|Bills", "money", ""},
		{"All", "Bills|Old", "money", ""},
		{"All", "IMAP_$NotJunk|Kategorie „Werbung“|Ungelesen|Posteingang", "inbox", ""},
	}
	for _, tt := range tests {
		split := func(s string) []string { return strings.FieldsFunc(s, func(r rune) bool { return r == '|' }) }
		got, out := m.place(split(tt.folder), split(tt.labels))
		if got != tt.want || out != tt.out {
			t.Errorf("%q %q: %q, out %q; want %q, out %q", tt.folder, tt.labels, got, out, tt.want, tt.out)
		}
	}
}

func TestMailboxes_ExactTakesNamesAsTheyAre(t *testing.T) {
	m := Mailboxes{Exact: true}
	for file, want := range map[string]string{
		"Trash/Sent Items.mbox": "Trash/Sent Items", "INBOX.mbox": "INBOX", "Takeout/Mail/x.mbox": "Takeout/Mail/x",
		"mbox": "mbox", "ImapMail/a/b.mbox": "ImapMail/a/b", "&AGE-.mbox": "a",
	} {
		if got, out := m.place(exactFolder(file, FormatMbox), []string{"Trash"}); got != want || out != "" {
			t.Errorf("%s: %q, out %q; want %q", file, got, out, want)
		}
	}
}

func TestDecodeName_UndoesEncodeName(t *testing.T) {
	for in, want := range map[string]string{
		"&APw-": "ü", "A&-B": "A&B", "&ZeVnLIqe-": "日本語", "&2D3eAA-": "😀",
		"R&D": "R&D", "Q&A-B": "Q&A-B", "&": "&", "&&-": "&&-", "&!!-": "&!!-", "&2D0-": "&2D0-",
	} {
		if got := DecodeName(in); got != want {
			t.Errorf("%s: %q, want %q", in, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.String().Draw(t, "name")
		if strings.ContainsRune(name, utf8.RuneError) {
			t.Skip("a replaced character")
		}
		odd := rapid.SampledFrom([]func(int, rune) bool{
			func(_ int, r rune) bool { return r > 0x7e || r < ' ' },
			func(at int, r rune) bool { return at%3 == 0 },
		}).Draw(t, "odd")
		if got := DecodeName(EncodeName(name, odd)); got != name {
			t.Fatalf("%q became %q", name, got)
		}
	})
}

func TestHead_TellsWhenMailCameAndWhatBecameOfIt(t *testing.T) {
	header := "Received: from a by b;\r\n\tTue, 3 Feb 2026 11:00:00 +0100\r\nReceived: from c by a; Mon, 2 Feb 2026 00:00:00 +0000\r\n" +
		"X-Mozilla-Status: 0009\r\nX-Gmail-Labels: Inbox,\r\n \"a, b\"\r\nDate: Sun, 1 Feb 2026 00:00:00 +0000\r\n"
	body := "\r\nX-Mozilla-Status: 0000\r\n\r\nReceived: ; Mon, 2 Feb 2024 00:00:00 +0000\r\n"
	for _, piece := range []int{1, 2, 3, 7, 1000} {
		var h head
		for part := range slices.Chunk([]byte(header+body), piece) {
			if n, err := h.Write(part); n != len(part) || err != nil {
				t.Fatalf("Write = %d, %v", n, err)
			}
		}
		if string(h.text) != header {
			t.Errorf("in pieces of %d: header %q", piece, h.text)
		}
		got := hintsOf(h.text)
		if !got.deleted || !slices.Equal(got.labels, []string{"Inbox", "a, b"}) || !got.when().Equal(time.Date(2026, 2, 3, 10, 0, 0, 0, time.UTC)) {
			t.Errorf("in pieces of %d: %+v", piece, got)
		}
	}
	for text, want := range map[string]time.Time{
		"Date: Sun, 1 Feb 2026 00:00:00 +0000\n":   time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC),
		"Received: without a date\nDate: x\n":      {},
		"Date: Mon, 1 Jan 0001 00:00:00 +0000\n":   {},
		"\nDate: Sun, 1 Feb 2026 00:00:00 +0000\n": {},
	} {
		var h head
		fmt.Fprint(&h, text)
		got := hintsOf(h.text)
		if !got.when().Equal(want) {
			t.Errorf("%q: %v, want %v", text, got.when(), want)
		}
	}
	var h head
	if _, err := h.Write(bytes.Repeat([]byte("A: b\n"), 1<<16)); err != nil || len(h.text) != headMost {
		t.Errorf("%d octets of a header are held, %v", len(h.text), err)
	}
}
