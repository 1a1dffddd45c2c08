package token

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// ErrInvalid says that a token is good for nothing here: not the issuer's, not
// for us, too old, withdrawn, or it names nobody.
var ErrInvalid = errors.New("the token is not good")

// ErrScope says that a token is good, and lacks a scope. It is an ErrInvalid.
var ErrScope = fmt.Errorf("%w: it lacks a scope", ErrInvalid)

// Options say which tokens are taken. URLs are absolute, with https, or with http
// on this machine.
type Options struct {
	Issuer string // as it calls itself in its tokens; a must where Introspection is empty
	Keys   string // URL of its keys (RFC 7517); empty: as its OpenID configuration says

	Introspection string // URL to ask about each token, in place of looking at signatures
	ClientID      string // who we are there
	ClientSecret  string

	Audience string   // whom a token must be for; a must where Introspection is empty
	Scopes   []string // all of which a token must have
	Claim    string   // what of a token names the user, such as email or sub

	Now func() time.Time // nil: time.Now
}

// Bounds of what is asked of an issuer.
const (
	patience  = 10 * time.Second // for an answer
	maxAnswer = 1 << 20          // octets
	maxConns  = 16
	skew      = time.Minute // by which clocks may differ
)

// A Verifier looks at tokens. It is safe for several goroutines.
type Verifier struct {
	o    Options
	http *http.Client
	keys *keys // where signatures are looked at
}

// New makes a Verifier. It asks nothing of the issuer yet, which may be down. The
// error names what is missing.
func New(o Options) (*Verifier, error) {
	var faults []error
	if o.Claim == "" {
		faults = append(faults, errors.New("no claim that names the user"))
	}
	if o.Introspection == "" && (o.Issuer == "" || o.Audience == "") {
		faults = append(faults, errors.New("no issuer or no audience, and no introspection"))
	}
	for _, text := range []string{o.Issuer, o.Keys, o.Introspection} {
		if u, err := url.Parse(text); text != "" && (err != nil || u.Host == "") {
			faults = append(faults, fmt.Errorf("%.100q is no URL", text))
		}
	}
	if len(faults) > 0 {
		return nil, fmt.Errorf("tokens: %w", errors.Join(faults...))
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	v := &Verifier{o: o, http: client()}
	v.keys = newKeys(v.o, v.http)
	return v, nil
}

// Verify tells whom a token names. The error is or wraps ErrInvalid or ErrScope;
// or the issuer could not be asked.
func (v *Verifier) Verify(ctx context.Context, token string) (user string, err error) {
	var c claims
	if v.o.Introspection != "" {
		c, err = v.introspect(ctx, token)
	} else {
		c, err = v.signed(ctx, token)
	}
	if err != nil {
		return "", err
	}
	return v.judge(c)
}

// judge looks at what both ways have in common.
func (v *Verifier) judge(c claims) (string, error) {
	now := v.o.Now()
	var why string
	switch until, ok := c.time("exp"); {
	case ok && now.Add(-skew).After(until):
		why = "it is over"
	case !ok && v.o.Introspection == "":
		why = "it never ends"
	}
	if from, ok := c.time("nbf"); ok && now.Add(skew).Before(from) {
		why = "its time has not come"
	}
	if who := c.text("iss"); v.o.Issuer != "" && who != v.o.Issuer && (who != "" || v.o.Introspection == "") {
		why = "it is of another issuer"
	}
	if v.o.Audience != "" && !slices.Contains(c.list("aud"), v.o.Audience) {
		why = "it is for somebody else"
	}
	user := c.text(v.o.Claim)
	verified, said := c["email_verified"]
	switch {
	case user == "":
		why = "it has no " + v.o.Claim
	case v.o.Claim == "email" && said && verified != true && verified != "true":
		why = "its address is not verified"
	}
	if why != "" {
		return "", fmt.Errorf("%w: %s", ErrInvalid, why)
	}
	// RFC 9068, 2.2.3, and what two large issuers have in its place.
	has := slices.Concat(strings.Fields(c.text("scope")), c.list("scp"), strings.Fields(c.text("scp")))
	for _, s := range v.o.Scopes {
		if !slices.Contains(has, s) {
			return "", ErrScope
		}
	}
	return user, nil
}

// claims are what a token, or an answer about one, says.
type claims map[string]any

func (c claims) text(name string) string {
	s, _ := c[name].(string)
	return s
}

// list gives a claim that is a list of texts, or one.
func (c claims) list(name string) (all []string) {
	switch v := c[name].(type) {
	case string:
		return []string{v}
	case []any:
		for _, e := range v {
			if s, ok := e.(string); ok {
				all = append(all, s)
			}
		}
	}
	return all
}

// time gives a claim that is a moment in seconds (RFC 7519, 2). What is there and
// is none is the year 1970.
func (c claims) time(name string) (time.Time, bool) {
	v, ok := c[name]
	if !ok || v == nil {
		return time.Time{}, false
	}
	n, _ := v.(float64)
	return time.Unix(int64(min(max(n, 0), 1<<53)), 0), true
}

// client asks issuers. It follows no redirection: a token or a secret would go
// along.
func client() *http.Client {
	return &http.Client{
		Timeout:       patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: bounded{&http.Transport{
			Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, MaxConnsPerHost: maxConns, MaxIdleConns: maxConns,
			IdleConnTimeout: time.Minute, TLSHandshakeTimeout: patience, ResponseHeaderTimeout: patience, MaxResponseHeaderBytes: 64 << 10,
		}},
	}
}
