package fetch

import (
	"context"
	"net"
	"strconv"
	"time"
)

// TLSMode says how the connection to an upstream is secured.
type TLSMode string

// The three ways (RFC 8314 for implicit TLS, RFC 2595 for STLS).
const (
	TLSImplicit TLSMode = "implicit"
	TLSStart    TLSMode = "starttls"
	TLSNone     TLSMode = "none"
)

// Keep says how long a message stays on the upstream after it is safe here.
// The zero value keeps for ever.
type Keep struct {
	Delete bool          // false: keep for ever
	After  time.Duration // with Delete: this long after the message was first seen; 0 means as soon as it is safe
}

// String gives the form that the settings use: forever, 0 or 336h0m0s.
func (k Keep) String() string {
	switch {
	case !k.Delete:
		return "forever"
	case k.After == 0:
		return "0"
	}
	return k.After.String()
}

// Due reports whether a message first seen at seen may be deleted at now.
func (k Keep) Due(seen, now time.Time) bool {
	return k.Delete && !now.Before(seen.Add(k.After))
}

// Account is one upstream maildrop and how to treat it.
type Account struct {
	Name  string // unique in the house, names the account in receipts and logs
	Owner string // the user whose mail this is

	Host        string
	Port        int
	TLS         TLSMode
	CAFile      string // PEM file of a private authority; empty: the system's
	Fingerprint string // "sha256:<hex>" pins the server's certificate instead of any authority

	Username string
	// Password is asked at each dial, so that a changed secret is heard of
	// without a restart. It must not be logged.
	Password func(ctx context.Context) (string, error)

	Schedule string // cron syntax, as the settings have it
	Keep     Keep

	Mailbox string // where all its mail goes, whatever the filter thinks; empty leaves it to the filter
	Archive bool   // keep its mail out of the maildrop
	Import  bool   // it is no upstream: its mail may have been taken from anywhere before
}

// Address is host:port for dialing and for messages to people.
func (a Account) Address() string { return net.JoinHostPort(a.Host, strconv.Itoa(a.Port)) }
