package main

import (
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func method(key string) string {
	m, _, _ := strings.Cut(key, " ")
	return m
}

// Who is not signed in gets no further than to the sign-in; another finds nothing of
// what alice has, in whatever way she names it, and no other answer than where there
// is nothing.
func TestWeb_NobodyAndOthersFindNothing(t *testing.T) {
	h := newTwo(t)
	alice, bob, nobody := h.visitor("alice", "secret"), h.visitor("bob", "hidden"), h.visitor("", "")
	before := alice.hers()
	for key, x := range private {
		r, page := nobody.ask(method(key), x.path, x.form)
		if to := r.Header.Get("Location"); r.StatusCode != 303 || !strings.HasPrefix(to, "/signin") || strings.Contains(page, "Engine") || len(r.Cookies()) > 0 {
			t.Errorf("nobody at %s: %d to %q", key, r.StatusCode, to)
		}
		r, page = nobody.ask(method(key), x.path, x.form, func(r *http.Request) {
			r.AddCookie(&http.Cookie{Name: "restante-session", Value: "rs_" + strings.Repeat("A", 52)})
		})
		if r.StatusCode != 303 || strings.Contains(page, "Engine") {
			t.Errorf("who made a session up, at %s: %d", key, r.StatusCode)
		}
		want := x.want
		if want == 0 {
			want = 404
		}
		r, page = bob.ask(method(key), x.path, x.form)
		if r.StatusCode != want {
			t.Errorf("bob at %s: %d, want %d", key, r.StatusCode, want)
		}
		_, shown, _ := strings.Cut(page, "<main")
		if strings.Contains(shown, "Difference") || strings.Contains(shown, "Analytical") || strings.Contains(strings.ToLower(shown), "zinnia") {
			t.Errorf("bob at %s sees what is hers: %s", key, shown)
		}
		if want == 404 {
			there := strings.NewReplacer("/1", "/999999").Replace(x.path)
			form := append([]string(nil), x.form...)
			for i := 1; i < len(form); i += 2 {
				form[i] = strings.NewReplacer("1", "999999", "innia", "obody").Replace(form[i])
			}
			none, nothing := bob.ask(method(key), there, form)
			if none.StatusCode != 404 || len(nothing) != len(page)+len(there)-len(x.path) && nothing != page {
				t.Errorf("at %s another's is answered otherwise than none: %d, %d signs and not %d", key, none.StatusCode, len(nothing), len(page))
			}
		}
	}
	for _, do := range []string{"ham", "spam", "move", "redeliver", "allow", "block-domain"} {
		if r, _ := bob.ask("POST", "/mail/act", []string{"id", "1", "do", do, "box", "x"}); r.StatusCode != 404 {
			t.Errorf("bob does %s to her message: %d", do, r.StatusCode)
		}
	}
	if r, _ := bob.ask("GET", "/mail?did="+h.token, nil); r.StatusCode != 200 {
		t.Errorf("her token is no trouble to bob: %d", r.StatusCode)
	}
	if after := alice.hers(); after != before {
		t.Errorf("what alice sees has changed:\n%s\n%s", before, after)
	}
}

func TestWeb_NoFormIsTakenFromElsewhereOrBeyondMeasure(t *testing.T) {
	h := newTwo(t)
	alice := h.visitor("alice", "secret")
	before := alice.hers()
	posts := map[string][]string{}
	paths := map[string]string{}
	for key, x := range private {
		paths[key], posts[key] = x.path, x.form
	}
	for key, path := range openRoutes {
		paths[key] = path
	}
	large := strings.Repeat("x=y&", 1<<19)
	for key, path := range paths {
		if method(key) != "POST" {
			continue
		}
		for _, set := range []func(*http.Request){
			func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") },
			func(r *http.Request) { r.Header.Set("Origin", "null") },
			func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") },
			func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-site") },
		} {
			if r, _ := alice.ask("POST", path, posts[key], set); r.StatusCode != 403 {
				t.Errorf("%s from elsewhere: %d", key, r.StatusCode)
			}
		}
		if key == "POST /signout" || strings.Contains(key, "utodiscover") {
			continue // these read no form
		}
		r, _ := alice.ask("POST", path, nil, func(r *http.Request) {
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader(large)), int64(len(large))
		})
		if r.StatusCode != 413 {
			t.Errorf("%s with %d octets: %d", key, len(large), r.StatusCode)
		}
	}
	// What changes something is not to be had by a link.
	for key, path := range paths {
		if r, _ := alice.ask("GET", path, nil); method(key) == "POST" && r.StatusCode == 303 && !strings.HasPrefix(r.Header.Get("Location"), "/signin") && paths["GET "+path] == "" {
			t.Errorf("GET %s: %d", path, r.StatusCode)
		}
	}
	if after := alice.hers(); after != before {
		t.Errorf("what alice sees has changed:\n%s\n%s", before, after)
	}
}

// elsewhere are ways to write another site so that it looks like a path of ours.
var elsewhere = []string{
	"https://evil.example/", "//evil.example", `/\evil.example`, `\\evil.example`, "/\t/evil.example", "javascript:alert(1)", "/%09//evil.example", "///evil.example",
	"https:evil.example", "http:/evil.example", "/\r\nLocation: //evil.example", "data:text/html,x", "//evil.example@127.0.0.1/", "/%2f%2fevil.example", "/%5cevil.example", ".//evil.example", "/./ /evil.example", "/..//evil.example",
}

func TestWeb_LeadsNowhereElseAndLetsNoFieldIntoTheHeader(t *testing.T) {
	h := newTwo(t)
	alice := h.visitor("alice", "secret")
	here := func(r *http.Response, what string) {
		t.Helper()
		to := r.Header.Get("Location")
		u, err := url.Parse(to)
		if to != "" && (err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.ContainsAny(to, "\\\t\r\n")) {
			t.Errorf("%s leads to %q", what, to)
		}
		if r.Header.Get("X-Evil") != "" {
			t.Errorf("%s puts a field into the header", what)
		}
	}
	for _, to := range elsewhere {
		r, _ := alice.ask("GET", "/signin?next="+url.QueryEscape(to), nil)
		here(r, "next "+to)
		r, page := h.visitor("", "").ask("GET", "/signin?next="+url.QueryEscape(to), nil)
		here(r, "next "+to)
		if strings.Contains(page, `value="//`) || strings.Contains(page, `value="http`) || strings.Contains(page, "javascript:") {
			t.Errorf("the form keeps %q", to)
		}
		for _, form := range [][]string{{"/language", "to", "ja"}, {"/undo", "did", "x"}, {"/mail/act", "do", "ham"}, {"/mail/act", "do", "ham", "id", "1"}} {
			r, _ := alice.ask("POST", form[0], append([]string{"back", to}, form[1:]...))
			here(r, form[0]+" back to "+to)
		}
		r, _ = h.visitor("", "").ask("GET", "/"+strings.NewReplacer("\t", "%09", "\r", "%0d", "\n", "%0a", " ", "%20", `\`, "%5c").Replace(to), nil)
		here(r, "the path "+to)
	}
	const evil = "x\r\nX-Evil: yes\r\n\r\n<evil>"
	for key, x := range private {
		for i := 1; i < len(x.form); i += 2 {
			form := append([]string(nil), x.form...)
			form[i] = evil
			r, page := alice.ask(method(key), x.path, form)
			here(r, key)
			if r.StatusCode >= 500 || strings.Contains(page, "<evil>") {
				t.Errorf("%s with %s: %d", key, form[i-1], r.StatusCode)
			}
		}
	}
	for _, path := range []string{"/mail/1/part/0", "/mail/1/raw", "/mail/export?q=" + url.QueryEscape("engine")} {
		r, _ := alice.ask("GET", path, nil)
		here(r, path)
		kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Disposition"))
		if err != nil || kind != "attachment" || params["filename"] == "" || strings.ContainsAny(params["filename"], "/\\\r\n\"") || strings.HasPrefix(params["filename"], ".") {
			t.Errorf("%s: %d %q, %v, %v", path, r.StatusCode, r.Header.Get("Content-Disposition"), params, err)
		}
	}
}

// A query may be anything: it is answered, or refused in words, and soon.
func TestWeb_QueriesThatWouldTakeForEverAreRefused(t *testing.T) {
	h := newTwo(t)
	alice := h.visitor("alice", "secret")
	for name, q := range map[string]string{
		"long": strings.Repeat("word ", 5000), "deep": strings.Repeat("(", 9000) + "x" + strings.Repeat(")", 9000), "negated": strings.Repeat("NOT ", 5000) + "x", "minus": strings.Repeat("-", 20000),
		"either": strings.Repeat("a OR ", 4000) + "b", "prefixes": strings.Repeat("a* ", 6000), "alike": strings.Repeat("recieve~ ", 2000), "phrase": `"` + strings.Repeat("a ", 9000) + `"`,
		"one word": strings.Repeat("x", 25000), "dates": strings.Repeat("before:2020 ", 2000), "fields": strings.Repeat("from:", 5000), "quotes": strings.Repeat(`"`, 20001), "nothing": strings.Repeat("\x00", 5000), "kanji": strings.Repeat("港", 7000),
	} {
		for _, path := range []string{"/mail?q=", "/mail?by=threads&q=", "/mail/export?q=", "/mail?q=x&after="} {
			at := path + url.QueryEscape(q)
			if len(at) > 30<<10 { // a longer header is refused, as below
				at = at[:30<<10]
			}
			at = strings.TrimRight(at, "%0123456789ABCDEF")
			r, page := alice.ask("GET", at, nil)
			if r.StatusCode >= 500 || len(page) > 150<<10+30<<10 {
				t.Errorf("%s at %s: %d, %d octets", name, path, r.StatusCode, len(page))
			}
		}
		if r, _ := alice.ask("POST", "/mail/saved", []string{"name", "bomb", "q", q}); r.StatusCode >= 500 || r.StatusCode == 303 {
			t.Errorf("%s is saved: %d", name, r.StatusCode)
		}
	}
	if r, _ := alice.ask("GET", "/mail?q="+strings.Repeat("x", 64<<10), nil); r.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("64 KiB of address: %d", r.StatusCode)
	}
	for n, want := range map[int]int{9000: 404, 20000: 400} {
		ids := []string{"do", "ham"}
		for range n {
			ids = append(ids, "id", "1000000")
		}
		if r, _ := alice.ask("POST", "/mail/act", ids); r.StatusCode != want {
			t.Errorf("%d times one message that there is not: %d, want %d", n, r.StatusCode, want)
		}
	}
}
