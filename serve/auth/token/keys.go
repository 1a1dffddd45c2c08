package token

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"golang.org/x/sync/singleflight"
)

// algorithms are how a token may be signed.
var algorithms = []jose.SignatureAlgorithm{jose.RS256, jose.ES256, jose.EdDSA}

const (
	fresh    = time.Hour        // how old keys may be while the issuer answers
	stale    = 24 * time.Hour   // and while it does not
	between  = 30 * time.Second // from one question to the next
	mostKeys = 100
)

// keys are an issuer's, as it has told them.
type keys struct {
	issuer, at string // at is empty until the issuer's configuration is read
	http       *http.Client
	now        func() time.Time
	flight     singleflight.Group

	mu    sync.Mutex // guards the fields below
	set   []jose.JSONWebKey
	read  time.Time // when set came
	asked time.Time // when the issuer was asked last
	err   error     // how that went
}

// Configuration is the URL at which an issuer tells about itself (OpenID Connect
// Discovery 1.0, 4).
func Configuration(issuer string) string {
	return strings.TrimSuffix(issuer, "/") + "/.well-known/openid-configuration"
}

func newKeys(o Options, c *http.Client) *keys {
	return &keys{issuer: o.Issuer, at: o.Keys, http: c, now: o.Now}
}

// signed looks at the signature under a token, and gives what it says.
func (v *Verifier) signed(ctx context.Context, token string) (c claims, err error) {
	jws, err := jose.ParseSignedCompact(token, algorithms)
	if err != nil {
		return nil, fmt.Errorf("%w: it is no JWT that is signed as it must be", ErrInvalid)
	}
	payload, err := v.keys.verify(ctx, jws)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(payload, &c); err != nil {
		return nil, fmt.Errorf("%w: it says nothing", ErrInvalid)
	}
	return c, nil
}

// verify gives what is signed. An unknown key may be a new one: the issuer is
// asked again, if that was not done a moment ago.
func (k *keys) verify(ctx context.Context, jws *jose.JSONWebSignature) ([]byte, error) {
	set, err := k.get(ctx, fresh)
	if err != nil {
		return nil, err
	}
	payload, ok := try(jws, set)
	if !ok {
		if set, err = k.get(ctx, between); err != nil {
			return nil, err
		}
		payload, ok = try(jws, set)
	}
	if !ok {
		return nil, fmt.Errorf("%w: no key of its issuer's has signed it", ErrInvalid)
	}
	return payload, nil
}

func try(jws *jose.JSONWebSignature, set []jose.JSONWebKey) ([]byte, bool) {
	id := jws.Signatures[0].Header.KeyID
	for _, key := range set {
		if id != "" && key.KeyID != id || key.Use == "enc" {
			continue
		}
		if payload, err := jws.Verify(key); err == nil {
			return payload, true
		}
	}
	return nil, false
}

// get gives keys that are no older than that, or, where the issuer does not
// answer or was asked a moment ago, what there is.
func (k *keys) get(ctx context.Context, age time.Duration) ([]jose.JSONWebKey, error) {
	now := k.now()
	k.mu.Lock()
	young := !k.read.IsZero() && now.Sub(k.read) < age
	soon := !k.asked.IsZero() && now.Sub(k.asked) < between
	k.mu.Unlock()
	if !young && !soon {
		done := k.flight.DoChan("", func() (any, error) {
			k.fetch(context.WithoutCancel(ctx)) // others wait for it too
			return nil, nil
		})
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("wait for the issuer's keys: %w", ctx.Err())
		case <-done:
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.read.IsZero() || now.Sub(k.read) >= stale {
		return nil, fmt.Errorf("ask for the issuer's keys: %w", k.err)
	}
	return k.set, nil
}

// fetch asks the issuer.
func (k *keys) fetch(ctx context.Context) {
	now := k.now()
	set, err := k.load(ctx)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.asked, k.err = now, err
	if err == nil {
		k.set, k.read = set, now
	}
}

func (k *keys) load(ctx context.Context) ([]jose.JSONWebKey, error) {
	if k.at == "" {
		var said struct {
			Issuer string `json:"issuer"`
			Keys   string `json:"jwks_uri"`
		}
		err := get(ctx, k.http, Configuration(k.issuer), &said)
		switch {
		case err != nil:
			return nil, err
		case said.Issuer != k.issuer: // OpenID Connect Discovery 1.0, 4.3
			return nil, fmt.Errorf("the configuration of %s is of another, %.100q", k.issuer, said.Issuer)
		case said.Keys == "":
			return nil, fmt.Errorf("the configuration of %s names no keys", k.issuer)
		}
		k.at = said.Keys // only one fetches at a time
	}
	var raw struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := get(ctx, k.http, k.at, &raw); err != nil {
		return nil, err
	}
	var set []jose.JSONWebKey
	for _, text := range raw.Keys[:min(len(raw.Keys), mostKeys)] {
		// What we cannot read others may want to (RFC 7517, 5). A secret is no key
		// to look at signatures with.
		var key jose.JSONWebKey
		if err := key.UnmarshalJSON(text); err == nil && key.IsPublic() {
			set = append(set, key)
		}
	}
	if len(set) == 0 {
		return nil, fmt.Errorf("%s has no key that we can use", k.at)
	}
	return set, nil
}
