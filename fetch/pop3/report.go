package pop3

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509/pkix"
	"time"
)

// Report is what a server shows of itself to an account. What was not reached is
// empty. Words of the server's are made safe to show.
type Report struct {
	Account  string
	Address  string   // host:port
	Greeting string   // behind +OK
	TLS      *Channel // nil without TLS
	Greeted  []string // capabilities before login, and before TLS where STLS is used; nil where CAPA was not answered
	Secured  []string // the same behind STLS
	LoggedIn []string // the same after login
	Login    string   // the way in: a SASL mechanism, USER or APOP

	Messages  int   // by STAT
	Octets    int64 // by STAT
	UIDL      Ability
	TOP       Ability
	Pipelined Ability
	RoundTrip time.Duration // of NOOP; 0 where it was not measured

	Quirks []string // what is odd, in words for people
}

// Ability says whether something that a server lists works too.
type Ability string

// What was found.
const (
	Untried  Ability = ""         // it was not come to, or there was no mail to try it with
	Works    Ability = "works"    //
	Unlisted Ability = "unlisted" // it works though CAPA does not list it
	Broken   Ability = "broken"   // CAPA lists it, and it does not work
	Missing  Ability = "missing"  // it does not work, and CAPA does not list it
)

// Channel is what TLS gave.
type Channel struct {
	Version     string // as "TLS 1.3"
	Cipher      string // its IANA name
	Subject     string // of the server's certificate, as RFC 2253 writes it
	Issuer      string
	NotAfter    time.Time
	Fingerprint string // "sha256:<hex>"
}

func channel(cs tls.ConnectionState) *Channel {
	cert := cs.PeerCertificates[0]
	return &Channel{
		Version: tls.VersionName(cs.Version), Cipher: tls.CipherSuiteName(cs.CipherSuite),
		Subject: name(cert.Subject), Issuer: name(cert.Issuer), NotAfter: cert.NotAfter,
		Fingerprint: showFingerprint(sha256.Sum256(cert.Raw)),
	}
}

// name makes a name in a certificate safe to show.
func name(n pkix.Name) string { return shorten(printable(n.String()), maxText) }

// String gives one line for a trace.
func (c *Channel) String() string {
	return c.Version + ", " + c.Cipher + ", certificate of " + c.Subject + ", " + c.Fingerprint
}

// DaysLeft says for how many whole days from now the certificate is good; it is
// negative where it is not.
func (c *Channel) DaysLeft(now time.Time) int {
	return int(c.NotAfter.Sub(now).Hours()) / 24
}
