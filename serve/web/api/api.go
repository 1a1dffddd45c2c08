package api

import (
	"cmp"
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
	"restante/filter/bayes"
	"restante/filter/letter"
	"restante/filter/sender"
	"restante/index"
	"restante/index/search"
	"restante/serve/auth"
	"restante/serve/web"
	"restante/serve/web/devices"
	"restante/serve/web/overview"
)

// The scopes of tokens.
const (
	Read   = "read"   // see mail, lessons, senders, searches, devices, accounts and figures, and hear of new mail
	Teach  = "teach"  // teach the filter, take lessons back, allow and block senders, move mail, let mail programs have it again
	Manage = "manage" // save and remove searches, make and remove devices, see and end sessions
)

// Scopes are all scopes.
func Scopes() []string { return []string{Read, Teach, Manage} }

// Archive has the mail and what was taught. *index.Archive is one.
type Archive interface {
	Message(ctx context.Context, owner string, id int64) (index.Message, error)
	Letter(ctx context.Context, owner string, id int64) (*letter.Letter, error)
	Open(ctx context.Context, owner string, id int64) (io.ReadCloser, error)
}

// Filter is what is taught, and what was. *index.Archive is one.
type Filter interface {
	TeachAll(ctx context.Context, owner string, now filter.Class, ms []index.Material) ([]index.Teaching, error)
	Undo(ctx context.Context, owner string, number int64, from index.Origin) (index.Undoing, error)
	Acts(ctx context.Context, owner string, q index.ActQuery) ([]index.Act, error)
	Model(ctx context.Context, owner string) (*bayes.Model, error)
}

// Judge judges as mail is judged on its way in. *filter.Sorter is one.
type Judge interface {
	Judge(l *letter.Letter, m *bayes.Model, who sender.List) filter.Verdict
}

// Senders are whom an owner allows and blocks. *index.Archive is one.
type Senders interface {
	Senders(ctx context.Context, owner string) (sender.List, error)
	ChangeSenders(ctx context.Context, owner string, forget []string, keep []sender.Sender) (unset []string, back []sender.Sender, err error)
}

// Mailboxes hangs mail elsewhere and lets mail programs have it again.
// *index.Archive is one.
type Mailboxes interface {
	Move(ctx context.Context, owner string, moves []index.Move) error
	View(ctx context.Context, owner, name string, d *index.Device) (index.View, error)
	Redeliver(ctx context.Context, v index.View, ids []int64, dry bool) (again, listed int, err error)
}

// Shelf has an owner's searches and devices. *index.Archive is one.
type Shelf interface {
	SavedSearches(ctx context.Context, owner string) ([]index.SavedSearch, error)
	ReplaceSearch(ctx context.Context, s index.SavedSearch) error
	RemoveSearch(ctx context.Context, owner, name string) error
	Devices(ctx context.Context, owner string) ([]index.Device, error)
	RemoveDevice(ctx context.Context, owner, name string) error
}

// Changes tells what happens to mail. *index.Archive is one.
type Changes interface {
	Identity(ctx context.Context) (string, error)
	Heads(ctx context.Context) (map[string]int64, error)
	Changes(ctx context.Context, owner string, after int64, most int) ([]index.Change, error)
	Next() <-chan struct{}
}

// Catalogue finds mail. *search.Catalogue is one.
type Catalogue interface {
	Search(ctx context.Context, owner string, q *search.Query, p search.Page) (search.Result, error)
	Conversation(ctx context.Context, owner string, message int64) ([]int64, error)
	Numbers(ctx context.Context, owner string, q *search.Query, most int) (ids []int64, whole bool, err error)
}

// Desk knows where people are signed in. *entry.Desk is one.
type Desk interface {
	Sessions(ctx context.Context, owner string) ([]index.Session, error)
	EndSession(ctx context.Context, owner string, id int64) error
}

// Options are what the API stands on. All but the last three are needed.
type Options struct {
	Tokens    index.Tokens
	Known     func(ctx context.Context, name string) (bool, error) // whether there is such a user
	Archive   Archive
	Filter    Filter
	Judge     Judge
	Senders   Senders
	Mailboxes Mailboxes
	Shelf     Shelf
	Changes   Changes
	Catalogue Catalogue
	Desk      Desk
	Maker     devices.Maker
	Overview  overview.Options
	// Seen waits until the catalogue has seen what was just done, for a moment at
	// most; nil: it is not waited for.
	Seen func(ctx context.Context)
	Log  *slog.Logger     // nil: none
	Now  func() time.Time // nil: time.Now
}

// api answers.
type api struct {
	Options
	asking  *turns // requests under way
	streams *turns // streams that are open
}

// call is one request.
type call struct {
	w      http.ResponseWriter
	r      *http.Request
	web    *web.Call
	secret [32]byte
	token  index.Token
}

func (c *call) ctx() context.Context { return c.r.Context() }
func (c *call) owner() string        { return c.token.Owner }

// route is a way to ask.
type route struct {
	method, path string
	scopes       []string // that a token must have, all
	do           func(*api, *call) error
	gives        string // a media type; empty: JSON
	long         bool   // it may take longer than a page
}

const root = "/api/v1"

var routes = []route{
	{method: "GET", path: "/token", do: (*api).own},
	{method: "GET", path: "/messages", scopes: []string{Read}, do: (*api).find},
	{method: "GET", path: "/messages/{id}", scopes: []string{Read}, do: (*api).message},
	{method: "GET", path: "/messages/{id}/text", scopes: []string{Read}, do: (*api).text},
	{method: "GET", path: "/messages/{id}/raw", scopes: []string{Read}, do: (*api).raw, gives: "message/rfc822", long: true},
	{method: "GET", path: "/messages/{id}/evidence", scopes: []string{Read}, do: (*api).evidence},
	{method: "GET", path: "/messages/{id}/conversation", scopes: []string{Read}, do: (*api).conversation},
	{method: "GET", path: "/messages/{id}/attachments", scopes: []string{Read}, do: (*api).attachments},
	{method: "GET", path: "/messages/{id}/attachments/{part}", scopes: []string{Read}, do: (*api).attachment, gives: "application/octet-stream", long: true},
	{method: "GET", path: "/export", scopes: []string{Read}, do: (*api).export, gives: "application/mbox", long: true},
	{method: "GET", path: "/events", scopes: []string{Read}, do: (*api).events, gives: "text/event-stream", long: true},
	{method: "POST", path: "/teach", scopes: []string{Teach}, do: (*api).teach},
	{method: "POST", path: "/move", scopes: []string{Teach}, do: (*api).move},
	{method: "POST", path: "/redeliver", scopes: []string{Teach}, do: (*api).redeliver},
	{method: "GET", path: "/lessons", scopes: []string{Read}, do: (*api).lessons},
	{method: "POST", path: "/lessons/{number}/undo", scopes: []string{Teach}, do: (*api).undo},
	{method: "GET", path: "/senders", scopes: []string{Read}, do: (*api).senders},
	{method: "PUT", path: "/senders/{name}", scopes: []string{Teach}, do: (*api).setSender},
	{method: "DELETE", path: "/senders/{name}", scopes: []string{Teach}, do: (*api).forgetSender},
	{method: "GET", path: "/searches", scopes: []string{Read}, do: (*api).searches},
	{method: "PUT", path: "/searches/{name}", scopes: []string{Manage}, do: (*api).saveSearch},
	{method: "DELETE", path: "/searches/{name}", scopes: []string{Manage}, do: (*api).removeSearch},
	{method: "GET", path: "/devices", scopes: []string{Read}, do: (*api).devices},
	{method: "POST", path: "/devices", scopes: []string{Read, Manage}, do: (*api).makeDevice},
	{method: "DELETE", path: "/devices/{name}", scopes: []string{Manage}, do: (*api).removeDevice},
	{method: "GET", path: "/accounts", scopes: []string{Read}, do: (*api).accounts},
	{method: "GET", path: "/stats", scopes: []string{Read}, do: (*api).stats},
	{method: "GET", path: "/sessions", scopes: []string{Manage}, do: (*api).sessions},
	{method: "DELETE", path: "/sessions/{id}", scopes: []string{Manage}, do: (*api).endSession},
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
	if o.Seen == nil {
		o.Seen = func(context.Context) {}
	}
	a := &api{o, newTurns(askingMost, 0), newTurns(streamsMost, streamsAll)}
	s.HandleOpen("GET "+root+"/openapi.yaml", func(c *web.Call) error {
		c.W.Header().Set("Content-Type", "application/yaml")
		_, err := c.W.Write(document)
		return a.left(err)
	})
	allowed := map[string][]string{"/openapi.yaml": {"GET"}}
	for _, r := range routes {
		handle := s.HandleOpen
		if r.long {
			handle = s.HandleOpenStream
		}
		handle(r.method+" "+root+r.path, func(c *web.Call) error { return a.answer(newCall(c), r) })
		allowed[r.path] = append(allowed[r.path], r.method)
	}
	for path, methods := range allowed {
		if slices.Contains(methods, "GET") {
			methods = append(methods, "HEAD") // as net/http answers
		}
		s.HandleOpen(root+path, func(c *web.Call) error {
			c.W.Header().Set("Allow", strings.Join(methods, ", "))
			return a.refuse(newCall(c), &problem{status: http.StatusMethodNotAllowed, detail: "allowed: " + strings.Join(methods, ", ")})
		})
	}
	s.HandleOpen(root+"/", func(c *web.Call) error { return a.refuse(newCall(c), web.ErrNoPage) })
}

func newCall(c *web.Call) *call { return &call{w: c.W, r: c.R, web: c} }

// answer has a route's function answer whoever may ask for it. It never fails: what
// goes wrong is told in a problem document.
func (a *api) answer(c *call, r route) error {
	err := a.admit(c, r.scopes)
	if err == nil {
		err = acceptable(c, cmp.Or(r.gives, "application/json"))
	}
	if err == nil {
		turns := a.asking
		if r.gives == eventStream {
			turns = a.streams
		}
		var leave func()
		if leave, err = turns.enter(c.owner()); err == nil {
			defer leave()
			err = r.do(a, c)
		}
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

// admit finds the token of a request, and looks whether it has the scopes.
func (a *api) admit(c *call, scopes []string) error {
	kind, ticket, _ := strings.Cut(c.r.Header.Get("Authorization"), " ")
	secret, ok := auth.APITicket.Secret(strings.TrimSpace(ticket))
	if !strings.EqualFold(kind, "Bearer") || !ok {
		return errNoToken
	}
	c.secret = secret
	if err := a.lookUp(c); err != nil {
		return err
	}
	now := a.Now()
	if now.Sub(c.token.Used) > notice {
		if err := a.Tokens.UseToken(c.ctx(), c.token.ID, now.UTC()); err != nil {
			a.Log.Warn("a token was used, and that is not noted", "owner", c.owner(), "err", err)
		}
	}
	for _, scope := range scopes {
		if !slices.Contains(c.token.Scopes, scope) {
			return &problem{status: http.StatusForbidden, detail: "the token lacks the scope " + scope, scope: strings.Join(scopes, " ")}
		}
	}
	return nil
}

// lookUp gives a call the token of its secret, if that is valid still.
func (a *api) lookUp(c *call) error {
	t, err := a.Tokens.Token(c.ctx(), c.secret)
	if errors.Is(err, index.ErrNotFound) {
		return errNoToken
	}
	if err != nil {
		return err
	}
	if !t.Expires.IsZero() && !a.Now().Before(t.Expires) {
		return errNoToken
	}
	known, err := a.Known(c.ctx(), t.Owner)
	if err != nil {
		return err
	}
	if !known {
		return errNoToken
	}
	c.token = t
	return nil
}
