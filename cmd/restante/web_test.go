package main

import (
	"crypto/tls"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"strings"
	"testing"

	"restante/fetch/pop3/pop3test"
)

// surfer is a browser that keeps cookies and follows.
type surfer struct {
	t      testing.TB
	client http.Client
	home   string
}

func newSurfer(t testing.TB, home string) *surfer {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	trusting := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}} // it is our own, self-signed
	t.Cleanup(trusting.CloseIdleConnections)
	return &surfer{t, http.Client{Jar: jar, Transport: trusting}, home}
}

// visit goes to a page, or posts a form where there is one.
func (s *surfer) visit(path string, form url.Values) (status int, at, page string) {
	s.t.Helper()
	method := http.MethodGet
	if form != nil {
		method = http.MethodPost
	}
	r, err := http.NewRequest(method, s.home+path, strings.NewReader(form.Encode()))
	if err != nil {
		s.t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", s.home)
	}
	resp, err := s.client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return resp.StatusCode, resp.Request.URL.RequestURI(), string(b)
}

// A newcomer has neither a user nor a terminal beyond the one that printed the
// address.
func TestWeb_TheFirstUserIsMadeByThePrintedAddress(t *testing.T) {
	conf := settings(t, doors+"web: { address: \"127.0.0.1:0\", tls: true }\n")
	text, err := os.ReadFile(conf)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, conf, strings.ReplaceAll(string(text), "users: [ { name: alice, password: secret } ]\n", ""))
	p, _ := startServe(t, conf)
	link := p.await(`(https://127\.0\.0\.1:\d+)(/first\?token=\S+)`)
	s := newSurfer(t, link[1])
	if _, at, _ := s.visit("/mail", nil); at != "/signin?next=%2Fmail" {
		t.Errorf("a stranger is led to %s", at)
	}
	_, token, _ := strings.Cut(link[2], "token=")
	form := url.Values{"token": {token}, "name": {"ada+spam"}, "password": {"analytical engine"}, "again": {"analytical engine"}}
	if status, _, page := s.visit("/first", form); status != 422 || !strings.Contains(page, "role=\"alert\"") {
		t.Errorf("a name with the separator: %d", status)
	}
	form.Set("name", "ada")
	if _, at, page := s.visit("/first", form); !strings.HasPrefix(at, "/mail?") || !strings.Contains(page, "ada") {
		t.Errorf("the first user is led to %s", at)
	}
	if status, _, _ := s.visit(link[2], nil); status != 404 {
		t.Errorf("the address works again: %d", status)
	}
	if got := do(t, conf, "user", "list"); got != "ada\tdatabase\n" {
		t.Errorf("users: %q", got)
	}
	if said := p.output(); strings.Count(said, token) != 1 {
		t.Errorf("the token was said %d times", strings.Count(said, token))
	}
}

func TestWeb_ShowsMailToItsOwner(t *testing.T) {
	up := pop3test.New(t, pop3test.Options{Messages: [][]byte{letterAbout("Analytical Engine")}})
	conf := settings(t, doors+"web: { address: \"127.0.0.1:0\" }\n"+upstreamAccount(up, ""))
	do(t, conf, "fetch")
	p, _ := startServe(t, conf)
	s := newSurfer(t, "http://"+p.await(`door=web address=(\S+)`)[1])
	if status, _, _ := s.visit("/signin", url.Values{"name": {"alice"}, "password": {"wrong"}}); status != 401 {
		t.Errorf("a wrong password: %d", status)
	}
	if _, at, page := s.visit("/signin", url.Values{"name": {"alice"}, "password": {"secret"}, "next": {"/mail?q=engine"}}); at != "/mail?q=engine" || !strings.Contains(page, "Analytical") {
		t.Errorf("led to %s without the mail", at)
	}
	if status, _, page := s.visit("/account/password", url.Values{"old": {"secret"}, "new": {"difference"}, "again": {"difference"}}); status != 422 || !strings.Contains(page, "settings") {
		t.Errorf("a password of the settings is changed: %d", status)
	}
	said := do(t, conf, "token", "add", "alice", "reader") // in the house that serves
	_, token, _ := strings.Cut(strings.Fields(said)[1], "rt_")
	r, err := http.NewRequest("GET", s.home+"/api/v1/messages?q=engine", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer rt_"+token)
	resp, err := s.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if b, err := io.ReadAll(resp.Body); err != nil || !strings.Contains(string(b), `"subject":"Analytical Engine"`) {
		t.Errorf("by the API: %s, %v", b, err)
	}
	if strings.Contains(p.output(), "/first") {
		t.Error("a first user is asked for where there is one")
	}
}
