package entry

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"restante/index"
	"restante/serve/auth"
	"restante/serve/web"
)

// How long a session lasts.
const (
	idle   = 14 * 24 * time.Hour // without a request
	whole  = 90 * 24 * time.Hour
	notice = 5 * time.Minute // how exactly it is known when it was last seen
	most   = 50              // sessions of one owner
)

// Store keeps sessions and second factors. *record.DB is one.
type Store interface {
	index.Sessions
	index.Factors
}

// What People wrap where they refuse.
var (
	ErrFixed = errors.New("the password stands in the settings")
	ErrName  = errors.New("the name is not allowed")
	ErrTaken = errors.New("the name is taken")
)

// People are who can sign in.
type People interface {
	Known(ctx context.Context, name string) (bool, error)
	// AddUser makes a user; ErrName, ErrTaken.
	AddUser(ctx context.Context, name, password string) error
	// SetPassword changes a password; ErrFixed.
	SetPassword(ctx context.Context, name, password string) error
}

// Options are what a Desk stands on.
type Options struct {
	Store  Store
	People People
	Gate   *auth.Gate
	Issuer string           // what programs for second factors call us; empty: restante
	Log    *slog.Logger     // nil: none
	Now    func() time.Time // nil: time.Now
}

// A Desk lets people in. It is safe for several goroutines.
type Desk struct {
	o       Options
	halves  *waiting // between password and code
	pending *waiting // keys of second factors that are not confirmed yet, by owner
	first   first
	invites invites
}

var _ web.Sessions = (*Desk)(nil)

// New makes a desk.
func New(o Options) *Desk {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Issuer == "" {
		o.Issuer = "restante"
	}
	return &Desk{o: o, halves: newWaiting(o.Now), pending: newWaiting(o.Now)}
}

// SignIn is the path of the page for who is not signed in.
const SignIn = "/signin"

// Register has a server answer for the desk.
func (d *Desk) Register(s *web.Server) {
	s.Navigate(web.Entry{Path: "/account", Key: "account.title", Side: true})
	s.Navigate(web.Entry{Path: "/signout", Key: "entry.signout", Side: true, Post: true})
	s.HandleOpen("GET "+SignIn, d.signInPage)
	s.HandleOpen("POST "+SignIn, d.signIn)
	s.HandleOpen("GET /signin/code", d.codePage)
	s.HandleOpen("POST /signin/code", d.code)
	s.HandleOpen("POST /signout", d.signOut)
	s.HandleOpen("GET /enter", d.enter)
	s.HandleOpen("GET /first", d.firstPage)
	s.HandleOpen("POST /first", d.makeFirst)
	s.Handle("GET /account", d.account)
	s.Handle("POST /account/sessions/end", d.endSession)
	s.Handle("POST /account/password", d.password)
	s.Handle("POST /account/second", d.beginSecond)
	s.Handle("POST /account/second/confirm", d.confirmSecond)
	s.Handle("POST /account/second/off", d.dropSecond)
	s.Handle("POST /account/second/codes", d.newCodes)
}

// cookieName is that of a cookie on the connection of a request. __Host- is
// refused by browsers where there is no TLS.
func cookieName(r *http.Request, name string) string {
	if r.TLS != nil {
		return "__Host-restante-" + name
	}
	return "restante-" + name
}

// setCookie gives the browser a cookie for a time; none lasts where that is 0, and
// the cookie goes.
func setCookie(c *web.Call, name, value string, lasts time.Duration) {
	age := int(lasts / time.Second)
	if age == 0 {
		age = -1
	}
	http.SetCookie(c.W, &http.Cookie{
		Name: cookieName(c.R, name), Value: value, Path: "/", MaxAge: age,
		Secure: c.R.TLS != nil, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// Who gives the user in whose session a request comes; empty: in nobody's.
func (d *Desk) Who(r *http.Request) (owner string, err error) {
	s, err := d.session(r)
	return s.Owner, err
}

// session gives the session of a request; one without an ID: there is none.
func (d *Desk) session(r *http.Request) (none index.Session, err error) {
	cookie, err := r.Cookie(cookieName(r, "session"))
	if err != nil {
		return none, nil
	}
	secret, ok := auth.SessionTicket.Secret(cookie.Value)
	if !ok {
		return none, nil
	}
	s, err := d.o.Store.Session(r.Context(), secret)
	if errors.Is(err, index.ErrNotFound) {
		return none, nil
	}
	if err != nil {
		return none, err
	}
	now := d.o.Now()
	known, err := d.o.People.Known(r.Context(), s.Owner)
	if err != nil {
		return none, err
	}
	if !known || d.over(s, now) {
		return none, quietly(d.o.Store.EndSession(r.Context(), s.Owner, s.ID))
	}
	if now.Sub(s.Seen) > notice {
		if err := d.o.Store.SeeSession(r.Context(), s.ID, now.UTC()); err != nil {
			d.o.Log.Warn("a session was seen, and that is not noted", "owner", s.Owner, "err", err)
		}
	}
	return s, nil
}

// over tells whether a session has lasted as long as it may.
func (d *Desk) over(s index.Session, now time.Time) bool {
	return now.Sub(s.Seen) > idle || now.Sub(s.Made) > whole
}

// quietly takes what is gone already for done.
func quietly(err error) error {
	if errors.Is(err, index.ErrNotFound) {
		return nil
	}
	return err
}

// begin signs somebody in: in a new session, and in none that there was.
func (d *Desk) begin(c *web.Call, owner string) error {
	if old, err := d.session(c.R); err == nil && old.ID != 0 {
		if err := quietly(d.o.Store.EndSession(c.Ctx(), old.Owner, old.ID)); err != nil {
			return err
		}
	}
	ticket := auth.SessionTicket.New()
	secret, _ := auth.SessionTicket.Secret(ticket) // of the kind it is
	now := d.o.Now().UTC()
	s := index.Session{
		Owner: owner, Secret: secret, Agent: agent(c.R), Remote: remote(c.R).String(), Made: now, Seen: now,
	}
	if err := d.o.Store.AddSession(c.Ctx(), &s, most); err != nil {
		return err
	}
	setCookie(c, "session", ticket, whole)
	setCookie(c, "half", "", 0)
	d.o.Log.Info("signed in", "owner", owner, "remote", s.Remote)
	return nil
}

// remote is the address that a request comes from.
func remote(r *http.Request) netip.Addr {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{} // of a test's pipe, which the throttle knows
	}
	return at.Addr().Unmap()
}
