package pop3

import (
	"crypto/hmac"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"restante/fetch"
)

// mechanism makes the client's half of a SASL mechanism.
func (s *session) mechanism(name string, c credential) (mechanism, error) {
	switch name {
	case "PLAIN": // RFC 4616
		return &fixed{answers: []string{"\x00" + c.user + "\x00" + c.secret}}, nil
	case "LOGIN":
		return &fixed{answers: []string{c.user, c.secret}}, nil
	case "CRAM-MD5":
		return &cramMD5{s: s, c: c}, nil
	case "OAUTHBEARER":
		return &bearer{s: s, first: oauthBearer(s.acct.Host, s.acct.Port, c), amen: "\x01"}, nil
	case "XOAUTH2":
		return &bearer{s: s, first: xoauth2(c)}, nil
	}
	return s.scram(name, c)
}

// fixed answers whatever is asked in this order; the last answer is the secret.
// The words of a LOGIN challenge differ from server to server, the order of the
// questions does not.
type fixed struct{ answers []string }

func (m *fixed) next(turn int, _ []byte) ([]byte, bool, error) {
	if turn >= len(m.answers) {
		return nil, false, errors.New("the server asks for more than there is")
	}
	return []byte(m.answers[turn]), turn == len(m.answers)-1, nil
}

func (*fixed) done() error                 { return nil }
func (*fixed) explain(refused error) error { return refused }

// cramMD5 is RFC 2195.
type cramMD5 struct {
	s *session
	c credential
}

func (m *cramMD5) next(turn int, challenge []byte) ([]byte, bool, error) {
	if turn > 0 || len(challenge) == 0 {
		return nil, false, errors.New("the server sent no challenge that makes sense")
	}
	mac := hmac.New(md5.New, []byte(m.c.secret))
	mac.Write(challenge)
	digest := hex.EncodeToString(mac.Sum(nil))
	answer := m.c.user + " " + digest
	m.s.hide(encode([]byte(answer)), digest)
	return []byte(answer), true, nil
}

func (*cramMD5) done() error                 { return nil }
func (*cramMD5) explain(refused error) error { return refused }

// oauthBearer is the client's message of RFC 7628, section 3.1. The user name is
// escaped as RFC 5801, section 4, says.
func oauthBearer(host string, port int, c credential) string {
	user := strings.NewReplacer("=", "=3D", ",", "=2C").Replace(c.user)
	return fmt.Sprintf("n,a=%s,\x01host=%s\x01port=%d\x01auth=Bearer %s\x01\x01", user, host, port, c.secret)
}

// xoauth2 is Google's and Microsoft's message:
// https://developers.google.com/workspace/gmail/imap/xoauth2-protocol
func xoauth2(c credential) string {
	return "user=" + c.user + "\x01auth=Bearer " + c.secret + "\x01\x01"
}

// bearer shows a token. Where the server does not want it, it says why in a
// challenge that must be answered before it says -ERR.
type bearer struct {
	s     *session
	first string
	amen  string // the answer to the error
	fault string // what the error said
	asked bool
}

func (m *bearer) next(turn int, challenge []byte) ([]byte, bool, error) {
	switch turn {
	case 0:
		return []byte(m.first), true, nil
	case 1:
		m.fault, m.asked = m.s.tame(tokenFault(challenge)), true
		return []byte(m.amen), true, nil
	}
	return nil, true, errors.New("the server asks for more than a token")
}

func (m *bearer) done() error {
	if m.asked {
		return errors.New("the server says that the token is no good, and lets us in")
	}
	return nil
}

func (m *bearer) explain(refused error) error {
	if !errors.Is(refused, fetch.ErrAuth) {
		return refused
	}
	fault := ""
	if m.fault != "" {
		fault = " (" + m.fault + ")"
	}
	return fmt.Errorf("%w; the token was refused%s: it may have expired, be for another user, or lack the right to POP", refused, fault)
}

// tokenFault gives the words of an error challenge (RFC 7628, section 3.2.2):
// status and scope, as the server wrote them. What is no JSON says nothing.
func tokenFault(challenge []byte) string {
	var said map[string]any
	if json.Unmarshal(challenge, &said) != nil {
		return ""
	}
	var words []string
	for _, key := range []string{"status", "scope"} {
		if v, ok := said[key]; ok && v != nil && v != "" {
			words = append(words, fmt.Sprintf("%s %v", key, v))
		}
	}
	return strings.Join(words, ", ")
}

// stamp is the msg-id (RFC 822) that APOP makes a digest with. It is looked for
// anywhere in the greeting. One that is no msg-id could be made so that the digest
// gives the password away letter by letter (CVE-2007-1558).
var stamp = regexp.MustCompile("<[-!#$%&'*+/0-9=?A-Z^_`a-z{|}~.]+@(\\[[-0-9A-Za-z.:]+\\]|[-!#$%&'*+/0-9=?A-Z^_`a-z{|}~.]+)>")

// apop is RFC 1939, section 7.
func (s *session) apop(c credential) error {
	at := stamp.FindString(s.greeted)
	if at == "" {
		return errors.New("auth is apop, and the server's greeting has no time stamp for it, or none that is safe; set auth: auto")
	}
	sum := md5.Sum([]byte(at + c.secret))
	digest := hex.EncodeToString(sum[:])
	s.hide(digest)
	return s.verdict("APOP", "APOP "+c.user+" "+digest)
}
