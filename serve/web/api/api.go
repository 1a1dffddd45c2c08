package api

import (
	"context"
	_ "embed"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"restante/filter"
	"restante/filter/letter"
	"restante/index"
	"restante/index/blob"
	"restante/index/search"
	"restante/serve/auth"
	"restante/serve/web"
)

// The scopes of tokens.
const (
	Read   = "read"   // see mail, lessons, searches and devices
	Teach  = "teach"  // teach the filter, take lessons back, move mail
	Manage = "manage" // save and remove searches, remove devices
)

// Scopes are all scopes.
func Scopes() []string { return []string{Read, Teach, Manage} }

// Archive has the mail and what was taught. *index.Archive is one.
type Archive interface {
	Message(ctx context.Context, owner string, id int64) (index.Message, error)
	Letter(ctx context.Context, owner string, id int64) (*letter.Letter, error)
	Open(ctx context.Context, owner string, id int64) (io.ReadCloser, error)
	Move(ctx context.Context, owner string, moves []index.Move) error
	Teach(ctx context.Context, owner string, d blob.Digest, l *letter.Letter, now filter.Class, from index.Origin) (index.Teaching, error)
	Undo(ctx context.Context, owner string, number int64, from index.Origin) (index.Undoing, error)
	Acts(ctx context.Context, owner string, q index.ActQuery) ([]index.Act, error)
}

// Shelf has an owner's searches and devices. *index.Archive is one.
type Shelf interface {
	SavedSearches(ctx context.Context, owner string) ([]index.SavedSearch, error)
	SaveSearch(ctx context.Context, s index.SavedSearch) error
	RemoveSearch(ctx context.Context, owner, name string) error
	Devices(ctx context.Context, owner string) ([]index.Device, error)
	RemoveDevice(ctx context.Context, owner, name string) error
}

// Catalogue finds mail. *search.Catalogue is one.
type Catalogue interface {
	Search(ctx context.Context, owner string, q *search.Query, p search.Page) (search.Result, error)
}

// Options are what the API stands on. All but the last two are needed.
type Options struct {
	Tokens    index.Tokens
	Known     func(ctx context.Context, name string) (bool, error) // whether there is such a user
	Archive   Archive
	Shelf     Shelf
	Catalogue Catalogue
	Log       *slog.Logger     // nil: none
	Now       func() time.Time // nil: time.Now
}

// api answers.
type api struct{ Options }

// call is one request.
type call struct {
	w     http.ResponseWriter
	r     *http.Request
	token index.Token
}

func (c *call) ctx() context.Context { return c.r.Context() }
func (c *call) owner() string        { return c.token.Owner }

// route is a way to ask.
type route struct {
	method, path string
	scope        string // that a token must have; empty: none in particular
	do           func(*api, *call) error
}

const root = "/api/v1"

var routes = []route{
	{"GET", "/token", "", (*api).own},
	{"GET", "/messages", Read, (*api).find},
	{"GET", "/messages/{id}", Read, (*api).message},
	{"GET", "/messages/{id}/text", Read, (*api).text},
	{"GET", "/messages/{id}/raw", Read, (*api).raw},
	{"POST", "/messages/{id}/teach", Teach, (*api).teach},
	{"POST", "/messages/{id}/move", Teach, (*api).move},
	{"GET", "/lessons", Read, (*api).lessons},
	{"POST", "/lessons/{number}/undo", Teach, (*api).undo},
	{"GET", "/searches", Read, (*api).searches},
	{"PUT", "/searches/{name}", Manage, (*api).saveSearch},
	{"DELETE", "/searches/{name}", Manage, (*api).removeSearch},
	{"GET", "/devices", Read, (*api).devices},
	{"DELETE", "/devices/{name}", Manage, (*api).removeDevice},
}

//go:embed openapi.yaml
var document []byte

// Register has a server answer programs.
func Register(s *web.Server, o Options) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	a := &api{o}
	s.HandleOpen("GET "+root+"/openapi.yaml", func(c *web.Call) error {
		c.W.Header().Set("Content-Type", "application/yaml")
		_, err := c.W.Write(document)
		return a.left(err)
	})
	for _, r := range routes {
		s.HandleOpen(r.method+" "+root+r.path, func(c *web.Call) error {
			return a.answer(&call{w: c.W, r: c.R}, r)
		})
	}
	s.HandleOpen(root+"/", func(c *web.Call) error { return a.refuse(&call{w: c.W, r: c.R}, web.ErrNoPage) })
}

// answer has a route's function answer whoever may ask for it. It never fails: what
// goes wrong is told in a problem document.
func (a *api) answer(c *call, r route) error {
	err := a.admit(c, r.scope)
	if err == nil {
		err = r.do(a, c)
	}
	if err != nil {
		return a.refuse(c, err)
	}
	return nil
}

// left takes a program that went away for no fault of ours.
func (a *api) left(err error) error {
	if err != nil {
		a.Log.Debug("a program left", "err", err)
	}
	return nil
}

// notice is how exactly it is known when a token was used last.
const notice = 5 * time.Minute

// admit finds the token of a request.
func (a *api) admit(c *call, scope string) error {
	kind, ticket, _ := strings.Cut(c.r.Header.Get("Authorization"), " ")
	secret, ok := auth.APITicket.Secret(strings.TrimSpace(ticket))
	if !strings.EqualFold(kind, "Bearer") || !ok {
		return errNoToken
	}
	t, err := a.Tokens.Token(c.ctx(), secret)
	if errors.Is(err, index.ErrNotFound) {
		return errNoToken
	}
	if err != nil {
		return err
	}
	now := a.Now()
	if !t.Expires.IsZero() && !now.Before(t.Expires) {
		return errNoToken
	}
	known, err := a.Known(c.ctx(), t.Owner)
	if err != nil {
		return err
	}
	if !known {
		return errNoToken
	}
	if now.Sub(t.Used) > notice {
		if err := a.Tokens.UseToken(c.ctx(), t.ID, now.UTC()); err != nil {
			a.Log.Warn("a token was used, and that is not noted", "owner", t.Owner, "err", err)
		}
	}
	if scope != "" && !slices.Contains(t.Scopes, scope) {
		return &problem{status: http.StatusForbidden, detail: "the token lacks the scope " + scope, scope: scope}
	}
	c.token = t
	return nil
}
