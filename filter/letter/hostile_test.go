package letter_test

import (
	"fmt"
	"maps"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"restante/filter/letter"
)

// hostile gives messages made to cost a naive reader much, of sizes in
// proportion to mib; 1<<20 makes them as large as their names say.
func hostile(mib int) map[string]string {
	var nest, messages, deep strings.Builder
	for i := range mib / 350 {
		fmt.Fprintf(&nest, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i)
		messages.WriteString("Content-Type: message/rfc822\n\n")
	}
	for i := range 31 {
		fmt.Fprintf(&deep, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i)
	}
	many := func(s string, total int) string { return strings.Repeat(s, total/len(s)) }
	html := "Content-Type: text/html\n\n"
	return map[string]string{
		"nested multiparts":       nest.String() + "\nthe innermost words\n",
		"nested messages":         messages.String() + "\nthe innermost words\n",
		"200,001 parts":           "Content-Type: multipart/mixed; boundary=b\n\n" + many("--b\n\nx\n", mib*27/20) + "--b--\n",
		"boundaries of no part":   deep.String() + "\n" + many("--b\n", 10*mib),
		"unknown boundaries":      deep.String() + "Content-Type: multipart/mixed; boundary=n\n\n" + many("--x\nContent-\n", 10*mib),
		"one boundary throughout": many("Content-Type: multipart/mixed; boundary=b\n\n--b\n", mib),
		"one token":               "Content-Type: text/plain\n\n" + many("a", 10*mib),
		"one token in markup":     html + many("a", 10*mib),
		"one line of base64":      "Content-Transfer-Encoding: base64\n\n" + many("QUFB", 10*mib),
		"junk as base64":          "Content-Transfer-Encoding: base64\n\n" + many("QUF!==", 10*mib),
		"equals signs":            "Content-Transfer-Encoding: quoted-printable\n\n" + many("= \n=", 10*mib),
		"equals signs at once":    "Content-Transfer-Encoding: quoted-printable\n\n" + many("=", 10*mib),
		"URLs":                    "\n" + many("http://a/ www.b ", 10*mib),
		"colons and double u":     "\n" + many(":wWw:", 10*mib),
		"header of one line":      "Subject: " + many("a", 10*mib),
		"header of many fields":   many("A: b\n", 10*mib) + "\n",
		"header of continuations": "A: b\n" + many(" \n", mib),
		"header of stray lines":   "A: b\n" + many("x\n\x00\n", mib),
		"header of CRs":           "A: " + many("\r", mib) + "\n\n",
		"encoded words unclosed":  "Subject: " + many("=?a?q?x", mib) + "\n\n",
		"encoded words":           "Subject: " + many("=?utf-8?q?x?= ", mib) + "\n\n",
		"addresses":               "From: " + many("<a@b>,", mib) + "\n\n",
		"brackets of addresses":   "From: " + many("<", mib) + "\nTo: " + many("(", mib) + "\n\n",
		"quotes of addresses":     "From: a" + many(`"\`, mib) + "\nTo: " + many("a:", mib) + "\n\n",
		"references":              "References: " + many("<a@b> <c", mib) + "\n\n",
		"parameters":              "Content-Type: text/plain; " + many("a*0*=b;", mib) + "\n\n",
		"open elements":           html + many("<div>", 2*mib),
		"end tags":                html + many("<b>", mib) + many("</i>", mib),
		"links":                   html + many("<a href=x>y", 2*mib),
		"open comment":            html + "<!--" + many("->", 2*mib),
		"open tag":                html + "<a " + many("b ", 2*mib),
		"attributes":              html + "<a " + many("style=a:b ", 2*mib) + ">",
		"entities":                html + many("&", 2*mib),
		"styles":                  html + "<p style='" + many("color:#fff;", 2*mib) + "'>",
		"NULs":                    "Subject: " + many("\x00", mib/2) + "\n\n" + many("\x00", 2*mib),
		"octets that grow":        "Content-Type: text/plain; charset=iso-8859-1\n\n" + many("\xe9", 3*mib),
		"nothing":                 "",
	}
}

// TestRead_BoundsMemory opens the hostile messages: what is kept stays within
// the limits, and all that was ever allocated on the way within 64 MiB.
func TestRead_BoundsMemory(t *testing.T) {
	shapes := hostile(1 << 20)
	for _, name := range slices.Sorted(maps.Keys(shapes)) {
		t.Run(name, func(t *testing.T) {
			msg := []byte(shapes[name])
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			l := letter.ReadBytes(msg)
			runtime.ReadMemStats(&after)
			if used := after.TotalAlloc - before.TotalAlloc; used > 64<<20 {
				t.Errorf("allocated %d MiB for a message of %d KiB", used>>20, len(msg)>>10)
			}
			check(t, l, letter.Defaults())
		})
	}
}

func BenchmarkRead_Hostile(b *testing.B) {
	shapes := hostile(1 << 20)
	for _, name := range slices.Sorted(maps.Keys(shapes)) {
		b.Run(name, func(b *testing.B) {
			msg := []byte(shapes[name])
			b.ReportAllocs()
			for b.Loop() {
				letter.ReadBytes(msg)
			}
		})
	}
}

// check asserts what holds of every letter: strings are UTF-8, limits are kept.
func check(tb testing.TB, l *letter.Letter, lim letter.Limits) {
	tb.Helper()
	checkStrings(tb, "Letter", reflect.ValueOf(*l))
	for name, text := range map[string]string{"Text": l.Text, "HTML": l.HTML, "HTMLText": l.HTMLText, "Hidden": l.Hidden} {
		if len(text) > lim.Text {
			tb.Errorf("%s has %d octets, limit %d", name, len(text), lim.Text)
		}
		if strings.Contains(text, "\x00") {
			tb.Errorf("%s holds a NUL", name)
		}
	}
	for name, n := range map[string][2]int{
		"Links": {len(l.Links), lim.Links}, "Parts": {len(l.Parts), lim.Parts}, "Fields": {len(l.Fields), lim.Fields},
		"From": {len(l.From), 1000}, "To": {len(l.To), 1000}, "References": {len(l.References), 100}, "Defects": {len(l.Defects), 100},
	} {
		if n[0] > n[1] {
			tb.Errorf("%d %s, limit %d", n[0], name, n[1])
		}
	}
	if l.Size > lim.Size {
		tb.Errorf("Size = %d, limit %d", l.Size, lim.Size)
	}
	for i, p := range l.Parts {
		if p.Depth > lim.Depth || p.Size < 0 || len(p.Start) > 16 {
			tb.Errorf("part %d: depth %d, size %d, %d octets of Start", i, p.Depth, p.Size, len(p.Start))
		}
	}
	if len(l.Parts) == 0 || l.Parts[0].Depth != 0 {
		tb.Errorf("the root is not the first part: %v", l.Parts)
	}
}

// checkStrings asserts that every string in v is UTF-8.
func checkStrings(tb testing.TB, at string, v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		if !utf8.ValidString(v.String()) {
			tb.Errorf("%s is not UTF-8: %q", at, v.String()[:min(v.Len(), 200)])
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return
		}
		for i := range v.Len() {
			checkStrings(tb, fmt.Sprintf("%s[%d]", at, i), v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() {
				checkStrings(tb, at+"."+f.Name, v.Field(i))
			}
		}
	}
}
