package main

import (
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"restante/fetch/pop3/pop3test"
)

// private are the routes that are for who is signed in: how each is asked for what
// is alice's, by number or by name. Where another asks so, it is as if there were
// nothing.
var private = map[string]struct {
	path string
	form []string // pairs
	want int      // what another is answered; 404 where 0
}{
	"GET /{$}":                     {path: "/", want: 303},
	"GET /mail":                    {path: "/mail?q=engine", want: 200},
	"GET /mail/{id}":               {path: "/mail/1"},
	"GET /mail/{id}/html":          {path: "/mail/1/html"},
	"GET /mail/{id}/part/{n}/view": {path: "/mail/1/part/0/view"},
	"GET /mail/{id}/part/{n}":      {path: "/mail/1/part/0"},
	"GET /mail/{id}/raw":           {path: "/mail/1/raw"},
	"GET /mail/export":             {path: "/mail/export?q=", want: 200},
	"POST /mail/act":               {path: "/mail/act", form: []string{"id", "1", "do", "spam"}},
	"POST /mail/saved":             {path: "/mail/saved", form: []string{"name", "Bobs", "q", "engine"}, want: 303},
	"POST /mail/saved/remove":      {path: "/mail/saved/remove", form: []string{"name", "Zinnia"}},
	"GET /review":                  {path: "/review", want: 200},
	"GET /review/lessons":          {path: "/review/lessons", want: 200},
	"POST /review/lessons/undo":    {path: "/review/lessons/undo", form: []string{"number", "1"}},
	"GET /review/senders":          {path: "/review/senders", want: 200},
	"POST /review/senders":         {path: "/review/senders", form: []string{"name", "bobs.example", "do", "allow"}, want: 303},
	"POST /review/senders/forget":  {path: "/review/senders/forget", form: []string{"name", "zinnia.example"}},
	"GET /overview":                {path: "/overview", want: 200},
	"GET /devices":                 {path: "/devices", want: 200},
	"POST /devices":                {path: "/devices", form: []string{"name", "bobs", "delete", "hide"}, want: 200},
	"POST /devices/remove":         {path: "/devices/remove", form: []string{"name", "zinnia"}},
	"POST /undo":                   {path: "/undo", form: []string{"did", "{token}"}, want: 303},
	"GET /account":                 {path: "/account", want: 200},
	"POST /account/sessions/end":   {path: "/account/sessions/end", form: []string{"id", "1"}},
	"POST /account/password":       {path: "/account/password", form: []string{"old", "not hers", "new", "x"}, want: 401},
	"POST /account/second":         {path: "/account/second", form: []string{"password", "not hers"}, want: 401},
	"POST /account/second/confirm": {path: "/account/second/confirm", form: []string{"code", "000000"}, want: 422},
	"POST /account/second/off":     {path: "/account/second/off", form: []string{"password", "not hers"}, want: 401},
	"POST /account/second/codes":   {path: "/account/second/codes", form: []string{"password", "not hers"}, want: 401},
}

// open are the routes that are for anybody. Whoever adds one says here why.
var openRoutes = map[string]string{
	"GET /static/{name}": "/static/restante.css", // the program's own files
	"POST /language":     "/language",            // a cookie of the browser's
	"/":                  "/nowhere",             // what there is not
	"GET /signin":        "/signin",
	"POST /signin":       "/signin",
	"GET /signin/code":   "/signin/code",
	"POST /signin/code":  "/signin/code",
	"POST /signout":      "/signout",
	"GET /enter":         "/enter?token=x", // asks for a token
	"GET /first":         "/first?token=x", // asks for a token
	"POST /first":        "/first",
	// What mail programs ask before they have a password: ports, which anybody can try.
	"GET /mail/config-v1.1.xml":                        "/mail/config-v1.1.xml",
	"GET /.well-known/autoconfig/mail/config-v1.1.xml": "/.well-known/autoconfig/mail/config-v1.1.xml",
	"POST /autodiscover/autodiscover.xml":              "/autodiscover/autodiscover.xml",
	"POST /Autodiscover/Autodiscover.xml":              "/Autodiscover/Autodiscover.xml",
}

var (
	handles  = regexp.MustCompile(`\bs(?:\.mux)?\.Handle(Open|Stream|Func)?\(`)
	patterns = regexp.MustCompile(`\bs(?:\.mux)?\.Handle(Open|Stream|Func)?\("([^"]*)"(?:\+(SignIn)\b)?,`)
)

// The routes are read from the source, so that none can be forgotten here. Those of
// the API are a table there, with a test of its own.
func TestWeb_EveryRouteIsKnownToBeOpenOrNot(t *testing.T) {
	root := filepath.Join("..", "..", "serve", "web")
	found := map[string]bool{}
	err := filepath.WalkDir(root, func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() && e.Name() == "api" {
			if err == nil {
				err = fs.SkipDir
			}
			return err
		}
		if e.IsDir() || filepath.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") || name == filepath.Join(root, "call.go") {
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		all := patterns.FindAllStringSubmatch(string(text), -1)
		if n := len(handles.FindAllString(string(text), -1)); n != len(all) {
			t.Errorf("%s: %d routes, of which %d can be read", name, n, len(all))
		}
		for _, m := range all {
			key := m[2]
			if m[3] != "" {
				key += "/signin"
			}
			found[key] = true
			_, asks := private[key]
			_, open := openRoutes[key]
			if asked := m[1] == "" || m[1] == "Stream"; asks == open || asks != asked {
				t.Errorf("%s: %q is registered as asking who it is: %v, and in the tables %v and open %v", name, key, asked, asks, open)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for key := range private {
		if !found[key] {
			t.Errorf("there is no %q any more", key)
		}
	}
	for key := range openRoutes {
		if !found[key] {
			t.Errorf("there is no %q any more", key)
		}
	}
}

// two is a house of two people, of whom alice has one of everything.
type two struct {
	t    testing.TB
	home string
	// token undoes what alice did last.
	token string
}

// visitor is a browser that does not follow, and somebody's where signed in.
type visitor struct {
	*two
	client http.Client
}

func (h *two) visitor(name, password string) *visitor {
	h.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		h.t.Fatal(err)
	}
	v := &visitor{h, http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	if name != "" {
		if r, _ := v.ask("POST", "/signin", []string{"name", name, "password", password}); r.StatusCode != 303 {
			h.t.Fatalf("%s is not let in: %d", name, r.StatusCode)
		}
	}
	return v
}

// ask sends a request as a page of ours does; set changes it.
func (v *visitor) ask(method, path string, pairs []string, set ...func(*http.Request)) (*http.Response, string) {
	v.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], strings.ReplaceAll(pairs[i+1], "{token}", v.token))
	}
	r, err := http.NewRequest(method, v.home+path, strings.NewReader(form.Encode()))
	if err != nil {
		v.t.Fatal(err)
	}
	if method == "POST" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", v.home)
	}
	for _, f := range set {
		f(r)
	}
	resp, err := v.client.Do(r)
	if err != nil {
		v.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer resp.Body.Close()
	page, err := io.ReadAll(resp.Body)
	if err != nil && resp.StatusCode != http.StatusRequestHeaderFieldsTooLarge { // after which the rest is cut off
		v.t.Fatalf("%s %s: %v", method, path, err)
	}
	return resp, string(page)
}

var undoButton = regexp.MustCompile(`name="did" value="([A-Z0-9]+)"`)

// withAttachment is a letter with an attachment of a name that would do harm.
func withAttachment(subject, name string) []byte {
	return fmt.Appendf(nil, "From: Ann <ann@example.com>\r\nTo: alice@example.org\r\nSubject: %[1]s\r\nMessage-ID: <%[1]x@example.com>\r\nMIME-Version: 1.0\r\n"+
		"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/html\r\n\r\n<p>The engine.</p>\r\n"+
		"--x\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename*=utf-8''%[2]s\r\n\r\nplans\r\n--x--\r\n", subject, name)
}

// newTwo starts a server with alice and bob.
func newTwo(t testing.TB) *two {
	t.Helper()
	const name = "..%2f%0d%0aX-Evil:%20yes%0d%0a%22plans.txt"
	up := pop3test.New(t, pop3test.Options{Messages: [][]byte{withAttachment("Analytical Engine", name), withAttachment("Difference Engine", name)}})
	conf := settings(t, doors+"web: { address: \"127.0.0.1:0\" }\n"+upstreamAccount(up, ""))
	text, err := os.ReadFile(conf)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, conf, strings.ReplaceAll(string(text), "{ name: alice, password: secret }", "{ name: alice, password: secret }, { name: bob, password: hidden }"))
	do(t, conf, "fetch")
	p, _ := startServe(t, conf)
	h := &two{t: t, home: "http://" + p.await(`door=web address=(\S+)`)[1]}
	alice := h.visitor("alice", "secret")
	for _, x := range [][]string{
		{"/mail/saved", "name", "Zinnia", "q", "engine"}, {"/devices", "name", "zinnia", "delete", "hide"}, {"/review/senders", "name", "zinnia.example", "do", "block"},
		{"/mail/act", "id", "2", "do", "ham", "back", "/mail"},
	} {
		r, _ := alice.ask("POST", x[0], x[1:])
		if r.StatusCode != 303 && r.StatusCode != 200 {
			t.Fatalf("%v: %d", x, r.StatusCode)
		}
		if to := r.Header.Get("Location"); x[0] == "/mail/act" {
			_, page := alice.ask("GET", to, nil)
			h.token = undoButton.FindStringSubmatch(page)[1]
		}
	}
	return h
}

// hers is all that alice sees.
func (v *visitor) hers() string {
	v.t.Helper()
	var all strings.Builder
	for _, path := range []string{"/mail?q=", "/mail?q=in:spam", "/review/lessons", "/review/senders", "/devices", "/account"} {
		r, page := v.ask("GET", path, nil)
		if r.StatusCode != 200 {
			v.t.Fatalf("%s: %d", path, r.StatusCode)
		}
		_, page, _ = strings.Cut(page, "<main")
		all.WriteString(page)
	}
	return all.String()
}
