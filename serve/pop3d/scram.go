package pop3d

import (
	"context"
	"crypto/tls"
	"errors"
	"net/netip"

	"github.com/xdg-go/scram"
)

// The names of the mechanisms that go-sasl has none for (RFC 7677, 3).
const (
	scramSHA256     = "SCRAM-SHA-256"
	scramSHA256Plus = "SCRAM-SHA-256-PLUS"
)

// Keys are what SCRAM-SHA-256 keeps of a password (RFC 5802, 3).
type Keys struct {
	Salt       []byte
	Iterations int
	StoredKey  []byte // 32 octets, as the next
	ServerKey  []byte
}

// A Prover is a Porter whose users can log in without sending their password. A
// server with one offers SCRAM-SHA-256, and over TLS 1.3 the variant that is
// bound to the connection (RFC 9266). Mail programs take the strongest mechanism
// that is offered and often fall back to no other, so a Prover must have the keys
// of every user.
type Prover interface {
	Porter

	// Keys begins a login. An unknown name has keys like any other, the same
	// each time. The errors are those of Login, but for ErrAuth.
	Keys(ctx context.Context, name string, remote netip.Addr) (Keys, error)

	// Proved ends what Keys has begun. Where right is true the client knows
	// the password, and this is its login. Where it is false the error wraps
	// ErrAuth. It is not called when the client goes away in between.
	Proved(ctx context.Context, name string, right bool, remote netip.Addr) (Maildrop, error)
}

// scramServer is one exchange: the client's first message, the keys' salt, the
// proof, our own proof, and an empty response (RFC 5802, 5; RFC 5034, 4).
type scramServer struct {
	conv   *scram.ServerConversation
	fault  error // of Keys
	begun  bool
	proved func(name string, right bool) error
}

// newScram begins an exchange. With plus the client must bind it to the
// connection; without, it may not claim that we cannot where we can.
func (x *session) newScram(ctx context.Context, p Prover, plus bool, proved func(name string, right bool) error) (*scramServer, error) {
	s := &scramServer{proved: proved}
	lookup := func(name string) (scram.StoredCredentials, error) {
		k, err := p.Keys(ctx, name, x.remote)
		if s.fault = err; err != nil {
			return scram.StoredCredentials{}, err
		}
		return scram.StoredCredentials{
			KeyFactors: scram.KeyFactors{Salt: string(k.Salt), Iters: k.Iterations},
			StoredKey:  k.StoredKey, ServerKey: k.ServerKey,
		}, nil
	}
	server, err := scram.SHA256.NewServer(lookup)
	if err != nil {
		return nil, err
	}
	binding, can := x.binding()
	switch {
	case plus:
		s.conv = server.NewConversationWithChannelBindingRequired(binding)
	case can:
		s.conv = server.NewConversationWithChannelBinding(binding)
	default:
		s.conv = server.NewConversation()
	}
	return s, nil
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
	case !s.begun && response == nil:
		return nil, false, nil
	case s.conv.Done(): // our proof was sent, and this is the answer to it
		if len(response) > 0 {
			return nil, true, errors.New("a response to our proof")
		}
		return nil, true, s.finish(true)
	}
	first := !s.begun
	s.begun = true
	said, err := s.conv.Step(string(response))
	switch {
	case err == nil && first && s.conv.AuthzID() != "" && s.conv.AuthzID() != s.conv.Username():
		return nil, true, errors.New("authorization identity is not the name")
	case err == nil:
		return []byte(said), false, nil
	case s.fault != nil:
		return nil, true, s.proved("", false)
	case first: // nothing was begun yet
		return nil, true, err
	}
	return nil, true, s.finish(false)
}

func (s *scramServer) finish(right bool) error { return s.proved(s.conv.Username(), right) }
