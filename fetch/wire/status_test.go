package wire_test

import (
	"strings"
	"testing"

	"restante/fetch/wire"
)

func TestParseStatus(t *testing.T) {
	tests := []struct {
		line string
		want wire.Status
	}{
		{"+OK", wire.Status{OK: true}},
		{"+OK ready <1.2@host>", wire.Status{OK: true, Text: "ready <1.2@host>"}},
		{"+ok  hello ", wire.Status{OK: true, Text: "hello"}},
		{"-ERR", wire.Status{}},
		{"-ERR: no", wire.Status{Text: ": no"}},
		{"-ERR [IN-USE] maildrop locked", wire.Status{Code: "IN-USE", Text: "maildrop locked"}},
		{"-ERR [sys/temp] later", wire.Status{Code: "SYS/TEMP", Text: "later"}},
		{"-ERR sorry [LOGIN-DELAY] wait", wire.Status{Code: "LOGIN-DELAY", Text: "sorry [LOGIN-DELAY] wait"}},
		{"-ERR [127.0.0.1] is not welcome", wire.Status{Text: "[127.0.0.1] is not welcome"}},
		{"-ERR [10.0.0.1] said [AUTH]", wire.Status{Code: "AUTH", Text: "[10.0.0.1] said [AUTH]"}},
		{"-ERR [open", wire.Status{Text: "[open"}},
		{"-ERR []", wire.Status{Text: "[]"}},
	}
	for _, tt := range tests {
		if got, err := wire.ParseStatus([]byte(tt.line)); err != nil || got != tt.want {
			t.Errorf("ParseStatus(%q) = %+v, %v, want %+v", tt.line, got, err, tt.want)
		}
	}
	for _, line := range []string{"", "OK", "+OKAY", "-ERROR", "1 100", "* OK IMAP", "220 smtp ready"} {
		if got, err := wire.ParseStatus([]byte(line)); err == nil {
			t.Errorf("ParseStatus(%q) = %+v, want an error", line, got)
		}
	}
	if _, err := wire.ParseStatus([]byte(strings.Repeat("x", 10000))); len(err.Error()) > 200 {
		t.Errorf("the error repeats %d octets of the line", len(err.Error()))
	}
}

func FuzzStatus(f *testing.F) {
	f.Add("+OK ready")
	f.Add("-ERR [SYS/TEMP] later")
	f.Add("-ERR x [IN-USE] y")
	f.Fuzz(func(t *testing.T, line string) {
		s, err := wire.ParseStatus([]byte(line))
		if err != nil {
			if s != (wire.Status{}) {
				t.Fatalf("%q: a status %+v beside the error %v", line, s, err)
			}
			return
		}
		if s.OK != (line[0] == '+') {
			t.Fatalf("%q: OK is %v", line, s.OK)
		}
		if strings.ContainsAny(s.Code, "[] \r\n") || !strings.Contains(strings.ToUpper(line), s.Code) {
			t.Fatalf("%q: code %q", line, s.Code)
		}
		if !strings.Contains(line, s.Text) {
			t.Fatalf("%q: text %q was never sent", line, s.Text)
		}
	})
}
