package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"restante/configs"
	"restante/serve/auth/token"
	"restante/serve/pop3d"
)

var _ pop3d.Bearer = (*porter)(nil)

// bearer tells which users tokens are of.
type bearer struct {
	verifier *token.Verifier
	hint     pop3d.Tokens
	domain   string
}

// newBearer makes the settings' one; nil where no token logs in.
func newBearer(cfg configs.Tokens) (*bearer, error) {
	if !cfg.On() {
		return nil, nil
	}
	secret, err := cfg.ReadClientSecret()
	if err != nil {
		return nil, usage(fmt.Errorf("serve.tokens.client_secret_file: %w", err))
	}
	v, err := token.New(token.Options{
		Issuer: cfg.Issuer, Keys: cfg.Keys, Introspection: cfg.Introspection, ClientID: cfg.ClientID, ClientSecret: secret,
		Audience: cfg.Audience, Scopes: strings.Fields(cfg.Scope), Claim: cfg.Claim,
	})
	if err != nil {
		return nil, usage(err)
	}
	b := &bearer{verifier: v, hint: pop3d.Tokens{Scope: cfg.Scope}, domain: cfg.Domain}
	if cfg.Issuer != "" {
		b.hint.Configuration = token.Configuration(cfg.Issuer)
	}
	return b, nil
}

// local takes the domain of ours off a name; false: it has another, or none.
func (b *bearer) local(name string) (string, bool) {
	i := strings.LastIndexByte(name, '@')
	if b.domain == "" || i < 0 || !strings.EqualFold(name[i+1:], b.domain) {
		return name, b.domain == ""
	}
	return name[:i], true
}

// Bears tells which tokens log in.
func (p *porter) Bears() *pop3d.Tokens {
	if p.bearer == nil {
		return nil
	}
	return &p.bearer.hint
}

// Bring opens the mailbox that the name means, if it is one of whom the token
// names, or that one's inbox. The gate is not asked: a token cannot be guessed.
func (p *porter) Bring(ctx context.Context, name, text string, _ netip.Addr) (pop3d.Maildrop, error) {
	claimed, err := p.bearer.verifier.Verify(ctx, text)
	switch {
	case errors.Is(err, token.ErrScope):
		return nil, fmt.Errorf("%w: %w", pop3d.ErrScope, err)
	case errors.Is(err, token.ErrInvalid):
		return nil, fmt.Errorf("%w: %w", pop3d.ErrAuth, err)
	case err != nil:
		return nil, err
	}
	user, ours := p.bearer.local(claimed)
	known := false
	if ours {
		known, err = p.people.known(ctx, user)
	}
	owner, mailbox := user, ""
	if err == nil && known && name != "" {
		name, _ = p.bearer.local(name) // mail programs send their user's address
		owner, mailbox, err = p.split(ctx, name)
	}
	switch {
	case err != nil:
		return nil, err
	case !known || owner != user:
		return nil, fmt.Errorf("%w: the token is not of a user of that name", pop3d.ErrAuth)
	}
	return p.open(ctx, owner, mailbox, nil)
}
