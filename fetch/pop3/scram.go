package pop3

import (
	"crypto/tls"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/xdg-go/scram"
)

// maxIterations bounds the work that a server can ask for, some two seconds of
// it. RFC 7677 asks for 4,096 and more, which is the least here too; a million is
// rare.
const maxIterations = 2_000_000

// scramClient is RFC 5802 and RFC 7677.
type scramClient struct {
	s    *session
	conv *scram.ClientConversation
}

func (s *session) scram(name string, c credential) (mechanism, error) {
	hash := scram.SHA256
	if family(name) == "SCRAM-SHA-1" {
		hash = scram.SHA1
	}
	client, err := hash.NewClient(c.user, c.secret, "")
	if err != nil {
		return nil, err
	}
	m := &scramClient{s: s}
	switch binding := s.binding(); {
	case name != family(name):
		m.conv = client.NewConversationWithChannelBinding(binding)
	case binding.IsSupported() && len(s.caps.sasl) > 0 && !s.lists(name+"-PLUS"):
		// So that the server notices where somebody took the PLUS out of its list.
		m.conv = client.NewConversationAdvertisingChannelBinding()
	default:
		m.conv = client.NewConversation()
	}
	return m, nil
}

func (m *scramClient) next(turn int, challenge []byte) ([]byte, bool, error) {
	said := string(challenge)
	switch turn {
	case 0:
		said = ""
	case 1:
		if said == "" {
			return nil, false, errUnproven
		}
		if err := checkServerFirst(said); err != nil {
			return nil, false, err
		}
	case 2:
		if !strings.HasPrefix(said, "v=") {
			return nil, false, scramError(said)
		}
	}
	answer, err := m.conv.Step(said)
	if turn == 2 && err != nil {
		return nil, false, errUnproven
	}
	if turn == 1 && err == nil {
		m.s.hide(encode([]byte(answer)), answer)
	}
	return []byte(answer), turn == 1, err
}

func (m *scramClient) done() error {
	if !m.conv.Valid() {
		return errUnproven
	}
	return nil
}

func (*scramClient) explain(refused error) error {
	if bindingTrouble(refused) {
		return fmt.Errorf("%w; the server sees another TLS connection than we do: somebody is in between; where that is meant, set auth: plain", refused)
	}
	return refused
}

// checkServerFirst finds what the library would take: too much work, and an error
// in the place of a challenge, which some servers send for a name they do not
// know.
func checkServerFirst(said string) error {
	if strings.HasPrefix(said, "e=") {
		return scramError(said)
	}
	for field := range strings.SplitSeq(said, ",") {
		if n, ok := strings.CutPrefix(field, "i="); ok {
			if i, err := strconv.Atoi(n); err != nil || i > maxIterations {
				return fmt.Errorf("the server asks for more than %d iterations", maxIterations)
			}
		}
	}
	return nil
}

// scramError is what a server-error attribute says (RFC 5802, section 7), for
// which everything else is taken too.
func scramError(said string) error {
	word, _, _ := strings.Cut(strings.TrimPrefix(said, "e="), ",")
	if !strings.HasPrefix(said, "e=") || word == "" || strings.ContainsFunc(word, func(r rune) bool {
		return r != '-' && (r < 'a' || r > 'z')
	}) {
		return errors.New("the server sent no SCRAM message that makes sense")
	}
	return fmt.Errorf("the server said %q", word)
}

// binding is what ties a login to this TLS connection: tls-exporter (RFC 9266)
// with TLS 1.3, else tls-unique, which RFC 5802 asks every server to have. Without
// TLS, and with a session that cannot be bound, it is none.
func (s *session) binding() scram.ChannelBinding {
	c, ok := s.link.stream.(*tls.Conn)
	if !ok {
		return scram.ChannelBinding{}
	}
	state := c.ConnectionState()
	if state.Version < tls.VersionTLS13 {
		return scram.NewTLSUniqueBinding(state.TLSUnique)
	}
	binding, err := scram.NewTLSExporterBinding(&state)
	if err != nil {
		return scram.ChannelBinding{}
	}
	return binding
}
