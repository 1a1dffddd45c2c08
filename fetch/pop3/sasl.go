package pop3

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"

	"restante/fetch"
	"restante/fetch/wire"
)

// A mechanism is the client's half of one SASL exchange.
type mechanism interface {
	// next answers the server's challenge of the given turn, from 0; what could
	// not be decoded is nil. telling says that the answer lets the server judge
	// the secret: what it says from then on is its verdict.
	next(turn int, challenge []byte) (answer []byte, telling bool, err error)

	// done is asked when the server lets us in: an error says why that must not
	// be believed.
	done() error

	// explain adds to a refusal what the exchange told of its reason.
	explain(refused error) error
}

// errUnproven says that a server which should know the password too does not.
var errUnproven = fmt.Errorf("%w: the server lets us in without proving that it knows the password; it may be another server than it seems", fetch.ErrUnproven)

// stripped is how a server says that it lists PLUS, of which we did not hear
// (RFC 5802, section 6). Nothing weaker is tried then.
const stripped = "server-does-support-channel-binding"

// authenticate runs one SASL exchange (RFC 5034) without initial response: some
// servers that list a mechanism refuse one.
func (s *session) authenticate(what string, m mechanism) error {
	answer, err := s.say(what, what)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	told := false
	for turn := 0; ; turn++ {
		if !strings.HasPrefix(answer, "+") {
			return s.refused(what, answer, m, turn, told)
		}
		if st, err := wire.ParseStatus([]byte(answer)); told && err == nil && st.OK {
			if err := m.done(); err != nil {
				return fmt.Errorf("%s: %w", what, err)
			}
			return nil
		}
		response, telling, err := m.next(turn, decode(answer))
		if errors.Is(err, errUnproven) {
			return fmt.Errorf("%s: %w", what, err)
		}
		if err != nil {
			return s.cancelSASL(what, m, told, err)
		}
		told = told || telling
		if answer, err = s.secretly(what, encode(response)); err != nil {
			if told {
				return s.hangUp(what, err)
			}
			return fmt.Errorf("%s: %w", what, err)
		}
	}
}

// refused says what an answer that does not go on means.
func (s *session) refused(what, answer string, m mechanism, turn int, told bool) error {
	st, err := s.parse(what, answer)
	if err != nil {
		return err
	}
	err = s.loginError(what, st)
	switch {
	case errors.Is(err, fetch.ErrBusy):
		return err
	case told:
		return m.explain(err)
	case strings.Contains(st.Text, stripped):
		return fmt.Errorf("%w; somebody on the way may have changed what the server lists", err)
	case turn == 0: // it was not asked about anybody yet
		return &early{err: s.refuse(what, st)}
	}
	return &early{err: err, named: true}
}

// cancelSASL ends an exchange that cannot go on (RFC 5034, section 4), for cause.
func (s *session) cancelSASL(what string, m mechanism, told bool, cause error) error {
	answer, err := s.say(what, "*")
	if err != nil {
		return s.hangUp(what, err)
	}
	st, err := s.parse(what, answer)
	if err != nil {
		return err
	}
	cause = fmt.Errorf("%s: %w", what, cause)
	switch {
	case st.OK: // against RFC 5034: it cannot be known who is logged in
		return fmt.Errorf("%w: %w: the server took a cancelled login for a good one", fetch.ErrAuth, cause)
	case !told:
		return &early{err: cause, named: true}
	}
	return m.explain(fmt.Errorf("%w; %w", s.loginError(what, st), cause))
}

// say sends a line and reads one. Servers write a continuation as "+", "+ ", "+
// text" and even "+OK"; whoever calls knows what it must mean.
func (s *session) say(what, line string) (string, error) {
	s.link.step(s.dialer.times.Command)
	if err := s.send(line); err != nil {
		return "", err
	}
	answer, err := wire.ReadLine(s.r, maxLine)
	if err != nil {
		return "", lost(err)
	}
	s.traceAnswer(answer)
	return string(answer), nil
}

// secretly says a line of which a trace shows only what it belongs to.
func (s *session) secretly(what, line string) (string, error) {
	s.veil = hidden
	if verb, _, _ := strings.Cut(line, " "); verb == what { // PASS and APOP
		s.veil = verb + " " + hidden
	}
	return s.say(what, line)
}

// parse reads a status line.
func (s *session) parse(what, answer string) (wire.Status, error) {
	st, err := wire.ParseStatus([]byte(answer))
	if err != nil {
		// ParseStatus's own words would quote the line as it is.
		return st, fmt.Errorf("%s: %w: %q", what, errNotPOP3, s.tame(answer))
	}
	return st, nil
}

// hangUp says what it means that no verdict came. Some servers hang up on a wrong
// password instead of saying so. Silence, our own end of patience, and a network
// that says itself that it is down, say nothing about it.
func (s *session) hangUp(what string, err error) error {
	closed := errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
	if !closed || s.link.wasCut() {
		return fmt.Errorf("%s: %w", what, err)
	}
	return fmt.Errorf("%w: %s: %w", fetch.ErrHungUp, what, err)
}

func encode(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

// decode gives what a continuation asks, nil where it is not in base64.
func decode(answer string) []byte {
	text := strings.TrimPrefix(answer, "+")
	if st, err := wire.ParseStatus([]byte(answer)); err == nil && st.OK {
		text = st.Text
	}
	b, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil || len(b) == 0 {
		return nil
	}
	return b
}
