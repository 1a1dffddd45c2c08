// Package tokentest is an issuer of OAuth 2.0 access tokens for tests: its OpenID
// configuration, its keys (RFC 7517), signed tokens (RFC 7519) and introspection
// (RFC 7662), over the standard library alone, so that what is tested does not
// check its own work.
//
// # Why
//
// A real issuer needs minutes to start and a database; and none can be made to
// hang, to lie or to forget a key.
package tokentest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"
)

// Who may introspect.
const (
	ClientID     = "restante relay"
	ClientSecret = "a secret: of ours"
)

// Issuer is one that serves until its test ends. It is safe for several
// goroutines.
type Issuer struct {
	URL string // what it calls itself

	t      testing.TB
	server *httptest.Server

	mu     sync.Mutex // guards the fields below
	round  int        // of keys
	rsa    *rsa.PrivateKey
	ecdsa  *ecdsa.PrivateKey
	ed     ed25519.PrivateKey
	known  map[string]map[string]any // opaque tokens
	broken http.HandlerFunc          // answers in place of all; nil: nothing is broken
	asked  map[string]int            // by path
}

// New starts an issuer.
func New(t testing.TB) *Issuer {
	t.Helper()
	i := &Issuer{t: t, known: map[string]map[string]any{}, asked: map[string]int{}}
	i.Rotate()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, map[string]any{"issuer": i.URL, "jwks_uri": i.KeysURL()})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) { answer(w, map[string]any{"keys": i.keys()}) })
	mux.HandleFunc("POST /introspect", i.introspect)
	i.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i.mu.Lock()
		i.asked[r.URL.Path]++
		broken := i.broken
		i.mu.Unlock()
		if broken != nil {
			broken(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	i.URL = i.server.URL
	t.Cleanup(i.server.Close)
	return i
}

// KeysURL is where its keys are, IntrospectionURL where it is asked about tokens.
func (i *Issuer) KeysURL() string { return i.URL + "/keys" }

// IntrospectionURL wants ClientID and ClientSecret.
func (i *Issuer) IntrospectionURL() string { return i.URL + "/introspect" }

// Break has it answer all by itself; nil: as it should again.
func (i *Issuer) Break(how http.HandlerFunc) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.broken = how
}

// Asked tells how often a path was asked for.
func (i *Issuer) Asked(path string) int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.asked[path]
}

// Know has an opaque token be good, and introspection say that of it.
func (i *Issuer) Know(token string, says map[string]any) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.known[token] = says
}

// Rotate makes new keys. The old ones are forgotten.
func (i *Issuer) Rotate() {
	i.t.Helper()
	r, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		i.t.Fatal(err)
	}
	e, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		i.t.Fatal(err)
	}
	_, d, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		i.t.Fatal(err)
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.rsa, i.ecdsa, i.ed = r, e, d
	i.round++
}

// Claims are what a good token says; more is put into it, and what is nil there
// is left out.
func (i *Issuer) Claims(audience, user string, more map[string]any) map[string]any {
	now := time.Now()
	c := map[string]any{
		"iss": i.URL, "aud": audience, "sub": "4711", "email": user, "scope": "openid mail",
		"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(time.Hour).Unix(),
	}
	maps.Copy(c, more)
	maps.DeleteFunc(c, func(_ string, v any) bool { return v == nil })
	return c
}

// Token signs claims by RS256, ES256 or EdDSA; by none it signs nothing, and by
// HS256 with the text of the RSA key.
func (i *Issuer) Token(algorithm string, claims map[string]any) string {
	i.t.Helper()
	i.mu.Lock()
	defer i.mu.Unlock()
	head := part(i.t, map[string]any{"alg": algorithm, "typ": "at+jwt", "kid": fmt.Sprint(algorithm, i.round)})
	text := head + "." + part(i.t, claims)
	sum := sha256.Sum256([]byte(text))
	var signature []byte
	var err error
	switch algorithm {
	case "RS256":
		signature, err = rsa.SignPKCS1v15(rand.Reader, i.rsa, crypto.SHA256, sum[:])
	case "ES256":
		var r, s *big.Int
		r, s, err = ecdsa.Sign(rand.Reader, i.ecdsa, sum[:])
		if err == nil {
			signature = append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
		}
	case "EdDSA":
		signature = ed25519.Sign(i.ed, []byte(text))
	}
	if err != nil {
		i.t.Fatal(err)
	}
	return text + "." + raw(signature)
}

func part(t testing.TB, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return raw(b)
}

func raw(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// keys are the public ones, with a secret and one of a kind that nobody knows.
func (i *Issuer) keys() []map[string]any {
	i.mu.Lock()
	defer i.mu.Unlock()
	point, err := i.ecdsa.PublicKey.Bytes() // 4, x, y
	if err != nil {
		panic(err)
	}
	id := func(algorithm string) string { return fmt.Sprint(algorithm, i.round) }
	return []map[string]any{
		{"kty": "of tomorrow", "kid": "x"},
		{"kty": "oct", "kid": id("HS256"), "k": raw([]byte("a secret that should not be here"))},
		{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": id("RS256"), "n": raw(i.rsa.N.Bytes()), "e": raw(big.NewInt(int64(i.rsa.E)).Bytes())},
		{"kty": "EC", "crv": "P-256", "kid": id("ES256"), "x": raw(point[1:33]), "y": raw(point[33:])},
		{"kty": "OKP", "crv": "Ed25519", "kid": id("EdDSA"), "x": raw(i.ed.Public().(ed25519.PublicKey))},
	}
}

func (i *Issuer) introspect(w http.ResponseWriter, r *http.Request) {
	id, secret, _ := r.BasicAuth()
	id, err := url.QueryUnescape(id)
	if err == nil {
		secret, err = url.QueryUnescape(secret)
	}
	if err != nil || id != ClientID || secret != ClientSecret || r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	says, ok := i.known[r.PostFormValue("token")]
	if !ok {
		answer(w, map[string]any{"active": false})
		return
	}
	all := map[string]any{"active": true}
	maps.Copy(all, says)
	answer(w, all)
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(v); err != nil {
		panic(err)
	}
}
