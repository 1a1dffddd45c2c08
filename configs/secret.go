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

// DSN is a path or a database URL. Printed, its password is ***.
type DSN string

var (
	dsnURL  = regexp.MustCompile(`^([a-z][a-z0-9+.-]*://[^:/?#@]*:).*@`)
	dsnPair = regexp.MustCompile(`(?i)(password\s*=\s*)('(?:[^'\\]|\\.)*'|[^\s&]*)`)
)

// Reveal gives the text itself.
func (d DSN) Reveal() string { return string(d) }

// String gives the text without its password.
func (d DSN) String() string {
	s := dsnURL.ReplaceAllString(string(d), "${1}"+blanked+"@")
	return dsnPair.ReplaceAllString(s, "${1}"+blanked)
}

// Format prints the text without its password, whatever the verb.
func (d DSN) Format(f fmt.State, _ rune) { fmt.Fprint(f, d.String()) }

// LogValue blanks the password for slog.
func (d DSN) LogValue() slog.Value { return slog.StringValue(d.String()) }

// MarshalText blanks the password for JSON.
func (d DSN) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// MarshalYAML blanks the password.
func (d DSN) MarshalYAML() (any, error) { return d.String(), nil }
