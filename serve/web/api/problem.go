package api

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"restante/index"
	"restante/index/search"
	"restante/serve/web"
)

// problem is an error that a program is told (RFC 9457).
type problem struct {
	status int
	detail string
	scope  string // that was missing
	column int    // of the query, where that cannot be understood
	wait   bool   // the same request may do well in a moment
}

func (p *problem) Error() string { return p.detail }

var errNoToken = &problem{status: http.StatusUnauthorized, detail: "send a token that is valid: Authorization: Bearer rt_…"}

func bad(format string, args ...any) error {
	return &problem{status: http.StatusBadRequest, detail: fmt.Sprintf(format, args...)}
}

// told is the table of what programs are told. What is not in it is ours to know.
func told(err error) *problem {
	var p *problem
	var syntax *search.SyntaxError
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &p):
		return p
	case errors.As(err, &syntax):
		return &problem{status: http.StatusBadRequest, detail: "q: " + syntax.Error(), column: syntax.Column}
	case errors.As(err, &large):
		return &problem{status: http.StatusRequestEntityTooLarge, detail: "the body is too large"}
	case errors.Is(err, search.ErrBroad):
		return &problem{status: http.StatusBadRequest, detail: "q: " + search.ErrBroad.Error()}
	case errors.Is(err, search.ErrPage):
		return &problem{status: http.StatusBadRequest, detail: "after: no such page"}
	case errors.Is(err, index.ErrNotFound), errors.Is(err, web.ErrNoPage):
		return &problem{status: http.StatusNotFound, detail: "there is no such thing, or it is not yours"}
	case errors.Is(err, index.ErrUndone):
		return &problem{status: http.StatusConflict, detail: "the lesson was taken back before"}
	case errors.Is(err, index.ErrExists):
		return &problem{status: http.StatusConflict, detail: "the name is taken"}
	case errors.Is(err, context.DeadlineExceeded):
		return &problem{status: http.StatusServiceUnavailable, detail: "that took too long"}
	}
	return nil
}

// refuse answers with a problem document.
func (a *api) refuse(c *call, err error) error {
	if c.r.Context().Err() == context.Canceled {
		return nil // nobody is there to be told
	}
	doc := map[string]any{"type": "about:blank"}
	p := told(err)
	if p == nil {
		ref := strings.ToLower(rand.Text()[:8])
		a.Log.Error("a request failed", "ref", ref, "path", c.r.Pattern, "owner", c.owner(), "err", err)
		p = &problem{status: http.StatusInternalServerError, detail: "something went wrong here"}
		doc["reference"] = ref
	}
	doc["status"], doc["title"], doc["detail"] = p.status, http.StatusText(p.status), p.detail
	if p.column > 0 {
		doc["column"] = p.column
	}
	h := c.w.Header()
	switch { // RFC 6750, section 3
	case p.scope != "":
		h.Set("WWW-Authenticate", `Bearer error="insufficient_scope", scope="`+p.scope+`"`)
	case p.status == http.StatusUnauthorized:
		h.Set("WWW-Authenticate", "Bearer")
	}
	if p.wait {
		h.Set("Retry-After", "1")
	}
	h.Set("Content-Type", "application/problem+json")
	return a.write(c, p.status, doc)
}

// give answers with JSON.
func (a *api) give(c *call, status int, v any) error {
	c.w.Header().Set("Content-Type", "application/json")
	return a.write(c, status, v)
}

func (a *api) write(c *call, status int, v any) error {
	var b bytes.Buffer
	if err := json.NewEncoder(&b).Encode(v); err != nil {
		return err
	}
	c.w.WriteHeader(status)
	_, err := b.WriteTo(c.w)
	return a.left(err)
}

// acceptable refuses what the program would not take (RFC 9110, section 12.5.1).
func acceptable(c *call, gives string) error {
	asked := strings.Join(c.r.Header.Values("Accept"), ",")
	if strings.TrimSpace(asked) == "" {
		return nil
	}
	family, _, _ := strings.Cut(gives, "/")
	for _, one := range strings.Split(asked, ",") {
		kind, params, err := mime.ParseMediaType(one)
		if err != nil || kind != gives && kind != family+"/*" && kind != "*/*" {
			continue
		}
		if q, err := strconv.ParseFloat(cmp.Or(params["q"], "1"), 64); err == nil && q > 0 {
			return nil
		}
	}
	return &problem{status: http.StatusNotAcceptable, detail: "this gives " + gives}
}

// bodyMost bounds a request's body, in octets.
const bodyMost = 64 << 10

// take reads a request's body, which is one JSON object with known names.
func take(c *call, into any) error {
	if kind, _, err := mime.ParseMediaType(c.r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return &problem{status: http.StatusUnsupportedMediaType, detail: "send application/json"}
	}
	dec := json.NewDecoder(http.MaxBytesReader(c.w, c.r.Body, bodyMost))
	dec.DisallowUnknownFields()
	err := dec.Decode(into)
	if err == nil && dec.Decode(&struct{}{}) != io.EOF {
		err = errors.New("more than one value")
	}
	var large *http.MaxBytesError
	if err != nil && !errors.As(err, &large) {
		return bad("the body: %v", err)
	}
	return err
}

// number reads a number of the path.
func number(c *call, name string) (int64, error) {
	n, err := strconv.ParseInt(c.r.PathValue(name), 10, 64)
	if err != nil || n < 1 {
		return 0, index.ErrNotFound
	}
	return n, nil
}

// count reads a number of the query, from 1 to most.
func count(c *call, name string, otherwise, most int) (int, error) {
	text := c.r.URL.Query().Get(name)
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > most {
		return 0, bad("%s: a number from 1 to %d", name, most)
	}
	return n, nil
}
