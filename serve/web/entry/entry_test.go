package entry_test

import (
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"restante/index/record"
	"restante/serve/auth"
	"restante/serve/web"
	"restante/serve/web/entry"
)

const right = "analytical engine"

// people are the users of a test.
type people struct {
	mu     sync.Mutex // guards hashes
	hashes map[string]string
}

func (p *people) Known(_ context.Context, name string) (bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.hashes[name] != "", nil
}

func (p *people) lookup(_ context.Context, name string) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.hashes[name] == "" {
		return "", auth.ErrUnknown
	}
	return p.hashes[name], nil
}

func (p *people) AddUser(_ context.Context, name, password string) error {
	switch {
	case strings.Contains(name, "+"):
		return entry.ErrName
	case p.hashes[name] != "":
		return entry.ErrTaken
	}
	return p.SetPassword(context.Background(), name, password)
}

func (p *people) SetPassword(_ context.Context, name, password string) error {
	if name == "fixed" {
		return entry.ErrFixed
	}
	phc, err := auth.Hash(password)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hashes[name] = phc
	return err
}

func (p *people) drop(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.hashes, name)
}

// house is a desk with a database, a page behind it, and a clock.
type house struct {
	*entry.Desk
	t      *testing.T
	people *people
	rows   *record.DB
	http   *httptest.Server

	mu  sync.Mutex // guards now
	now time.Time
}

func open(t *testing.T, withTLS bool, names ...string) *house {
	t.Helper()
	rows, err := record.Open(context.Background(), filepath.Join(t.TempDir(), "rows.db"), record.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { rows.Close() })
	h := &house{t: t, people: &people{hashes: map[string]string{}}, rows: rows, now: time.Unix(1_700_000_000, 0)}
	phc, err := auth.Hash(right)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		h.people.hashes[name] = phc
	}
	h.Desk = entry.New(entry.Options{
		Store: rows, People: h.people, Now: h.clock,
		Gate: auth.New(auth.Options{Lookup: h.people.lookup, Now: h.clock}),
	})
	s := web.New(web.Options{Sessions: h.Desk, SignIn: entry.SignIn})
	h.Register(s)
	s.Handle("GET /mail", func(c *web.Call) error {
		_, err := io.WriteString(c.W, "mail of "+c.Owner)
		return err
	})
	s.Handle("GET /{$}", func(c *web.Call) error { return c.Redirect("/mail") })
	h.http = httptest.NewUnstartedServer(s.Handler())
	if withTLS {
		h.http.StartTLS()
	} else {
		h.http.Start()
	}
	t.Cleanup(h.http.Close)
	return h
}

func (h *house) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *house) pass(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

// browser keeps cookies and follows.
type browser struct {
	*house
	client *http.Client
}

func (h *house) browser() *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		h.t.Fatal(err)
	}
	client := *h.http.Client()
	client.Jar = jar
	return &browser{h, &client}
}

// reply is where a request has led.
type reply struct {
	status int
	path   string
	body   string
}

func (b *browser) get(path string) reply {
	b.t.Helper()
	r, err := http.NewRequest("GET", b.http.URL+path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.do(r)
}

func (b *browser) post(path string, pairs ...string) reply {
	b.t.Helper()
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	r, err := http.NewRequest("POST", b.http.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", b.http.URL)
	r.Header.Set("User-Agent", "Testbrowser/1 <b>")
	return b.do(r)
}

func (b *browser) do(r *http.Request) reply {
	b.t.Helper()
	resp, err := b.client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return reply{resp.StatusCode, resp.Request.URL.RequestURI(), string(body)}
}

func (b *browser) signIn(name, password string) reply {
	b.t.Helper()
	return b.post("/signin", "name", name, "password", password)
}

// isIn checks whose mail a browser sees; nobody's where name is empty.
func (b *browser) isIn(name string) {
	b.t.Helper()
	got := b.get("/mail")
	if name == "" {
		if got.path != "/signin?next=%2Fmail" {
			b.t.Errorf("a stranger was led to %s: %s", got.path, got.body)
		}
		return
	}
	if got.body != "mail of "+name {
		b.t.Errorf("%s was led to %s: %d", name, got.path, got.status)
	}
}

// cookies of the browser by name.
func (b *browser) cookies() map[string]string {
	u, err := url.Parse(b.http.URL)
	if err != nil {
		b.t.Fatal(err)
	}
	out := map[string]string{}
	for _, c := range b.client.Jar.Cookies(u) {
		out[c.Name] = c.Value
	}
	return out
}

func (b *browser) plant(name, value string) {
	u, err := url.Parse(b.http.URL)
	if err != nil {
		b.t.Fatal(err)
	}
	b.client.Jar.SetCookies(u, []*http.Cookie{{Name: name, Value: value, Path: "/"}})
}

func (r reply) says(t *testing.T, status int, text string) {
	t.Helper()
	if r.status != status || !strings.Contains(r.body, text) {
		t.Errorf("%s: %d, and not %d with %q: %s", r.path, r.status, status, text, main(r.body))
	}
}

// main is the part of a page that differs.
func main(page string) string {
	_, page, _ = strings.Cut(page, "<main")
	page, _, _ = strings.Cut(page, "</main>")
	return page
}

var keyOnPage = regexp.MustCompile(`<code>([A-Z2-7]{32})</code>`)

func TestInvite_LetsInOnce(t *testing.T) {
	h := open(t, false, "ada")
	path := h.Invite("ada")
	if r := h.browser().get(path + "x"); r.path != entry.SignIn {
		t.Errorf("another token leads to %s", r.path)
	}
	looked, err := http.Head(h.http.URL + path)
	if err != nil {
		t.Fatal(err)
	}
	looked.Body.Close()
	if r := h.browser().get(path); r.body != "mail of ada" {
		t.Errorf("the link leads to %s: %s", r.path, r.body)
	}
	if r := h.browser().get(path); r.path != entry.SignIn {
		t.Errorf("the link used again leads to %s", r.path)
	}
}
