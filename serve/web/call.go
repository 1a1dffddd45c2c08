package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"restante/serve/web/words"
)

// Call is one request and the way to answer it.
type Call struct {
	W     http.ResponseWriter
	R     *http.Request
	Owner string // who is signed in; empty: nobody
	Lang  *words.Language

	s *Server
}

// Page answers a request. Its error is told to the reader by Server's table.
type Page func(*Call) error

// Handle registers what answers a pattern of http.ServeMux for who is signed in.
// Others are sent to the page of Options.SignIn.
func (s *Server) Handle(pattern string, p Page) {
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { s.timed(w, r, s.signedIn(p)) })
}

// HandleStream is Handle for what may take longer than a page, downloads say. The
// page calls Call.Stream before it writes.
func (s *Server) HandleStream(pattern string, p Page) {
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { s.answer(w, r, s.signedIn(p)) })
}

// HandleOpen is Handle for anybody, signed in or not.
func (s *Server) HandleOpen(pattern string, p Page) {
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { s.timed(w, r, p) })
}

// HandleOpenStream is HandleStream for anybody, signed in or not. An answer that has
// no end ends with Call.Ending.
func (s *Server) HandleOpenStream(pattern string, p Page) {
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { s.answer(w, r, p) })
}

func (s *Server) timed(w http.ResponseWriter, r *http.Request, p Page) {
	ctx, cancel := context.WithTimeout(r.Context(), answerTime)
	defer cancel()
	s.answer(w, r.WithContext(ctx), p)
}

func (s *Server) signedIn(p Page) Page {
	return func(c *Call) error {
		if c.Owner != "" {
			return p(c)
		}
		to := s.o.SignIn
		if c.R.Method == http.MethodGet && c.R.URL.Path != "/" {
			to += "?next=" + url.QueryEscape(c.Here())
		}
		return c.Redirect(to)
	}
}

// answer has a page answer, or tells what went wrong.
func (s *Server) answer(w http.ResponseWriter, r *http.Request, p Page) {
	c := &Call{W: w, R: r, Lang: spoken(r), s: s}
	defer func() {
		if v := recover(); v != nil {
			if v == http.ErrAbortHandler {
				panic(v)
			}
			c.fail(panicked(v))
		}
	}()
	var err error
	if c.Owner, err = s.o.Sessions.Who(r); err == nil {
		err = p(c)
	}
	if err != nil {
		c.fail(err)
	}
}

// Ctx is the request's context.
func (c *Call) Ctx() context.Context { return c.R.Context() }

// Ending is closed when the server is told to end.
func (c *Call) Ending() <-chan struct{} { return c.s.ending }

// Now is the time.
func (c *Call) Now() time.Time { return c.s.o.Now() }

// Here is where the request goes: path and query.
func (c *Call) Here() string {
	u := url.URL{Path: c.R.URL.Path, RawQuery: c.R.URL.RawQuery}
	return u.RequestURI()
}

// ID reads a number of the path; ErrNoPage where it is none.
func (c *Call) ID(name string) (int64, error) {
	n, err := strconv.ParseInt(c.R.PathValue(name), 10, 64)
	if err != nil || n < 1 {
		return 0, ErrNoPage
	}
	return n, nil
}

// Form reads the request's form; a Fault where it cannot be read.
func (c *Call) Form() (url.Values, error) {
	if err := c.R.ParseForm(); err != nil {
		return nil, &Fault{Status: http.StatusBadRequest, Key: "fault.form", Err: err}
	}
	return c.R.PostForm, nil
}

// Redirect sends the reader to another page of ours, which is then fetched anew.
func (c *Call) Redirect(to string) error {
	http.Redirect(c.W, c.R, to, http.StatusSeeOther)
	return nil
}

// Local gives a path of ours that a request named, or another where it is none:
// nobody is led to another site.
func Local(path, otherwise string) string {
	u, err := url.Parse(path)
	if err != nil || u.IsAbs() || u.Host != "" || u.User != nil || !strings.HasPrefix(u.Path, "/") ||
		strings.HasPrefix(u.Path, "//") || strings.ContainsAny(path, "\\\t\r\n") {
		return otherwise
	}
	return (&url.URL{Path: u.Path, RawQuery: u.RawQuery}).RequestURI()
}

// Encoded writes a query with %20 for blanks, which HTML need not escape again.
func Encoded(v url.Values) string { return strings.ReplaceAll(v.Encode(), "+", "%20") }

// Stream gives a writer for an answer that may take long: each write has as much
// time as a page has.
func (c *Call) Stream() *Stream {
	return &Stream{w: c.W, rc: http.NewResponseController(c.W), now: time.Now}
}

// Stream is a writer whose every write moves the end of the connection's time.
type Stream struct {
	w   http.ResponseWriter
	rc  *http.ResponseController
	now func() time.Time
}

// Write writes a piece of the answer.
func (s *Stream) Write(p []byte) (int, error) {
	if err := s.rc.SetWriteDeadline(s.now().Add(answerTime)); err != nil {
		return 0, fmt.Errorf("set a deadline: %w", err)
	}
	return s.w.Write(p)
}
