package entry

import (
	"context"
	"errors"
	"html/template"
	"net/http"
	"slices"
	"strconv"

	"restante/index"
	"restante/serve/auth"
	"restante/serve/web"
	"restante/serve/web/qr"
)

var (
	accountPage = web.Parse(files, "account.html", "trouble.html")
	secondPage  = web.Parse(files, "second.html", "trouble.html")
	codesPage   = web.Parse(files, "codes.html")
)

// accountData is what the page about one's own account shows.
type accountData struct {
	Sessions []session     // that last yet
	This     int64         // the session of who asks
	Factor   *index.Factor // nil: there is none
	Password trouble       // with the form for another password
	Second   trouble       // with those for the second factor
}

// session is one on the page.
type session struct {
	index.Session
	Browser string // as people call it
}

func (d *Desk) account(c *web.Call) error {
	return d.showAccount(c, http.StatusOK, accountData{})
}

func (d *Desk) showAccount(c *web.Call, status int, data accountData) error {
	all, err := d.Sessions(c.Ctx(), c.Owner)
	if err != nil {
		return err
	}
	for _, s := range all {
		data.Sessions = append(data.Sessions, session{s, browser(s.Agent)})
	}
	this, err := d.session(c.R)
	if err != nil {
		return err
	}
	data.This = this.ID
	f, err := d.o.Store.Factor(c.Ctx(), c.Owner)
	if err == nil {
		data.Factor = &f
	} else if !errors.Is(err, index.ErrNotFound) {
		return err
	}
	return c.PageWith(status, accountPage, c.Lang.Say("account.title"), data)
}

// Sessions gives where an owner is signed in, the newest first.
func (d *Desk) Sessions(ctx context.Context, owner string) ([]index.Session, error) {
	all, err := d.o.Store.Sessions(ctx, owner)
	now := d.o.Now()
	return slices.DeleteFunc(all, func(s index.Session) bool { return d.over(s, now) }), err
}

// EndSession ends one of an owner's sessions; index.ErrNotFound where there is none.
func (d *Desk) EndSession(ctx context.Context, owner string, id int64) error {
	return d.o.Store.EndSession(ctx, owner, id)
}

// endSession ends one session, or all others.
func (d *Desk) endSession(c *web.Call) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	if form.Get("id") == "others" {
		this, err := d.session(c.R)
		if err == nil {
			_, err = d.o.Store.EndSessions(c.Ctx(), c.Owner, this.ID)
		}
		if err != nil {
			return err
		}
		return c.Done("/account", c.Lang.Say("account.ended"), nil)
	}
	id, err := strconv.ParseInt(form.Get("id"), 10, 64)
	if err != nil {
		return web.ErrNoPage
	}
	if err := d.EndSession(c.Ctx(), c.Owner, id); err != nil {
		return err
	}
	return c.Done("/account", c.Lang.Say("account.ended"), nil)
}

// password changes the password, and ends all sessions but a new one of who asks.
func (d *Desk) password(c *web.Call) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	status, said, err := d.check(c, c.Owner, form.Get("old"))
	if err != nil {
		return err
	}
	if said.Key == "" {
		status, said = http.StatusUnprocessableEntity, fit(form.Get("new"), form.Get("again"))
	}
	if said.Key == "" {
		err := d.o.People.SetPassword(c.Ctx(), c.Owner, form.Get("new"))
		if errors.Is(err, ErrFixed) {
			said.Key = "account.fixed"
		} else if err != nil {
			return err
		}
	}
	if said.Key != "" {
		return d.showAccount(c, status, accountData{Password: said})
	}
	if _, err := d.o.Store.EndSessions(c.Ctx(), c.Owner, 0); err != nil {
		return err
	}
	if err := d.begin(c, c.Owner); err != nil {
		return err
	}
	return c.Done("/account", c.Lang.Say("account.changed"), nil)
}

// proven is a page about the second factor for who has shown the password.
func (d *Desk) proven(c *web.Call, page func() error) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	status, said, err := d.check(c, c.Owner, form.Get("password"))
	if err != nil {
		return err
	}
	if said.Key != "" {
		return d.showAccount(c, status, accountData{Second: said})
	}
	return page()
}

// secondData is what the page shows on which a second factor is set up.
type secondData struct {
	Trouble trouble
	Key     string
	Picture template.HTML
}

// beginSecond makes a key, which waits for its first code.
func (d *Desk) beginSecond(c *web.Call) error {
	return d.proven(c, func() error {
		secret := auth.NewTOTPSecret()
		d.pending.put(c.Owner, wait{secret: secret})
		return d.showSecond(c, http.StatusOK, secret, trouble{})
	})
}

func (d *Desk) showSecond(c *web.Call, status int, secret []byte, said trouble) error {
	picture, err := qr.SVG(auth.TOTPLink(d.o.Issuer, c.Owner, secret), c.Lang.Say("account.second.picture"))
	if err != nil {
		return err
	}
	return c.PageWith(status, secondPage, c.Lang.Say("account.second"), secondData{said, auth.TOTPText(secret), picture})
}

// confirmSecond takes the first code of a new key, and shows recovery codes.
func (d *Desk) confirmSecond(c *web.Call) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	x, ok := d.pending.try(c.Owner)
	if !ok {
		return d.showAccount(c, http.StatusUnprocessableEntity, accountData{Second: trouble{Key: "account.second.late"}})
	}
	step, ok := auth.TOTPStep(x.secret, digits(form.Get("code")), d.o.Now())
	if !ok {
		return d.showSecond(c, http.StatusUnprocessableEntity, x.secret, trouble{Key: "entry.code.wrong"})
	}
	d.pending.drop(c.Owner)
	return d.giveCodes(c, index.Factor{Secret: x.secret, Step: step, Made: d.o.Now().UTC()})
}

// giveCodes keeps a factor with new recovery codes, and shows these.
func (d *Desk) giveCodes(c *web.Call, f index.Factor) error {
	codes := auth.NewRecoveryCodes()
	secrets := make([][32]byte, len(codes))
	for i, code := range codes {
		secrets[i], _ = auth.RecoverySecret(c.Owner, code) // of the form it has
	}
	if err := d.o.Store.SetFactor(c.Ctx(), c.Owner, f, secrets); err != nil {
		return err
	}
	return c.Page(codesPage, c.Lang.Say("account.codes.title"), codes)
}

func (d *Desk) newCodes(c *web.Call) error {
	return d.proven(c, func() error {
		f, err := d.o.Store.Factor(c.Ctx(), c.Owner)
		if err != nil {
			return err
		}
		return d.giveCodes(c, f)
	})
}

func (d *Desk) dropSecond(c *web.Call) error {
	return d.proven(c, func() error {
		if err := quietly(d.o.Store.DropFactor(c.Ctx(), c.Owner)); err != nil {
			return err
		}
		d.o.Log.Info("a second factor was turned off", "owner", c.Owner)
		return c.Done("/account", c.Lang.Say("account.second.dropped"), nil)
	})
}
