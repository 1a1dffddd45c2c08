package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"restante/index"
	"restante/index/record"
	"restante/serve/auth"
	"restante/serve/web/api"
	"restante/serve/web/webtest"
)

// town is a house with an API, and tokens to it.
type town struct {
	*webtest.House
	t      *testing.T
	tokens *record.DB
	now    time.Time
}

func open(t *testing.T) *town {
	t.Helper()
	rows, err := record.Open(context.Background(), filepath.Join(t.TempDir(), "tokens.db"), record.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { rows.Close() })
	w := &town{House: webtest.New(t), t: t, tokens: rows, now: time.Now()}
	api.Register(w.Web, api.Options{
		Tokens: rows, Archive: w.Archive, Shelf: w.Archive, Catalogue: w.Catalogue, Now: func() time.Time { return w.now },
		Known: func(_ context.Context, name string) (bool, error) { return name != "gone", nil },
	})
	w.Start()
	return w
}

// token makes a token of an owner's.
func (w *town) token(owner string, expires time.Time, scopes ...string) string {
	w.t.Helper()
	ticket := auth.APITicket.New()
	secret, _ := auth.APITicket.Secret(ticket)
	err := w.tokens.AddToken(context.Background(), &index.Token{
		Owner: owner, Name: ticket[3:13], Secret: secret, Scopes: scopes, Made: w.now, Expires: expires,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return ticket
}

// ask sends a request with a token; without one where it is empty.
func (w *town) ask(token, method, path, body string) webtest.Reply {
	w.t.Helper()
	r, err := http.NewRequest(method, w.URL+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	return w.Do(r)
}

// want checks a status, that an error is a problem document, and reads the answer.
func (w *town) want(got webtest.Reply, status int, into any) {
	w.t.Helper()
	if got.Status != status {
		w.t.Errorf("%s: %d, and not %d: %s", got.Path, got.Status, status, got.Body)
		return
	}
	if status >= 400 {
		var doc struct {
			Type, Title, Detail string
			Status              int
		}
		if err := json.Unmarshal([]byte(got.Body), &doc); err != nil || got.Header.Get("Content-Type") != "application/problem+json" || doc.Status != status || doc.Type == "" || doc.Title == "" || doc.Detail == "" {
			w.t.Errorf("%s: no problem document (%v): %s", got.Path, err, got.Body)
		}
	}
	if into != nil {
		if err := json.Unmarshal([]byte(got.Body), into); err != nil {
			w.t.Errorf("%s: %v: %s", got.Path, err, got.Body)
		}
	}
}

const mail = "From: Ann <ann@example.com>\nTo: ada@example.org\nSubject: engines\nMessage-ID: <1@example.com>\nDate: Mon, 2 Feb 2026 10:00:00 +0000\n\nThe analytical engine weaves.\n"

// operation is a route with a body that it takes.
type operation struct{ method, path, scope, body string }

// operations reads the routes of the document.
func operations(t *testing.T) (all []operation) {
	t.Helper()
	text, err := os.ReadFile("openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Paths map[string]map[string]yaml.Node
	}
	if err := yaml.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	for path, methods := range doc.Paths {
		for method, node := range methods {
			if method == "parameters" {
				continue
			}
			var op struct {
				Security    []map[string][]string
				RequestBody yaml.Node `yaml:"requestBody"`
			}
			if err := node.Decode(&op); err != nil {
				t.Fatal(err)
			}
			o := operation{method: strings.ToUpper(method), path: path}
			if len(op.Security) > 0 {
				o.scope = op.Security[0]["token"][0]
			}
			if !op.RequestBody.IsZero() {
				o.body = "{}"
			}
			all = append(all, o)
		}
	}
	return all
}

func TestDocument_NamesEveryRouteAndNoOther(t *testing.T) {
	var documented []string
	for _, o := range operations(t) {
		documented = append(documented, fmt.Sprintf("%s %s %s", o.method, o.path, o.scope))
	}
	routes := api.Routes()
	slices.Sort(documented)
	slices.Sort(routes)
	if !slices.Equal(documented, routes) {
		t.Errorf("the document has\n%s\nthe routes are\n%s", strings.Join(documented, "\n"), strings.Join(routes, "\n"))
	}
	w := open(t)
	got := w.ask("", "GET", "/api/v1/openapi.yaml", "")
	if got.Status != 200 || !strings.HasPrefix(got.Body, "openapi: 3.1.0\n") {
		t.Errorf("served: %d, %.100s", got.Status, got.Body)
	}
}

func TestEveryRoute_WantsATokenWithItsScope(t *testing.T) {
	w := open(t)
	id := w.Deliver("ada", "", mail)
	w.CatchUp()
	path := strings.NewReplacer("{id}", fmt.Sprint(id), "{number}", "1", "{name}", "x")
	stale := w.token("ada", w.now.Add(time.Hour), api.Scopes()...)
	w.now = w.now.Add(time.Hour)
	ada := w.token("ada", time.Time{}, api.Scopes()...)
	bob := w.token("bob", time.Time{}, api.Scopes()...)
	gone := w.token("gone", time.Time{}, api.Scopes()...)
	for _, o := range operations(t) {
		at := "/api/v1" + path.Replace(o.path)
		for _, none := range []string{"", "x", stale, gone, auth.APITicket.New(), auth.SessionTicket.New(), ada + "x", strings.ToUpper(ada)} {
			got := w.ask(none, o.method, at, o.body)
			w.want(got, 401, nil)
			if got.Header.Get("WWW-Authenticate") != "Bearer" {
				t.Errorf("%s %s: WWW-Authenticate %q", o.method, at, got.Header.Get("WWW-Authenticate"))
			}
		}
		// A browser that is signed in has no say here.
		r := w.Request(o.method, "ada", at, nil)
		w.want(w.Do(r), 401, nil)
		if o.scope != "" {
			others := slices.DeleteFunc(api.Scopes(), func(s string) bool { return s == o.scope })
			got := w.ask(w.token("ada", time.Time{}, others...), o.method, at, o.body)
			w.want(got, 403, nil)
			if !strings.Contains(got.Header.Get("WWW-Authenticate"), `scope="`+o.scope+`"`) {
				t.Errorf("%s %s: WWW-Authenticate %q", o.method, at, got.Header.Get("WWW-Authenticate"))
			}
		}
		if strings.Contains(o.path, "{id}") {
			body := map[string]string{"/messages/{id}/teach": `{"class":"spam"}`, "/messages/{id}/move": `{"mailbox":"x"}`}[o.path]
			w.want(w.ask(bob, o.method, at, body), 404, nil)
			for _, guess := range []string{"0", "-1", "999999", "1e3", "%2e%2e", "9223372036854775808", "abc"} {
				w.want(w.ask(ada, o.method, "/api/v1"+strings.ReplaceAll(o.path, "{id}", guess), body), 404, nil)
			}
		}
	}
	var found struct{ Total uint64 }
	w.want(w.ask(bob, "GET", "/api/v1/messages?q=engine", ""), 200, &found)
	if found.Total != 0 {
		t.Errorf("bob finds %d of ada's", found.Total)
	}
	w.want(w.ask(ada, "GET", "/api/v1/nothing", ""), 404, nil)
}

func TestMessages_AreFoundReadTaughtAndMoved(t *testing.T) {
	w := open(t)
	id := w.Deliver("ada", "", mail)
	w.CatchUp()
	ada, bob := w.token("ada", time.Time{}, api.Scopes()...), w.token("bob", time.Time{}, api.Scopes()...)
	one := fmt.Sprintf("/api/v1/messages/%d", id)

	var found struct {
		Messages []struct {
			ID      int64
			Subject string
			From    []struct{ Name, Address string }
		}
		Total uint64
	}
	w.want(w.ask(ada, "GET", "/api/v1/messages?q=engine&limit=5", ""), 200, &found)
	if found.Total != 1 || len(found.Messages) != 1 || found.Messages[0].ID != id || found.Messages[0].Subject != "engines" || found.Messages[0].From[0].Address != "ann@example.com" {
		t.Fatalf("found %+v", found)
	}
	var m struct {
		Mailbox, Class, SHA256 string
		Parts                  []struct{ Type string }
		MessageID              string `json:"message_id"`
	}
	w.want(w.ask(ada, "GET", one, ""), 200, &m)
	if m.MessageID != "1@example.com" || len(m.Parts) != 1 || len(m.SHA256) != 64 {
		t.Errorf("message %+v", m)
	}
	var text struct{ Text string }
	w.want(w.ask(ada, "GET", one+"/text", ""), 200, &text)
	if !strings.Contains(text.Text, "analytical engine") {
		t.Errorf("text %q", text.Text)
	}
	raw := w.ask(ada, "GET", one+"/raw", "")
	if raw.Body != strings.ReplaceAll(mail, "\n", "\r\n") || raw.Header.Get("Content-Type") != "message/rfc822" || !strings.HasPrefix(raw.Header.Get("Content-Disposition"), "attachment;") {
		t.Errorf("raw: %v %q", raw.Header, raw.Body)
	}

	var taught struct {
		Now    string
		Lesson int64
		Moved  int
	}
	w.want(w.ask(ada, "POST", one+"/teach", `{"class":"spam"}`), 200, &taught)
	if taught.Now != "spam" || taught.Lesson == 0 || taught.Moved != 1 {
		t.Errorf("taught %+v", taught)
	}
	w.want(w.ask(ada, "GET", one, ""), 200, &m)
	if m.Mailbox != "spam" || m.Class != "spam" {
		t.Errorf("taught as spam it is %+v", m)
	}
	undo := fmt.Sprintf("/api/v1/lessons/%d/undo", taught.Lesson)
	w.want(w.ask(bob, "POST", undo, ""), 404, nil)
	w.want(w.ask(ada, "POST", undo, ""), 200, nil)
	w.want(w.ask(ada, "POST", undo, ""), 409, nil)
	var lessons struct{ Lessons []struct{ Source string } }
	w.want(w.ask(ada, "GET", "/api/v1/lessons", ""), 200, &lessons)
	if len(lessons.Lessons) == 0 || !strings.HasPrefix(lessons.Lessons[0].Source, "API, token ") {
		t.Errorf("lessons %+v", lessons)
	}
	w.want(w.ask(ada, "POST", one+"/move", `{"mailbox":"bills"}`), 204, nil)
	w.want(w.ask(ada, "GET", one, ""), 200, &m)
	if m.Mailbox != "bills" {
		t.Errorf("moved it hangs in %s", m.Mailbox)
	}
}

func TestShelf_IsItsOwners(t *testing.T) {
	w := open(t)
	ada, bob := w.token("ada", time.Time{}, api.Scopes()...), w.token("bob", time.Time{}, api.Scopes()...)
	w.want(w.ask(ada, "PUT", "/api/v1/searches/Bills%20%E6%97%A5", `{"query":"invoice newer:2w"}`), 201, nil)
	w.want(w.ask(ada, "PUT", "/api/v1/searches/Bills%20%E6%97%A5", `{"query":"invoice"}`), 409, nil)
	w.want(w.ask(ada, "PUT", "/api/v1/searches/bad", `{"query":"(invoice"}`), 400, nil)
	var all struct {
		Searches []struct{ Name, Query string }
	}
	w.want(w.ask(bob, "GET", "/api/v1/searches", ""), 200, &all)
	if len(all.Searches) != 0 {
		t.Errorf("bob has %+v", all)
	}
	w.want(w.ask(bob, "DELETE", "/api/v1/searches/Bills%20%E6%97%A5", ""), 404, nil)
	w.want(w.ask(ada, "GET", "/api/v1/searches", ""), 200, &all)
	if len(all.Searches) != 1 || all.Searches[0].Name != "Bills 日" {
		t.Errorf("ada has %+v", all)
	}
	w.want(w.ask(ada, "DELETE", "/api/v1/searches/Bills%20%E6%97%A5", ""), 204, nil)

	d := index.Device{Owner: "ada", Name: "phone", Secret: [32]byte{1}, Mailboxes: []string{"inbox"}, Shown: index.AllMail}
	if err := w.Archive.AddDevice(context.Background(), &d); err != nil {
		t.Fatal(err)
	}
	w.want(w.ask(bob, "DELETE", "/api/v1/devices/phone", ""), 404, nil)
	got := w.ask(ada, "GET", "/api/v1/devices", "")
	if !strings.Contains(got.Body, `"phone"`) || strings.Contains(strings.ToLower(got.Body), "secret") {
		t.Errorf("devices: %s", got.Body)
	}
	w.want(w.ask(ada, "DELETE", "/api/v1/devices/phone", ""), 204, nil)
}

func TestRequests_AreBounded(t *testing.T) {
	w := open(t)
	id := w.Deliver("ada", "", mail)
	w.CatchUp()
	ada := w.token("ada", time.Time{}, api.Scopes()...)
	teach := fmt.Sprintf("/api/v1/messages/%d/teach", id)
	for body, status := range map[string]int{
		"{": 400, "[]": 400, `{"class":"eggs"}`: 400, `{"class":"spam","x":1}`: 400, `{"class":"spam"}{}`: 400, "null": 400, `{"class":1}`: 400,
		`{"class":"` + strings.Repeat("x", 100<<10) + `"}`: 413, strings.Repeat("[", 60<<10): 400,
	} {
		w.want(w.ask(ada, "POST", teach, body), status, nil)
	}
	r := w.Request("POST", "", teach, map[string][]string{"class": {"spam"}})
	r.Header.Set("Authorization", "Bearer "+ada)
	w.want(w.Do(r), 415, nil)
	for query, status := range map[string]int{
		"q=" + strings.Repeat("x", 5000): 400, "limit=0": 400, "limit=101": 400, "limit=x": 400, "after=x": 400, "q=%28a": 400,
		"q=" + strings.Repeat("%28", 1000): 400, "q=" + strings.Repeat("a%20OR%20", 500) + "a": 0,
	} {
		got := w.ask(ada, "GET", "/api/v1/messages?"+query, "")
		if status == 0 && (got.Status == 200 || got.Status == 400) {
			continue
		}
		w.want(got, status, nil)
	}
	move := fmt.Sprintf("/api/v1/messages/%d/move", id)
	for _, box := range []string{"", strings.Repeat("x", 200), "archive", "a\\u0000b"} {
		w.want(w.ask(ada, "POST", move, `{"mailbox":"`+box+`"}`), 400, nil)
	}
}

func TestToken_TellsOfItselfAndOfItsUse(t *testing.T) {
	w := open(t)
	ada := w.token("ada", w.now.Add(time.Hour), api.Read)
	var own struct {
		User   string
		Scopes []string
	}
	w.want(w.ask(ada, "GET", "/api/v1/token", ""), 200, &own)
	if own.User != "ada" || !slices.Equal(own.Scopes, []string{"read"}) {
		t.Errorf("token %+v", own)
	}
	all, err := w.tokens.Tokens(context.Background(), "ada")
	if err != nil || len(all) != 1 || !all[0].Used.Equal(w.now) {
		t.Errorf("used %+v, %v", all, err)
	}
	if err := w.tokens.RemoveToken(context.Background(), "ada", all[0].Name); err != nil {
		t.Fatal(err)
	}
	w.want(w.ask(ada, "GET", "/api/v1/token", ""), 401, nil)
}
