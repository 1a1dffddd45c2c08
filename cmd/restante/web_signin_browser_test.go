package main

import (
	"encoding/base32"
	"os"
	"strings"
	"testing"
	"time"

	"restante/serve/auth"
	"restante/serve/web/webtest"
)

// A newcomer makes the first user, sets a second factor up, signs in with it, and
// gets in once more by each way that there is when it is lost.
func TestBrowser_SignsInWithASecondFactorOnce(t *testing.T) {
	conf, origin, first := emptyHouse(t)
	const password = "analytical engine"
	b := webtest.NewBrowser(t, origin, 360, 800)
	look := func(page string) { t.Helper(); b.Fits(); b.Shot(page); b.Accessible(page) }
	b.Open(first)
	look("first")
	b.Fill("#name", "ada", "#password", password, "#again", password)
	b.Click("form[action='/first'] button")
	b.At("/mail")
	look("empty")

	b.Open("/account")
	look("account")
	b.Fill("#second-password", password)
	b.Click("form[action='/account/second'] button")
	b.At("/account/second")
	look("second")
	key, err := base32.StdEncoding.DecodeString(webtest.Eval[string](b, `document.querySelector("main p code").textContent`))
	if err != nil {
		t.Fatal(err)
	}
	step := int64(0)
	next := func() string { // the code of now, or of a step ahead, which is taken too
		step = max(step+1, time.Now().Unix()/30)
		return auth.TOTPCode(key, step)
	}
	confirm := next()
	b.Fill("#code", confirm)
	b.Click("form[action='/account/second/confirm'] button")
	b.Wait(`document.querySelectorAll(".codes code").length === 10`)
	look("codes")
	codes := webtest.Eval[[]string](b, `[...document.querySelectorAll(".codes code")].map((e) => e.textContent)`)

	// leave signs out, and begins to sign in again.
	leave := func() {
		t.Helper()
		b.Click("form[action='/signout'] button")
		b.At("/signin")
		b.Fill("#name", "ada", "#password", password)
		b.Click("form[action='/signin'] button")
	}
	spend := func(code string, taken bool) {
		t.Helper()
		b.At("/signin/code")
		webtest.Eval[bool](b, `window.old = true`)
		b.Fill("#code", code)
		b.Click("form[action='/signin/code'] button")
		if taken {
			b.At("/mail")
		} else {
			b.Wait(`!window.old && document.querySelector("[role=alert]") !== null`)
		}
	}
	b.Open("/signin") // who is in is led on
	b.At("/mail")
	leave()
	b.At("/signin/code")
	look("code")
	b.Open("/mail")
	b.At("/signin") // the password alone lets nobody in
	look("signin")
	b.Open("/signin/code")
	spend(confirm, false) // it confirmed the key
	code := next()
	spend(code, true)
	leave()
	spend(code, false) // a code is taken once
	spend(codes[0], true)
	leave()
	spend(codes[0], false)
	spend(strings.ToUpper(codes[1]), true)
	if got := do(t, conf, "user", "drop-factor", "ada"); got != "ada: the password alone signs in now\n" {
		t.Errorf("drop-factor said %q", got)
	}
	leave()
	b.At("/mail")
}

// emptyHouse serves pages of a house without users, and gives the path of the page
// that makes the first.
func emptyHouse(t *testing.T) (conf, origin, first string) {
	t.Helper()
	conf = settings(t, doors+"web: { address: \"127.0.0.1:0\" }\n")
	text, err := os.ReadFile(conf)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, conf, strings.ReplaceAll(string(text), "users: [ { name: alice, password: secret } ]\n", ""))
	p, _ := startServe(t, conf)
	link := p.await(`(http://127\.0\.0\.1:\d+)(/first\?token=\S+)`)
	return conf, link[1], link[2]
}
