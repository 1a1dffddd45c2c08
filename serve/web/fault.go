package web

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"

	"restante/index"
)

// ErrNoPage says that there is no such page, or nothing on it for who asks.
var ErrNoPage = errors.New("no such page")

// errForeign says that a request came from another site.
var errForeign = errors.New("a request from another site")

// Fault is an error with words for the reader.
type Fault struct {
	Status int    // of HTTP
	Key    string // what the reader is told
	Args   []any
	Err    error // the cause, for the log; nil: there is nothing more to say
}

// Error tells the cause.
func (f *Fault) Error() string {
	if f.Err == nil {
		return f.Key
	}
	return fmt.Sprintf("%s: %v", f.Key, f.Err)
}

// Unwrap gives the cause.
func (f *Fault) Unwrap() error { return f.Err }

// panicError is a panic on its way to the log.
type panicError struct {
	value any
	stack []byte
}

func panicked(v any) error { return &panicError{v, debug.Stack()} }

func (e *panicError) Error() string { return fmt.Sprintf("panic: %v\n%s", e.value, e.stack) }

// known is the table of what readers are told. What is not in it is ours to know.
func known(err error) *Fault {
	var f *Fault
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return &Fault{Status: http.StatusRequestEntityTooLarge, Key: "fault.large"}
	case errors.As(err, &f):
		return f
	case errors.Is(err, ErrNoPage), errors.Is(err, index.ErrNotFound):
		return &Fault{Status: http.StatusNotFound, Key: "fault.missing"}
	case errors.Is(err, errForeign):
		return &Fault{Status: http.StatusForbidden, Key: "fault.foreign"}
	case errors.Is(err, context.DeadlineExceeded):
		return &Fault{Status: http.StatusServiceUnavailable, Key: "fault.slow", Err: err}
	}
	return nil
}

// fail tells the reader what went wrong, and the log what the reader need not know.
func (c *Call) fail(err error) {
	if c.R.Context().Err() == context.Canceled {
		return // nobody is there to be told
	}
	data := struct{ Text, Reference string }{}
	f := known(err)
	if f == nil {
		f = &Fault{Status: http.StatusInternalServerError, Key: "fault.ours", Err: err}
		data.Reference = strings.ToLower(rand.Text()[:8])
	}
	if f.Err != nil {
		c.s.o.Log.Error("a page failed", "ref", data.Reference, "path", c.R.Pattern, "owner", c.Owner, "err", err)
	}
	data.Text = c.Lang.Say(f.Key, f.Args...)
	if err := c.show(f.Status, faultPage, c.Lang.Say("fault.title"), data); err != nil {
		http.Error(c.W, data.Text, f.Status)
	}
}
