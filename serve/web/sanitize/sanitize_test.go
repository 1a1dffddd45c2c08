package sanitize_test

import (
	"strings"
	"testing"

	"restante/serve/web/sanitize"
)

func TestClean_KeepsWhatMailIsMadeOf(t *testing.T) {
	tests := map[string]struct{ in, want string }{
		"text":             {"a < b & c", "a &lt; b &amp; c"},
		"words":            {`<P ALIGN=center>Hello <B>there</B></P>`, `<p align="center">Hello <b>there</b></p>`},
		"link":             {`<a href="HTTP://example.org/a b?x=1&y=2#z" onclick=x name=q>here</a>`, `<a href="http://example.org/a%20b?x=1&amp;y=2#z" rel="noopener noreferrer nofollow" target="_blank">here</a>`},
		"link to an inbox": {`<a href="mailto:ada@example.org?subject=hi" target=_top rel=opener>`, `<a href="mailto:ada@example.org?subject=hi" rel="noopener noreferrer nofollow" target="_blank"></a>`},
		"no scheme":        {`<a href="//example.org/x">y</a>`, `<a href="https://example.org/x" rel="noopener noreferrer nofollow" target="_blank">y</a>`},
		"placeholder left": {`<a href="http://example.org/%%id%%">y</a>`, `<a href="http://example.org/%25%25id%25%25" rel="noopener noreferrer nofollow" target="_blank">y</a>`},
		"letter's colours": {`<html><head><title>T</title></head><body bgcolor=#EEE text=navy style="margin:0">x</body></html>`, `<div style="background-color:#EEE;color:navy;margin:0">x</div>`},
		"table": {`<table width=600 cellpadding=0><tr><td bgcolor="#ffffff" style="padding:4px 8px">a<td>b<tr><td colspan=2>c</table>`,
			`<table cellpadding="0" width="600"><tbody><tr><td bgcolor="#ffffff" style="padding:4px 8px">a</td><td>b</td></tr><tr><td colspan="2">c</td></tr></tbody></table>`},
		"list":             {`<ul><li>a<li>b<ol type=a><li>c</ol></ul>`, `<ul><li>a</li><li>b<ol type="a"><li>c</li></ol></li></ul>`},
		"font":             {`<font face="Arial, 'MS Gothic'" size=+1 color=red>x</font>`, `<font color="red" face="Arial, &#39;MS Gothic&#39;" size="+1">x</font>`},
		"style":            {`<p style='FONT: bold 12px/1.5 "Open Sans", Arial !important; Color : RGB(1, 2,3);; mso-x: y'>x`, `<p style="font:bold 12px/1.5 &#39;Open Sans&#39;, Arial;color:RGB(1, 2,3)">x</p>`},
		"not a script":     {`<noscript><p>plain</p></noscript>`, `<p>plain</p>`},
		"form's words":     {`<form action="http://x/"><label>Name</label> <input name=a><button>Go</button></form>`, `Name Go`},
		"Outlook's marks":  {`<!--[if mso]><table><![endif]--><![if !mso]><o:p>x</o:p><![endif]><xml><w:Zoom>0</w:Zoom></xml>y`, `xy`},
		"picture in it":    {`<img src="data:image/PNG;base64,iVBO Rw0=" alt=a width=5>`, `<img alt="a" src="data:image/png;base64,iVBORw0=" width="5">`},
		"two parts":        {`<html><body><table><tr><td>a</body></html><html><body>b`, `<table><tbody><tr><td>a</td></tr></tbody></table>b`},
		"Japanese":         {`<p style="font-family:'ＭＳ ゴシック'">日本語</p>`, `<p style="font-family:&#39;ＭＳ ゴシック&#39;">日本語</p>`},
		"heading misnamed": {`<h1>a</h2>b`, `<h1>a</h1>b`},
		"ruby":             {`<ruby>漢<rp>(<rt>kan<rp>)</ruby>`, `<ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby>`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := sanitize.Clean(tt.in, sanitize.Options{})
			if got.HTML != tt.want || got.Cut || got.Blocked != 0 {
				t.Errorf("gave %+v\nwant %s", got, tt.want)
			}
			sound(t, tt.in, sanitize.Options{})
		})
	}
}

func TestClean_LoadsNothingUnasked(t *testing.T) {
	for _, in := range []string{
		`<img src="http://evil.example/a.png">`, `<img src=//evil.example/a.png>`, `<img src=" h&#9;ttp://evil.example/a">`,
		`<image src="http://evil.example/a.png">`,
		`<table background="http://evil.example/b"><tr><td background=http://evil.example/c>x</table>`, `<body background="http://evil.example/">`,
		`<p style="background:url(http://evil.example/)">`, `<p style="background-image: URL( 'http://evil.example/' )">`,
		`<p style="background:#fff u/**/rl(http://evil.example/)">`,
	} {
		got := sanitize.Clean(in, sanitize.Options{})
		if strings.Contains(got.HTML, "evil") || !strings.Contains(in, "/**/") && got.Blocked == 0 {
			t.Errorf("%s\ngave %+v", in, got)
		}
		sound(t, in, sanitize.Options{})
	}
	for _, in := range []string{
		`<img srcset="http://evil.example/a 2x" lowsrc=http://evil.example/ dynsrc=http://evil.example/ longdesc=http://evil.example/>`,
		`<picture><source srcset=http://evil.example/><img></picture>`, `<video poster="http://evil.example/" src=http://evil.example/></video>`,
		`<audio src=http://evil.example/>`, `<link rel=stylesheet href=http://evil.example/>`, `<link rel=dns-prefetch href=//evil.example/>`,
		`<meta http-equiv=refresh content="0;url=http://evil.example/">`, `<base href=http://evil.example/>`,
		`<style>@import "http://evil.example/"; @font-face{src:url(http://evil.example/)}</style>`,
		`<svg><image href=http://evil.example/ /><use href="http://evil.example/#a"/></svg>`, `<math href="http://evil.example/">x</math>`,
		`<object data=http://evil.example/></object><embed src=http://evil.example/><applet code=http://evil.example/></applet>`,
		`<iframe src=http://evil.example/></iframe><frameset><frame src=http://evil.example/></frameset>`,
		`<form action=http://evil.example/><input type=image src=http://evil.example/>`,
		`<blockquote cite=http://evil.example/>x</blockquote><q cite=http://evil.example/>x</q>`,
		`<ul style="list-style:url(http://evil.example/)"><li>x</ul>`, `<p style="content:url(http://evil.example/);cursor:url(http://evil.example/),auto">`,
		`<p style="background-image:image-set('http://evil.example/' 1x)">`, `<p style="background:\75rl(http://evil.example/)">`,
		`<p style="background:url(http://evil.example/">`, `<html manifest=http://evil.example/ profile=http://evil.example/>`,
	} {
		if got := sanitize.Clean(in, sanitize.Options{}); strings.Contains(got.HTML, "evil") {
			t.Errorf("%s\ngave %+v", in, got)
		}
		sound(t, in, loadAll)
	}
}

// loadAll lets everything load, from an address that tells that it was asked.
var loadAll = sanitize.Options{
	Part:   func(id string) string { return "/part/" + id },
	Remote: func(u string) string { return u },
}

func TestClean_LoadsPicturesWhereTheCallerSays(t *testing.T) {
	o := sanitize.Options{
		Part: func(id string) string {
			if id == "a@b" {
				return "/message/7/part/2"
			}
			return ""
		},
		Remote: func(u string) string {
			if strings.Contains(u, "track") {
				return ""
			}
			return "/proxy?u=" + u
		},
	}
	got := sanitize.Clean(`<img src="CID:a%40b"><img src=cid:none><img src=http://x.example/track><img src=http://x.example/1>`+
		`<td background=x><p style="background:red url('http://x.example/2(3)') repeat-x">`, o)
	want := `<img src="/message/7/part/2"><img><img><img src="/proxy?u=http://x.example/1">` +
		`<p style="background:red repeat-x;background-image:url(&#34;/proxy?u=http://x.example/2%283%29&#34;)"></p>`
	if got.HTML != want || got.Blocked != 1 || got.Remote != 2 {
		t.Errorf("gave %+v\nwant %s", got, want)
	}
	for _, bad := range []string{"javascript:alert(1)", "//evil.example/", "x", "data:text/html,x", "/a\nb\x00", `\\evil`, "http:///x", "file:///etc/passwd"} {
		o := sanitize.Options{Part: func(string) string { return bad }, Remote: func(string) string { return bad }}
		if got := sanitize.Clean(`<img src=cid:a><img src=http://x/>`, o); bad != "/a\nb\x00" && got.HTML != "<img><img>" {
			t.Errorf("an address %q of the caller's gave %s", bad, got.HTML)
		}
	}
}

// bombs are small to send and large to read for whoever reads them naively.
func bombs() map[string]string {
	return map[string]string{
		"deep":            strings.Repeat("<div>", 50_000) + "x",
		"deep, all kinds": strings.Repeat("<table><tr><td><b><font color=red>", 10_000) + "x",
		"many tags":       strings.Repeat("<br>", 200_000),
		"many ends":       strings.Repeat("</div>", 200_000),
		"long":            strings.Repeat("word ", 2<<20),
		"long tag":        "<p title='" + strings.Repeat("x", 1<<20) + "'>after",
		"long comment":    "<!--" + strings.Repeat("x", 1<<20) + "-->after",
		"many attributes": "<p " + strings.Repeat("a=b ", 100_000) + ">x",
		"many styles":     "<p style='" + strings.Repeat("color:red;", 10_000) + "'>x",
		"many brackets":   "<p style='color:" + strings.Repeat("(", 50_000) + "'>x",
		"never closed":    "a<svg>" + strings.Repeat("<g>", 1000),
		"unlike formats":  manyFonts(150) + strings.Repeat("<p>x", 5000),
		"fonts in tables": "<table>" + manyFonts(150) + strings.Repeat("<tr></tr>x", 5000),
		"big picture":     `<img src="data:image/png;base64,` + strings.Repeat("A", 600<<10) + `">`,
	}
}

func TestClean_BoundsWhatItReads(t *testing.T) {
	cut := map[string]bool{"many tags": true, "many ends": true, "long": true, "long tag": true, "long comment": true, "never closed": true}
	for name, in := range bombs() {
		t.Run(name, func(t *testing.T) {
			got := sanitize.Clean(in, sanitize.Options{})
			if got.Cut != cut[name] {
				t.Errorf("Cut = %v, want %v", got.Cut, cut[name])
			}
			if len(got.HTML) > 8<<20 {
				t.Errorf("%d octets made %d", len(in), len(got.HTML))
			}
			if n := nodes(t, got.HTML); n > 210_000 {
				t.Errorf("a browser makes %d elements of it", n)
			}
		})
	}
	many := strings.Repeat(`<img src="data:image/png;base64,`+strings.Repeat("A", 400<<10)+`">`, 9)
	if got := sanitize.Clean(many, sanitize.Options{}); len(got.HTML) > 3<<20 {
		t.Errorf("pictures in the markup of %d octets in all", len(got.HTML))
	}
}

// manyFonts opens n elements of which no two are alike.
func manyFonts(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("<font size=" + string(rune('0'+i%10)) + " color=c" + strings.Repeat("x", i/10+2) + ">")
	}
	return b.String()
}
