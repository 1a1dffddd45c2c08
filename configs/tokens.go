package configs

import (
	"net/netip"
	"net/url"
)

// Tokens say whose OAuth 2.0 access tokens log in to the POP3 service. None do
// where there are neither Issuer nor Introspection.
type Tokens struct {
	Issuer           string `yaml:"issuer"`        // URL
	Keys             string `yaml:"keys"`          // URL; empty: as the issuer's OpenID configuration says
	Introspection    string `yaml:"introspection"` // URL; not empty: no signature is looked at
	ClientID         string `yaml:"client_id"`     // who we are where we introspect
	ClientSecretFile string `yaml:"client_secret_file"`
	Audience         string `yaml:"audience"` // whom tokens must be for
	Scope            string `yaml:"scope"`    // words, all of which a token must have
	Claim            string `yaml:"claim"`    // what names the user
	Domain           string `yaml:"domain"`   // which the claim has behind an @, and the user's name has not
}

// On tells whether tokens log in at all.
func (t Tokens) On() bool { return t.Issuer != "" || t.Introspection != "" }

// ReadClientSecret gives what ClientSecretFile holds, by the rules of
// [PasswordSource.Read]; nothing where there is none.
func (t Tokens) ReadClientSecret() (string, error) {
	if t.ClientSecretFile == "" {
		return "", nil
	}
	return readSecretFile("client secret", t.ClientSecretFile)
}

func (s *Settings) checkTokens(o Options) {
	const key = "serve.tokens"
	t := s.Serve.Tokens
	if t == (Tokens{}) {
		return
	}
	s.webURL(key+".issuer", t.Issuer)
	s.webURL(key+".keys", t.Keys)
	s.webURL(key+".introspection", t.Introspection)
	switch {
	case !t.On():
		s.places.fault(key, "has neither issuer nor introspection", "one of them, or both")
	case t.Claim == "":
		s.places.fault(key+".claim", "is missing", "what names the user: email, preferred_username, username, sub …")
	case t.Introspection == "" && t.Audience == "":
		s.places.fault(key+".audience", "is missing: without it any token of the issuer's would log in", "the name that the issuer has for this server")
	case t.Introspection != "" && t.Keys != "":
		s.places.fault(key+".keys", "is of no use with introspection", "one of them")
	case t.Introspection == "" && (t.ClientID != "" || t.ClientSecretFile != ""):
		s.places.fault(key+".client_id", "is of no use without introspection", "introspection beside it")
	case t.ClientSecretFile != "" && t.ClientID == "":
		s.places.fault(key+".client_secret_file", "is the secret of nobody", "client_id beside it")
	}
	if o.CheckSecrets {
		s.checkSecretFile(key+".client_secret_file", t.ClientSecretFile)
	} else {
		s.exists(key+".client_secret_file", t.ClientSecretFile)
	}
}

// webURL wants the address of a service that secrets go to. The text is not
// repeated: it may hold one.
func (s *Settings) webURL(key, text string) {
	if text == "" {
		return
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" {
		s.places.fault(key, "is no URL of a service", "https://host/path, without a password")
		return
	}
	addr, _ := netip.ParseAddr(u.Hostname())
	if u.Scheme != "https" && !(u.Scheme == "http" && (addr.IsLoopback() || u.Hostname() == "localhost")) {
		s.places.fault(key, "lets who listens hear tokens and secrets", "https://…, or http:// to this machine")
	}
}
