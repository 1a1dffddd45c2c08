package api_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"restante/serve/auth"
	"restante/serve/web/api"
)

// filled gives a path of an operation, with what there is put in.
func (o operation) filled(id int64) string {
	return "/api/v1" + strings.NewReplacer("{id}", fmt.Sprint(id), "{number}", "1", "{part}", "0", "{name}", "phone").Replace(o.path)
}

func TestEveryRoute_WantsATokenWithItsScopes(t *testing.T) {
	w, id := furnished(t)
	stale := w.token("ada", w.now.Add(time.Hour), api.Scopes()...)
	w.now = w.now.Add(time.Hour)
	ada := w.token("ada", time.Time{}, api.Scopes()...)
	gone := w.token("gone", time.Time{}, api.Scopes()...)
	revoked := w.token("ada", time.Time{}, api.Scopes()...)
	if err := w.tokens.RemoveToken(context.Background(), "ada", revoked[3:13]); err != nil {
		t.Fatal(err)
	}
	for _, o := range theDocument(t).operations {
		at := o.filled(id)
		for _, none := range []string{"", "x", stale, gone, revoked, auth.APITicket.New(), auth.SessionTicket.New(), ada + "x", strings.ToUpper(ada)} {
			got := w.ask(none, o.method, at, "{}")
			w.want(got, 401, nil)
			if got.Header.Get("WWW-Authenticate") != "Bearer" {
				t.Errorf("%s %s: WWW-Authenticate %q", o.method, at, got.Header.Get("WWW-Authenticate"))
			}
		}
		// A browser that is signed in has no say here.
		w.want(w.send(w.Request(o.method, "ada", at, nil)), 401, nil)
		for _, scope := range o.scopes {
			others := slices.DeleteFunc(api.Scopes(), func(s string) bool { return s == scope })
			got := w.ask(w.token("ada", time.Time{}, others...), o.method, at, "{}")
			w.want(got, 403, nil)
			if want := `scope="` + strings.Join(o.scopes, " ") + `"`; !strings.Contains(got.Header.Get("WWW-Authenticate"), want) {
				t.Errorf("%s %s: WWW-Authenticate %q", o.method, at, got.Header.Get("WWW-Authenticate"))
			}
		}
	}
}

// What is ada's is not there for bob, and what lists lists nothing of hers.
func TestEveryRoute_KeepsUsersApart(t *testing.T) {
	w, id := furnished(t)
	bob := w.token("bob", time.Time{}, api.Scopes()...)
	bobs := w.Deliver("bob", "", "From: Cy <cy@example.com>\nSubject: looms\nMessage-ID: <9@example.com>\n\nHis own.\n")
	w.CatchUp()
	for _, x := range every(id) {
		method, _, _ := strings.Cut(x.operation, " ")
		if method == "PUT" {
			continue // by which he would save one of his own
		}
		got := w.ask(bob, method, x.path, x.body)
		named := strings.Contains(x.operation, "{") || strings.Contains(x.body, "ids")
		if named && got.Status != 404 {
			t.Errorf("%s of ada's: %d %s", x.operation, got.Status, got.Body)
		}
		for _, hers := range []string{"ada", "engine", "ann@", "phone", "Mosaic"} {
			if strings.Contains(got.Body, hers) {
				t.Errorf("%s tells bob of ada's %s: %s", x.operation, hers, got.Body)
			}
		}
	}
	w.want(w.ask(bob, "PUT", "/api/v1/searches/bills", `{"query":"loom"}`), 204, nil)
	w.want(w.ask(bob, "POST", "/api/v1/move", fmt.Sprintf(`{"ids":[%d,%d],"mailbox":"x"}`, bobs, id)), 404, nil)
	ada := w.token("ada", time.Time{}, api.Scopes()...)
	var left struct {
		Searches []struct{ Query string }
		Devices  []struct{ Name string }
		Sessions []struct{ Agent string }
		Mailbox  string
	}
	for _, path := range []string{"/searches", "/devices", "/sessions", fmt.Sprint("/messages/", bobs)} {
		who := ada
		if strings.HasPrefix(path, "/messages") {
			who = bob
		}
		w.want(w.ask(who, "GET", "/api/v1"+path, ""), 200, &left)
	}
	if len(left.Searches) != 1 || left.Searches[0].Query != "invoice" || len(left.Devices) != 1 || len(left.Sessions) != 1 || left.Mailbox != "inbox" {
		t.Errorf("left is %+v", left)
	}
}

func TestEveryRoute_TakesNoGuess(t *testing.T) {
	w, _ := furnished(t)
	ada := w.token("ada", time.Time{}, api.Scopes()...)
	for _, o := range theDocument(t).operations {
		if o.takes != nil || !strings.Contains(o.path, "{") {
			continue
		}
		for _, guess := range []string{"0", "-1", "999999", "1e3", "%2e%2e", "9223372036854775808", "abc", "%00", "a%0d%0ab", "%ff", "1%20"} {
			path := strings.NewReplacer("{id}", guess, "{number}", guess, "{part}", "0", "{name}", guess).Replace(o.path)
			w.want(w.ask(ada, o.method, "/api/v1"+path, ""), 404, nil)
		}
	}
	w.want(w.ask(ada, "GET", "/api/v1/nothing", ""), 404, nil)
}

func TestEveryRoute_RefusesOtherMethodsAndMediaTypes(t *testing.T) {
	w, id := furnished(t)
	ada := w.token("ada", time.Time{}, api.Scopes()...)
	d := theDocument(t)
	for _, o := range d.operations {
		at := o.filled(id)
		for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
			if d.find(method, at) != nil {
				continue
			}
			got := w.ask(ada, method, at, "")
			w.want(got, 405, nil)
			if allow := strings.Split(got.Header.Get("Allow"), ", "); !slices.Contains(allow, o.method) || slices.Contains(allow, method) {
				t.Errorf("%s %s: Allow %q", method, at, allow)
			}
		}
		for _, accept := range []string{"image/png", "text/html, image/*", o.media + ";q=0", "nonsense"} {
			if accept == ";q=0" {
				continue
			}
			r := w.request(ada, o.method, at, "{}")
			r.Header.Set("Accept", accept)
			w.want(w.send(r), 406, nil)
		}
		if o.takes == nil {
			continue
		}
		r := w.request(ada, o.method, at, "a=b")
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w.want(w.send(r), 415, nil)
		for _, body := range []string{"{", "[]", "null", `{"nothing":1}`, "{}{}", "{}", `{"ids":[` + strings.Repeat("1,", 600) + `1],"class":"spam","mailbox":"x"}`, `{"ids":["a"]}`, `{"ids":[1.5]}`, strings.Repeat("[", 60<<10)} {
			w.want(w.ask(ada, o.method, at, body), 400, nil)
		}
		w.want(w.ask(ada, o.method, at, `{"`+strings.Repeat("x", 100<<10)+`":1}`), 413, nil)
	}
	r := w.request(ada, "GET", "/api/v1/token", "")
	r.Header.Set("Accept", "text/html, application/*;q=0.1")
	w.want(w.send(r), 200, nil)
	for _, path := range []string{"/api/v1/events", "/api/v1/token"} {
		if got := w.ask(ada, "HEAD", path, ""); got.Status != 200 || got.Body != "" {
			t.Errorf("HEAD %s: %d %q", path, got.Status, got.Body)
		}
	}
}

func TestRequests_AreBounded(t *testing.T) {
	w, id := furnished(t)
	ada := w.token("ada", time.Time{}, api.Scopes()...)
	for _, path := range []string{"/messages?", "/export?"} {
		for query, status := range map[string]int{
			"q=" + strings.Repeat("x", 5000): 400, "q=%28a": 400, "q=" + strings.Repeat("%28", 1000): 400, "q=%00": 0,
			"q=" + strings.Repeat("a%20OR%20", 500) + "a": 0, "q=" + strings.Repeat("%2d%28", 600) + "a" + strings.Repeat("%29", 600): 0,
			"q=" + strings.Repeat("a*%20", 800): 0, "q=" + strings.Repeat("ab~%20", 600): 0,
		} {
			got := w.ask(ada, "GET", "/api/v1"+path+query, "")
			if status == 0 && (got.Status == 200 || got.Status == 400) {
				continue
			}
			w.want(got, status, nil)
		}
	}
	for _, query := range []string{"limit=0", "limit=101", "limit=x", "limit=-1", "after=x"} {
		w.want(w.ask(ada, "GET", "/api/v1/messages?"+query, ""), 400, nil)
	}
	w.want(w.ask(ada, "GET", "/api/v1/lessons?limit=1001", ""), 400, nil)
	w.want(w.ask(ada, "GET", "/api/v1/lessons?before=0", ""), 400, nil)
	w.want(w.ask(ada, "POST", "/api/v1/teach", fmt.Sprintf(`{"ids":[%d],"class":"eggs"}`, id)), 400, nil)
}

func TestNames_HoldNothingThatCouldBeAHeader(t *testing.T) {
	w, id := furnished(t)
	ada := w.token("ada", time.Time{}, api.Scopes()...)
	for _, name := range []string{"", " ", strings.Repeat("x", 200), "a\\u0000b", "a\\r\\nb", "a\\u0085b"} {
		w.want(w.ask(ada, "POST", "/api/v1/move", fmt.Sprintf(`{"ids":[%d],"mailbox":"%s"}`, id, name)), 400, nil)
		w.want(w.ask(ada, "POST", "/api/v1/devices", `{"name":"`+name+`"}`), 400, nil)
	}
	w.want(w.ask(ada, "POST", "/api/v1/move", fmt.Sprintf(`{"ids":[%d],"mailbox":"archive"}`, id)), 400, nil)
	for _, name := range []string{"a%0d%0ab", "%00", "%ff", "%20", strings.Repeat("x", 200)} {
		w.want(w.ask(ada, "PUT", "/api/v1/searches/"+name, `{"query":"a"}`), 400, nil)
	}
	got := w.ask(ada, "GET", fmt.Sprintf("/api/v1/messages/%d/attachments/0", id), "")
	if got.Body != "The plan." || got.Header.Get("Set-Cookie") != "" || !strings.HasPrefix(got.Header.Get("Content-Disposition"), `attachment; filename=`) {
		t.Errorf("attachment %q: %v", got.Body, got.Header)
	}
	if strings.ContainsAny(got.Header.Get("Content-Disposition"), "/\r\n") || got.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("attachment: %v", got.Header)
	}
	for name, body := range map[string]string{"twice": `{"name":"phone"}`, "archive": `{"name":"x","mailboxes":["archive"]}`} {
		if got := w.ask(ada, "POST", "/api/v1/devices", body); got.Status != http.StatusConflict && got.Status != http.StatusBadRequest {
			t.Errorf("device %s: %d", name, got.Status)
		}
	}
}
