package web

import (
	"context"
	"crypto/rand"
	"net/url"
	"sync"
	"time"
)

// Bounds of what can be undone from a notice.
const (
	deedsMost = 100 // of one person
	deedLasts = time.Hour
)

// deed is something that was done, and the way back.
type deed struct {
	token string
	text  string
	at    time.Time
	undo  func(ctx context.Context) error // nil: there is none, or it was gone
}

// deeds remembers what each person did last.
type deeds struct {
	now func() time.Time

	mu sync.Mutex // guards of
	of map[string][]deed
}

func newDeeds(now func() time.Time) *deeds { return &deeds{now: now, of: map[string][]deed{}} }

func (d *deeds) add(owner, text string, undo func(ctx context.Context) error) (token string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	token = rand.Text()
	all := append(d.of[owner], deed{token, text, d.now(), undo})
	for len(all) > deedsMost || d.now().Sub(all[0].at) > deedLasts {
		all = all[1:]
	}
	d.of[owner] = all
	return token
}

func (d *deeds) find(owner, token string) *deed {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, x := range d.of[owner] {
		if x.token == token && d.now().Sub(x.at) <= deedLasts {
			return &x
		}
	}
	return nil
}

// take gives the way back of a deed, once, until it is put back.
func (d *deeds) take(owner, token string) func(ctx context.Context) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := range d.of[owner] {
		if x := &d.of[owner][i]; x.token == token && d.now().Sub(x.at) <= deedLasts {
			undo := x.undo
			x.undo = nil
			return undo
		}
	}
	return nil
}

// putBack has a deed wait to be undone again, if it is remembered still.
func (d *deeds) putBack(owner, token string, undo func(ctx context.Context) error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := range d.of[owner] {
		if x := &d.of[owner][i]; x.token == token {
			x.undo = undo
		}
	}
}

// didParam names the deed that a page tells of.
const didParam = "did"

// Done sends the reader to a page of ours, which tells what was done, with a button
// that undoes it. Undo may be nil; it is called until it succeeds, and not again.
func (c *Call) Done(to, text string, undo func(ctx context.Context) error) error {
	u, err := url.Parse(Local(to, "/"))
	if err != nil {
		return err
	}
	q := u.Query()
	q.Set(didParam, c.s.deeds.add(c.Owner, text, undo))
	u.RawQuery = q.Encode()
	return c.Redirect(u.RequestURI())
}

// Back is where the reader is, for forms to come back to, without what was told.
func (c *Call) Back() string {
	u := url.URL{Path: c.R.URL.Path, RawQuery: c.R.URL.RawQuery}
	q := u.Query()
	q.Del(didParam)
	u.RawQuery = q.Encode()
	return u.RequestURI()
}

func (s *Server) undo(c *Call) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	back, token := Local(form.Get("back"), "/"), form.Get(didParam)
	undo := s.deeds.take(c.Owner, token)
	if undo == nil {
		return c.Done(back, c.Lang.Say("undo.late"), nil)
	}
	if err := undo(c.Ctx()); err != nil {
		s.deeds.putBack(c.Owner, token, undo)
		return err
	}
	return c.Done(back, c.Lang.Say("undo.done"), nil)
}
