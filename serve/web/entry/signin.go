package entry

import (
	"context"
	"embed"
	"errors"
	"math"
	"net/http"

	"restante/index"
	"restante/serve/auth"
	"restante/serve/web"
)

//go:embed *.html
var files embed.FS

var (
	signInForm = web.Parse(files, "signin.html", "trouble.html")
	codeForm   = web.Parse(files, "code.html", "trouble.html")
)

// trouble is what a form says of what was typed into it.
type trouble struct {
	Key  string // empty: nothing
	Args []any
}

// formData is what the forms show.
type formData struct {
	Trouble trouble
	Name    string
	Next    string
	Token   string
	First   bool // nobody can sign in yet
}

func (d *Desk) signInPage(c *web.Call) error {
	next := web.Local(c.R.URL.Query().Get("next"), "/")
	if c.Owner != "" {
		return c.Redirect(next)
	}
	return c.Page(signInForm, c.Lang.Say("entry.signin"), formData{Next: next, First: d.first.armed()})
}

// signIn takes a name and a password.
func (d *Desk) signIn(c *web.Call) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	name, next := form.Get("name"), web.Local(form.Get("next"), "/")
	status, said, err := d.check(c, name, form.Get("password"))
	if err != nil {
		return err
	}
	if said.Key != "" {
		return c.PageWith(status, signInForm, c.Lang.Say("entry.signin"), formData{Trouble: said, Name: name, Next: next, First: d.first.armed()})
	}
	_, err = d.o.Store.Factor(c.Ctx(), name)
	switch {
	case errors.Is(err, index.ErrNotFound):
		if err := d.begin(c, name); err != nil {
			return err
		}
		return c.Redirect(next)
	case err != nil:
		return err
	}
	half := auth.SessionTicket.New()
	d.halves.put(half, wait{owner: name, next: next})
	setCookie(c, "half", half, waitLasts)
	return c.Redirect("/signin/code")
}

// check checks a password; what is to be said where it is not right, and with what
// status.
func (d *Desk) check(c *web.Call, name, password string) (status int, said trouble, err error) {
	return outcome(d.o.Gate.Check(c.Ctx(), name, password, remote(c.R)), "entry.wrong")
}

// outcome turns what a gate says into what a form says.
func outcome(err error, wrong string) (status int, said trouble, _ error) {
	var throttled *auth.ThrottledError
	switch {
	case err == nil:
		return http.StatusOK, trouble{}, nil
	case errors.As(err, &throttled):
		seconds := int64(math.Ceil(throttled.RetryAfter.Seconds()))
		return http.StatusTooManyRequests, trouble{"entry.slow", []any{seconds}}, nil
	case errors.Is(err, auth.ErrWrong):
		return http.StatusUnauthorized, trouble{Key: wrong}, nil
	}
	return 0, trouble{}, err
}

// half gives what waits for a code in a request's browser.
func (d *Desk) half(r *http.Request, find func(string) (wait, bool)) (key string, x wait, ok bool) {
	cookie, err := r.Cookie(cookieName(r, "half"))
	if err != nil {
		return "", wait{}, false
	}
	x, ok = find(cookie.Value)
	return cookie.Value, x, ok
}

func (d *Desk) codePage(c *web.Call) error {
	if _, _, ok := d.half(c.R, d.halves.get); !ok {
		return c.Redirect(SignIn)
	}
	return c.Page(codeForm, c.Lang.Say("entry.code.title"), formData{})
}

// code takes the code of a second factor, or one for its loss.
func (d *Desk) code(c *web.Call) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	key, half, ok := d.half(c.R, d.halves.try)
	if !ok {
		setCookie(c, "half", "", 0)
		return c.PageWith(http.StatusUnauthorized, signInForm, c.Lang.Say("entry.signin"), formData{Trouble: trouble{Key: "entry.code.late"}, Next: "/"})
	}
	status, said, err := outcome(d.spend(c, half.owner, form.Get("code")), "entry.code.wrong")
	if err != nil {
		return err
	}
	if said.Key != "" {
		return c.PageWith(status, codeForm, c.Lang.Say("entry.code.title"), formData{Trouble: said})
	}
	d.halves.drop(key)
	if err := d.begin(c, half.owner); err != nil {
		return err
	}
	return c.Redirect(half.next)
}

// spend takes a code; auth.ErrWrong where it is none, or none any more. The count
// of wrong codes is not that of wrong passwords, which a right password clears.
func (d *Desk) spend(c *web.Call, owner, code string) error {
	count := "second factor of " + owner
	if err := d.o.Gate.Begin(count, remote(c.R)); err != nil {
		return err
	}
	right, err := d.spent(c.Ctx(), owner, code)
	d.o.Gate.Settle(count, remote(c.R), right || err != nil)
	if err == nil && !right {
		err = auth.ErrWrong
	}
	return err
}

func (d *Desk) spent(ctx context.Context, owner, code string) (bool, error) {
	if secret, ok := auth.RecoverySecret(owner, code); ok {
		was, err := d.o.Store.SpendCode(ctx, owner, secret)
		if was {
			d.o.Log.Info("a recovery code was used", "owner", owner)
		}
		return was, err
	}
	f, err := d.o.Store.Factor(ctx, owner)
	if err != nil {
		return false, err
	}
	step, ok := auth.TOTPStep(f.Secret, digits(code), d.o.Now())
	if !ok {
		return false, nil
	}
	return d.o.Store.SpendStep(ctx, owner, step)
}

// digits leaves out the blank that programs show in the middle of a code.
func digits(code string) string {
	if len(code) == 7 && code[3] == ' ' {
		return code[:3] + code[4:]
	}
	return code
}

func (d *Desk) signOut(c *web.Call) error {
	s, err := d.session(c.R)
	if err == nil && s.ID != 0 {
		err = quietly(d.o.Store.EndSession(c.Ctx(), s.Owner, s.ID))
	}
	if err != nil {
		return err
	}
	setCookie(c, "session", "", 0)
	c.W.Header().Set("Clear-Site-Data", `"cache"`)
	return c.Redirect(SignIn)
}
