package entry

import (
	"crypto/subtle"
	"errors"
	"net/http"
	"strings"
	"sync"
	"unicode/utf8"

	"restante/serve/auth"
	"restante/serve/web"
)

var firstForm = web.Parse(files, "first.html", "trouble.html")

// first is the token by which the first user is made.
type first struct {
	mu     sync.Mutex // guards secret, and is held while the user is made
	secret *[32]byte  // nil: no user can be made
}

func (f *first) armed() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.secret != nil
}

// allowed tells whether a token makes the first user. The lock is held.
func (f *first) allowed(token string) bool {
	secret, ok := auth.FirstTicket.Secret(token)
	return ok && f.secret != nil && subtle.ConstantTimeCompare(secret[:], f.secret[:]) == 1
}

// Arm lets the first user be made, once, by who opens the path that it gives,
// which is to be shown to the operator only.
func (d *Desk) Arm() (path string) {
	token := auth.FirstTicket.New()
	secret, _ := auth.FirstTicket.Secret(token) // of the kind it is
	d.first.mu.Lock()
	defer d.first.mu.Unlock()
	d.first.secret = &secret
	return "/first?token=" + token
}

func (d *Desk) firstPage(c *web.Call) error {
	token := c.R.URL.Query().Get("token")
	d.first.mu.Lock()
	ok := d.first.allowed(token)
	d.first.mu.Unlock()
	if !ok {
		return web.ErrNoPage
	}
	return c.Page(firstForm, c.Lang.Say("entry.first.title"), formData{Token: token})
}

func (d *Desk) makeFirst(c *web.Call) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	name, password, token := form.Get("name"), form.Get("password"), form.Get("token")
	d.first.mu.Lock()
	defer d.first.mu.Unlock()
	if !d.first.allowed(token) {
		return web.ErrNoPage
	}
	said := fit(password, form.Get("again"))
	if said.Key == "" {
		err := d.o.People.AddUser(c.Ctx(), name, password)
		switch {
		case errors.Is(err, ErrName):
			said.Key = "entry.badname"
		case errors.Is(err, ErrTaken):
			said.Key = "entry.taken"
		case err != nil:
			return err
		}
	}
	if said.Key != "" {
		return c.PageWith(http.StatusUnprocessableEntity, firstForm, c.Lang.Say("entry.first.title"), formData{Trouble: said, Name: name, Token: token})
	}
	d.first.secret = nil
	if err := d.begin(c, name); err != nil {
		return err
	}
	return c.Redirect("/")
}

// Bounds of passwords.
const (
	shortest = 8    // signs
	longest  = 1024 // octets
)

// fit says what is wrong with a new password.
func fit(password, again string) trouble {
	switch {
	case utf8.RuneCountInString(password) < shortest:
		return trouble{"entry.short", []any{shortest}}
	case len(password) > longest || strings.ContainsAny(password, "\x00\r\n"):
		return trouble{Key: "entry.odd"}
	case password != again:
		return trouble{Key: "entry.differ"}
	}
	return trouble{}
}
