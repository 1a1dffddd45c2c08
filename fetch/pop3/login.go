package pop3

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"restante/fetch"
)

// credential is what an account logs in with.
type credential struct {
	user   string
	secret string // the password, or the token
	token  bool
}

// checkAuth finds what is wrong with the way in that an account sets.
func checkAuth(a fetch.Account) error {
	_, known := allowed[a.Auth]
	digest := a.Auth == fetch.AuthCRAMMD5 || a.Auth == fetch.AuthAPOP
	switch {
	case !known:
		return fmt.Errorf("auth is %q; set it to auto", a.Auth)
	case usesToken(a) && a.Token == nil:
		return fmt.Errorf("auth is %s, which logs in with a token, and no token is set", a.Auth)
	case usesToken(a) && a.TLS == fetch.TLSNone: // RFC 6750, section 5.3
		return errors.New("a token is sent under TLS only; set tls: implicit or starttls")
	case digest && a.TLS == fetch.TLSNone:
		return fmt.Errorf("auth is %s, from which a password can be guessed; it goes under TLS only; set tls: implicit or starttls", a.Auth)
	case !usesToken(a) && a.Password == nil:
		return errors.New("no password is set")
	}
	return nil
}

// credentialOf asks for the account's secret.
func credentialOf(ctx context.Context, a fetch.Account) (c credential, err error) {
	c = credential{user: a.Username, token: usesToken(a)}
	if !c.token {
		if c.secret, err = a.Password(ctx); err != nil {
			return c, fmt.Errorf("get the password: %w", err)
		}
		if !sendable(c.secret) {
			return c, errors.New("the password holds a line break or NUL, which POP3 cannot send")
		}
		return c, nil
	}
	if c.secret, err = a.Token(ctx); err != nil {
		return c, fmt.Errorf("get the token: %w", err)
	}
	if c.secret == "" || strings.ContainsFunc(c.secret, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return c, errors.New("the token is empty or holds what no token does: blanks, line breaks, or what is not ASCII")
	}
	if strings.ContainsFunc(c.user, unicode.IsControl) {
		return c, errors.New("the user name holds a control character, which cannot go with a token")
	}
	return c, nil
}

// Ways in that are no SASL mechanisms.
const (
	wayUser = "USER" // USER and PASS
	wayAPOP = "APOP"
)

// byPassword are the ways of auto, the strongest first.
var byPassword = []string{
	"SCRAM-SHA-256-PLUS", "SCRAM-SHA-256", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-1", "PLAIN", "LOGIN", wayUser,
}

// byToken are the ways of auto where the account has a token.
var byToken = []string{"OAUTHBEARER", "XOAUTH2"}

// allowed says which ways an account may take, the strongest first.
var allowed = map[fetch.Auth][]string{
	fetch.AuthAuto:        byPassword,
	fetch.AuthSCRAM:       byPassword[:4],
	fetch.AuthSCRAM256:    byPassword[:2],
	fetch.AuthSCRAM1:      byPassword[2:4],
	fetch.AuthOAuthBearer: byToken[:1],
	fetch.AuthXOAUTH2:     byToken[1:],
	fetch.AuthPlain:       {"PLAIN"},
	fetch.AuthLogin:       {"LOGIN"},
	fetch.AuthUser:        {wayUser},
	fetch.AuthCRAMMD5:     {"CRAM-MD5"},
	fetch.AuthAPOP:        {wayAPOP},
}

// usesToken tells whether an account logs in with a token.
func usesToken(a fetch.Account) bool {
	return a.Auth == fetch.AuthOAuthBearer || a.Auth == fetch.AuthXOAUTH2 || a.Auth == fetch.AuthAuto && a.Token != nil
}

// early is the end of a try before the server could judge the secret: the next
// way may be tried with it.
type early struct {
	err   error
	named bool // the server had heard the user's name
}

func (e *early) Error() string { return e.err.Error() }
func (e *early) Unwrap() error { return e.err }

// login goes through the ways in that the account allows and the server has. Once
// a secret was judged nothing else is tried with it: each try counts towards the
// provider's lock-out. For the same reason a SCRAM that the server broke off when
// it heard the name is not tried without binding, unless the binding was the trouble.
func (s *session) login(c credential) error {
	ways, err := s.ways(c)
	if err != nil {
		return err
	}
	var last error
	passed := ""
	for _, way := range ways {
		if family(way) == passed {
			continue
		}
		err := s.attempt(way, c)
		if err == nil {
			s.report.Login = way
			return nil
		}
		e, ok := errors.AsType[*early](err)
		if !ok {
			return err
		}
		if e.named && !bindingTrouble(err) {
			passed = family(way)
		}
		last = e.err
	}
	if s.guarded() {
		last = fmt.Errorf("%w; without TLS a password is not sent in clear to a server that offers SCRAM; set tls, or auth: plain to send it", last)
	}
	return last
}

// family is what a mechanism has in common with its variant that binds.
func family(way string) string { return strings.TrimSuffix(way, "-PLUS") }

func bindingTrouble(err error) bool { return strings.Contains(strings.ToLower(err.Error()), "channel") }

// secure tells whether what is said is said under TLS.
func (s *session) secure() bool { return s.acct.TLS != fetch.TLSNone }

// guarded tells whether auto stops at SCRAM: who listens to a line in clear hears
// nothing of use in SCRAM and all in the others. Against one who can change what
// is said, only TLS helps.
func (s *session) guarded() bool {
	return s.acct.Auth == fetch.AuthAuto && !s.secure() && slices.ContainsFunc(s.caps.sasl, isSCRAM)
}

func isSCRAM(mech string) bool { return slices.Contains(byPassword[:4], mech) }

// ways gives the ways to try.
func (s *session) ways(c credential) ([]string, error) {
	list := allowed[s.acct.Auth]
	if c.token && s.acct.Auth == fetch.AuthAuto {
		list = byToken
	}
	var ways []string
	for _, way := range list {
		if s.has(way) && (!s.guarded() || isSCRAM(way)) {
			ways = append(ways, way)
		}
	}
	if len(ways) == 0 {
		return nil, fmt.Errorf("auth is %s, and the server offers %s; set auth to one of these, or to auto", s.acct.Auth, s.offers())
	}
	return ways, nil
}

// has tells whether a way can be tried. What the account names is tried too where
// the server says nothing of SASL at all, and tokens always may be: some servers
// forget to list them.
func (s *session) has(way string) bool {
	switch {
	case way == wayUser, way == wayAPOP, way == "XOAUTH2":
		return true
	case strings.HasSuffix(way, "-PLUS"):
		return s.lists(way) && s.binding().IsSupported()
	case s.lists(way):
		return true
	case way == "OAUTHBEARER":
		return s.acct.Auth == fetch.AuthOAuthBearer
	}
	return s.acct.Auth != fetch.AuthAuto && len(s.caps.sasl) == 0
}

// lists tells whether CAPA lists a SASL mechanism.
func (s *session) lists(mech string) bool { return slices.Contains(s.caps.sasl, mech) }

// offers names the settings of auth that the server would take.
func (s *session) offers() string {
	var names []string
	for auth, ways := range allowed {
		if auth != fetch.AuthAuto && slices.ContainsFunc(ways, s.lists) {
			names = append(names, string(auth))
		}
	}
	names = append(names, string(fetch.AuthUser))
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// attempt tries one way.
func (s *session) attempt(way string, c credential) error {
	switch way {
	case wayUser:
		st, err := s.command("USER " + c.user)
		if err != nil {
			return err
		}
		if !st.OK {
			return s.loginError("USER", st)
		}
		return s.verdict("PASS", "PASS "+c.secret)
	case wayAPOP:
		return s.apop(c)
	}
	m, err := s.mechanism(way, c)
	if err != nil {
		return &early{err: fmt.Errorf("AUTH %s: %w", way, err)}
	}
	return s.authenticate("AUTH "+way, m)
}

// verdict sends a line that holds the secret and reads what the server says to it.
func (s *session) verdict(what, line string) error {
	answer, err := s.secretly(what, line)
	if err != nil {
		return s.hangUp(what, err)
	}
	st, err := s.parse(what, answer)
	switch {
	case err != nil:
		return err
	case !st.OK:
		return s.loginError(what, st)
	}
	return nil
}
