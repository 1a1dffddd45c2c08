package letter_test

import (
	"net/mail"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"restante/filter/letter"
)

// open opens a message written with LF.
func open(msg string) *letter.Letter { return letter.Read(strings.NewReader(msg)) }

func TestRead_ReadsAddresses(t *testing.T) {
	type addr = letter.Address
	for _, c := range []struct {
		in   string
		want []addr
	}{
		{`ada@EXAMPLE.org`, []addr{{"", "ada@example.org"}}},
		{`Ada <Ada@Example.org>`, []addr{{"Ada", "Ada@example.org"}}},
		{`"Doe, J. \"Q\"" <j@x.org>`, []addr{{`Doe, J. "Q"`, "j@x.org"}}},
		{`j@x.org (John (the) Doe)`, []addr{{"John (the) Doe", "j@x.org"}}},
		{`Doe, John <j@x.org>`, []addr{{"Doe, John", "j@x.org"}}},
		{`A Group: a@x.org, B <b@x.org>; c@x.org`, []addr{{"", "a@x.org"}, {"B", "b@x.org"}, {"", "c@x.org"}}},
		{`undisclosed-recipients:;`, nil},
		{`Undisclosed Recipients`, nil},
		{`a@x.org; b@x.org`, []addr{{"", "a@x.org"}, {"", "b@x.org"}}},
		{`<a@x.org`, []addr{{"", "a@x.org"}}},
		{`"never closed <a@x.org>`, []addr{{"never closed", "a@x.org"}}},
		{`<@r1.org,@r2.org:a@x.org>`, []addr{{"", "a@x.org"}}},
		{`"Bank" <>, x@y.org`, []addr{{"Bank", ""}, {"", "x@y.org"}}},
		{`"Bank"<>12<info@x.org>`, []addr{{"Bank12", "info@x.org"}}},
		{`Hurry!,(<now@x.org>)`, []addr{{"Hurry!", "now@x.org"}}},
		{`Hurry!, now@x.org`, []addr{{"", "now@x.org"}}},
		{`=?utf-8?Q?J=C3=B6rg?= <j@x.org>`, []addr{{"Jörg", "j@x.org"}}},
		{`"=?iso-8859-1?q?J=F6rg?=" <j@x.org>`, []addr{{"Jörg", "j@x.org"}}},
		{`=?utf-8?B?QSwgQg==?= <j@x.org>`, []addr{{"A, B", "j@x.org"}}},
		{`root, ada@x.org`, []addr{{"", "root"}, {"", "ada@x.org"}}},
		{`'quoted@x.org'`, []addr{{"", "quoted@x.org"}}},
		{`"a b"@x.org`, []addr{{"", `"a b"@x.org`}}},
		{`<mailto:a@x.org>`, []addr{{"", "a@x.org"}}},
		{`a@x.org.`, []addr{{"", "a@x.org"}}},
		{`,,;<>,`, nil},
	} {
		if diff := cmp.Diff(c.want, open("To: "+c.in+"\n\n").To); diff != "" {
			t.Errorf("To: %s (-want +got):\n%s", c.in, diff)
		}
	}
}

// TestRead_AgreesWithNetMail compares with the strict parser on what that writes.
func TestRead_AgreesWithNetMail(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var want []letter.Address
		var list []string
		for range rapid.IntRange(1, 4).Draw(t, "n") {
			name := strings.Join(strings.Fields(rapid.StringMatching(`[A-Za-zäöß,."() ]{0,20}`).Draw(t, "name")), " ")
			addr := rapid.StringMatching(`[a-z0-9]{1,5}([.+][a-z0-9]{1,5})?@[a-z]{1,8}\.(org|com)`).Draw(t, "addr")
			a := mail.Address{Name: name, Address: addr}
			want = append(want, letter.Address{Name: name, Addr: addr})
			list = append(list, a.String())
		}
		field := "To: " + strings.Join(list, ", ") + "\n\n"
		if diff := cmp.Diff(want, open(field).To); diff != "" {
			t.Fatalf("%s (-want +got):\n%s", field, diff)
		}
	})
}

func TestRead_ReadsBrokenDates(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"Tue, 3 Mar 2026 09:15:00 +0100", "2026-03-03T09:15:00+01:00"},
		{"Tue, 3 Mar 2026 09:15:00 +0100 (CET)", "2026-03-03T09:15:00+01:00"},
		{"Tue, 3 Mar 2026 09:15:00 GMT", "2026-03-03T09:15:00Z"},
		{"3 Mar 26 09:15 EST", "2026-03-03T09:15:00-05:00"},
		{"Tue Mar  3 09:15:00 2026", "2026-03-03T09:15:00Z"},
		{"Tue Mar  3 09:15:00 PST 2026", "2026-03-03T09:15:00-08:00"},
		{"Tue, 03 Mar 2026 09:15:00 GMT+0200", "2026-03-03T09:15:00+02:00"},
		{"2026-03-03T09:15:00Z", "2026-03-03T09:15:00Z"},
		{"2026-03-03 09:15:00.123 +01:00", "2026-03-03T09:15:00+01:00"},
		{"Tuesday, March 3rd, 2026 9:15 PM", "2026-03-03T21:15:00Z"},
		{"03-Mar-2026 09:15:00 -0330", "2026-03-03T09:15:00-03:30"},
		{"03.03.2026 09:15", "2026-03-03T09:15:00Z"},
		{"12/31/2026 09:15", "2026-12-31T09:15:00Z"},
		{"Wed, 01 May 0102 08:40:01 +0800", "2002-05-01T08:40:01+08:00"},
		{"Sat, 3 Mar 102 09:15:00", "2002-03-03T09:15:00Z"},
		{"Tue, 3 Mar 2026 09:15:00 +0100 (unclosed", "2026-03-03T09:15:00+01:00"},
		{"Di, 3 Dez 2026 09:15:00 +0100", "2026-12-03T09:15:00+01:00"},
		{"Tue, 3 Mar 2026", "2026-03-03T00:00:00Z"},
		{"yesterday", ""},
		{"Tue, 99 Mar 2026 09:15:00", ""},
		{"Wed, 18 Feb 3610 20:15:28 +0530", ""},
		{"+ - : T", ""},
	} {
		l := open("From: a@x.org\nDate: " + c.in + "\n\n")
		got := ""
		if !l.Date.IsZero() {
			got = l.Date.Format(time.RFC3339)
		}
		if got != c.want {
			t.Errorf("Date: %s = %q, want %q", c.in, got, c.want)
		}
		if bad := len(l.Defects) == 1 && l.Defects[0].Code == letter.DefectBadDate; bad != (c.want == "") {
			t.Errorf("Date: %s gives defects %v", c.in, l.Defects)
		}
	}
}

func TestRead_ReadsDatesByTheBook(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		zone := rapid.IntRange(-12*60, 14*60).Draw(t, "zone")
		want := time.Unix(rapid.Int64Range(2*86400, 1<<32).Draw(t, "seconds"), 0).In(time.FixedZone("", zone*60))
		layout := rapid.SampledFrom([]string{
			time.RFC1123Z, time.RFC822Z, time.RFC3339, time.RFC3339Nano, "Mon, 2 Jan 2006 15:04:05 -0700 (MST)", "2 Jan 2006 15:04:05 -0700",
		}).Draw(t, "layout")
		if layout == time.RFC822Z { // two digits of the year and no seconds
			want = want.Truncate(time.Minute).AddDate(-want.Year()+2000+want.Year()%50, 0, 0)
		}
		text := want.Format(layout)
		if got := open("Date: " + text + "\n\n").Date; !got.Equal(want) {
			t.Fatalf("Date: %s = %v, want %v", text, got, want)
		}
	})
}

func TestRead_DecodesEncodedWords(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"plain", "plain"},
		{"=?utf-8?q?a_b=3F?=", "a b?"},
		{"=?utf-8?Q?a?= =?utf-8?Q?b?=", "ab"},
		{"=?utf-8?Q?a?=\n =?iso-8859-1?Q?=E4?=", "aä"},
		{"=?utf-8?Q?a?= b =?utf-8?Q?c?=", "a b c"},
		{"x=?utf-8?Q?a?=y", "xay"},
		{"=?utf-8?B?w6Q?=", "ä"},
		{"=?UTF-8*de?b?w6Q=?=", "ä"},
		{"=?utf-8?B?ww==?= =?utf-8?B?pA?=", "ä"},
		{"=?utf-8?Q?=C3?= =?utf-8?Q?=A4?=", "ä"},
		{"=?gb2312?B?u+HS6Q==?=", "会议"},
		{"=?euc-kr?B?sKG0yQ==?=", "가능"},
		{"=?big5?B?pKSk5Q==?=", "中文"},
		{"=?koi8-r?B?8NLJ18XU?=", "Привет"},
		{"=?euc-jp?B?xvzL3A==?=", "日本"},
		{"=?x-junk?Q?=E4?=", "ä"},
		{"=?utf-8?Z?abc?=", "=?utf-8?Z?abc?="},
		{"=?utf-8?Q?open", "=?utf-8?Q?open"},
		{"=??Q?a?=", "=??Q?a?="},
		{"=?=?utf-8?Q?a?=", "=?a"},
		{"caf\xe9", "café"},
		{"caf\xc3\xa9", "café"},
		{"\x1b$B2q5D\x1b(B", "会議"},
		{"a\x00b\rc", "ab c"},
	} {
		if got := open("Subject: " + c.in + "\n\n").Subject; got != c.want {
			t.Errorf("Subject: %q = %q, want %q", c.in, got, c.want)
		}
	}
}

// TestRead_JoinsWordsCutAnywhere cuts encoded words between any two octets.
func TestRead_JoinsWordsCutAnywhere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.StringMatching(`[a-z会議のäЖ🎉]{1,12}`).Draw(t, "subject")
		at := rapid.IntRange(0, len(want)).Draw(t, "cut")
		var b strings.Builder
		for _, half := range []string{want[:at], want[at:]} {
			b.WriteString("=?utf-8?q?")
			for _, c := range []byte(half) {
				b.WriteString("=" + strings.ToUpper(string("0123456789abcdef"[c>>4])+string("0123456789abcdef"[c&15])))
			}
			b.WriteString("?= ")
		}
		if got := open("Subject: " + b.String() + "\n\n").Subject; got != want {
			t.Fatalf("%s = %q, want %q", b.String(), got, want)
		}
	})
}

func TestRead_BoundsReferences(t *testing.T) {
	var many strings.Builder
	for range 3 {
		for i := range 150 {
			many.WriteString("<" + strings.Repeat("x", i+1) + "@x.org> ")
		}
	}
	l := open("References: <a@x> <b@x> <a@x> junk\nIn-Reply-To: b@x said so <c@x>\nMessage-ID:\n <m@x>\n\n")
	if diff := cmp.Diff([]string{"a@x", "b@x", "c@x"}, l.References); diff != "" || l.MessageID != "m@x" {
		t.Errorf("MessageID %q, References (-want +got):\n%s", l.MessageID, diff)
	}
	if n := len(open("References: " + many.String() + "\n\n").References); n != 100 {
		t.Errorf("%d references, want 100", n)
	}
}
