package configs

import (
	"fmt"
	"net/netip"
	"slices"
	"time"
	"unicode"
	"unicode/utf8"
)

// Serve is our own POP3 service.
type Serve struct {
	POP3      POP3          `yaml:"pop3"`
	POP3S     POP3S         `yaml:"pop3s"`
	TLS       TLS           `yaml:"tls"`
	Separator string        `yaml:"separator"` // between user and mailbox in a login name
	Idle      time.Duration `yaml:"idle"`      // at least ten minutes (RFC 1939, section 3)
	SCRAM     bool          `yaml:"scram"`     // keep keys of passwords, for logins that send none
	Tokens    Tokens        `yaml:"tokens"`    // logins with a token in place of a password

	Sessions   int           `yaml:"sessions"`    // at a time, of all doors
	PerAddress int           `yaml:"per_address"` // of these, of one address or one IPv6 /64
	PerUser    int           `yaml:"per_user"`    // of these, of one user
	Exclusive  bool          `yaml:"exclusive"`   // a mailbox is for one session at a time
	Trusted    []string      `yaml:"trusted"`     // networks that wrong passwords do not slow down
	Ban        time.Duration `yaml:"ban"`         // how long whoever goes on guessing is refused at first
	Doors      []Door        `yaml:"doors"`       // further listeners
}

// POP3 is the listener that starts in clear and offers STLS.
type POP3 struct {
	Address   string `yaml:"address"`   // host:port; empty: off
	Plaintext string `yaml:"plaintext"` // logins without TLS: never, loopback or always
}

// POP3S is the listener with implicit TLS (RFC 8314).
type POP3S struct {
	Address string `yaml:"address"` // host:port; empty: off
}

// TLS is our certificate and its key: both or neither.
type TLS struct {
	CertFile string `yaml:"cert_file"`
	KeyFile  string `yaml:"key_file"`
	ACME     ACME   `yaml:"acme"` // certificates of an authority
}

// Door is a listener with rules of its own.
type Door struct {
	Name        string   `yaml:"name"`
	Address     string   `yaml:"address"`               // host:port
	ImplicitTLS bool     `yaml:"implicit_tls"`          // TLS from the first byte
	Plaintext   string   `yaml:"plaintext,omitempty"`   // as of POP3; loopback where none is said
	TLSMin      string   `yaml:"tls_min,omitempty"`     // 1.0 to 1.3; 1.2 where none is said
	Networks    []string `yaml:"networks,omitempty"`    // who may connect; empty: everybody
	Proxies     []string `yaml:"proxies,omitempty"`     // who must tell his client by the PROXY protocol
	ReadOnly    bool     `yaml:"read_only,omitempty"`   // nothing is deleted through it
	OldOutlook  bool     `yaml:"old_outlook,omitempty"` // mend what Outlook stumbles over
}

const (
	sessionsMost = 1_000_000
	banLeast     = 15 * time.Minute // which guessers wait without one
	banMost      = day
)

func (s *Settings) checkServe(o Options) {
	s.listenAddress("serve.pop3.address", s.Serve.POP3.Address)
	s.listenAddress("serve.pop3s.address", s.Serve.POP3S.Address)
	s.oneOf("serve.pop3.plaintext", s.Serve.POP3.Plaintext, "never", "loopback", "always")
	if t := s.Serve.TLS; (t.CertFile == "") != (t.KeyFile == "") {
		s.places.fault("serve.tls", "has one of cert_file and key_file", "both, or neither")
	}
	s.exists("serve.tls.cert_file", s.Serve.TLS.CertFile)
	s.exists("serve.tls.key_file", s.Serve.TLS.KeyFile)
	s.checkACME(o)
	sep, size := utf8.DecodeRuneInString(s.Serve.Separator)
	if size == 0 || size != len(s.Serve.Separator) || !unicode.IsPunct(sep) && !unicode.IsSymbol(sep) {
		s.places.fault("serve.separator", fmt.Sprintf("%.20q is none", s.Serve.Separator), "one sign such as + or %, no letter, digit or blank")
	}
	if s.Serve.Idle < idleLeast {
		s.places.fault("serve.idle", fmt.Sprintf("%v is too short (RFC 1939, section 3)", s.Serve.Idle), "10m or more")
	}
	s.atMost("serve.sessions", s.Serve.Sessions, sessionsMost)
	s.atMost("serve.per_address", s.Serve.PerAddress, sessionsMost)
	s.atMost("serve.per_user", s.Serve.PerUser, sessionsMost)
	s.networks("serve.trusted", s.Serve.Trusted)
	if s.Serve.Ban < banLeast || s.Serve.Ban > banMost {
		s.places.fault("serve.ban", fmt.Sprintf("%v is out of bounds", s.Serve.Ban), "15m to 24h")
	}
	s.checkTokens(o)
	names := map[string]int{}
	for i, d := range s.Serve.Doors {
		s.checkDoor(fmt.Sprintf("serve.doors[%d]", i), d, i, names)
	}
}

func (s *Settings) checkDoor(key string, d Door, i int, names map[string]int) {
	s.name(key, d.Name, i, names)
	if slices.Contains([]string{"pop3", "pop3s", "monitor", "web", "acme-http", "acme-tls"}, d.Name) {
		s.places.fault(key+".name", fmt.Sprintf("%q is the name of another", d.Name), "a name of its own")
	}
	s.required(key+".address", d.Address)
	s.listenAddress(key+".address", d.Address)
	if d.Plaintext != "" {
		s.oneOf(key+".plaintext", d.Plaintext, "never", "loopback", "always")
	}
	if d.TLSMin != "" {
		s.oneOf(key+".tls_min", d.TLSMin, "1.0", "1.1", "1.2", "1.3")
	}
	s.networks(key+".networks", d.Networks)
	s.networks(key+".proxies", d.Proxies)
}

// networks wants addresses with the length of their prefix.
func (s *Settings) networks(key string, list []string) {
	for i, text := range list {
		if p, err := netip.ParsePrefix(text); err != nil || p != p.Masked() {
			s.places.fault(fmt.Sprintf("%s[%d]", key, i), fmt.Sprintf("%.80q is no network", text), "192.168.0.0/16, 192.0.2.1/32, fd00::/8 and the like")
		}
	}
}
