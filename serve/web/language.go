package web

import (
	"net/http"

	"restante/serve/web/words"
)

// languageCookie holds the language that a reader chose.
const languageCookie = "language"

// spoken gives the language for a request: the one chosen, else the browser's.
func spoken(r *http.Request) *words.Language {
	if c, err := r.Cookie(languageCookie); err == nil {
		if l := words.ByCode(c.Value); l != nil {
			return l
		}
	}
	return words.Accepted(r.Header.Get("Accept-Language"))
}

const yearSeconds = 365 * 24 * 60 * 60

func chooseLanguage(c *Call) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	l := words.ByCode(form.Get("to"))
	if l == nil {
		return &Fault{Status: http.StatusBadRequest, Key: "fault.form"}
	}
	http.SetCookie(c.W, &http.Cookie{
		Name: languageCookie, Value: l.Code, Path: "/", MaxAge: yearSeconds,
		HttpOnly: true, Secure: c.R.TLS != nil, SameSite: http.SameSiteLaxMode,
	})
	return c.Redirect(Local(form.Get("back"), "/"))
}
