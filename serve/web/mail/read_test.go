package mail_test

import (
	"encoding/base64"
	"fmt"
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"restante/serve/web/webtest"
)

// dot is a picture of one dot.
const dot = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

// hostile is a letter in HTML that tries what it can, with attachments.
var hostile = "From: \"Eve <b>\" <eve@example.net>\nTo: ada@example.org\nSubject: Look <script>alert(1)</script>\n" +
	"Date: Thu, 05 Mar 2026 14:07:00 +0000\nList-Unsubscribe: <https://example.net/off?a=1>, <javascript:alert(1)>, <mailto:off@example.net>\n" +
	"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n" +
	"--b\nContent-Type: text/html; charset=utf-8\n\n<p onclick=alert(1)>Hello <script>alert(2)</script><img src=http://evil.test/track.png><img src=cid:dot@x><a href=\"javascript:alert(3)\">x</a></p>\n" +
	"--b\nContent-Type: image/png; name=dot.png\nContent-ID: <dot@x>\nContent-Transfer-Encoding: base64\n\n" + dot + "\n" +
	"--b\nContent-Type: text/html; name=\"../../page.html\"\nContent-Disposition: attachment; filename=\"../../page.html\"\n\n<script>alert(4)</script>\n" +
	"--b\nContent-Type: image/svg+xml; name=a.svg\nContent-Disposition: attachment; filename=a.svg\n\n<svg onload=alert(5)/>\n" +
	"--b\nContent-Type: image/png; name=no.png\nContent-Disposition: attachment; filename=no.png\n\n<html><script>alert(6)</script>\n" +
	"--b\nContent-Type: text/plain; charset=iso-2022-jp; name=ja.txt\nContent-Disposition: attachment; filename=ja.txt\n\n\x1b$BFn\x1b(B\n--b--\n"

func TestRead_ShowsALetterInEveryWay(t *testing.T) {
	h := house(t)
	id := h.Deliver("ada", "", note("Bob <bob@example.net>", "Plans", "See https://example.org/a?b=1&c=2.\n> you said\nBye"))
	h.CatchUp()
	at := fmt.Sprintf("/mail/%d", id)
	has(t, h.Get("ada", at), "<h1>Plans</h1>", "bob@example.net", `href="https://example.org/a?b=1&amp;c=2" rel="noopener noreferrer"`, `<p class="q1">&gt; you said</p>`, "Spam score")
	has(t, h.Get("ada", at+"?show=headers"), ">Message-ID</th>", ">Subject</th><td>Plans</td>")
	has(t, h.Get("ada", at+"?show=source"), "To: ada@example.org", "<pre")
	has(t, h.Get("ada", at+"?show=why"), "As the filter sees it now", "Nothing speaks for")
	spam := h.Deliver("ada", "", hostile)
	has(t, h.Get("ada", fmt.Sprintf("/mail/%d?show=why", spam)), "<svg class=\"bar spam\"")
	has(t, h.Get("ada", at+"?show=nonsense&q=plans"), "<h1>Plans</h1>", `href="/mail?q=plans"`)
}

func TestRead_IsOfOnesOwnMailOnly(t *testing.T) {
	h := house(t)
	id := h.Deliver("ada", "", hostile)
	h.CatchUp()
	for _, path := range []string{"", "/html", "/raw", "/part/0", "/part/0/view", "?show=source"} {
		path = fmt.Sprintf("/mail/%d%s", id, path)
		if r := h.Get("ada", path); r.Status != http.StatusOK {
			t.Errorf("%s: %d to its owner", path, r.Status)
		}
		if r := h.Get("eve", path); r.Status != http.StatusNotFound || strings.Contains(r.Body, "Hello") {
			t.Errorf("%s: %d to another", path, r.Status)
		}
		if r := h.Get("", path); !strings.HasPrefix(r.Path, "/signin?next=") {
			t.Errorf("%s: a stranger comes to %s", path, r.Path)
		}
	}
	for _, path := range []string{"/mail/0", "/mail/-1", "/mail/x", "/mail/999999999999999999999", fmt.Sprintf("/mail/%d/part/9", id), fmt.Sprintf("/mail/%d/part/-1", id), fmt.Sprintf("/mail/%d/part/x/view", id)} {
		if r := h.Get("ada", path); r.Status != http.StatusNotFound {
			t.Errorf("%s: %d", path, r.Status)
		}
	}
}

func TestFrame_ShowsHTMLThatCanDoNothing(t *testing.T) {
	h := house(t)
	id := h.Deliver("ada", "", hostile)
	h.CatchUp()
	at := fmt.Sprintf("/mail/%d", id)
	page := h.Get("ada", at)
	has(t, page, "One picture from elsewhere was not loaded", `sandbox="allow-same-origin allow-popups`, "https://example.net/off?a=1", "mailto:off@example.net", "Look &lt;script&gt;")
	lacks(t, page, "javascript:", "<script>alert", "evil.test")
	if strings.Contains(page.Body, "allow-scripts") {
		t.Error("the frame may run scripts")
	}
	f := h.Get("ada", at+"/html")
	has(t, f, "Hello", at+"/part/0/view")
	lacks(t, f, "alert", "evil.test", "onclick")
	csp := f.Header.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "img-src 'self' data:;", "sandbox allow-same-origin allow-popups", "frame-ancestors 'self'", "form-action 'none'"} {
		if !strings.Contains(csp, want) {
			t.Errorf("policy %q lacks %q", csp, want)
		}
	}
	if strings.Contains(csp, "script") || strings.Contains(csp, "http") {
		t.Errorf("policy %q", csp)
	}
	asked := h.Get("ada", at+"/html?images=1")
	has(t, asked, "http://evil.test/track.png")
	if csp := asked.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "img-src 'self' data: https: http:;") {
		t.Errorf("policy with pictures %q", csp)
	}
}

func TestPart_IsSavedAndNeverRun(t *testing.T) {
	h := house(t)
	id := h.Deliver("ada", "", hostile)
	h.CatchUp()
	at := fmt.Sprintf("/mail/%d/part/", id)
	for i, want := range []string{"dot.png", ".._page.html", "a.svg", "no.png", "ja.txt"} {
		r := h.Get("ada", at+fmt.Sprint(i))
		d := r.Header.Get("Content-Disposition")
		if !strings.HasPrefix(d, "attachment;") || !strings.Contains(d, want) || strings.ContainsAny(d, `/\`) || r.Header.Get("Content-Type") != "application/octet-stream" {
			t.Errorf("part %d: %q as %q", i, d, r.Header.Get("Content-Type"))
		}
		if !strings.Contains(r.Header.Get("Content-Security-Policy"), "sandbox") {
			t.Errorf("part %d is not sandboxed", i)
		}
	}
	picture, err := base64.StdEncoding.DecodeString(dot)
	if err != nil {
		t.Fatal(err)
	}
	if r := h.Get("ada", at+"0"); r.Body != string(picture) {
		t.Error("the picture is not what was sent")
	}
	for i, kind := range []string{"image/png", "", "", "", "text/plain; charset=utf-8"} {
		r := h.Get("ada", at+fmt.Sprint(i)+"/view")
		if kind == "" && r.Status != http.StatusNotFound || kind != "" && (r.Header.Get("Content-Type") != kind || r.Header.Get("X-Content-Type-Options") != "nosniff") {
			t.Errorf("part %d is shown as %q (%d)", i, r.Header.Get("Content-Type"), r.Status)
		}
	}
	has(t, h.Get("ada", at+"4/view"), "南")
	if r := h.Get("ada", fmt.Sprintf("/mail/%d/raw", id)); r.Body != strings.ReplaceAll(hostile, "\n", "\r\n") || !regexp.MustCompile(`filename=[a-z2-7]{16}\.eml`).MatchString(r.Header.Get("Content-Disposition")) {
		t.Errorf("the file is another: %q", r.Header.Get("Content-Disposition"))
	}
}

func TestRead_ShowsTheConversation(t *testing.T) {
	h := house(t)
	first := h.Deliver("ada", "", note("Bob <bob@example.net>", "Plans", "one"))
	reply := h.Deliver("ada", "", strings.Replace(note("ada@example.org", "Re: Plans", "two"), "\n\n", fmt.Sprintf("\nIn-Reply-To: <%x@example.org>\n\n", "Plans"), 1))
	h.CatchUp()
	r := h.Get("ada", fmt.Sprintf("/mail/%d?q=plans", first))
	has(t, r, "Conversation", fmt.Sprintf(`href="/mail/%d?q=plans"`, reply), "Re: Plans")
}

// Whoever reads a letter comes back to the page of the list that he came from, by
// whatever tabs and letters of the conversation he went.
func TestRead_LeadsBackToItsPageOfTheList(t *testing.T) {
	h := house(t)
	for i := range 35 {
		h.Deliver("ada", "", note("bob@example.net", fmt.Sprintf("Number %d", i), "text"))
	}
	h.Deliver("ada", "Bills", note("bob@example.net", "Bill", "text"))
	h.CatchUp()
	link := func(r webtest.Reply, pattern string) string {
		t.Helper()
		m := regexp.MustCompile(pattern).FindStringSubmatch(r.Body)
		if m == nil {
			t.Fatalf("%s has no %s", r.Path, pattern)
		}
		return html.UnescapeString(m[1])
	}
	for _, path := range []string{"/mail?q=", "/mail?q=text", "/mail?by=threads&q=text"} {
		second := link(h.Get("ada", path), `<a href="([^"]+)" rel="next"`)
		letter := h.Get("ada", link(h.Get("ada", second), `class="message" href="([^"]+)"`))
		tab := h.Get("ada", link(letter, `<a href="([^"]+show=why[^"]*)"`))
		if got := link(tab, `<a href="([^"]+)" data-key="list"`); got != second {
			t.Errorf("from %s one comes back to %s", second, got)
		}
	}
	if got := link(h.Get("ada", "/mail/36"), `<a href="([^"]+)" data-key="list"`); got != "/mail?q=in%3ABills" {
		t.Errorf("from nowhere one comes back to %s", got)
	}
}
