package entry_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"restante/serve/auth"
)

func TestSignIn_LetsTheRightPasswordIn(t *testing.T) {
	b := open(t, false, "ada").browser()
	b.isIn("")
	b.signIn("ada", "wrong").says(t, 401, "The name or the password is wrong.")
	b.signIn("eve", right).says(t, 401, "The name or the password is wrong.")
	b.isIn("")
	if got := b.signIn("ada", right); got.body != "mail of ada" {
		t.Errorf("led to %s: %d", got.path, got.status)
	}
	b.isIn("ada")
	if got := b.get("/signin"); got.path != "/mail" {
		t.Errorf("who is signed in is asked again at %s", got.path)
	}
	if got := b.post("/signout"); got.path != "/signin" {
		t.Errorf("signed out, at %s", got.path)
	}
	b.isIn("")
}

func TestSignIn_SlowsDownGuessing(t *testing.T) {
	h := open(t, false, "ada")
	b := h.browser()
	for i := range 8 {
		got := b.signIn("ada", "guess "+string(rune('a'+i)))
		if i >= 6 && got.status != http.StatusTooManyRequests {
			t.Errorf("guess %d: %d", i+1, got.status)
		}
	}
	b.signIn("ada", right).says(t, 429, "Too many wrong tries. Please wait ")
	h.pass(time.Hour)
	b.signIn("ada", right)
	b.isIn("ada")
}

func TestSignIn_LeadsToNoOtherSite(t *testing.T) {
	for next, want := range map[string]string{
		"/mail?q=in:spam": "/mail?q=in:spam", "": "/mail", "https://evil.example/": "/mail", "//evil.example/": "/mail", `/\evil.example`: "/mail",
		"/%09/evil.example": "/", "javascript:alert(1)": "/mail", "mail": "/mail", "https:evil.example": "/mail", "/\r\nSet-Cookie: x=y": "/mail",
		"///evil.example": "/mail", "http://ada@evil.example": "/mail", "/x@evil.example": "/x@evil.example",
	} {
		h := open(t, false, "ada")
		b := h.browser()
		got := b.post("/signin", "name", "ada", "password", right, "next", next)
		if strings.HasPrefix(want, "/mail") && got.path != want {
			t.Errorf("next %q led to %s", next, got.path)
		}
		page := h.browser().get("/signin?next=" + url.QueryEscape(next))
		if strings.Contains(page.body, "https://evil") || strings.Contains(page.body, "javascript:") || strings.Contains(page.body, `value="//`) {
			t.Errorf("the form keeps %q", next)
		}
	}
}

func TestSession_IsOfNoUseWhenPlanted(t *testing.T) {
	h := open(t, false, "ada", "eve")
	eve, ada := h.browser(), h.browser()
	eve.signIn("eve", right)
	planted := eve.cookies()["restante-session"]
	ada.plant("restante-session", planted)
	ada.signIn("ada", right)
	if got := ada.cookies()["restante-session"]; got == planted || got == "" {
		t.Error("the session that was planted goes on")
	}
	ada.isIn("ada")
	eve.isIn("") // what was planted has ended

	before := ada.cookies()["restante-session"]
	ada.signIn("ada", right)
	if ada.cookies()["restante-session"] == before {
		t.Error("signing in again keeps the session")
	}
	for _, forged := range []string{"", "x", strings.Repeat("x", 4000), auth.SessionTicket.New(), auth.APITicket.New(), before} {
		b := h.browser()
		b.plant("restante-session", forged)
		b.isIn("")
	}
}

func TestSession_EndsInTime(t *testing.T) {
	h := open(t, false, "ada")
	b := h.browser()
	b.signIn("ada", right)
	h.pass(13 * 24 * time.Hour)
	b.isIn("ada")
	h.pass(13 * 24 * time.Hour)
	b.isIn("ada")
	h.pass(15 * 24 * time.Hour)
	b.isIn("")

	b.signIn("ada", right)
	for range 8 {
		h.pass(11 * 24 * time.Hour)
		b.isIn("ada")
	}
	h.pass(3 * 24 * time.Hour)
	b.isIn("")

	b.signIn("ada", right)
	h.people.drop("ada")
	b.isIn("")
}

func TestCookie_IsBoundToTheHost(t *testing.T) {
	for _, withTLS := range []bool{false, true} {
		h := open(t, withTLS, "ada")
		client := *h.http.Client()
		client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		r, err := http.NewRequest("POST", h.http.URL+"/signin", strings.NewReader("name=ada&password="+url.QueryEscape(right)))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		resp, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		found := false
		for _, c := range resp.Cookies() {
			if !strings.HasSuffix(c.Name, "restante-session") {
				continue
			}
			found = true
			if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || c.Secure != withTLS || strings.HasPrefix(c.Name, "__Host-") != withTLS {
				t.Errorf("with TLS %v: %v", withTLS, c)
			}
		}
		if !found {
			t.Errorf("with TLS %v: no cookie", withTLS)
		}
		// A cookie without the prefix can be set by whoever has the plain connection.
		if withTLS {
			b := h.browser()
			b.signIn("ada", right)
			b.isIn("ada")
			ticket := b.cookies()["__Host-restante-session"]
			other := h.browser()
			other.plant("restante-session", ticket)
			other.isIn("")
		}
	}
}

func TestPosts_FromOtherSitesAreRefused(t *testing.T) {
	h := open(t, false, "ada")
	b := h.browser()
	b.signIn("ada", right)
	for _, path := range []string{"/signin", "/signin/code", "/signout", "/first", "/account/sessions/end", "/account/password", "/account/second", "/account/second/confirm", "/account/second/off", "/account/second/codes"} {
		for name, value := range map[string]string{"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"} {
			r, err := http.NewRequest("POST", h.http.URL+path, strings.NewReader("id=others&password="+url.QueryEscape(right)))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set(name, value)
			if got := b.do(r); got.status != http.StatusForbidden {
				t.Errorf("%s with %s %s: %d", path, name, value, got.status)
			}
		}
		r, err := http.NewRequest("POST", h.http.URL+path, strings.NewReader(strings.Repeat("x", 2<<20)))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if got := b.do(r); path != "/signout" && got.status != http.StatusRequestEntityTooLarge {
			t.Errorf("%s with 2 MiB: %d", path, got.status)
		}
		if path == "/signout" {
			b.signIn("ada", right)
		}
	}
	b.isIn("ada")
}
