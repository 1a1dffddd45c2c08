package extract_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"restante/filter/letter"
	"restante/index/search/extract"
	"restante/index/search/extract/extracttest"
)

func words(t *testing.T, p letter.Part, data []byte) string {
	t.Helper()
	text, err := extract.New(extract.Limits{}).Words(t.Context(), p, data)
	if err != nil {
		t.Errorf("Words(%s %s): %v", p.Type, p.Name, err)
	}
	return text
}

const event = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:hiddenuid\r\nSUMMARY;LANGUAGE=en:Quarterly plan\r\n ning\\, room\r\n" +
	"DESCRIPTION:first\\nsecond\r\nATTENDEE;CN=\"Ada: Lovelace\":mailto:ada@example.net\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"

const card = "BEGIN:VCARD\r\nVERSION:2.1\r\nN:Lovelace;Ada\r\nitem1.EMAIL:ada@example.net\r\n" +
	"NOTE;ENCODING=QUOTED-PRINTABLE:Gr=C3=BC=\r\n=C3=9Fe\r\nPHOTO:hiddenphoto\r\nEND:VCARD\r\n"

func TestWords_OfEveryKind(t *testing.T) {
	octets := "application/octet-stream"
	for _, test := range []struct {
		name, typ string
		data      []byte
		want      []string // in this order
		not       string
	}{
		{"a.txt", "text/plain", []byte("heron bank"), []string{"heron bank"}, ""},
		{"a.csv", octets, []byte("heron;bank"), []string{"heron;bank"}, ""},
		{"a.html", octets, []byte("<p>heron<p style='display:none'>hidden"), []string{"heron"}, "hidden"},
		{"a.ics", "text/calendar", []byte(event), []string{"Quarterly planning, room", "first\nsecond", "Ada: Lovelace", "ada@example.net"}, "hiddenuid"},
		{"a.vcf", "text/x-vcard", []byte(card), []string{"Lovelace Ada", "ada@example.net", "Grüße"}, "hiddenphoto"},
		{"", "message/rfc822", []byte("From: Ada <ada@example.net>\r\nSubject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r\n\r\nhidden"), []string{"Grüße", "Ada ada@example.net"}, "hidden"},
		{"a.eml", octets, []byte("From: Ada <ada@example.net>\nSubject: inner\n\nsaid"), []string{"inner", "Ada", "said"}, ""},
		{"a.docx", octets, extracttest.DOCX("heron & bank", "second"), []string{"heron & bank\n", "second\n"}, ""},
		{"a.xlsx", octets, extracttest.XLSX("heron", "bank"), []string{"Ledger", "heron\n", "bank\n", "1234"}, "HIDDENFORMULA"},
		{"a.pptx", octets, extracttest.PPTX("heron", "請求書"), []string{"heron\n", "請求書\n"}, ""},
		{"a.odt", octets, extracttest.ODT("heron", "bank"), []string{"heron\n", "bank\n"}, ""},
		{"noname", octets, extracttest.DOCX("heron"), []string{"heron\n"}, ""},
		{"a.zip", octets, extracttest.Zip(extracttest.File{Name: "heron.txt", Text: "hidden"}), []string{"heron.txt\n"}, "hidden"},
		{"a.tgz", octets, extracttest.TarGz("dir/heron.txt", "bank.doc"), []string{"dir/heron.txt\n", "bank.doc\n"}, ""},
		{"a.pdf", octets, extracttest.PDF("heron bank (x)", "man-", "grove"), []string{"heron bank (x)\n", "mangrove"}, ""},
		{"a.pdf", "application/pdf", extracttest.WidePDF("東京都庁の請求書", "Grüße 𝄞"), []string{"東京都庁の請求書\n", "Grüße 𝄞"}, ""},
	} {
		p := letter.Part{Type: test.typ, Name: test.name, Attached: true, Start: test.data[:min(16, len(test.data))]}
		if n := extract.New(extract.Limits{}).Wants(p); n <= 0 {
			t.Errorf("%s %s: nothing is wanted of it", test.typ, test.name)
		}
		got := words(t, p, test.data)
		at := 0
		for _, w := range test.want {
			i := strings.Index(got[at:], w)
			if i < 0 {
				t.Errorf("%s %s gives %q, want %q in their order", test.typ, test.name, got, test.want)
				break
			}
			at += i + len(w)
		}
		if test.not != "" && strings.Contains(got, test.not) {
			t.Errorf("%s %s gives %q, want nothing of %s", test.typ, test.name, got, test.not)
		}
	}
}

func TestWants_NothingOfPictures(t *testing.T) {
	for _, p := range []letter.Part{{Type: "image/png", Name: "a.png"}, {Type: "audio/ogg"}, {Type: "application/x-thing", Name: "a.bin"}, {Type: "application/pgp-signature"}} {
		if n := extract.New(extract.Limits{}).Wants(p); n != 0 {
			t.Errorf("%d octets are wanted of %+v", n, p)
		}
	}
}

// bomb is an office document whose text is a thousand times its size.
func bomb() []byte {
	return extracttest.DOCX("heron", strings.Repeat("boom ", 1<<20))
}

func TestWords_EndAtTheLimits(t *testing.T) {
	many := make([]extracttest.File, 50)
	for i := range many {
		many[i].Name = "heron"
	}
	deep := extracttest.Zip(extracttest.File{Name: "[Content_Types].xml"}, extracttest.File{Name: "word/document.xml", Text: "<t>heron</t>" + strings.Repeat("<p>", 1000)})
	for _, test := range []struct {
		name   string
		limits extract.Limits
		data   []byte
		err    error
	}{
		{"a.docx", extract.Limits{Text: 100}, bomb(), nil},
		{"a.docx", extract.Limits{Text: 1 << 30, Inside: 1 << 20}, bomb(), extract.ErrLimit},
		{"a.docx", extract.Limits{Text: 1 << 30}, bomb(), extract.ErrLimit}, // by its ratio
		{"a.docx", extract.Limits{}, deep, extract.ErrLimit},
		{"a.zip", extract.Limits{Entries: 20}, extracttest.Zip(many...), extract.ErrLimit},
		{"a.tgz", extract.Limits{Inside: 4 << 10}, extracttest.TarGz("heron", "b", "c", "d", "e", "f", "g", "h", "i", "k"), extract.ErrLimit},
		{"a.txt", extract.Limits{Text: 20, Octets: 30}, []byte(strings.Repeat("heron ", 100)), nil},
		{"a.pdf", extract.Limits{Text: 20}, extracttest.PDF(strings.Repeat("heron ", 100)), nil},
	} {
		most := test.limits.Text
		if most == 0 {
			most = 1 << 20
		}
		got, err := extract.New(test.limits).Words(t.Context(), letter.Part{Type: "application/octet-stream", Name: test.name}, test.data)
		if !errors.Is(err, test.err) || !strings.Contains(got, "heron") || len(got) > most {
			t.Errorf("%s, %+v: %d octets %.20q, error %v; want heron and error %v", test.name, test.limits, len(got), got, err, test.err)
		}
	}
}

// spinning is a PDF whose tree of pages goes around in a circle.
func spinning() []byte {
	return extracttest.Objects("<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 9/Kids[2 0 R]>>")
}

// greedy is a PDF that unpacks to far more than a child may take.
func greedy() []byte {
	return extracttest.Objects("<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
		"<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<<>>>>", extracttest.Stream("BT ("+strings.Repeat("x", 64<<20)+") Tj ET"))
}

func TestWords_ADocumentThatHangsOrGrowsCostsAChild(t *testing.T) {
	for _, test := range []struct {
		name   string
		limits extract.Limits
		data   []byte
		want   string
	}{
		{"hangs", extract.Limits{Time: 500 * time.Millisecond}, spinning(), "not done within 500ms"},
		{"grows", extract.Limits{Memory: 12 << 20, Time: time.Minute}, greedy(), "exit status 2"}, // as Go ends when there is no memory,
	} {
		x := extract.New(test.limits)
		_, err := x.Words(t.Context(), letter.Part{Type: "application/pdf"}, test.data)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("a PDF that %s: error %v, want %q", test.name, err, test.want)
		}
		got, err := extract.New(extract.Limits{}).Words(t.Context(), letter.Part{Type: "application/pdf"}, extracttest.PDF("heron"))
		if err != nil || !strings.Contains(got, "heron") {
			t.Errorf("after a PDF that %s: %q, %v", test.name, got, err)
		}
	}
}

func TestWords_EndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, data := range map[string][]byte{"a.pdf": extracttest.PDF("heron"), "a.docx": extracttest.DOCX("heron")} {
		if _, err := extract.New(extract.Limits{}).Words(ctx, letter.Part{Type: "application/octet-stream", Name: name}, data); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: error %v, want that of the context", name, err)
		}
	}
}

func FuzzWords(f *testing.F) {
	for name, data := range map[string][]byte{
		"a.docx": extracttest.DOCX("a"), "a.xlsx": extracttest.XLSX("a"), "a.odt": extracttest.ODT("a"), "a.zip": extracttest.Zip(extracttest.File{Name: "a"}),
		"a.tgz": extracttest.TarGz("a"), "a.ics": []byte(event), "a.vcf": []byte(card), "a.eml": []byte("From: a\n\nb"), "a.html": []byte("<p>a"),
		"a.pdf": extracttest.PDF("a"), "b.pdf": extracttest.WidePDF("a"),
	} {
		f.Add(name, data)
	}
	x := extract.New(extract.Limits{Text: 1000, Entries: 10, Inside: 1 << 16, Time: 2 * time.Second})
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		p := letter.Part{Type: "application/octet-stream", Name: name, Start: data[:min(len(data), 16)]}
		got, err := x.Words(t.Context(), p, data)
		if len(got) > 1000+3 || !utf8.ValidString(got) || err != nil && strings.Contains(err.Error(), "the reader broke") {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	})
}

// TestWords_OfATableUnderAnotherName: spreadsheets are often CSV or HTML.
func TestWords_OfATableUnderAnotherName(t *testing.T) {
	const excel = "application/vnd.ms-excel"
	for _, test := range []struct{ name, data, want string }{
		{"a.csv", "name;sum\nW\xf6rter;12", "name;sum\nWörter;12"},
		{"a.xls", "<html><body><table><tr><td>heron</td><td>bank", "heron bank"},
		{"a.xls", "<table><tr><td>heron", "heron"},
		{"a.xls", "\xff\xfeh\x00e\x00r\x00o\x00n\x00", "heron"},
		{"a.xls", "\x93\x8c\x8b\x9e\x93\x73,\x8a\x94\x8e\xae", "東京都,株式"},
	} {
		if got := words(t, letter.Part{Type: excel, Name: test.name}, []byte(test.data)); strings.TrimSpace(got) != test.want {
			t.Errorf("%s %q gives %q, want %q", test.name, test.data, got, test.want)
		}
	}
	for _, data := range []string{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1heron", `{\rtf1 heron}`, "he\x00ron", ""} {
		text, err := extract.New(extract.Limits{}).Words(t.Context(), letter.Part{Type: excel}, []byte(data))
		if err == nil || text != "" {
			t.Errorf("%q gives %q, %v, want an error", data, text, err)
		}
	}
}

func TestWords_OfWhatADocumentSaysOfItself(t *testing.T) {
	core := `<cp:coreProperties xmlns:dc="d"><dc:title>heron</dc:title><dc:creator>hidden</dc:creator><cp:keywords>stork, crane</cp:keywords></cp:coreProperties>`
	odf := `<office:meta xmlns:m="m"><m:generator>hidden</m:generator><dc:title>heron</dc:title><m:keyword>stork</m:keyword></office:meta>`
	for _, data := range [][]byte{
		extracttest.Zip(extracttest.File{Name: "[Content_Types].xml"}, extracttest.File{Name: "docProps/core.xml", Text: core},
			extracttest.File{Name: "xl/comments/comment1.xml", Text: "<author>x</author><comment><t>egret</t></comment>"}),
		extracttest.Zip(extracttest.File{Name: "content.xml", Text: "<p>egret</p>"}, extracttest.File{Name: "meta.xml", Text: odf}),
	} {
		got := words(t, letter.Part{Type: "application/octet-stream"}, data)
		for _, want := range []string{"heron\n", "stork", "\negret\n"} {
			if !strings.Contains("\n"+got, want) {
				t.Errorf("%q, want %s", got, want)
			}
		}
		if strings.Contains(got, "hidden") {
			t.Errorf("%q says what nobody looks for", got)
		}
	}
}

// TestWords_OfArchivesReadTheNamesOfTheirTime: older programs name files in the
// charset of their country.
func TestWords_OfArchivesReadTheNamesOfTheirTime(t *testing.T) {
	data := extracttest.Zip(extracttest.File{Name: "\x95\x5c\x8c\x76\x8e\x5a\x8e\x91\x97\xbf.txt"}, extracttest.File{Name: "資料.txt"})
	if got := words(t, letter.Part{Type: "application/zip"}, data); !strings.Contains(got, "表計算資料.txt\n資料.txt\n") {
		t.Errorf("the names are %q", got)
	}
}
