package pop3d

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/xdg-go/scram"
)

// The names of the mechanisms that go-sasl has none for (RFC 7677, 3).
const (
	scramSHA256     = "SCRAM-SHA-256"
	scramSHA256Plus = "SCRAM-SHA-256-PLUS"
)

// A Challenge begins a login by SCRAM: what any password of a user's is proved by.
type Challenge struct {
	Salt       []byte
	Iterations int
	Keys       []Keys // of each password that is right; none where no proof can be
	Wrong      error  // what a login ends in that proves none of them; nil: ErrAuth
}

// A Prover is a Porter whose users can log in without sending their password. A
// server with one offers SCRAM-SHA-256, and over TLS 1.3 the variant that is
// bound to the connection (RFC 9266).
type Prover interface {
	Porter

	// Proves tells whether every user could log in so. Where not, SCRAM is not
	// offered: mail programs take the strongest mechanism that is, and often
	// fall back to no other.
	Proves(ctx context.Context) bool

	// Challenge begins a login. An unknown name has a challenge like any other,
	// the same each time. The errors are those of Login, but for ErrAuth.
	Challenge(ctx context.Context, name string, remote netip.Addr) (Challenge, error)

	// Proved is the login of who has proved to know the password of these keys of
	// the challenge's. It is not called for any other, nor when the client goes
	// away in between.
	Proved(ctx context.Context, name string, by Keys, remote netip.Addr) (Maildrop, error)
}

// scramServer is one exchange: the client's first message, the challenge's salt,
// the proof, our own proof, and an empty response (RFC 5802, 5; RFC 5034, 4).
type scramServer struct {
	begin func(name string) (Challenge, error)
	ended func(name string, by *Keys, wrong error) error // how a login went; by is nil where nothing was proved
	bound *scram.ChannelBinding                          // nil: it cannot be
	plus  bool                                           // and it must be

	nonce     string // ours: the same to all keys
	first     string // the client's first message; empty: it has not come
	conv      *scram.ServerConversation
	challenge Challenge
	by        *Keys // that the proof was right for
	fault     error // of begin
}

// newScram begins an exchange. With plus the client must bind it to the
// connection; without, it may not claim that we cannot where we can.
func (x *session) newScram(plus bool, begin func(string) (Challenge, error), ended func(string, *Keys, error) error) *scramServer {
	s := &scramServer{begin: begin, ended: ended, plus: plus, nonce: rand.Text()}
	if b, can := x.binding(); can {
		s.bound = &b
	}
	return s
}

// converse plays our side with some keys up to the client's first message.
func (s *scramServer) converse(k Keys) (conv *scram.ServerConversation, said string, err error) {
	server, err := scram.SHA256.NewServer(func(name string) (scram.StoredCredentials, error) {
		if s.challenge.Iterations == 0 {
			if s.challenge, s.fault = s.begin(name); s.fault != nil {
				return scram.StoredCredentials{}, s.fault
			}
		}
		return scram.StoredCredentials{
			KeyFactors: scram.KeyFactors{Salt: string(s.challenge.Salt), Iters: s.challenge.Iterations},
			StoredKey:  k.Stored[:], ServerKey: k.Server[:],
		}, nil
	})
	if err != nil {
		return nil, "", err
	}
	server.WithNonceGenerator(func() string { return s.nonce })
	switch {
	case s.plus:
		conv = server.NewConversationWithChannelBindingRequired(*s.bound)
	case s.bound != nil:
		conv = server.NewConversationWithChannelBinding(*s.bound)
	default:
		conv = server.NewConversation()
	}
	said, err = conv.Step(s.first)
	return conv, said, err
}

// binding ties a login to this connection: tls-exporter. TLS 1.2 is left out,
// where it is safe only with an extension that not every client has (RFC 9266, 3).
func (x *session) binding() (scram.ChannelBinding, bool) {
	conn, ok := x.conn.(*tls.Conn)
	if !ok || x.version < tls.VersionTLS13 {
		return scram.ChannelBinding{}, false
	}
	state := conn.ConnectionState()
	b, err := scram.NewTLSExporterBinding(&state)
	return b, err == nil
}

func (s *scramServer) Next(response []byte) (challenge []byte, done bool, err error) {
	switch {
	case s.first == "" && response == nil:
		return nil, false, nil
	case s.by != nil: // our proof was sent, and this is the answer to it
		if len(response) > 0 {
			return nil, true, errors.New("a response to our proof")
		}
		return nil, true, s.ended(s.conv.Username(), s.by, nil)
	case s.first == "":
		said, err := s.hello(string(response))
		return []byte(said), err != nil, err
	}
	// Against every key, whichever is right: how long it takes tells nothing.
	var said string
	for i, k := range s.challenge.Keys {
		conv, _, err := s.converse(k)
		if err != nil {
			return nil, true, err
		}
		if text, err := conv.Step(string(response)); err == nil {
			said, s.by = text, &s.challenge.Keys[i]
		}
	}
	if s.by == nil {
		return nil, true, s.ended(s.conv.Username(), nil, cmp.Or(s.challenge.Wrong, ErrAuth))
	}
	return []byte(said), false, nil
}

// hello answers the client's first message. Name and nonce may not be empty (RFC
// 5802, 7), which the library does not mind. No name holds a comma as it is, so what
// begins with one is no part of a name.
func (s *scramServer) hello(first string) (said string, err error) {
	_, nonce, _ := strings.Cut(first, ",r=")
	if nonce == "" || nonce[0] == ',' || strings.Contains(first, ",n=,") {
		return "", errors.New("no name or no nonce")
	}
	s.first = first
	s.conv, said, err = s.converse(Keys{})
	switch {
	case s.fault != nil:
		return "", s.ended("", nil, s.fault)
	case err != nil: // nothing was begun yet
		return "", err
	case s.conv.AuthzID() != "" && s.conv.AuthzID() != s.conv.Username():
		return "", s.ended("", nil, fmt.Errorf("%w: authorization identity is not the name", ErrAuth))
	}
	if len(s.challenge.Keys) == 0 { // takes as long as one wrong password
		var nobodys Keys
		rand.Read(nobodys.Stored[:])
		s.challenge.Keys = []Keys{nobodys}
	}
	return said, nil
}
