package main

import (
	"fmt"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"

	"restante/cmd/restante/sample"
	"restante/serve/web/webtest"
)

// The demo is opened as a newcomer does: by its link, in a browser.
func TestDemo_OpensItsPages(t *testing.T) {
	cmd := program("", "demo")
	cmd.Env = append(os.Environ(), "TMPDIR="+t.TempDir())
	p := start(t, cmd)
	link := p.await(`(?m)^  (http://\S+)(/enter\?token=\S+)$`)
	p.await(`Ctrl-C stops\.\n`)
	b := webtest.NewBrowser(t, link[1], 1280, 900)
	b.Open(link[2])
	b.Wait(`document.querySelectorAll("a.message").length > 5`)
	for _, needle := range []string{sample.Needle, sample.NeedleJa} {
		b.Open("/mail?q=" + url.QueryEscape(needle))
		b.Wait(`document.querySelectorAll("a.message").length === 1 && document.querySelector("a.message mark") !== null`)
	}
	form := `fetch("/review/senders", {method: "POST", body: new URLSearchParams({name: %q, do: %q})}).then((r) => r.ok)`
	if !webtest.Eval[bool](b, fmt.Sprintf(form, "shop.example", "block")) || !webtest.Eval[bool](b, fmt.Sprintf(form, "ada@example.org", "allow")) {
		t.Error("a sender cannot be set from a script of ours")
	}
	pages := map[string]string{
		"inbox": "/mail?q=in:inbox", "threads": "/mail?q=&by=threads", "search": "/mail?q=invoice", "unsure": "/review?of=unsure", "spam": "/review?of=spam",
		"lessons": "/review/lessons", "senders": "/review/senders", "letter": "/mail/1", "why": "/mail/1?show=why", "source": "/mail/1?show=source",
		"gone": "/mail/999999", "overview": "/overview", "devices": "/devices", "account": "/account",
	}
	for _, look := range []struct {
		width int64
		dark  bool
	}{{1280, false}, {360, true}} {
		b.Size(look.width, 900)
		b.Dark(look.dark)
		for name, path := range pages {
			b.Open(path)
			b.Wait(`document.querySelector("main h1") !== null`)
			b.Fits()
			b.Shot(fmt.Sprintf("%s-%d", name, look.width))
			b.Accessible(fmt.Sprintf("%s at %d", name, look.width))
			if n := webtest.Eval[int](b, `new Blob([document.documentElement.outerHTML]).size`); n > 150<<10 {
				t.Errorf("%s weighs %d octets", name, n)
			}
		}
	}
	again := webtest.NewBrowser(t, link[1], 1280, 900)
	again.Open(link[2])
	again.Wait(`location.pathname === "/signin"`) // the link was used
	if err := p.end(syscall.SIGINT); err != nil {
		t.Errorf("ended with %v:\n%s", err, p.output())
	}
	if strings.Contains(p.output(), "level=ERROR") {
		t.Errorf("a page failed:\n%s", p.output())
	}
}

// A device that is made on the page lets a mail program in, and what is released
// from the quarantine on the page comes to it.
func TestDemo_WhatIsReleasedComesToAMailProgram(t *testing.T) {
	t.Parallel()
	cmd := program("", "demo")
	cmd.Env = append(os.Environ(), "TMPDIR="+t.TempDir())
	p := start(t, cmd)
	link := p.await(`(?m)^  (http://\S+)(/enter\?token=\S+)$`)
	at := p.await(`pop3://(127\.0\.0\.1:\d+)/\n`)[1]
	p.await(`Ctrl-C stops\.\n`)
	b := webtest.NewBrowser(t, link[1], 1280, 900)
	b.Open(link[2])
	b.Wait(`document.querySelector("a.message") !== null`)
	b.Open("/devices")
	webtest.Eval[bool](b, `(() => { document.getElementById("name").value = "phone"; document.querySelector("form[action='/devices'] button").click(); return true; })()`)
	b.Wait(`document.querySelector("code.secret") !== null`)
	password := webtest.Eval[string](b, `document.querySelector("code.secret").textContent`)
	before := len(login(t, at, "demo", password).uidl())
	b.Open("/review?of=spam")
	webtest.Eval[bool](b, `(() => { document.querySelector(".messages input").click(); document.querySelector("button[value=ham]").click(); return true; })()`)
	b.Wait(`document.querySelector(".notice")?.textContent.includes("Learnt one message as not spam")`)
	if after := len(login(t, at, "demo", password).uidl()); after != before+1 {
		t.Errorf("the phone lists %d messages, and had %d before one was released", after, before)
	}
	if err := p.end(syscall.SIGINT); err != nil {
		t.Errorf("ended with %v:\n%s", err, p.output())
	}
}
