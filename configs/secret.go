package configs

import (
	"fmt"
	"log/slog"
	"regexp"
)

// blanked stands for a secret wherever one would be printed.
const blanked = "***"

// Secret is text that nothing prints: fmt, slog, JSON and YAML give *** for it,
// or nothing where it is empty. [Secret.Reveal] gives the text.
type Secret string

// Reveal gives the text itself, for the one who must use it.
func (s Secret) Reveal() string { return string(s) }

// String gives ***, or the empty string for the empty secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return blanked
}

// Format blanks the secret under every verb: a wrong one would otherwise
// print the bare value beside its complaint.
func (s Secret) Format(f fmt.State, _ rune) { fmt.Fprint(f, s.String()) }

// LogValue blanks the secret for slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText blanks the secret for JSON, as value and as key.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalYAML blanks the secret.
func (s Secret) MarshalYAML() (any, error) { return s.String(), nil }

// URL says where something is that may want a password: a proxy, or a database,
// which may be a path or libpq's key=value pairs too. Printed, its password is
// ***.
type URL string

var (
	urlPassword  = regexp.MustCompile(`(?i)^([a-z][a-z0-9+.-]*://[^:/?#@]*:).*@`)
	pairPassword = regexp.MustCompile(`(?i)(password\s*=\s*)('(?:[^'\\]|\\.)*'|[^\s&]*)`)
)

// Reveal gives the text itself.
func (u URL) Reveal() string { return string(u) }

// String gives the text without its password.
func (u URL) String() string {
	s := urlPassword.ReplaceAllString(string(u), "${1}"+blanked+"@")
	return pairPassword.ReplaceAllString(s, "${1}"+blanked)
}

// Format prints the text without its password, whatever the verb.
func (u URL) Format(f fmt.State, _ rune) { fmt.Fprint(f, u.String()) }

// LogValue blanks the password for slog.
func (u URL) LogValue() slog.Value { return slog.StringValue(u.String()) }

// MarshalText blanks the password for JSON.
func (u URL) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

// MarshalYAML blanks the password.
func (u URL) MarshalYAML() (any, error) { return u.String(), nil }
