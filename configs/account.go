package configs

import (
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Account is one upstream maildrop. It has exactly one source of a secret.
type Account struct {
	Name           string `yaml:"name"`
	User           string `yaml:"user"` // whose mail it is
	Host           string `yaml:"host"`
	Port           int    `yaml:"port"`
	TLS            string `yaml:"tls"`                        // implicit, starttls or none
	TLSMin         string `yaml:"tls_min"`                    // 1.2 or 1.3
	CAFile         string `yaml:"ca_file,omitempty"`          // PEM of a private authority
	Fingerprint    string `yaml:"fingerprint,omitempty"`      // sha256: and 64 lower-case hexadecimal digits
	ClientCertFile string `yaml:"client_cert_file,omitempty"` // PEM shown to the server
	ClientKeyFile  string `yaml:"client_key_file,omitempty"`  // PEM of its key; empty: it is in the other
	Proxy          URL    `yaml:"proxy,omitempty"`            // socks5:// or http://
	SourceAddress  string `yaml:"source_address,omitempty"`   // an IP address of this machine
	Username       string `yaml:"username"`
	Auth           string `yaml:"auth"` // one of auths
	PasswordSource `yaml:",inline"`
	TokenSource    `yaml:",inline"`
	Schedule       string `yaml:"schedule"`
	Keep           Keep   `yaml:"keep"`
	MaxSize        Size   `yaml:"max_size"`       // of a message, at most 1GiB; 0: that
	Oversize       string `yaml:"oversize"`       // skip or headers
	Order          string `yaml:"order"`          // oldest or newest first
	Only           string `yaml:"only"`           // all or recent
	RoundMessages  int    `yaml:"round_messages"` // the most taken in a round; 0: no bound
	RoundSize      Size   `yaml:"round_size"`     // of all messages taken in a round; 0: no bound
}

// What an account has that says nothing of it. The port follows from TLS.
const (
	defaultTLS      = "implicit"
	defaultSchedule = "@every 5m"
	portImplicit    = 995 // RFC 8314, section 3.3
	portClear       = 110 // RFC 1939, section 3
)

// auths are the ways of logging in that an account may allow.
var (
	tokenAuths = []string{"oauthbearer", "xoauth2"}
	auths      = append([]string{"auto", "scram", "scram-sha-256", "scram-sha-1", "plain", "login", "user", "cram-md5", "apop"}, tokenAuths...)
)

const (
	roundMost   = 1_000_000_000 // messages a round that somebody may write
	messageMost = 1 << 30       // octets of a message: the fetcher takes no larger one
)

var (
	hostForm        = regexp.MustCompile(`^[0-9A-Za-z_]([0-9A-Za-z_-]*[0-9A-Za-z_])?(\.[0-9A-Za-z_]([0-9A-Za-z_-]*[0-9A-Za-z_])?)*\.?$`)
	fingerprintForm = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)
)

// complete gives each account what it left out. Its type check may have
// dropped a value; then the default stands in, and the fault ends the load.
func (s *Settings) complete() {
	for i := range s.Accounts {
		a := &s.Accounts[i]
		for _, d := range []struct {
			field *string
			value string
		}{
			{&a.TLS, defaultTLS}, {&a.TLSMin, "1.2"}, {&a.Auth, "auto"}, {&a.Schedule, defaultSchedule},
			{&a.Oversize, "skip"}, {&a.Order, "oldest"}, {&a.Only, "all"},
		} {
			if *d.field == "" {
				*d.field = d.value
			}
		}
		if a.Port == 0 && !s.places.given(fmt.Sprintf("accounts[%d].port", i)) {
			a.Port = portClear
			if a.TLS == defaultTLS {
				a.Port = portImplicit
			}
		}
		a.Fingerprint = plainFingerprint(a.Fingerprint)
	}
}

// plainFingerprint takes the colons out that openssl puts in.
func plainFingerprint(s string) string {
	kind, digits, ok := strings.Cut(strings.ToLower(s), ":")
	if !ok {
		return s
	}
	return kind + ":" + strings.ReplaceAll(digits, ":", "")
}

func (s *Settings) checkAccount(key string, a Account, o Options) {
	s.required(key+".user", a.User)
	s.checkHost(key, a)
	s.checkSecurity(key, a)
	s.checkWay(key, a)
	s.checkLogin(key, a, o)
	s.oneOf(key+".oversize", a.Oversize, "skip", "headers")
	s.oneOf(key+".order", a.Order, "oldest", "newest")
	s.oneOf(key+".only", a.Only, "all", "recent")
	if a.MaxSize > messageMost {
		s.places.fault(key+".max_size", fmt.Sprintf("%v is more than is ever taken", a.MaxSize), "at most 1GiB")
	}
	if n := a.RoundMessages; n < 0 || n > roundMost {
		s.places.fault(key+".round_messages", fmt.Sprintf("%d is out of bounds", n), "0 for no bound, or as many as a round may take")
	}
	s.schedule(key+".schedule", a.Schedule, "", o)
}

// schedule wants a schedule, or the word that stands for none.
func (s *Settings) schedule(key, text, none string, o Options) {
	if o.CheckSchedule == nil || none != "" && text == none {
		return
	}
	if err := o.CheckSchedule(text); err != nil {
		allowed := `"@every 5m", or cron's minute hour day month weekday`
		if none != "" {
			allowed += ", or " + none
		}
		s.places.fault(key, err.Error(), allowed)
	}
}

// checkMailboxes wants no mailbox of one user twice: each of its messages would
// be. Two users may share one, and have a copy each.
func (s *Settings) checkMailboxes() {
	type mailbox struct {
		user, host, username string
		port                 int
	}
	seen := map[mailbox]int{}
	for i, a := range s.Accounts {
		m := mailbox{a.User, strings.ToLower(a.Host), a.Username, a.Port}
		first, twice := seen[m]
		if twice && m.user != "" && m.host != "" && m.username != "" {
			s.places.fault(fmt.Sprintf("accounts[%d].username", i),
				fmt.Sprintf("this is the mailbox of accounts[%d], and its mail would come twice", first), "a mailbox once for each user")
			continue
		}
		seen[m] = i
	}
}

func (s *Settings) checkHost(key string, a Account) {
	s.required(key+".host", a.Host)
	if !isHost(a.Host) {
		s.places.fault(key+".host", fmt.Sprintf("%.80q is no host", a.Host),
			"a host name (an international one in its xn-- form) or an IP address, without a port")
	}
	if a.Port < 1 || a.Port > 65535 {
		s.places.fault(key+".port", fmt.Sprintf("%d is no port", a.Port), "1 to 65535")
	}
}

func isHost(h string) bool {
	_, err := netip.ParseAddr(h)
	return err == nil || hostForm.MatchString(h) && len(h) <= textMost
}

// checkSecurity is about TLS: what would never be looked at is a fault.
func (s *Settings) checkSecurity(key string, a Account) {
	s.oneOf(key+".tls", a.TLS, "implicit", "starttls", "none")
	s.oneOf(key+".tls_min", a.TLSMin, "1.2", "1.3")
	s.exists(key+".ca_file", a.CAFile)
	s.exists(key+".client_cert_file", a.ClientCertFile)
	s.exists(key+".client_key_file", a.ClientKeyFile)
	if a.Fingerprint != "" && !fingerprintForm.MatchString(a.Fingerprint) {
		s.places.fault(key+".fingerprint", fmt.Sprintf("%.80q is none", a.Fingerprint),
			"sha256: and 64 hexadecimal digits, with or without colons")
	}
	if a.CAFile != "" && a.Fingerprint != "" {
		s.places.fault(key+".fingerprint", "stands beside ca_file", "one of them: a fingerprint takes the place of any authority")
	}
	if a.ClientKeyFile != "" && a.ClientCertFile == "" {
		s.places.fault(key+".client_key_file", "is the key of no certificate", "client_cert_file beside it")
	}
	if a.TLS != "none" {
		return
	}
	for name, used := range map[string]bool{
		"ca_file": a.CAFile != "", "fingerprint": a.Fingerprint != "", "client_cert_file": a.ClientCertFile != "",
		"client_key_file": a.ClientKeyFile != "", "tls_min": a.TLSMin != "1.2",
	} {
		if used {
			s.places.fault(key+"."+name, "is of no use with tls: none", "tls: implicit or starttls")
		}
	}
}

// checkWay is about how the host is reached. A proxy's URL is not repeated: it
// may hold a password in a place where no password is looked for.
func (s *Settings) checkWay(key string, a Account) {
	if a.SourceAddress != "" {
		if _, err := netip.ParseAddr(a.SourceAddress); err != nil {
			s.places.fault(key+".source_address", fmt.Sprintf("%.80q is none", a.SourceAddress), "an IP address of this machine")
		}
	}
	if a.Proxy == "" {
		return
	}
	const allowed = "socks5://host:port or http://host:port, with user:password@ before the host where it wants them"
	u, err := url.Parse(a.Proxy.Reveal())
	switch {
	case err != nil:
		s.places.fault(key+".proxy", "is no URL", allowed)
	case u.Scheme != "socks5" && u.Scheme != "http":
		s.places.fault(key+".proxy", "is of another kind", allowed)
	case !isHost(u.Hostname()) || !isPort(u.Port()):
		s.places.fault(key+".proxy", "has no host and port", allowed)
	case u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "":
		s.places.fault(key+".proxy", "goes on behind the port", allowed)
	}
}

func isPort(text string) bool {
	n, err := strconv.Atoi(text)
	return err == nil && n >= 1 && n <= 65535
}

func (s *Settings) checkLogin(key string, a Account, o Options) {
	s.required(key+".username", a.Username)
	if strings.ContainsFunc(a.Username, unicode.IsControl) || len(a.Username) > textMost {
		s.places.fault(key+".username", "is too long or holds a control character", fmt.Sprintf("at most %d octets", textMost))
	}
	s.oneSecret(key, "password or token", []string{"password_file", "password_env", "password_command", "password", "token_file", "token_command"},
		a.PasswordFile != "", a.PasswordEnv != "", a.PasswordCommand != "", a.Password != "", a.TokenFile != "", a.TokenCommand != "")
	if o.CheckSecrets {
		s.checkFiles(key, a)
	}
	s.oneOf(key+".auth", a.Auth, auths...)
	wantsToken, hasToken := slices.Contains(tokenAuths, a.Auth), a.TokenSource != TokenSource{}
	switch {
	case wantsToken && !hasToken:
		s.places.fault(key+".auth", a.Auth+" wants a token, not a password", "token_file or token_command beside it, or another auth")
	case hasToken && !wantsToken && a.Auth != "auto":
		s.places.fault(key+".auth", a.Auth+" wants a password, not a token", "auto, "+strings.Join(tokenAuths, ", "))
	case hasToken && a.TLS == "none":
		s.places.fault(key+".tls", "none lets who listens take the token", "implicit or starttls with a token")
	case (a.Auth == "cram-md5" || a.Auth == "apop") && a.TLS == "none":
		s.places.fault(key+".auth", a.Auth+" without TLS lets who listens guess the password", "tls: implicit or starttls, or another auth")
	}
}
