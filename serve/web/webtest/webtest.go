// Package webtest is a house for tests of pages: a real archive and a real
// catalogue in a folder that goes away, and a server to which anybody is signed in
// who says a name.
//
// # Why
//
// Pages are tested against what they run on, since most of their faults lie in
// what they ask of it. Only the signing in is not real, and has tests of its own.
package webtest

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"restante/fetch"
	"restante/filter"
	"restante/filter/rule"
	"restante/index"
	"restante/index/blob"
	"restante/index/record"
	"restante/index/search"
	"restante/serve/web"
)

// Cookie names who is signed in.
const Cookie = "as"

// Trust believes the cookie. It is a web.Sessions.
type Trust struct{}

// Who gives the cookie's value.
func (Trust) Who(r *http.Request) (string, error) {
	if c, err := r.Cookie(Cookie); err == nil {
		return c.Value, nil
	}
	return "", nil
}

// House is what pages stand on.
type House struct {
	Archive   *index.Archive
	Catalogue *search.Catalogue
	Sorter    *filter.Sorter
	Web       *web.Server
	URL       string // where it listens; set by Start

	t   testing.TB
	dir string
	n   int
}

// New opens an empty house.
func New(t testing.TB) *House {
	t.Helper()
	ctx := context.Background()
	h := &House{t: t, dir: t.TempDir()}
	rows, err := record.Open(ctx, filepath.Join(h.dir, "rows.db"), record.Options{})
	h.must(err)
	bytes, err := blob.Open(filepath.Join(h.dir, "segments"), blob.Options{})
	h.must(err)
	h.Archive, err = index.New(ctx, index.Options{Blobs: bytes, Store: rows})
	h.must(err)
	h.Catalogue, err = search.Open(filepath.Join(h.dir, "search"), search.Options{})
	h.must(err)
	t.Cleanup(func() {
		h.must(h.Catalogue.Close())
		h.must(h.Archive.Close(ctx))
		h.must(rows.Close())
		h.must(bytes.Close())
	})
	h.Sorter = filter.New(filter.Options{HamCutoff: .2, SpamCutoff: .9, Rules: rule.Default(), Models: h.Archive, Wishes: h.Archive, Shelf: h.Archive})
	h.Web = web.New(web.Options{Sessions: Trust{}, SignIn: "/signin"})
	return h
}

func (h *House) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// Start begins to listen, once the pages are registered.
func (h *House) Start() {
	s := httptest.NewServer(h.Web.Handler())
	h.t.Cleanup(s.Close)
	h.URL = s.URL
}

// Deliver has a message judged and kept, in a mailbox or, where that is empty, in
// that of its class, and gives its number. Line ends may be plain.
func (h *House) Deliver(owner, mailbox, message string) int64 {
	h.t.Helper()
	return h.deliver(owner, "isp", mailbox, message)
}

// DeliverBy is Deliver of another account's mail, to the mailbox of its class.
func (h *House) DeliverBy(owner, account, message string) int64 {
	h.t.Helper()
	return h.deliver(owner, account, "", message)
}

func (h *House) deliver(owner, account, mailbox, message string) int64 {
	h.t.Helper()
	h.n++
	p, err := fetch.Pack(h.dir, strings.NewReader(strings.ReplaceAll(strings.ReplaceAll(message, "\r\n", "\n"), "\n", "\r\n")))
	h.must(err)
	defer p.Close()
	p.Owner, p.Account, p.UID, p.Received, p.Mailbox = owner, account, "uid-"+strconv.Itoa(h.n), time.Now(), mailbox
	h.must(h.Sorter.Deliver(context.Background(), p))
	kept, err := h.Archive.Holds(context.Background(), owner, p.Digest)
	h.must(err)
	return kept[len(kept)-1].ID
}

// CatchUp has the catalogue see all that was delivered.
func (h *House) CatchUp() {
	h.t.Helper()
	h.must(h.Catalogue.CatchUp(context.Background(), h.Archive, nil))
}

// Reply is an answer of the server's.
type Reply struct {
	Status int
	Header http.Header
	Body   string
	Path   string // where it came from in the end: path and query
}

// Get asks for a page as an owner; nobody where owner is empty.
func (h *House) Get(owner, path string) Reply {
	h.t.Helper()
	return h.Do(h.Request(http.MethodGet, owner, path, nil))
}

// Post posts a form from a page of ours, and follows.
func (h *House) Post(owner, path string, form url.Values) Reply {
	h.t.Helper()
	return h.Do(h.Request(http.MethodPost, owner, path, form))
}

// Request makes a request as a browser would from a page of ours.
func (h *House) Request(method, owner, path string, form url.Values) *http.Request {
	h.t.Helper()
	r, err := http.NewRequest(method, h.URL+path, strings.NewReader(form.Encode()))
	h.must(err)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	r.Header.Set("Origin", h.URL)
	if owner != "" {
		r.AddCookie(&http.Cookie{Name: Cookie, Value: owner})
	}
	return r
}

// Do sends a request.
func (h *House) Do(r *http.Request) Reply {
	h.t.Helper()
	cookies := r.Cookies()
	client := &http.Client{CheckRedirect: func(next *http.Request, _ []*http.Request) error {
		for _, c := range cookies {
			if _, err := next.Cookie(c.Name); err != nil {
				next.AddCookie(c)
			}
		}
		return nil
	}}
	resp, err := client.Do(r)
	h.must(err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	h.must(err)
	return Reply{resp.StatusCode, resp.Header, string(body), resp.Request.URL.RequestURI()}
}
