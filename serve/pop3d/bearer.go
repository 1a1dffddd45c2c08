package pop3d

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/emersion/go-sasl"
)

// xoauth2 is what Google and Microsoft had before RFC 7628, and what most mail
// programs with tokens speak still.
const xoauth2 = "XOAUTH2"

// ErrScope says that a token is good, and not for this. It is an ErrAuth.
var ErrScope = fmt.Errorf("%w: the token lacks a scope", ErrAuth)

// A Bearer is a Porter whose users can log in with an OAuth 2.0 access token
// (RFC 6750) of somebody who knows them. A server with one that takes tokens
// offers OAUTHBEARER and XOAUTH2.
type Bearer interface {
	Porter

	// Bears tells where tokens are to be had; nil: none is taken now.
	Bears() *Tokens

	// Bring is the login of who brings a token. Name is empty where the client
	// names nobody: then it is whom the token names. The errors are those of
	// Login, and ErrScope.
	Bring(ctx context.Context, name, token string, remote netip.Addr) (Maildrop, error)
}

// Tokens is what a client is told whose token was refused (RFC 7628, 3.2.2).
// What is empty is not told.
type Tokens struct {
	Scope         string // what a token must be for, words with a space between
	Configuration string // the URL of the issuer's OpenID configuration
}

// errBring says that there is no token in what a client sent: nothing was asked
// about it.
var errBring = errors.New("a response without a token")

// bearerServer is one exchange of either mechanism. A client whose token was
// refused is told why in JSON, and answers that before it hears -ERR.
type bearerServer struct {
	old     bool // XOAUTH2
	tokens  Tokens
	bring   func(name, token string) error
	ended   func(error) error // how the login went; not told of what was no try
	refused error             // what the exchange ends with; nil: it goes on
}

func (b *bearerServer) Next(response []byte) (challenge []byte, done bool, err error) {
	switch {
	case errors.Is(b.refused, errBring): // this is the answer to why, whatever it says
		return nil, true, b.refused
	case b.refused != nil:
		return nil, true, b.ended(b.refused)
	case response == nil:
		return nil, false, nil
	}
	parse, mechanism := parseBearer, sasl.OAuthBearer
	if b.old {
		parse, mechanism = parseXOAUTH2, xoauth2
	}
	name, token, err := parse(response)
	if err == nil && token == "" { // asks where tokens are to be had (RFC 7628, 4.3)
		err = fmt.Errorf("%w: no token", ErrAuth)
	} else if err == nil {
		err = b.bring(name, token)
	}
	if err == nil || !errors.Is(err, ErrAuth) && !errors.Is(err, errBring) {
		return nil, true, b.ended(err)
	}
	b.refused = err
	challenge, err = json.Marshal(b.why(err))
	if err != nil {
		return nil, true, fmt.Errorf("%s: %w", mechanism, err)
	}
	return challenge, false, nil
}

// refusal is why a token was refused, in JSON.
type refusal struct {
	Status        string `json:"status"`
	Schemes       string `json:"schemes"`
	Scope         string `json:"scope,omitempty"`
	Configuration string `json:"openid-configuration,omitempty"`
}

// why gives the status by RFC 6750, 3.1. XOAUTH2 has the numbers of HTTP.
func (b *bearerServer) why(err error) refusal {
	r := refusal{Status: "invalid_token", Schemes: "bearer", Scope: b.tokens.Scope}
	number := "401"
	switch {
	case errors.Is(err, ErrScope):
		r.Status, number = "insufficient_scope", "403"
	case errors.Is(err, errBring):
		r.Status, number = "invalid_request", "400"
	}
	if b.old {
		r.Status = number
		return r
	}
	r.Configuration = b.tokens.Configuration
	return r
}

// kvsep is between the pairs of both mechanisms.
const kvsep = "\x01"

// parseBearer reads OAUTHBEARER (RFC 7628, 3.1): n,a=NAME,^Aauth=Bearer TOKEN^A^A.
// No token is no error.
func parseBearer(response []byte) (name, token string, err error) {
	flag, rest, ok := strings.Cut(string(response), ",")
	if !ok || flag != "n" && flag != "y" { // y: it could bind, and we do not
		return "", "", fmt.Errorf("%w: it binds to a connection, or begins without n", errBring)
	}
	id, rest, ok := strings.Cut(rest, ",")
	if !ok {
		return "", "", fmt.Errorf("%w: its header has no end", errBring)
	}
	if name, ok = strings.CutPrefix(id, "a="); !ok && id != "" {
		return "", "", fmt.Errorf("%w: who is meant does not begin with a=", errBring)
	}
	if strings.ContainsAny(name, kvsep+"\x00") { // no name has them
		return "", "", fmt.Errorf("%w: who is meant has a sign that no name has", errBring)
	}
	// RFC 5801, 4. Clients that do not know that send = as it is.
	name = strings.NewReplacer("=2C", ",", "=3D", "=").Replace(name)
	if rest, ok = strings.CutPrefix(rest, kvsep); !ok {
		return "", "", fmt.Errorf("%w: its pairs do not begin", errBring)
	}
	token, err = parsePairs(rest, nil)
	return name, token, err
}

// parseXOAUTH2 reads user=NAME^Aauth=Bearer TOKEN^A^A.
func parseXOAUTH2(response []byte) (name, token string, err error) {
	token, err = parsePairs(string(response), &name)
	if err == nil && name == "" {
		err = fmt.Errorf("%w: it names nobody", errBring)
	}
	return name, token, err
}

// parsePairs reads pairs up to the empty one. Others than ours are left alone
// (RFC 7628, 3.1). User is nil where it is none of ours.
func parsePairs(text string, user *string) (token string, err error) {
	for {
		pair, rest, ok := strings.Cut(text, kvsep)
		if !ok {
			return "", fmt.Errorf("%w: its pairs have no end", errBring)
		}
		if pair == "" {
			if rest != "" {
				return "", fmt.Errorf("%w: there is more behind its end", errBring)
			}
			return token, nil
		}
		key, value, ok := strings.Cut(pair, "=")
		switch {
		case !ok:
			return "", fmt.Errorf("%w: a pair without =", errBring)
		case key == "user" && user != nil:
			*user = value
		case key == "auth" && value != "":
			if token, err = parseToken(value); err != nil {
				return "", err
			}
		}
		text = rest
	}
}

// parseToken reads Bearer TOKEN, the word in either case (RFC 6750, 2.1).
func parseToken(value string) (string, error) {
	scheme, token, _ := strings.Cut(value, " ")
	if !strings.EqualFold(scheme, "bearer") {
		return "", fmt.Errorf("%w: it is of another scheme than Bearer", errBring)
	}
	token = strings.TrimLeft(token, " ")
	plain := strings.TrimRight(token, "=")
	odd := func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("-._~+/", r))
	}
	if plain == "" || bytes.ContainsFunc([]byte(plain), odd) {
		return "", fmt.Errorf("%w: its token has a sign that none can have", errBring)
	}
	return token, nil
}
