package letter_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"mime/quotedprintable"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
	"pgregory.net/rapid"

	"restante/filter/letter"
)

func TestRead_KnowsCharsets(t *testing.T) {
	for _, c := range []struct {
		label, text string
		enc         encoding.Encoding
	}{
		{"utf-8", "Grüße 会議 🎉", encoding.Nop},
		{"utf8", "Grüße", encoding.Nop},
		{"iso-2022-jp", "会議は火曜日", japanese.ISO2022JP},
		{"cp50220", "会議は火曜日", japanese.ISO2022JP},
		{"Shift_JIS", "会議①", japanese.ShiftJIS},
		{"cp932", "会議①", japanese.ShiftJIS},
		{"x-sjis", "会議", japanese.ShiftJIS},
		{"EUC-JP", "会議", japanese.EUCJP},
		{"gb2312", "会议镕", simplifiedchinese.GBK},
		{"GB18030", "会议€", simplifiedchinese.GB18030},
		{"hz-gb-2312", "会议", simplifiedchinese.HZGB2312},
		{"big5", "會議", traditionalchinese.Big5},
		{"ks_c_5601-1987", "회의", korean.EUCKR},
		{"euc-kr", "회의", korean.EUCKR},
		{"koi8-r", "Привет", charmap.KOI8R},
		{"koi8-u", "Привіт", charmap.KOI8U},
		{"windows-1251", "Привет", charmap.Windows1251},
		{"cp1251", "Привет", charmap.Windows1251},
		{"windows-1250", "Příliš", charmap.Windows1250},
		{"windows-1256", "مرحبا", charmap.Windows1256},
		{"iso-8859-1", "5 € „so“", charmap.Windows1252},
		{"latin1", "Grüße", charmap.Windows1252},
		{"iso-8859-2", "Příliš", charmap.ISO8859_2},
		{"iso-8859-7", "Γειά", charmap.ISO8859_7},
		{"iso-8859-15", "5 €", charmap.ISO8859_15},
		{"ibm850", "Grüße", charmap.CodePage850},
		{"utf-16", "Grüße", unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)},
	} {
		data, err := c.enc.NewEncoder().Bytes([]byte(c.text))
		if err != nil {
			t.Fatalf("%s: %v", c.label, err)
		}
		l := open("From: a@x.org\nContent-Transfer-Encoding: base64\nContent-Type: text/plain; charset=\"" + c.label + "\"\n\n" +
			base64.StdEncoding.EncodeToString(data))
		if strings.TrimPrefix(l.Text, "\uFEFF") != c.text || len(l.Defects) != 0 {
			t.Errorf("%s: Text = %q with %v, want %q", c.label, l.Text, l.Defects, c.text)
		}
	}
}

func TestRead_GuessesWithoutAUsefulCharset(t *testing.T) {
	for _, c := range []struct{ label, data, want string }{
		{"", "caf\xe9 \x80", "café €"},
		{"", "caf\xc3\xa9", "café"},
		{"", "\x1b$B2q5D\x1b(B", "会議"},
		{"us-ascii", "caf\xe9", "café"},
		{"x-unknown", "caf\xc3\xa9", "café"},
		{"iso-2022-kr", "caf\xe9", "café"},
		{"utf-16", "no zeroes here", "no zeroes here"},
		{"utf-8", "caf\xe9", "café"},
		{"utf-8", "würde größer sein\xe9", "würde größer sein\uFFFD"},
		{"utf-7", "+AGEAYg- +- +", "ab + +"},
		{"charset", "caf\xe9", "café"},
	} {
		if got := open("Content-Type: text/plain; charset=" + c.label + "\n\n" + c.data).Text; got != c.want {
			t.Errorf("%q as %q = %q, want %q", c.data, c.label, got, c.want)
		}
	}
}

// TestRead_UndoesTransferEncodings writes any text with the encoders of Go.
func TestRead_UndoesTransferEncodings(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.StringMatching(`([a-z=äЖ会 .-]{0,30}\n){0,5}[a-z=]{0,40}`).Draw(t, "text")
		var qp, b64 bytes.Buffer
		w := quotedprintable.NewWriter(&qp)
		_, _ = io.WriteString(w, want)
		_ = w.Close()
		for line := range slices.Chunk([]byte(base64.StdEncoding.EncodeToString([]byte(want))), 20) {
			b64.Write(line)
			b64.WriteString("\r\n")
		}
		for name, body := range map[string]string{"quoted-printable": qp.String(), "base64": b64.String(), "8bit": want} {
			l := open("Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: " + name + "\r\n\r\n" + body)
			if l.Text != want {
				t.Fatalf("%s: Text = %q, want %q", name, l.Text, want)
			}
			a := open("Content-Type: image/png\r\nContent-Transfer-Encoding: " + name + "\r\n\r\n" + body)
			if name != "quoted-printable" && a.Parts[0].Size != int64(len(want)) || string(a.Parts[0].Start) != want[:min(16, len(want))] && name == "8bit" {
				t.Fatalf("%s: attachment of %d octets %q, want %d", name, a.Parts[0].Size, a.Parts[0].Start, len(want))
			}
		}
	})
}

func TestRead_KeepsWhatCameBeforeAReadError(t *testing.T) {
	r := io.MultiReader(strings.NewReader("Subject: a\n\nhalf a bo"), iotest.ErrReader(errors.New("disk gone")))
	l := letter.Read(r)
	if l.Subject != "a" || l.Text != "half a bo" || l.Defects[0] != (letter.Defect{Code: letter.DefectRead, Detail: "disk gone"}) {
		t.Errorf("Subject %q, Text %q, Defects %v", l.Subject, l.Text, l.Defects)
	}
}

// TestRead_NotesEveryLimit goes over one limit at a time.
func TestRead_NotesEveryLimit(t *testing.T) {
	parts := "Content-Type: multipart/mixed; boundary=b\n\n" + strings.Repeat("--b\n\nword\n", 4) + "--b--\n"
	nested := "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/mixed; boundary=c\n\n--c\n\ninner\n--c--\n--b--\n"
	for _, c := range []struct {
		code, msg string
		lim       letter.Limits
		text      string // what is still found
	}{
		{letter.DefectSize, "A: b\n\nwords and more", letter.Limits{Size: 11}, "words"},
		{letter.DefectLongHeader, "A: b\nB: cdefgh\nC: d\n\nwords", letter.Limits{Header: 12}, "words"},
		{letter.DefectFields, "A: b\nB: c\nC: d\n\nwords", letter.Limits{Fields: 2}, "words"},
		{letter.DefectDepth, nested, letter.Limits{Depth: 1}, "--c\n\ninner\n--c--"},
		{letter.DefectDepth, "Content-Type: message/rfc822\n\nContent-Type: message/rfc822\n\nA: b\n\nwords", letter.Limits{Depth: 1}, "A: b\n\nwords"},
		{letter.DefectParts, parts, letter.Limits{Parts: 3}, "word\n\nword\n\n\nword\n--b\n\nword\n--b--\n"},
		{letter.DefectText, "A: b\n\nwörds", letter.Limits{Text: 2}, "w"},
		{letter.DefectLinks, "A: b\n\nhttp://a/ http://b/", letter.Limits{Links: 1}, "http://a/ http://b/"},
	} {
		l := letter.ReadLimits(strings.NewReader(c.msg), c.lim)
		has := slices.ContainsFunc(l.Defects, func(d letter.Defect) bool { return d.Code == c.code })
		if !has || l.Text != c.text {
			t.Errorf("%s: Defects %v, Text %q, want %q", c.code, l.Defects, l.Text, c.text)
		}
		for _, d := range letter.Read(strings.NewReader(c.msg)).Defects {
			if d.Code == c.code {
				t.Errorf("%s noted under the default limits", c.code)
			}
		}
	}
}
