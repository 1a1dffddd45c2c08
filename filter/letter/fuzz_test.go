package letter_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"restante/filter/letter"
)

// tight are limits that short fuzz inputs can reach.
var tight = letter.Limits{Size: 4 << 10, Header: 512, Fields: 8, Depth: 3, Parts: 6, Text: 300, Links: 4}

func FuzzRead(f *testing.F) {
	paths, _ := filepath.Glob(filepath.Join("testdata", "*.eml"))
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	for _, msg := range hostile(1 << 10) {
		f.Add([]byte(msg[:min(len(msg), 1000)]))
	}
	f.Fuzz(func(t *testing.T, msg []byte) {
		before := bytes.Clone(msg)
		check(t, letter.ReadBytes(msg), letter.Defaults())
		if !bytes.Equal(msg, before) {
			t.Error("ReadBytes changed the message")
		}
		check(t, letter.ReadLimits(bytes.NewReader(msg), tight), tight)
		shown := letter.ReadParts(bytes.NewReader(msg), func(p letter.Part, open func(int) []byte) {
			data := open(64)
			if len(data) > 64 || !utf8.ValidString(p.Text(data)) {
				t.Errorf("part %s gives %q", p.Type, data)
			}
		})
		if diff := cmp.Diff(letter.ReadBytes(msg), shown); diff != "" {
			t.Errorf("ReadParts gives another letter (-want +got):\n%s", diff)
		}
	})
}

func FuzzHTML(f *testing.F) {
	for _, markup := range []string{
		`<p style="display:none">a<p>b`, `<a href="x">y<a href=z></a>`, `<title>t`, `<noscript><b>x</noscript>`, `<plaintext>x`,
		`<table><tr><td bgcolor=#fff><font color=white>w`, `<img alt="&amp;&#x0;">`, "<pre>a\n b</pre>", `<!-- x`, `<a b='`, `&#xD800;`,
	} {
		f.Add(markup)
	}
	f.Fuzz(func(t *testing.T, markup string) {
		msg := "Content-Type: text/html; charset=utf-8\n\n" + markup
		l := letter.ReadBytes([]byte(msg))
		check(t, l, letter.Defaults())
		for name, text := range map[string]string{"HTMLText": l.HTMLText, "Hidden": l.Hidden} {
			if strings.TrimSpace(text) != text || strings.Contains(text, "  ") || strings.Contains(text, "\n\n") {
				t.Errorf("%s = %q, want single blanks between words", name, text)
			}
			if len(text) > 2*len(l.HTML) {
				t.Errorf("%s is longer than its markup: %q of %q", name, text, l.HTML)
			}
		}
		check(t, letter.ReadLimits(strings.NewReader(msg), tight), tight)
	})
}
