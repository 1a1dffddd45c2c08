package letter_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"restante/filter/letter"
)

func TestRead_ShowsMarkupAsAReaderSeesIt(t *testing.T) {
	for _, c := range []struct{ markup, shown, hidden string }{
		{"a<b>b</b>c", "abc", ""},
		{"a<br>b<p>c</p>d", "a\nb\nc\nd", ""},
		{"a <i> b </i> c", "a b c", ""},
		{"<td>a</td><td>b</td>", "a b", ""},
		{"a&nbsp;b&#32;c&shy;d&#x200b;e", "a b cde", ""},
		{"&lt;b&gt; &eacute; &#8364; &bogus;", "<b> é € &bogus;", ""},
		{"a<!-- b -->c<script>d</script>e<style>f</style>g", "aceg", ""},
		{"<title>a</title>b", "b", ""},
		{"<script>a", "", ""},
		{"<b>a</script>b", "ab", ""},
		{"<pre>a\n b</pre>", "a\nb", ""},
		{"<img alt='picture'> <img>", "picture", ""},
		{"<noscript>a <b>b</b></noscript>", "a b", ""},
		{"a<span style='display: NONE !important'>b</span>c", "ac", "b"},
		{"win<span style='font-size:0'>x</span>ter", "winter", "x"},
		{"<div style=font-size:1px>a<table><tr><td>b</table></div>", "b", "a"},
		{"<div style='font:0px/0 Arial'>a</div><div style='font:12px Arial'>b</div>", "b", "a"},
		{"<p style='display:none'>a<p>b", "b", "a"},
		{"<div style='display:none'><p>a</div>b", "b", "a"},
		{"<font color=white>a</font>b", "b", "a"},
		{"<body bgcolor=black text=#000>a<font color=red>b</font>", "b", "a"},
		{"<td style='background:#123456;color:rgb(18, 52, 86)'>a</td>b", "b", "a"},
		{"<td background=x.png><font color=white>a</font></td>", "a", ""},
		{"<td style='background:url(x.png)'><font color=white>a</font></td>", "a", ""},
		{"<div style='text-indent:-9999px'>a</div>b", "b", "a"},
		{"<div style='height:0;overflow:hidden'>a</div><div style='height:0'>b</div>", "b", "a"},
		{"<div style='opacity:0'>a</div><div style='opacity:0.5'>b</div>", "b", "a"},
		{"<div hidden>a</div>b", "b", "a"},
		{"<div style='visibility:hidden'>a<i style='visibility:visible'>b</i></div>", "b", "a"},
		{"<br style='display:none'>a", "a", ""},
		{"</p></div>a", "a", ""},
		{"a\u3000b\u200cc", "a bc", ""},
		{"<ul><li>a<li>b</ul>", "a\nb", ""},
	} {
		l := open("Content-Type: text/html; charset=utf-8\n\n" + c.markup)
		if l.HTMLText != c.shown || l.Hidden != c.hidden {
			t.Errorf("%s\nshown %q, hidden %q\n want %q,   want %q", c.markup, l.HTMLText, l.Hidden, c.shown, c.hidden)
		}
	}
}

func TestRead_FindsLinks(t *testing.T) {
	for _, c := range []struct {
		kind, body string
		want       []letter.Link
	}{
		{"plain", "see http://a.example/b?c=d#e.", []letter.Link{{URL: "http://a.example/b?c=d#e"}}},
		{"plain", "(https://a.example/b) [HTTPS://C.example]", []letter.Link{{URL: "https://a.example/b"}, {URL: "HTTPS://C.example"}}},
		{"plain", "<http://a.example/x,y>, \"ftp://b.example/\"", []letter.Link{{URL: "http://a.example/x,y"}, {URL: "ftp://b.example/"}}},
		{"plain", "www.a.example/b, awww. www. nowww.x a@www.x", []letter.Link{{URL: "www.a.example/b"}}},
		{"plain", "http:// http:a ://x gopher://x", nil},
		{"plain", "xhttp://a.example/", []letter.Link{{URL: "http://a.example/"}}},
		{"plain", "見るhttp://a.example/　次", []letter.Link{{URL: "http://a.example/"}}},
		{"html", "<a href='http://a.example/'>a <b>b</b></a> c", []letter.Link{{"http://a.example/", "a b"}}},
		{"html", "<a href=x>a<a href=y>b", []letter.Link{{"x", "a"}, {"y", "b"}}},
		{"html", "<a href='#x'>a</a><a href=''>b</a><a>c</a>", nil},
		{"html", "<a href='ja\nva&#115;cript:x'>a</a>", []letter.Link{{"javascript:x", "a"}}},
		{"html", "<a href=x><span style='display:none'>a</span>b</a>", []letter.Link{{"x", "b"}}},
		{"html", "<a href=x><img alt='c'></a>", []letter.Link{{"x", "c"}}},
	} {
		l := open("Content-Type: text/" + c.kind + "; charset=utf-8\n\n" + c.body)
		if diff := cmp.Diff(c.want, l.Links); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.body, diff)
		}
	}
}

func TestRead_TagsBeyondReasonHideNoWords(t *testing.T) {
	for name, chaff := range map[string]string{
		"many tags":      strings.Repeat("<i>", 60_000),
		"many end tags":  strings.Repeat("</i>", 60_000),
		"an endless tag": "<a " + strings.Repeat("b ", 400_000) + ">",
	} {
		l := letter.ReadBytes([]byte("Content-Type: text/html\n\n<p>before" + chaff + "cheap pills <b>now</b>"))
		cut := slices.ContainsFunc(l.Defects, func(d letter.Defect) bool { return d.Code == letter.DefectText })
		if !cut || !strings.HasPrefix(l.HTMLText, "before") || !strings.Contains(l.HTMLText, "cheap pills") {
			t.Errorf("%s: Defects %v, text ends in %q", name, l.Defects, l.HTMLText[max(0, len(l.HTMLText)-60):])
		}
	}
}
