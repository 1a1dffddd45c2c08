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

// Auth is the way of logging in that an account allows. The zero value is
// AuthAuto.
type Auth string

// The ways, weakest last. AuthAuto takes the strongest of SCRAM, PLAIN, LOGIN
// and USER/PASS that the server has too, or the token where there is one.
// Every other one is taken or the login fails.
const (
	AuthAuto        Auth = "auto"
	AuthSCRAM       Auth = "scram" // any SCRAM (RFC 5802, RFC 7677), bound to the TLS channel where that can be
	AuthSCRAM256    Auth = "scram-sha-256"
	AuthSCRAM1      Auth = "scram-sha-1"
	AuthOAuthBearer Auth = "oauthbearer" // RFC 7628
	AuthXOAUTH2     Auth = "xoauth2"     // Google's and Microsoft's
	AuthPlain       Auth = "plain"       // RFC 4616
	AuthLogin       Auth = "login"
	AuthUser        Auth = "user"     // USER and PASS
	AuthCRAMMD5     Auth = "cram-md5" // RFC 2195; under TLS only
	AuthAPOP        Auth = "apop"     // RFC 1939, section 7; under TLS only
)

// Account is one upstream maildrop and how to treat it.
type Account struct {
	Name  string // unique in the house, names the account in receipts and logs
	Owner string // the user whose mail this is

	Host        string
	Port        int
	TLS         TLSMode
	CAFile      string // PEM file of a private authority; empty: the system's
	Fingerprint string // "sha256:<hex>" pins the server's certificate instead of any authority

	ClientCert string // PEM file shown to the server; empty: none
	ClientKey  string // PEM file of its key; empty: it is in ClientCert
	MinTLS     string // "1.2" or "1.3"; empty: 1.2
	// Proxy is the URL of a proxy to go through: socks5://[user:password@]host:port,
	// or http://… for one that answers CONNECT. Empty: none. It may hold a secret.
	Proxy  string
	Source string // the local IP address to call from; empty: the system's choice

	Auth     Auth
	Username string
	// Password is asked at each dial, so that a changed secret is heard of
	// without a restart. It must not be logged.
	Password func(ctx context.Context) (string, error)
	// Token gives an OAuth 2.0 access token, in place of Password. Like that it
	// is asked at each dial and must not be logged.
	Token func(ctx context.Context) (string, error)

	Schedule string // cron syntax, as the settings have it
	Keep     Keep

	MaxSize      int64 // octets of the largest message taken whole; 0, and more than it: Options.MaxSize
	HeadersOnly  bool  // of larger ones the header is taken, else nothing
	Newest       bool  // take the newest mail first
	MostMessages int   // taken in a round; 0: no bound
	MostBytes    int64 // octets taken in a round, which the last message may go over; 0: no bound
	Recent       bool  // leave alone what was there when the account was first listed so

	Mailbox string // where all its mail goes, whatever the filter thinks; empty leaves it to the filter
	Archive bool   // keep its mail out of the maildrop
	Import  bool   // it is no upstream: its mail may have been taken from anywhere before
}

// Address is host:port for dialing and for messages to people.
func (a Account) Address() string { return net.JoinHostPort(a.Host, strconv.Itoa(a.Port)) }
