package mail_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"restante/serve/web/webtest"
)

// filled is a house with some mail in it.
func filled(t *testing.T) (h *webtest.House, odd int64) {
	h = house(t)
	for i := range 12 {
		h.Deliver("ada", "", note("Bob Builder <bob@example.net>", fmt.Sprintf("The harbour, part %d", i+1), "We meet at the harbour at noon and sail to the island, if the weather keeps. Bring a coat."))
	}
	h.Deliver("ada", "", note("=?utf-8?b?5bGx55Sw5aSq6YOO?= <yamada@example.jp>", "=?utf-8?b?5rih6Ii544Gu5LqI57SE44Gr44Gk44GE44Gm?=", "翡翠色の測量船について、来週の火曜日に港で打ち合わせをお願いします。"))
	h.Deliver("ada", "spam", note("Prize Office <win@example.com>", "You have won a very large sum of money, claim it now before it is too late for everybody", "Click here http://192.0.2.1/win and claim."))
	odd = h.Deliver("ada", "", hostile)
	h.CatchUp()
	return h, odd
}

func TestBrowser_KeysFindReadAndTeach(t *testing.T) {
	h, _ := filled(t)
	b := webtest.NewBrowser(t, h.URL, 1280, 900, webtest.Cookie, "ada")
	b.Open("/mail")
	b.Keys("/")
	b.Keys("island part\r")
	b.Wait(`location.search.includes("island") && document.querySelectorAll("a.message").length === 12`)
	b.Keys("jjx!")
	b.Wait(`document.querySelector(".notice")?.textContent.includes("Learnt one message as spam")`)
	b.Keys("z")
	b.Wait(`document.querySelector(".notice")?.textContent.includes("Undone")`)
	b.Keys("jo")
	b.Wait(`document.querySelector("article.letter h1")?.textContent.includes("harbour")`)
	b.Keys("u")
	b.Wait(`document.querySelectorAll("a.message").length === 12`)
}

// Whoever asks for the keys is shown them, and is back where he was when he has seen
// them; while they are shown no key acts on what is beneath.
func TestBrowser_TellsItsKeys(t *testing.T) {
	h, _ := filled(t)
	for _, look := range []struct {
		width    int64
		dark     bool
		language string
		title    string
	}{{1280, false, "en", "Keyboard shortcuts"}, {360, true, "de", "Tastenkürzel"}, {360, false, "ja", "キーボードショートカット"}} {
		b := webtest.NewBrowser(t, h.URL, look.width, 800, webtest.Cookie, "ada", "language", look.language)
		b.Dark(look.dark)
		b.Open("/mail?q=island")
		b.Keys("jj")
		b.Wait(`document.activeElement.matches("li:nth-child(2) a.message")`)
		b.Keys("?")
		b.Wait(fmt.Sprintf(`document.querySelector("dialog[open] h2")?.textContent === %q && document.activeElement.matches("[data-keys=close]")`, look.title))
		b.Fits()
		b.Shot("keys-" + look.language)
		b.Accessible("the keys in " + look.language)
		b.Keys("j!")
		b.Wait(`document.querySelector("dialog[open]") !== null && document.querySelector(".notice") === null && document.activeElement.closest("dialog") !== null`)
		b.Keys("\x1b")
		b.Wait(`document.querySelector("dialog[open]") === null && document.activeElement.matches("li:nth-child(2) a.message")`)
		b.Keys("??")
		b.Wait(`document.querySelector("dialog[open]") === null && document.activeElement.matches("li:nth-child(2) a.message")`)
		b.Click("[data-keys=show]")
		b.Click("dialog[open] [data-keys=off]")
		b.Wait(`document.querySelector("dialog[open] [data-keys=off]").getAttribute("aria-pressed") === "true"`)
		b.Click("[data-keys=close]")
		b.Open("/mail?q=island")
		b.Keys("j?")
		if webtest.Eval[bool](b, `document.activeElement.matches("a.message") || document.querySelector("dialog[open]") !== null`) {
			t.Error("keys that were switched off still act")
		}
		b.Click("[data-keys=show]")
		b.Wait(`document.querySelector("dialog[open]") !== null`)
	}
}

func TestBrowser_AHostileLetterLoadsAndRunsNothing(t *testing.T) {
	var calls atomic.Int64
	spy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { calls.Add(1) }))
	t.Cleanup(spy.Close)
	at := spy.Listener.Addr().(*net.TCPAddr).String()
	h := house(t)
	parts := []string{
		`<img src="http://%s/a.png">`, `<img srcset="http://%s/b.png 1x">`, `<div style="background:url(http://%s/c.png)">x</div>`, `<link rel=stylesheet href="http://%s/d.css">`,
		`<style>@import "http://%s/e.css"; body{background:url(//%[1]s/f)}</style>`, `<iframe src="http://%s/g"></iframe>`, `<object data="http://%s/h"></object>`, `<video poster="http://%s/i" src="http://%[1]s/j"></video>`,
		`<script src="http://%s/k.js"></script>`, `<script>fetch("http://%s/l"); top.document.title="owned"</script>`, `<img src=x onerror="top.document.title='owned'; new Image().src='http://%s/m'">`,
		`<meta http-equiv=refresh content="0;url=http://%s/n">`, `<base href="http://%s/">`, `<svg><image href="http://%s/o"/><script>top.document.title='owned'</script></svg>`, `<body background="http://%s/p">`,
		`<link rel="dns-prefetch preconnect prefetch" href="http://%s/q">`, `<input type=image src="http://%s/r" autofocus onfocus="top.document.title='owned'">`, `<audio src="http://%s/s" autoplay></audio>`, `<table background="http://%s/t"><tr><td>x</table>`,
		`<math><mtext><table><mglyph><style><img src=x onerror="top.document.title='owned'"></style></mglyph></table></mtext></math>`, `<p>The end of the letter</p>`,
	}
	var html strings.Builder
	for _, p := range parts {
		if strings.Contains(p, "%s") {
			p = fmt.Sprintf(p, at)
		}
		html.WriteString(p + "\n")
	}
	id := h.Deliver("ada", "", "From: eve@example.net\nSubject: Hostile\nMIME-Version: 1.0\nContent-Type: text/html\n\n"+html.String())
	h.CatchUp()
	b := webtest.NewBrowser(t, h.URL, 1280, 900, webtest.Cookie, "ada")
	b.Open(fmt.Sprintf("/mail/%d", id))
	b.Wait(`document.querySelector("iframe.frame").contentDocument.body.textContent.includes("The end of the letter")`)
	b.Wait(`document.querySelector("iframe.frame").contentDocument.readyState === "complete"`)
	title := webtest.Eval[string](b, `document.title`)
	if n := calls.Load(); n != 0 || strings.Contains(title, "owned") {
		t.Errorf("%d requests left, and the title is %q", n, title)
	}
	b.Open(fmt.Sprintf("/mail/%d?show=html&images=1", id))
	b.Wait(`document.querySelector("iframe.frame").contentDocument.readyState === "complete" && document.querySelector("iframe.frame").contentDocument.images.length > 0 && [...document.querySelector("iframe.frame").contentDocument.images].every((i) => i.complete)`)
	if calls.Load() == 0 {
		t.Error("pictures that were asked for were not loaded: the listener does not hear")
	}
}

func TestBrowser_PagesFitAndCanBeUsedByAll(t *testing.T) {
	h, odd := filled(t)
	for _, look := range []struct {
		width int64
		dark  bool
	}{{360, false}, {1280, true}} { // what differs by one of them differs in colours or in places, and not in both
		b := webtest.NewBrowser(t, h.URL, look.width, 800, webtest.Cookie, "ada")
		b.Dark(look.dark)
		for name, path := range map[string]string{
			"list": "/mail?q=harbour", "all": "/mail", "fault": "/mail?q=has:nonsense", "html": fmt.Sprintf("/mail/%d", odd),
			"why": fmt.Sprintf("/mail/%d?show=why", odd), "headers": "/mail/1?show=headers",
		} {
			b.Open(path)
			b.Fits()
			b.Shot(fmt.Sprintf("%s-%d", name, look.width))
			b.Accessible(fmt.Sprintf("%s at %d", name, look.width))
		}
	}
}

func TestBrowser_ASearchIsSavedFoundAgainAndForgotten(t *testing.T) {
	h, _ := filled(t)
	b := webtest.NewBrowser(t, h.URL, 360, 800, webtest.Cookie, "ada")
	b.Open("/mail?q=island")
	b.Click("details.more summary:not(.button)")
	b.Fill("#name", "Journeys")
	b.Click("form[action='/mail/saved'] button")
	b.Wait(`document.querySelector(".notice")?.textContent.includes("Saved as")`)
	b.Open("/mail")
	webtest.Eval[bool](b, `(() => { [...document.querySelectorAll(".places a")].find((e) => e.textContent === "Journeys").click(); return true; })()`)
	b.Wait(`location.search.includes("island") && document.querySelectorAll("a.message").length === 12`)
	b.Fits()
	b.Click("form[action='/mail/saved/remove'] button")
	b.Wait(`document.querySelector(".notice")?.textContent.includes("Forgot") && ![...document.querySelectorAll(".places a")].some((e) => e.textContent === "Journeys")`)
}

// From the keyboard alone: a letter's sender is blocked, and that is undone.
func TestBrowser_BlocksASenderFromTheReader(t *testing.T) {
	h, _ := filled(t)
	b := webtest.NewBrowser(t, h.URL, 360, 800, webtest.Cookie, "ada")
	b.Open("/mail/1")
	b.Click("details.more:has([value=block]) summary")
	b.Fits()
	b.Shot("senders-360")
	b.Accessible("the menu of senders")
	b.Click("button[value=block]")
	b.Wait(`document.querySelector(".notice")?.textContent.includes("Blocked bob@example.net")`)
	b.Keys("z")
	b.Wait(`document.querySelector(".notice")?.textContent.includes("Undone")`)
}

func TestBrowser_StepsFromLetterToLetterAndSuggestsForTheLastWord(t *testing.T) {
	h, _ := filled(t)
	b := webtest.NewBrowser(t, h.URL, 1280, 900, webtest.Cookie, "ada")
	b.Open("/mail?q=island")
	b.Keys("jo")
	b.Wait(`document.querySelector("article.letter a[data-key=previous]")?.hidden === true`)
	first := webtest.Eval[string](b, `document.querySelector("article.letter h1").textContent`)
	b.Keys("j")
	b.Wait(fmt.Sprintf(`(document.querySelector("article.letter h1")?.textContent ?? %[1]q) !== %[1]q && document.querySelector("a[data-key=previous]").hidden === false`, first))
	b.Keys("k")
	b.Wait(fmt.Sprintf(`document.querySelector("article.letter h1")?.textContent === %q`, first))
	b.Keys("u")
	b.Wait(`document.querySelectorAll("a.message").length === 12`)
	b.Fill("#q", "island fr")
	all := webtest.Eval[[]string](b, `(() => {
		document.getElementById("q").dispatchEvent(new Event("input", {bubbles: true}));
		return [...document.querySelectorAll("#suggestions option")].map((e) => e.value);
	})()`)
	if !slices.Contains(all, "island from:") || slices.Contains(all, "from:") {
		t.Errorf("behind a word are suggested %q", all)
	}
}
