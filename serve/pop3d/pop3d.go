package pop3d

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"strings"
	"time"
)

// A Maildrop is what one session sees of a mailbox: a listing fixed at login.
// Its i counts from 0 to Len()-1. It is used by one goroutine. One that lists mail
// for some days only has a method Expire() int, which gives their number; one with
// headers in UTF-8 has PlainSize and OpenPlain, which give it with those in ASCII.
type Maildrop interface {
	Len() int

	// Size is the octets of message i as they are sent: with CRLF line ends,
	// the last one too, and before dot-stuffing (RFC 1939, 11).
	Size(i int) int64

	// UID is the unique id of message i: 1 to 70 octets from 0x21 to 0x7E,
	// never reused for another message (RFC 1939, 7).
	UID(i int) string

	// Open gives message i. Bare LF is sent as CRLF, and a missing last line
	// end is added. Its reader must end with io.EOF only at the end of the
	// message. Errors are those of Options.Damaged, or faults that pass: those
	// are -ERR [SYS/TEMP], or cut the connection once the message has begun.
	Open(ctx context.Context, i int) (io.ReadCloser, error)

	// Delete deletes the marked messages, all or none. It is called at most
	// once, at QUIT, and not without a mark.
	Delete(ctx context.Context, marked []int) error

	// Close is called once, however the session ended. It must not delete.
	Close() error
}

// plain is a Maildrop with headers that it can make ASCII, which is how they are
// sent until the client says UTF8 (RFC 6856, 2). Both methods are as those of
// Maildrop. Of any other Maildrop headers are sent as they are.
type plain interface {
	PlainSize(i int) int64
	OpenPlain(ctx context.Context, i int) (io.ReadCloser, error)
}

// A Porter lets people in. Login is called by several goroutines at once, and
// remote is zero where the connection has no IP address. It wraps ErrAuth,
// ErrInUse, ErrThrottled or ErrDisabled; any other error is taken as our own
// fault, logged, and shown to the client as a reference only.
type Porter interface {
	Login(ctx context.Context, name, password string, remote netip.Addr) (Maildrop, error)
}

// What a Porter may answer.
var (
	ErrAuth      = errors.New("wrong name or password")             // -ERR [AUTH]
	ErrInUse     = errors.New("another session holds the maildrop") // -ERR [IN-USE]
	ErrThrottled = errors.New("too many wrong passwords")           // -ERR [SYS/TEMP]
	ErrDisabled  = errors.New("the account is closed to its user")  // -ERR [SYS/PERM]
)

// Policy says when passwords may come over a connection without TLS.
type Policy int

// The policies. The zero value is the safe one (RFC 8314, 4.1).
const (
	Never    Policy = iota
	Loopback        // from this machine only
	Always
)

// ParsePolicy reads never, loopback or always.
func ParsePolicy(s string) (Policy, error) {
	for p, name := range []string{"never", "loopback", "always"} {
		if s == name {
			return Policy(p), nil
		}
	}
	return Never, fmt.Errorf("%q is no policy for clear-text logins; allowed: never, loopback, always", s)
}

// A Label says whose maildrop is open: for limits and the log. A Maildrop with
// a method Label() Label is counted and logged by that; any other by the name
// of its login, which is the owner then.
type Label struct {
	Owner   string
	Mailbox string
	Device  string // whose view it is; empty: the owner's
}

// A Profile is what one listener does otherwise than another.
type Profile struct {
	TLS       *tls.Config // nil: neither STLS nor implicit TLS; without NextProtos it has pop3
	Plaintext Policy
	Networks  []netip.Prefix // whose connections are taken; empty: everybody's
	ReadOnly  bool           // DELE is -ERR [SYS/PERM]

	// Mend sends NUL as 0x80, on which Outlook hangs, and an empty line behind
	// a header that has no end, without which Outlook Express waits for one.
	// Such a message, and no other, is two octets longer than LIST says.
	Mend bool
}

// Options are what a Server needs. All but Porter may be left zero.
type Options struct {
	Profile         // of listeners that are served without another
	Porter   Porter // whom to ask for maildrops
	Greeting string // words after +OK, at most 200 octets, without < and >; empty: "restante ready"

	Idle        time.Duration // 0: ten minutes, and not less (RFC 1939, 3)
	Penalty     time.Duration // how long a wrong password waits for its answer; 0: one second
	MaxSessions int           // on all listeners together; 0: 16,000
	MaxPerAddr  int           // of one IPv4 address or one IPv6 /64, loopback aside; 0: 100
	MaxPerUser  int           // of one Label.Owner; 0: as many as in all
	Exclusive   bool          // one session of a Label at a time; others are -ERR [IN-USE]

	// Expire gives the least number of days for which any maildrop lists mail; 0:
	// all do for ever, as where Expire is nil.
	Expire func() int

	// Damaged tells the errors of Maildrop.Open and of its readers that mean
	// lost or altered bytes, which no later try will mend. The client gets a
	// message of the listed size that says so. Nil: no error means that.
	Damaged func(error) bool

	Trace Tracer       // nil: no dialogue is heard
	Log   *slog.Logger // nil: discard
}

const (
	minIdle       = 10 * time.Minute
	writeWait     = time.Minute      // for a client to take one buffer of at most 32 KiB
	handshakeWait = 30 * time.Second // for TLS
	drainWait     = 2 * time.Second  // for the next command, once the server is closing
	maxBad        = 20               // commands in a row that make no sense
	maxFailures   = 10               // failed logins in a session
	maxResponse   = 12288            // octets of a SASL response line; RFC 4954, 4 has the figure, RFC 5034 none
)

func (o *Options) check() error {
	var faults []error
	if o.Porter == nil {
		faults = append(faults, errors.New("no porter"))
	}
	if o.Idle == 0 {
		o.Idle = minIdle
	}
	if o.Idle < minIdle {
		faults = append(faults, fmt.Errorf("idle limit %v is under the %v that RFC 1939 wants", o.Idle, minIdle))
	}
	if o.Greeting == "" {
		o.Greeting = "restante ready"
	}
	// Angle brackets would read as an APOP timestamp.
	if len(o.Greeting) > 200 || strings.ContainsFunc(o.Greeting, func(r rune) bool { return r < ' ' || r == '<' || r == '>' || r == 0x7F }) {
		faults = append(faults, errors.New("greeting is longer than 200 octets, or holds <, > or a control character"))
	}
	if o.MaxSessions < 0 || o.MaxPerAddr < 0 || o.MaxPerUser < 0 || o.Penalty < 0 {
		faults = append(faults, errors.New("a limit of sessions or the penalty is negative"))
	}
	o.MaxSessions = cmp.Or(o.MaxSessions, 16_000)
	o.MaxPerAddr = cmp.Or(o.MaxPerAddr, 100)
	o.MaxPerUser = cmp.Or(o.MaxPerUser, o.MaxSessions)
	o.Penalty = cmp.Or(o.Penalty, time.Second)
	if o.Damaged == nil {
		o.Damaged = func(error) bool { return false }
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if len(faults) > 0 {
		return fmt.Errorf("pop3 server: %w", errors.Join(faults...))
	}
	return nil
}
