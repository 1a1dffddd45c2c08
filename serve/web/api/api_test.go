package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"restante/filter/sender"
	"restante/index"
	"restante/index/record"
	"restante/serve/auth"
	"restante/serve/web/api"
	"restante/serve/web/overview"
	"restante/serve/web/webtest"
)

// town is a house with an API, and tokens to it.
type town struct {
	*webtest.House
	t      testing.TB
	tokens *record.DB
	now    time.Time
	asked  map[string]bool // operations that did well, by method and path
}

// around is what is around the mail.
type around struct{ *index.Archive }

func (around) Accounts(_ context.Context, owner string) ([]overview.Account, error) {
	now := time.Now()
	return []overview.Account{{Name: owner + "-isp", State: "needs-login", Why: "the server said no", Good: now, Next: now, Stuck: 2}, {Name: owner + "-job", State: "ok"}}, nil
}

func (around) Space(context.Context) (used, free int64, err error) { return 3 << 20, 5 << 30, nil }

func (a around) MakeDevice(ctx context.Context, d *index.Device) (password string, err error) {
	password = auth.NewAppPassword()
	d.Secret, _ = auth.AppSecret(d.Owner, password)
	return password, a.AddDevice(ctx, d)
}

func open(t testing.TB) *town {
	t.Helper()
	rows, err := record.Open(context.Background(), filepath.Join(t.TempDir(), "tokens.db"), record.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { rows.Close() })
	w := &town{House: webtest.New(t), t: t, tokens: rows, now: time.Now(), asked: map[string]bool{}}
	a := w.Archive
	api.Register(w.Web, api.Options{
		Tokens: rows, Archive: a, Filter: a, Judge: w.Sorter, Senders: a, Mailboxes: a, Shelf: a, Changes: a, Catalogue: w.Catalogue, Desk: rows,
		Maker: around{a}, Overview: overview.Options{Archive: a, Catalogue: w.Catalogue, House: around{a}},
		Now:   func() time.Time { return w.now },
		Known: func(_ context.Context, name string) (bool, error) { return name != "gone", nil },
		Seen:  func(ctx context.Context) { w.CatchUp() },
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

// request makes a request with a token; without one where it is empty.
func (w *town) request(token, method, path, body string) *http.Request {
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
	return r
}

// ask sends a request, and compares the answer with what the document says of it.
func (w *town) ask(token, method, path, body string) webtest.Reply {
	w.t.Helper()
	return w.send(w.request(token, method, path, body))
}

func (w *town) send(r *http.Request) webtest.Reply {
	w.t.Helper()
	d := theDocument(w.t)
	got := w.Do(r)
	at := r.Method + " " + r.URL.Path
	media := got.Header.Get("Content-Type")
	if got.Status >= 400 {
		if err := d.checkText(d.schemas["Problem"], got.Body); err != nil || media != "application/problem+json" {
			w.t.Errorf("%s: no problem document (%v): %s %s", at, err, media, got.Body)
		}
		var p struct{ Status int }
		if err := json.Unmarshal([]byte(got.Body), &p); err != nil || p.Status != got.Status {
			w.t.Errorf("%s: the problem is of status %d, and the answer of %d", at, p.Status, got.Status)
		}
		return got
	}
	o := d.find(r.Method, r.URL.EscapedPath())
	if o == nil {
		return got
	}
	if fmt.Sprint(got.Status) != o.status || media != o.media {
		w.t.Errorf("%s: answers %d %q; described is %s %q", at, got.Status, media, o.status, o.media)
	}
	if o.answers != nil {
		if err := d.checkText(o.answers, got.Body); err != nil {
			w.t.Errorf("%s: not as described: %v: %s", at, err, got.Body)
		}
	}
	w.asked[o.method+" "+o.path] = true
	return got
}

// want checks a status, and reads the answer.
func (w *town) want(got webtest.Reply, status int, into any) {
	w.t.Helper()
	if got.Status != status {
		w.t.Errorf("%s: %d, and not %d: %s", got.Path, got.Status, status, got.Body)
		return
	}
	if into != nil {
		if err := json.Unmarshal([]byte(got.Body), into); err != nil {
			w.t.Errorf("%s: %v: %s", got.Path, err, got.Body)
		}
	}
}

const mail = "From: Ann <ann@example.com>\nTo: ada@example.org\nSubject: engines\nMessage-ID: <1@example.com>\nDate: Mon, 2 Feb 2026 10:00:00 +0000\n\nThe analytical engine weaves.\n"

// parcel has an attachment, whose name is up to no good.
const parcel = "From: Ann <ann@example.com>\nTo: ada@example.org\nSubject: engines\nMessage-ID: <0@example.com>\nDate: Mon, 2 Feb 2026 10:00:00 +0000\n" +
	"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nThe analytical engine.\n--b\n" +
	"Content-Disposition: attachment; filename=\"=?utf-8?q?../a=0D=0ASet-Cookie:_x.txt?=\"\n\nThe plan.\n--b--\n"

// furnished is a town where ada has one of each thing.
func furnished(t testing.TB) (w *town, id int64) {
	t.Helper()
	w = open(t)
	id = w.Deliver("ada", "", parcel)
	w.Deliver("ada", "", mail)
	w.CatchUp()
	ctx := context.Background()
	d := index.Device{Owner: "ada", Name: "phone", Secret: [32]byte{1}, Mailboxes: []string{"inbox"}, Shown: index.AllMail}
	_, _, set := w.Archive.ChangeSenders(ctx, "ada", nil, []sender.Sender{{Name: "ann@example.com"}})
	for _, err := range []error{
		set, w.Archive.AddDevice(ctx, &d), w.Archive.SaveSearch(ctx, index.SavedSearch{Owner: "ada", Name: "bills", Query: "invoice"}),
		w.tokens.AddSession(ctx, &index.Session{Owner: "ada", Secret: [32]byte{2}, Agent: "Mosaic", Remote: "192.0.2.1", Made: w.now, Seen: w.now}, 10),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return w, id
}

// every is a request for each operation that does well for ada, in an order in which
// none takes away what another needs.
func every(id int64) []struct{ operation, path, body string } {
	one := fmt.Sprintf("/api/v1/messages/%d", id)
	ids := fmt.Sprintf(`"ids":[%d]`, id)
	return []struct{ operation, path, body string }{
		{"GET /token", "/api/v1/token", ""},
		{"GET /messages", "/api/v1/messages?q=engine&facets=true&limit=1", ""},
		{"GET /messages/{id}", one, ""},
		{"GET /messages/{id}/text", one + "/text", ""},
		{"GET /messages/{id}/raw", one + "/raw", ""},
		{"GET /messages/{id}/evidence", one + "/evidence", ""},
		{"GET /messages/{id}/conversation", one + "/conversation", ""},
		{"GET /messages/{id}/attachments", one + "/attachments", ""},
		{"GET /messages/{id}/attachments/{part}", one + "/attachments/0", ""},
		{"GET /export", "/api/v1/export?q=engine", ""},
		{"POST /teach", "/api/v1/teach", `{` + ids + `,"class":"spam"}`},
		{"POST /move", "/api/v1/move", `{` + ids + `,"mailbox":"bills"}`},
		{"POST /redeliver", "/api/v1/redeliver", `{` + ids + `,"device":"phone"}`},
		{"GET /lessons", "/api/v1/lessons", ""},
		{"POST /lessons/{number}/undo", "/api/v1/lessons/1/undo", ""},
		{"PUT /senders/{name}", "/api/v1/senders/Ann%40example.com", `{"state":"allowed"}`},
		{"GET /senders", "/api/v1/senders", ""},
		{"DELETE /senders/{name}", "/api/v1/senders/ann%40example.com", ""},
		{"PUT /searches/{name}", "/api/v1/searches/bills", `{"query":"invoice newer:2w"}`},
		{"GET /searches", "/api/v1/searches", ""},
		{"DELETE /searches/{name}", "/api/v1/searches/bills", ""},
		{"POST /devices", "/api/v1/devices", `{"name":"tablet","mailboxes":["inbox","spam"],"delete":"trash","days":30,"show_days":null}`},
		{"GET /devices", "/api/v1/devices", ""},
		{"DELETE /devices/{name}", "/api/v1/devices/phone", ""},
		{"GET /accounts", "/api/v1/accounts", ""},
		{"GET /stats", "/api/v1/stats", ""},
		{"GET /sessions", "/api/v1/sessions", ""},
		{"DELETE /sessions/{id}", "/api/v1/sessions/1", ""},
	}
}

func TestDocument_NamesEveryRouteAndNoOther(t *testing.T) {
	var documented []string
	for _, o := range theDocument(t).operations {
		documented = append(documented, strings.TrimSpace(o.method+" "+o.path+" "+strings.Join(o.scopes, " ")))
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

// Ask compares each answer with its schema.
func TestDocument_DescribesEveryAnswer(t *testing.T) {
	w, id := furnished(t)
	ada := w.token("ada", w.now.Add(time.Hour), api.Scopes()...)
	for _, x := range every(id) {
		method, _, _ := strings.Cut(x.operation, " ")
		if got := w.ask(ada, method, x.path, x.body); got.Status >= 300 {
			t.Errorf("%s: %d %s", x.operation, got.Status, got.Body)
		}
	}
	w.asked["GET /events"] = true // which has no end, and tests of its own
	for _, o := range theDocument(t).operations {
		if !w.asked[o.method+" "+o.path] {
			t.Errorf("%s %s was not asked", o.method, o.path)
		}
	}
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

	var all struct {
		Taught []struct {
			Now    string
			Lesson int64
			Moved  int
		}
	}
	ids := fmt.Sprintf(`"ids":[%d,%[1]d]`, id)
	w.want(w.ask(ada, "POST", "/api/v1/teach", `{`+ids+`,"class":"spam"}`), 200, &all)
	taught := all.Taught[0]
	if len(all.Taught) != 1 || taught.Now != "spam" || taught.Lesson == 0 || taught.Moved != 1 {
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
	got := w.ask(ada, "POST", "/api/v1/move", `{`+ids+`,"mailbox":"bills"}`)
	if want := fmt.Sprintf(`{"moved":[{"id":%d,"was":"inbox","now":"bills"}]}`, id); strings.TrimSpace(got.Body) != want {
		t.Errorf("moved %s, want %s", got.Body, want)
	}
	w.want(w.ask(ada, "GET", one, ""), 200, &m)
	if m.Mailbox != "bills" {
		t.Errorf("moved it hangs in %s", m.Mailbox)
	}
}

func TestShelf_IsItsOwners(t *testing.T) {
	w := open(t)
	ada, bob := w.token("ada", time.Time{}, api.Scopes()...), w.token("bob", time.Time{}, api.Scopes()...)
	w.want(w.ask(ada, "PUT", "/api/v1/searches/Bills%20%E6%97%A5", `{"query":"invoice newer:2w"}`), 204, nil)
	w.want(w.ask(ada, "PUT", "/api/v1/searches/Bills%20%E6%97%A5", `{"query":"invoice"}`), 204, nil)
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
	if len(all.Searches) != 1 || all.Searches[0].Name != "Bills 日" || all.Searches[0].Query != "invoice" {
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
