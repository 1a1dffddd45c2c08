package token_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"restante/serve/auth/token"
	"restante/serve/auth/token/tokentest"
)

const relay = "https://mail.example.org"

// verifier looks at signatures; at is what the clock shows more than now.
func verifier(t *testing.T, i *tokentest.Issuer, at *atomic.Int64, more func(*token.Options)) *token.Verifier {
	t.Helper()
	o := token.Options{Issuer: i.URL, Audience: relay, Scopes: []string{"mail"}, Claim: "email", Now: func() time.Time {
		if at == nil {
			return time.Now()
		}
		return time.Now().Add(time.Duration(at.Load()))
	}}
	if more != nil {
		more(&o)
	}
	v, err := token.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func introspects(i *tokentest.Issuer) func(*token.Options) {
	return func(o *token.Options) {
		o.Introspection, o.ClientID, o.ClientSecret = i.IntrospectionURL(), tokentest.ClientID, tokentest.ClientSecret
	}
}

func TestVerify_SignedTokensNameTheirUser(t *testing.T) {
	i := tokentest.New(t)
	for _, at := range []string{"", i.KeysURL()} {
		v := verifier(t, i, nil, func(o *token.Options) { o.Keys = at })
		for _, algorithm := range []string{"RS256", "ES256", "EdDSA"} {
			if user, err := v.Verify(t.Context(), i.Token(algorithm, i.Claims(relay, "ada@example.org", nil))); user != "ada@example.org" || err != nil {
				t.Errorf("%s: %q, %v", algorithm, user, err)
			}
		}
	}
	if n := i.Asked("/keys"); n != 2 {
		t.Errorf("the keys were asked for %d times by two", n)
	}
}

// judged are claims and what must come of them, whichever way they are read.
func judged(i *tokentest.Issuer) map[string]struct {
	more map[string]any
	want error
} {
	in := func(d time.Duration) int64 { return time.Now().Add(d).Unix() }
	type row = struct {
		more map[string]any
		want error
	}
	return map[string]row{
		"good":                       {nil, nil},
		"one of several audiences":   {map[string]any{"aud": []string{"https://a.example", relay}}, nil},
		"scopes of Okta":             {map[string]any{"scope": nil, "scp": []string{"openid", "mail"}}, nil},
		"scopes of Microsoft":        {map[string]any{"scope": nil, "scp": "openid mail"}, nil},
		"a verified address":         {map[string]any{"email_verified": true}, nil},
		"over, and clocks differ":    {map[string]any{"exp": in(-30 * time.Second)}, nil},
		"to come, and clocks differ": {map[string]any{"nbf": in(30 * time.Second)}, nil},
		"over":                       {map[string]any{"exp": in(-2 * time.Minute)}, token.ErrInvalid},
		"to come":                    {map[string]any{"nbf": in(2 * time.Minute)}, token.ErrInvalid},
		"no moment":                  {map[string]any{"exp": "tomorrow"}, token.ErrInvalid},
		"another's audience":         {map[string]any{"aud": "https://a.example"}, token.ErrInvalid},
		"no audience":                {map[string]any{"aud": nil}, token.ErrInvalid},
		"an audience that is none":   {map[string]any{"aud": 7}, token.ErrInvalid},
		"another issuer":             {map[string]any{"iss": i.URL + "/"}, token.ErrInvalid},
		"nobody":                     {map[string]any{"email": nil}, token.ErrInvalid},
		"a user who is no text":      {map[string]any{"email": []string{"ada@example.org"}}, token.ErrInvalid},
		"an address not verified":    {map[string]any{"email_verified": false}, token.ErrInvalid},
		"another scope":              {map[string]any{"scope": "openid mails"}, token.ErrScope},
		"no scope":                   {map[string]any{"scope": nil}, token.ErrScope},
	}
}

func TestVerify_LooksAtEveryClaim(t *testing.T) {
	i := tokentest.New(t)
	signed, asked := verifier(t, i, nil, nil), verifier(t, i, nil, introspects(i))
	for name, c := range judged(i) {
		t.Run(name, func(t *testing.T) {
			claims := i.Claims(relay, "ada@example.org", c.more)
			i.Know(name, claims)
			for way, try := range map[string]func() (string, error){
				"signed": func() (string, error) { return signed.Verify(t.Context(), i.Token("ES256", claims)) },
				"asked":  func() (string, error) { return asked.Verify(t.Context(), name) },
			} {
				user, err := try()
				if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) || (user == "ada@example.org") != (err == nil) {
					t.Errorf("%s: %q, %v, want %v", way, user, err, c.want)
				}
				if errors.Is(c.want, token.ErrScope) != errors.Is(err, token.ErrScope) {
					t.Errorf("%s: %v is about a scope, or not", way, err)
				}
			}
		})
	}
	// What is a must under a signature, and may be left out of an answer.
	for _, left := range []string{"exp", "iss"} {
		claims := i.Claims(relay, "ada@example.org", map[string]any{left: nil})
		i.Know(left, claims)
		if _, err := signed.Verify(t.Context(), i.Token("ES256", claims)); !errors.Is(err, token.ErrInvalid) {
			t.Errorf("signed without %s: %v", left, err)
		}
		if _, err := asked.Verify(t.Context(), left); err != nil {
			t.Errorf("asked without %s: %v", left, err)
		}
	}
}

func TestVerify_TakesNothingThatTheIssuerHasNotSigned(t *testing.T) {
	i, other := tokentest.New(t), tokentest.New(t)
	v := verifier(t, i, nil, nil)
	claims := i.Claims(relay, "ada@example.org", nil)
	good := i.Token("RS256", claims)
	head, rest, _ := strings.Cut(good, ".")
	body, signature, _ := strings.Cut(rest, ".")
	otherBody := strings.Split(i.Token("RS256", i.Claims(relay, "eve@example.org", nil)), ".")[1]
	for name, text := range map[string]string{
		"another's":           other.Token("RS256", claims),
		"unsigned":            i.Token("none", claims),
		"a shared secret":     i.Token("HS256", claims),
		"other words":         head + "." + otherBody + "." + signature,
		"no signature":        head + "." + body + ".",
		"two parts":           head + "." + body,
		"empty":               "",
		"no JWT":              "ya29.opaque",
		"of another's header": strings.Split(other.Token("EdDSA", claims), ".")[0] + "." + body + "." + signature,
		"JSON":                `{"payload":"` + body + `","signatures":[{"protected":"` + head + `","signature":"` + signature + `"}]}`,
	} {
		user, err := v.Verify(t.Context(), text)
		if user != "" || !errors.Is(err, token.ErrInvalid) {
			t.Errorf("%s: %q, %v", name, user, err)
		}
		if err != nil && text != "" && strings.Contains(err.Error(), text) {
			t.Errorf("%s: the token is in %v", name, err)
		}
	}
	if n := i.Asked("/keys"); n != 1 {
		t.Errorf("the keys were asked for %d times", n)
	}
}

func TestKeys_FollowTheIssuer(t *testing.T) {
	i := tokentest.New(t)
	var at atomic.Int64
	v := verifier(t, i, &at, func(o *token.Options) { o.Keys = i.KeysURL() })
	long := map[string]any{"exp": time.Now().Add(100 * time.Hour).Unix()}
	mint := func() string { return i.Token("EdDSA", i.Claims(relay, "ada", long)) }
	verify := func(text string, want error) {
		t.Helper()
		if _, err := v.Verify(t.Context(), text); !errors.Is(err, want) || (err == nil) != (want == nil) {
			t.Errorf("%v, want %v", err, want)
		}
	}
	old := mint()
	verify(old, nil)
	i.Rotate()
	verify(old, nil) // not asked again for nothing
	next := mint()
	verify(next, token.ErrInvalid) // a moment after it was asked
	at.Store(int64(31 * time.Second))
	verify(next, nil)
	verify(old, token.ErrInvalid)
	for range 20 {
		verify(old, token.ErrInvalid)
	}
	if n := i.Asked("/keys"); n != 2 {
		t.Errorf("the keys were asked for %d times", n)
	}
	// One that was withdrawn is forgotten, though nobody brings another.
	i.Rotate()
	at.Add(int64(time.Hour))
	verify(next, token.ErrInvalid)

	// While the issuer is down, what is known goes on for a day.
	last := mint()
	verify(last, nil)
	i.Break(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	at.Add(int64(2 * time.Hour))
	verify(last, nil)
	at.Add(int64(23 * time.Hour))
	if _, err := v.Verify(t.Context(), last); err == nil || errors.Is(err, token.ErrInvalid) {
		t.Errorf("with keys of yesterday: %v", err)
	}
	i.Break(nil)
	at.Add(int64(time.Minute))
	verify(last, nil)
}

func TestVerify_TroubleOfTheIssuerIsNoWrongToken(t *testing.T) {
	i := tokentest.New(t)
	i.Know("opaque", i.Claims(relay, "ada", nil))
	good := i.Token("RS256", i.Claims(relay, "ada", nil))
	troubles := map[string]http.HandlerFunc{
		"500":          func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
		"redirection":  func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) },
		"no JSON":      func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") },
		"cut off":      func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"active": tr`) },
		"without end":  func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, strings.Repeat(" ", 2<<20)+"{}") },
		"hung up":      func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"nothing said": func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"keys":[],"jwks_uri":""}`) },
	}
	for name, how := range troubles {
		i.Break(how)
		for way, v := range map[string]*token.Verifier{
			"signed": verifier(t, i, nil, nil), "keys": verifier(t, i, nil, func(o *token.Options) { o.Keys = i.KeysURL() }), "asked": verifier(t, i, nil, introspects(i)),
		} {
			text := good
			if way == "asked" {
				text = "opaque"
				if name == "nothing said" { // which is that it is not active
					continue
				}
			}
			_, err := v.Verify(t.Context(), text)
			if err == nil || errors.Is(err, token.ErrInvalid) {
				t.Errorf("%s, %s: %v", name, way, err)
			}
			if err != nil && (strings.Contains(err.Error(), text) || strings.Contains(err.Error(), tokentest.ClientSecret)) {
				t.Errorf("%s, %s: a secret is in %v", name, way, err)
			}
		}
	}
	if n := i.Asked("/elsewhere"); n != 0 {
		t.Errorf("a redirection was followed %d times", n)
	}
	i.Break(nil)
	wrong := verifier(t, i, nil, func(o *token.Options) { introspects(i)(o); o.ClientSecret = "old" })
	if _, err := wrong.Verify(t.Context(), "opaque"); err == nil || errors.Is(err, token.ErrInvalid) {
		t.Errorf("with a wrong secret of ours: %v", err)
	}
	if _, err := verifier(t, i, nil, introspects(i)).Verify(t.Context(), "withdrawn"); !errors.Is(err, token.ErrInvalid) {
		t.Errorf("a token that is not active: %v", err)
	}
	// Another issuer's configuration, put in the way of ours.
	i.Break(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"issuer":"https://evil.example","jwks_uri":"%s"}`, i.KeysURL())
	})
	if _, err := verifier(t, i, nil, nil).Verify(t.Context(), good); err == nil || errors.Is(err, token.ErrInvalid) {
		t.Errorf("another issuer's configuration: %v", err)
	}
}

func TestNew_WantsWhatItCannotDoWithout(t *testing.T) {
	for _, o := range []token.Options{
		{}, {Claim: "sub"}, {Claim: "sub", Issuer: "https://id.example"}, {Claim: "sub", Audience: relay},
		{Introspection: "https://id.example/i"}, {Claim: "sub", Introspection: "id.example"},
	} {
		if _, err := token.New(o); err == nil {
			t.Errorf("%+v is taken", o)
		}
	}
}

// FuzzVerify sends whatever it likes as a token.
func FuzzVerify(f *testing.F) {
	i := tokentest.New(f)
	v, err := token.New(token.Options{Issuer: i.URL, Audience: relay, Claim: "email"})
	if err != nil {
		f.Fatal(err)
	}
	for _, algorithm := range []string{"RS256", "ES256", "EdDSA", "none"} {
		f.Add(i.Token(algorithm, i.Claims("another", "ada", nil)))
	}
	f.Fuzz(func(t *testing.T, text string) {
		if user, err := v.Verify(t.Context(), text); user != "" || !errors.Is(err, token.ErrInvalid) {
			t.Errorf("%q is %q's, %v", text, user, err)
		}
	})
}
