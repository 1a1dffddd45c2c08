package web_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"restante/serve"
	"restante/serve/web"
	"restante/serve/web/webtest"
)

var _ serve.Server = (*web.Server)(nil)

var onePage = web.Parse(fstest.MapFS{"one.html": {Data: []byte(`{{define "main"}}<p>{{.}}</p>{{end}}`)}}, "one.html")

// shell is a server with one page for each thing that can go wrong.
func shell(t *testing.T, log *slog.Logger) func(method, path, owner string, set func(*http.Request)) *http.Response {
	t.Helper()
	s := web.New(web.Options{Sessions: webtest.Trust{}, SignIn: "/signin", Log: log})
	s.Navigate(web.Entry{Path: "/one", Key: "nav.mail"})
	s.Handle("GET /one", func(c *web.Call) error { return c.Page(onePage, "One", "of "+c.Owner) })
	s.Handle("POST /one", func(c *web.Call) error {
		_, err := c.Form()
		return errors.Join(err, c.Done("/one", "It was done.", nil))
	})
	s.Handle("GET /broken", func(*web.Call) error { return errors.New("the secret cause") })
	s.Handle("GET /panics", func(*web.Call) error { panic("the secret cause") })
	s.HandleOpen("GET /signin", func(c *web.Call) error { return c.Page(onePage, "Sign in", c.R.FormValue("next")) })
	h := s.Handler()
	return func(method, path, owner string, set func(*http.Request)) *http.Response {
		t.Helper()
		r := httptest.NewRequest(method, "http://restante.test"+path, nil)
		if owner != "" {
			r.AddCookie(&http.Cookie{Name: webtest.Cookie, Value: owner})
		}
		if set != nil {
			set(r)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Result()
	}
}

func text(t *testing.T, r *http.Response) string {
	t.Helper()
	var b bytes.Buffer
	if _, err := b.ReadFrom(r.Body); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestHandle_SendsStrangersToSignIn(t *testing.T) {
	ask := shell(t, nil)
	r := ask("GET", "/one?a=b", "", nil)
	if to := r.Header.Get("Location"); r.StatusCode != http.StatusSeeOther || to != "/signin?next=%2Fone%3Fa%3Db" {
		t.Errorf("%d to %q", r.StatusCode, to)
	}
	if got := text(t, ask("GET", "/one", "ada", nil)); !strings.Contains(got, "<p>of ada</p>") || !strings.Contains(got, `aria-current="page"`) {
		t.Errorf("got %s", got)
	}
	if got := text(t, ask("GET", "/signin", "", nil)); strings.Contains(got, "<nav") {
		t.Errorf("a stranger is shown the pages: %s", got)
	}
}

func TestGuard_IsUpOnEveryAnswer(t *testing.T) {
	ask := shell(t, nil)
	for _, path := range []string{"/one", "/signin", "/broken", "/nowhere", "/static/restante.css", "/static/none"} {
		h := ask("GET", path, "ada", nil).Header
		csp := h.Get("Content-Security-Policy")
		if !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") || !strings.Contains(csp, "frame-ancestors 'none'") {
			t.Errorf("%s: policy %q", path, csp)
		}
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") == "" {
			t.Errorf("%s: header %v", path, h)
		}
	}
	if got := ask("GET", "/one", "ada", nil).Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("a page may be kept: %q", got)
	}
}

func TestGuard_RefusesOtherSites(t *testing.T) {
	ask := shell(t, nil)
	for name, tt := range map[string]struct {
		set    func(*http.Request)
		status int
	}{
		"same origin":    {func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-origin") }, 303},
		"cross site":     {func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }, 403},
		"same site":      {func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-site") }, 403},
		"old, our own":   {func(r *http.Request) { r.Header.Set("Origin", "http://restante.test") }, 303},
		"old, another's": {func(r *http.Request) { r.Header.Set("Origin", "http://evil.test") }, 403},
		"old, hidden":    {func(r *http.Request) { r.Header.Set("Origin", "null") }, 403},
	} {
		if r := ask("POST", "/one", "ada", tt.set); r.StatusCode != tt.status {
			t.Errorf("%s: %d, want %d", name, r.StatusCode, tt.status)
		}
	}
}

func TestFail_TellsTheLogAndNotTheReader(t *testing.T) {
	for _, path := range []string{"/broken", "/panics"} {
		var log strings.Builder
		ask := shell(t, slog.New(slog.NewTextHandler(&log, nil)))
		r := ask("GET", path, "ada", nil)
		got := text(t, r)
		if r.StatusCode != http.StatusInternalServerError || strings.Contains(got, "secret") {
			t.Errorf("%s: %d %s", path, r.StatusCode, got)
		}
		ref := regexp.MustCompile(`log: ([a-z2-7]{8})`).FindStringSubmatch(got)
		if ref == nil || !strings.Contains(log.String(), "ref="+ref[1]) || !strings.Contains(log.String(), "the secret cause") {
			t.Errorf("%s: reference %v, log %s", path, ref, log.String())
		}
	}
	if r := shell(t, nil)("GET", "/nowhere", "", nil); r.StatusCode != http.StatusNotFound {
		t.Errorf("no page: %d", r.StatusCode)
	}
}

func TestBody_IsBounded(t *testing.T) {
	h := webtest.New(t)
	h.Web.Handle("POST /form", func(c *web.Call) error { _, err := c.Form(); return err })
	h.Start()
	if r := h.Post("ada", "/form", url.Values{"a": {strings.Repeat("x", 2<<20)}}); r.Status != http.StatusRequestEntityTooLarge {
		t.Errorf("2 MiB of form: %d", r.Status)
	}
}

func TestLocal_LeadsNowhereElse(t *testing.T) {
	for in, want := range map[string]string{
		"/mail?q=a+b": "/mail?q=a+b", "/": "/", "": "/x", "mail": "/x", "//evil.test/": "/x", `/\evil.test`: "/x", "https://evil.test/": "/x",
		"/\t/evil.test": "/x", "javascript:alert(1)": "/x", "/%2f/evil": "/x", "http:/a": "/x", "/a#b": "/a", "//": "/x", "/a\r\nSet-Cookie: x": "/x",
	} {
		if got := web.Local(in, "/x"); got != want {
			t.Errorf("Local(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestLanguage_IsTheBrowsersOrTheOneChosen(t *testing.T) {
	ask := shell(t, nil)
	for accept, want := range map[string]string{"": "en", "ja": "ja", "de-CH,en;q=0.5": "de", "fr": "en", "fr,ja;q=0.3": "ja", ";;;": "en"} {
		got := text(t, ask("GET", "/one", "ada", func(r *http.Request) { r.Header.Set("Accept-Language", accept) }))
		if !strings.Contains(got, `<html lang="`+want+`">`) {
			t.Errorf("%q does not give %s", accept, want)
		}
	}
	r := ask("POST", "/language?to=ja&back=//evil.test", "", func(r *http.Request) {
		r.Body = http.NoBody
		r.PostForm = url.Values{"to": {"ja"}, "back": {"//evil.test"}}
		r.Form = r.PostForm
	})
	if len(r.Cookies()) != 1 || r.Header.Get("Location") != "/" {
		t.Fatalf("cookies %v, to %q", r.Cookies(), r.Header.Get("Location"))
	}
	got := text(t, ask("GET", "/one", "ada", func(q *http.Request) { q.AddCookie(r.Cookies()[0]) }))
	if !strings.Contains(got, `<html lang="ja">`) {
		t.Error("the language chosen is not spoken")
	}
}

func TestDone_IsUndoneOnceAndByItsOwner(t *testing.T) {
	h := webtest.New(t)
	undone := 0
	h.Web.Handle("GET /page", func(c *web.Call) error { return c.Page(onePage, "Page", "") })
	h.Web.Handle("POST /page", func(c *web.Call) error {
		return c.Done("/page?a=b", "It was done.", func(context.Context) error { undone++; return nil })
	})
	h.Start()
	r := h.Post("ada", "/page", nil)
	token := regexp.MustCompile(`name="did" value="([A-Z0-9]+)"`).FindStringSubmatch(r.Body)
	if token == nil || !strings.Contains(r.Body, "It was done.") || !strings.HasPrefix(r.Path, "/page?a=b&did=") {
		t.Fatalf("at %s: %s", r.Path, r.Body)
	}
	if got := h.Get("bob", r.Path); strings.Contains(got.Body, "It was done.") {
		t.Error("another is told what was done")
	}
	form := url.Values{"did": {token[1]}, "back": {"/page"}}
	for _, step := range []struct {
		owner string
		want  string
		n     int
	}{{"bob", "cannot be undone", 0}, {"ada", "Undone.", 1}, {"ada", "cannot be undone", 1}} {
		if got := h.Post(step.owner, "/undo", form); !strings.Contains(got.Body, step.want) || undone != step.n {
			t.Errorf("%s: undone %d times, want %d and %q: %s", step.owner, undone, step.n, step.want, got.Body)
		}
	}
}

func TestDone_WhatCouldNotBeUndoneCanBeTriedAgain(t *testing.T) {
	h := webtest.New(t)
	calls := 0
	h.Web.Handle("GET /page", func(c *web.Call) error { return c.Page(onePage, "Page", "") })
	h.Web.Handle("POST /page", func(c *web.Call) error {
		return c.Done("/page", "It was done.", func(context.Context) error {
			if calls++; calls == 1 {
				return errors.New("the disk is full")
			}
			return nil
		})
	})
	h.Start()
	token := regexp.MustCompile(`name="did" value="([A-Z0-9]+)"`).FindStringSubmatch(h.Post("ada", "/page", nil).Body)
	form := url.Values{"did": {token[1]}, "back": {"/page"}}
	for _, want := range []string{"Something went wrong here.", "Undone.", "cannot be undone"} {
		if got := h.Post("ada", "/undo", form); !strings.Contains(got.Body, want) {
			t.Errorf("after %d calls want %q: %s", calls, want, got.Body)
		}
	}
	if calls != 2 {
		t.Errorf("it was undone %d times", calls)
	}
}

func TestPages_HoldNoScriptsOrStylesOfTheirOwn(t *testing.T) {
	bad := regexp.MustCompile(`(?i)<script(>| [^>]*[^r]>)|<style|\sstyle=|\son[a-z]+=|javascript:|https?://`)
	err := filepath.WalkDir(".", func(name string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() || filepath.Ext(name) != ".html" {
			return err
		}
		text, err := os.ReadFile(name)
		if m := bad.FindString(string(text)); m != "" {
			t.Errorf("%s: %q", name, m)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
