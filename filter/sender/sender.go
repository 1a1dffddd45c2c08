package sender

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/idna"

	"restante/filter/letter"
)

// Sender is an entry: somebody whom an owner allows or blocks.
type Sender struct {
	Name    string    // an address, or a domain with all below it; of the form that Fold gives
	Blocked bool      // else allowed
	Since   time.Time // when the owner said so
}

// Domain tells whether the entry is a domain.
func (s Sender) Domain() bool { return !strings.Contains(s.Name, "@") }

// The states of an entry, as people and programs are told them.
const (
	Allowed = "allowed"
	Blocked = "blocked"
)

// State gives Allowed or Blocked.
func (s Sender) State() string {
	if s.Blocked {
		return Blocked
	}
	return Allowed
}

// Holds tells whether a text stands in the name, in any case and either writing of
// international domains. A domain has an @ before it, as addresses in it have.
func (s Sender) Holds(text string) bool {
	text = strings.ToLower(strings.TrimSpace(text))
	local, domain, address := cut(s.Name)
	if !address {
		domain = s.Name
	}
	spoken, err := idna.ToUnicode(domain)
	return strings.Contains(local+"@"+domain, text) || err == nil && strings.Contains(local+"@"+spoken, text)
}

// nameMost is the longest address (RFC 5321, section 4.5.3.1.3), in octets.
const nameMost = 254

// ErrName says that something is neither an address nor a domain.
var ErrName = errors.New("neither an address, as ada@example.org, nor a domain, as example.org")

// Fold gives the form in which names are kept and compared: lower case, without a
// final dot, the domain in the letters of DNS (RFC 5890). A domain may be written
// @example.org, and has a dot in it.
func Fold(name string) (string, error) {
	name = strings.TrimSpace(name)
	local, domain, address := cut(name)
	if !address {
		domain = name
	}
	domain = foldDomain(domain)
	switch {
	case len(name) > nameMost || len(local) > nameMost, strings.ContainsFunc(name, odd), !dotted(domain), address && local == "" && !strings.HasPrefix(name, "@"):
		return "", fmt.Errorf("%.60q: %w", name, ErrName)
	case local == "":
		return domain, nil
	}
	return strings.ToLower(local) + "@" + domain, nil
}

// odd tells of signs that stand in no name that anybody means.
func odd(r rune) bool { return r <= ' ' || r == 0x7f || strings.ContainsRune(`<>,;:"\()[]`, r) }

// dotted tells whether a domain has at least two labels, and none that is empty or
// too long.
func dotted(domain string) bool {
	labels := strings.Split(domain, ".")
	for _, l := range labels {
		if l == "" || len(l) > 63 || strings.ContainsAny(l, "@/*%") {
			return false
		}
	}
	return len(labels) > 1
}

func cut(name string) (local, domain string, ok bool) {
	at := strings.LastIndexByte(name, '@')
	if at < 0 {
		return "", "", false
	}
	return name[:at], name[at+1:], true
}

// foldDomain never refuses: what is no domain is compared as it is.
func foldDomain(domain string) string {
	domain = strings.ToLower(strings.TrimSuffix(domain, "."))
	if a, err := idna.Lookup.ToASCII(domain); err == nil {
		return a
	}
	return domain
}

// List is whom an owner allows and blocks, by name. Whoever holds one only reads it.
type List map[string]Sender

// ByName gives the entries in the order of their names.
func (l List) ByName() []Sender {
	return slices.SortedFunc(maps.Values(l), func(a, b Sender) int { return cmp.Compare(a.Name, b.Name) })
}

// find gives the nearest entry of an address.
func (l List) find(address string) (Sender, bool) {
	local, domain, ok := cut(address)
	if !ok {
		return Sender{}, false
	}
	domain = foldDomain(domain)
	if s, ok := l[strings.ToLower(local)+"@"+domain]; ok {
		return s, true
	}
	for domain != "" {
		if s, ok := l[domain]; ok {
			return s, true
		}
		_, domain, _ = strings.Cut(domain, ".")
	}
	return Sender{}, false
}

// Finding is what a list says of a letter.
type Finding struct {
	Sender  Sender
	Refuted bool   // he is allowed, but the letter is not from him
	By      string // what refuted it, as dmarc=fail
}

// Find gives what the list says of who a letter is from; ok is false where it says
// nothing.
func (l List) Find(m *letter.Letter) (f Finding, ok bool) {
	if len(l) == 0 || len(m.From) == 0 {
		return Finding{}, false
	}
	allowed := true
	for _, a := range m.From {
		s, known := l.find(a.Addr)
		if known && s.Blocked {
			return Finding{Sender: s}, true
		}
		if allowed = allowed && known; allowed && f.Sender.Name == "" {
			f.Sender = s
		}
	}
	if !allowed {
		return Finding{}, false
	}
	for _, a := range m.From {
		if f.By = refuted(m, a.Addr); f.By != "" {
			f.Refuted = true
			break
		}
	}
	return f, true
}
