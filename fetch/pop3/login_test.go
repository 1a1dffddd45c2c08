package pop3_test

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"testing"

	"restante/fetch"
	"restante/fetch/pop3/pop3test"
)

// ways are the ways in that a server was asked for.
func ways(srv *pop3test.Server) (asked []string) {
	for _, c := range srv.Commands() {
		verb, arg, _ := strings.Cut(c, " ")
		switch verb {
		case "AUTH":
			asked = append(asked, arg)
		case "USER", "APOP":
			asked = append(asked, verb)
		}
	}
	return asked
}

const everything = "SASL LOGIN PLAIN CRAM-MD5 SCRAM-SHA-1 SCRAM-SHA-1-PLUS XOAUTH2 SCRAM-SHA-256 SCRAM-SHA-256-PLUS"

func TestLogin_TakesTheStrongestThatBothHave(t *testing.T) {
	old := func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 }
	for _, tt := range []struct {
		name, capa string
		mode       fetch.TLSMode
		config     func(*tls.Config)
		auth       fetch.Auth
		want       string
	}{
		{"all", everything, fetch.TLSImplicit, nil, fetch.AuthAuto, "SCRAM-SHA-256-PLUS"},
		{"unset", everything, fetch.TLSStart, nil, "", "SCRAM-SHA-256-PLUS"},
		{"all, TLS 1.2", everything, fetch.TLSImplicit, old, fetch.AuthAuto, "SCRAM-SHA-256-PLUS"},
		{"all, in clear", everything, fetch.TLSNone, nil, fetch.AuthAuto, "SCRAM-SHA-256"},
		{"nothing to bind with", "SASL PLAIN SCRAM-SHA-256", fetch.TLSImplicit, nil, fetch.AuthAuto, "SCRAM-SHA-256"},
		{"the old one bound", "SASL PLAIN SCRAM-SHA-1-PLUS SCRAM-SHA-1", fetch.TLSImplicit, nil, fetch.AuthAuto, "SCRAM-SHA-1-PLUS"},
		{"a newer one unbound", "SASL SCRAM-SHA-1-PLUS SCRAM-SHA-1 SCRAM-SHA-256", fetch.TLSImplicit, nil, fetch.AuthAuto, "SCRAM-SHA-256"},
		{"the old one", "SASL PLAIN SCRAM-SHA-1", fetch.TLSImplicit, nil, fetch.AuthAuto, "SCRAM-SHA-1"},
		{"no SCRAM", "SASL CRAM-MD5 LOGIN PLAIN", fetch.TLSImplicit, nil, fetch.AuthAuto, "PLAIN"},
		{"LOGIN", "SASL CRAM-MD5 LOGIN", fetch.TLSImplicit, nil, fetch.AuthAuto, "LOGIN"},
		{"CRAM-MD5 is not asked for", "SASL CRAM-MD5", fetch.TLSImplicit, nil, fetch.AuthAuto, "USER"},
		{"nothing", "USER", fetch.TLSImplicit, nil, fetch.AuthAuto, "USER"},
		{"scram", everything, fetch.TLSImplicit, nil, fetch.AuthSCRAM, "SCRAM-SHA-256-PLUS"},
		{"scram-sha-256", everything, fetch.TLSImplicit, nil, fetch.AuthSCRAM256, "SCRAM-SHA-256-PLUS"},
		{"scram-sha-1", everything, fetch.TLSImplicit, nil, fetch.AuthSCRAM1, "SCRAM-SHA-1-PLUS"},
		{"scram-sha-1 in clear", everything, fetch.TLSNone, nil, fetch.AuthSCRAM1, "SCRAM-SHA-1"},
		{"plain", everything, fetch.TLSNone, nil, fetch.AuthPlain, "PLAIN"},
		{"login", everything, fetch.TLSImplicit, nil, fetch.AuthLogin, "LOGIN"},
		{"user", everything, fetch.TLSImplicit, nil, fetch.AuthUser, "USER"},
		{"cram-md5", everything, fetch.TLSImplicit, nil, fetch.AuthCRAMMD5, "CRAM-MD5"},
		{"scram and no list", "USER", fetch.TLSImplicit, nil, fetch.AuthSCRAM, "SCRAM-SHA-256"},
		{"plain and no list", "USER", fetch.TLSImplicit, nil, fetch.AuthPlain, "PLAIN"},
	} {
		srv, err := dialError(t, pop3test.Options{TLS: tt.mode, TLSConfig: tt.config, Faults: pop3test.Faults{Capa: []string{tt.capa}}},
			func(a *fetch.Account) { a.Auth = tt.auth })
		if got := ways(srv); err != nil || !slices.Equal(got, []string{tt.want}) {
			t.Errorf("%s: %v, asked for %q, want %q", tt.name, err, got, tt.want)
		}
	}
}

func TestLogin_ATokenGoesAheadOfAPassword(t *testing.T) {
	for capa, want := range map[string]string{
		everything: "XOAUTH2", "SASL PLAIN OAUTHBEARER XOAUTH2": "OAUTHBEARER", "SASL OAUTHBEARER": "OAUTHBEARER",
	} {
		srv, err := withToken(t, pop3test.Faults{Capa: []string{capa}}, fetch.AuthAuto, "ya29.good")
		if got := ways(srv); err != nil || !slices.Equal(got, []string{want}) {
			t.Errorf("%s: %v, asked for %q", capa, err, got)
		}
		srv, err = withToken(t, pop3test.Faults{Capa: []string{capa}}, fetch.AuthAuto, "ya29.stale")
		if got := ways(srv); !errors.Is(err, fetch.ErrAuth) || !slices.Equal(got, []string{want}) {
			t.Errorf("%s, stale: %v, asked for %q", capa, err, got)
		}
	}
	srv, err := withToken(t, pop3test.Faults{Capa: []string{everything}}, fetch.AuthPlain, "ya29.good")
	if got := ways(srv); err != nil || !slices.Equal(got, []string{"PLAIN"}) {
		t.Errorf("plain beside a token: %v, asked for %q", err, got)
	}
}

func TestLogin_NeverOneWeakerThanTheAccountAllows(t *testing.T) {
	for _, tt := range []struct {
		auth fetch.Auth
		capa string
		want string
	}{
		{fetch.AuthSCRAM, "SASL PLAIN LOGIN", "auth is scram, and the server offers login, plain, user; set auth to one of these, or to auto"},
		{fetch.AuthSCRAM256, "SASL PLAIN SCRAM-SHA-1", "auth is scram-sha-256, and the server offers plain, scram, scram-sha-1, user"},
		{fetch.AuthPlain, "SASL LOGIN XOAUTH2", "auth is plain, and the server offers login, user, xoauth2"},
		{fetch.AuthLogin, "SASL PLAIN", "auth is login"},
		{fetch.AuthCRAMMD5, "SASL PLAIN", "auth is cram-md5"},
	} {
		srv, err := dialError(t, pop3test.Options{TLS: fetch.TLSImplicit, Faults: pop3test.Faults{Capa: []string{tt.capa}}}, func(a *fetch.Account) { a.Auth = tt.auth })
		if err == nil || !strings.Contains(err.Error(), tt.want) || errors.Is(err, fetch.ErrAuth) || secrets(srv) {
			t.Errorf("%s, %s: %v, heard %q", tt.auth, tt.capa, err, srv.Commands())
		}
	}
	for _, auth := range []fetch.Auth{fetch.AuthSCRAM, fetch.AuthPlain, fetch.AuthLogin, fetch.AuthCRAMMD5} {
		srv, err := dialError(t, pop3test.Options{TLS: fetch.TLSImplicit, Faults: pop3test.Faults{Capa: []string{everything}, Refuse: map[string]string{"AUTH": "no"}}},
			func(a *fetch.Account) { a.Auth = auth })
		if err == nil || slices.Contains(srv.Commands(), "***") || slices.Contains(ways(srv), "USER") {
			t.Errorf("%s refused: %v, heard %q", auth, err, srv.Commands())
		}
	}
}

func TestLogin_InClearAutoStopsAtSCRAM(t *testing.T) {
	for _, f := range []pop3test.Faults{
		{SCRAMFirst: "-ERR e=unknown-user"},
		{SCRAMFirst: "+ " + base64.StdEncoding.EncodeToString([]byte("e=unknown-user"))},
		{Refuse: map[string]string{"AUTH": "no such command"}},
	} {
		f.Capa = []string{everything}
		srv, err := dialError(t, pop3test.Options{Faults: f}, nil)
		if want := []string{"SCRAM-SHA-256", "SCRAM-SHA-1"}; !slices.Equal(ways(srv), want) {
			t.Errorf("asked for %q, want %q", ways(srv), want)
		}
		if err == nil || !strings.Contains(err.Error(), "without TLS a password is not sent in clear to a server that offers SCRAM") {
			t.Error(err)
		}
		srv, err = dialError(t, pop3test.Options{TLS: fetch.TLSImplicit, Faults: f}, nil)
		if tried := ways(srv); !slices.Contains(tried, "PLAIN") || err != nil {
			t.Errorf("under TLS: %v, asked for %q", err, tried)
		}
	}
}

func TestLogin_ChecksTheWayAheadOfCalling(t *testing.T) {
	none := func(context.Context) (string, error) { return "", nil }
	for want, change := range map[string]func(*fetch.Account){
		`auth is "best"; set it to auto`: func(a *fetch.Account) { a.Auth = "best" },
		"which logs in with a token":     func(a *fetch.Account) { a.Auth = fetch.AuthXOAUTH2 },
		"a token is sent under TLS only": func(a *fetch.Account) { a.Token = none },
		"it goes under TLS only":         func(a *fetch.Account) { a.Auth = fetch.AuthCRAMMD5 },
		"the token is empty":             func(a *fetch.Account) { a.Token, a.TLS = none, fetch.TLSImplicit },
		"holds what no token does":       func(a *fetch.Account) { a.Token, a.TLS = password("a\x01b"), fetch.TLSImplicit },
		"holds a control character":      func(a *fetch.Account) { a.Token, a.TLS, a.Username = password("t"), fetch.TLSImplicit, "a\x01b" },
		"get the token: context canceled": func(a *fetch.Account) {
			a.TLS = fetch.TLSImplicit
			a.Token = func(context.Context) (string, error) { return "", context.Canceled }
		},
	} {
		srv, err := dialError(t, pop3test.Options{}, change)
		if err == nil || !strings.Contains(err.Error(), want) || srv.Sessions() != 0 {
			t.Errorf("error %v in %d sessions, want %q in none", err, srv.Sessions(), want)
		}
	}
}
