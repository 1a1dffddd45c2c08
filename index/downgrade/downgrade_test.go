package downgrade_test

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"restante/index/downgrade"
)

// down gives a message's form in ASCII, and wants Grow to know its size.
func down(t testing.TB, message string) string {
	t.Helper()
	b, err := io.ReadAll(downgrade.Reader(strings.NewReader(message)))
	if err != nil {
		t.Fatal(err)
	}
	grow, changes, err := downgrade.Grow(strings.NewReader(message))
	if err != nil || changes != (string(b) != message) || grow != wire(string(b))-wire(message) {
		t.Errorf("Grow = %d, %v, %v for %q, which became %q", grow, changes, err, message, b)
	}
	return string(b)
}

// wire counts octets with CRLF line ends.
func wire(s string) int64 {
	return int64(len(strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\n", "\r\n")))
}

// forms are frozen: what stands here was promised to mail programs, with its size.
var forms = []struct{ name, field, want string }{
	{"ASCII", "Subject: plain", "Subject: plain"},
	{"a word", "Subject: Ein Café am Meer", "Subject: Ein =?utf-8?q?Caf=C3=A9?= am Meer"},
	{"words beside one another", "Subject: Süße Grüße an alle", "Subject: =?utf-8?q?S=C3=BC=C3=9Fe_Gr=C3=BC=C3=9Fe?= an alle"},
	{"no blank", "Subject:é", "Subject:=?utf-8?b?w6k=?="},
	{"long", "Subject: " + strings.Repeat("ä", 60),
		"Subject: =?utf-8?b?w6TDpMOkw6TDpMOkw6TDpMOkw6TDpMOkw6TDpMOkw6TDpMOkw6TDpMOkw6Q=?=\r\n =?utf-8?b?w6TDpMOkw6TDpMOkw6TDpMOkw6TDpMOkw6TDpMOkw6TDpMOkw6TDpMOkw6Q=?=\r\n =?utf-8?b?w6TDpMOkw6TDpMOkw6TDpMOkw6TDpMOkw6TDpMOkw6Q=?="},
	{"beside an encoded-word", "Subject: =?utf-8?q?=C3=A9?= ü =?utf-8?q?=C3=A9?=", "Subject: =?utf-8?q?=C3=A9?= =?utf-8?q?_=C3=BC_?= =?utf-8?q?=C3=A9?="},
	{"folded", "Subject: eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf\r\n dreizehn vierzehn",
		"Subject: eins zwei drei vier =?utf-8?q?f=C3=BCnf?= sechs sieben acht neun\r\n zehn elf =?utf-8?q?zw=C3=B6lf?= dreizehn vierzehn"},
	{"control characters", "Subject: a\x01é", "Subject: =?utf-8?q?a=01=C3=A9?="},
	{"a name", "From: Jörg Müller <jm@example.net>", "From: =?utf-8?q?J=C3=B6rg_M=C3=BCller?= <jm@example.net>"},
	{"a name in quotes", `To: "Müller, Jörg" <jm@example.net>, ada@example.net`, "To: =?utf-8?q?M=C3=BCller=2C_J=C3=B6rg?= <jm@example.net>, ada@example.net"},
	{"a comment", "Cc: ada@example.net (Zoë \\(home\\)), bob@example.net", "Cc: ada@example.net (=?utf-8?q?Zo=C3=AB_=28home=29?=), bob@example.net"},
	{"an address", "From: Jörg <jörg@example.net>", "From: =?utf-8?q?J=C3=B6rg_j=C3=B6rg=40example=2Enet?=\r\n <invalid@internationalized-address.invalid>"},
	{"a bare address", "To: info@exämple.de", "To: =?utf-8?q?info=40ex=C3=A4mple=2Ede?=\r\n <invalid@internationalized-address.invalid>"},
	{"a group", "To: Vögel: a@example.net, Ümit <b@example.net>;", "To: =?utf-8?q?V=C3=B6gel?=: a@example.net, =?utf-8?q?=C3=9Cmit?=\r\n <b@example.net>;"},
	{"a name without its address", `From: "Glückwunsch", <a@example.net>`, "From: =?utf-8?q?Gl=C3=BCckwunsch?=, <a@example.net>"},
	{"no list of addresses", `To: "Jörg <a@example.net>`, "To: =?utf-8?q?=22J=C3=B6rg?= <a@example.net>"},
	{"a parameter", `Content-Disposition: attachment; filename="Rechnung März.pdf"; size=3`,
		"Content-Disposition: attachment; filename*=utf-8''Rechnung%20M%C3%A4rz.pdf;\r\n size=3"},
	{"a long parameter", "Content-Type: application/pdf; name=" + strings.Repeat("日", 9),
		"Content-Type: application/pdf;\r\n name*0*=utf-8''%E6%97%A5%E6%97%A5%E6%97%A5%E6%97%A5%E6%97%A5%E6%97;\r\n name*1*=%A5%E6%97%A5%E6%97%A5%E6%97%A5"},
	{"a parameter in both forms", "Content-Type: a/b; name=ü; name*=utf-8''%C3%BC", "Content-Type: a/b; name*=utf-8''%C3%BC"},
	{"Latin-1", "Subject: caf\xe9 é", "Subject: caf\xe9 é"},
	{"no field", "é is no field: no", "é is no field: no"},
	{"an mbox line", "From é Fri Jan  2 03:04:05 2026", "From é Fri Jan  2 03:04:05 2026"},
}

func TestReader_KeepsItsFrozenForms(t *testing.T) {
	for _, tt := range forms {
		t.Run(tt.name, func(t *testing.T) {
			for _, eol := range []string{"\r\n", "\n"} {
				turn := func(s string) string { return strings.ReplaceAll(s, "\r\n", eol) }
				const before, body = "X-A: b\r\n", "X-Z: z\r\n\r\nSubject: bödy\r\n\xff"
				got := down(t, turn(before+tt.field+"\r\n"+body))
				if want := turn(before + tt.want + "\r\n" + body); got != want {
					t.Errorf("got  %q\nwant %q", got, want)
				}
			}
			if got := down(t, tt.field); got != tt.want {
				t.Errorf("as a message of its own: %q", got)
			}
		})
	}
}

func TestReader_LeavesHeadersThatAreTooLong(t *testing.T) {
	long := "Subject: é\n" + strings.Repeat("X-A: "+strings.Repeat("b", 95)+"\n", downgrade.MaxHeader/100) + "\nbody"
	if down(t, long) != long {
		t.Error("a header over the bound was changed")
	}
}

func TestReader_GivesErrorsOn(t *testing.T) {
	fault := io.ErrClosedPipe
	src := func() io.Reader { return io.MultiReader(strings.NewReader("Subject: é\n"), iotest.ErrReader(fault)) }
	if b, err := io.ReadAll(downgrade.Reader(src())); err != fault || len(b) == 0 {
		t.Errorf("%q, %v", b, err)
	}
	if _, _, err := downgrade.Grow(src()); err != fault {
		t.Errorf("Grow: %v", err)
	}
}

func FuzzReader(f *testing.F) {
	for _, tt := range forms {
		f.Add([]byte(tt.field))
		f.Add([]byte(tt.field + "\n\nbody\r\n"))
	}
	f.Fuzz(func(t *testing.T, message []byte) {
		got := down(t, string(message))
		if again := down(t, got); again != got {
			t.Errorf("%q became %q, and then %q", message, got, again)
		}
		one, err := io.ReadAll(iotest.OneByteReader(downgrade.Reader(iotest.OneByteReader(bytes.NewReader(message)))))
		if err != nil || string(one) != got {
			t.Errorf("octet by octet %q, %v; at once %q", one, err, got)
		}
		head, _, _ := strings.Cut(strings.ReplaceAll(string(message), "\r\n", "\n")+"\n\n", "\n\n")
		for _, line := range strings.Split(head, "\n") {
			if !utf8.ValidString(line) || !isField(line) {
				return
			}
		}
		if got == string(message) {
			return
		}
		head, _, _ = strings.Cut(strings.ReplaceAll(got, "\r\n", "\n")+"\n\n", "\n\n")
		for _, line := range strings.Split(head, "\n") {
			if i := strings.IndexFunc(line, func(r rune) bool { return r > 0x7F }); i >= 0 {
				t.Errorf("%q became %q, which is not ASCII", message, got)
			}
		}
	})
}

// isField tells of a line whether it is a field of its own with a short name.
func isField(line string) bool {
	name, _, ok := strings.Cut(line, ":")
	return ok && name != "" && len(name) < 900 && strings.IndexFunc(name, func(r rune) bool { return r <= ' ' || r >= 0x7F }) < 0
}
