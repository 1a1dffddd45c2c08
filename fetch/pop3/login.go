package pop3

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/emersion/go-sasl"

	"restante/fetch"
	"restante/fetch/wire"
)

// login uses SASL PLAIN or LOGIN where CAPA offers them, else USER and PASS.
// Once a password was refused no other way is tried with it: each try counts
// towards the provider's lock-out.
func (s *session) login(password string) error {
	user := s.acct.Username
	for _, c := range []struct {
		mech   string
		client sasl.Client
	}{
		{sasl.Plain, sasl.NewPlainClient("", user, password)},
		{sasl.Login, sasl.NewLoginClient(user, password)},
	} {
		if !slices.Contains(s.caps.sasl, c.mech) {
			continue
		}
		if err := s.authenticate(c.client); !errors.Is(err, errMechanism) {
			return err
		}
	}
	st, err := s.command("USER " + user)
	if err != nil {
		return err
	}
	if !st.OK {
		return s.loginError("USER", st)
	}
	return s.verdict("PASS", "PASS "+password)
}

// errMechanism says that a SASL mechanism came to nothing before the server saw
// the password.
var errMechanism = errors.New("mechanism not to be had")

// authenticate runs one SASL exchange (RFC 5034) without initial response: some
// servers that list a mechanism refuse one.
func (s *session) authenticate(client sasl.Client) error {
	mech, response, err := client.Start()
	if err != nil {
		return err
	}
	what := "AUTH " + mech
	if err := s.challenge(what, what); err != nil {
		return err
	}
	if mech == sasl.Login {
		// The words of a LOGIN challenge differ from server to server; the
		// order of the questions does not. go-sasl wants to hear these.
		if err := s.challenge(what, encode(response)); err != nil {
			return err
		}
		if response, err = client.Next([]byte("Password:")); err != nil {
			return err
		}
	}
	return s.verdict(what, encode(response))
}

func encode(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

// challenge sends a line and wants a continuation. Servers write it as "+", "+ ",
// "+ text" and even "+OK"; all mean "go on", since nothing was decided yet.
func (s *session) challenge(what, line string) error {
	s.link.step(s.dialer.times.Command)
	if err := s.send(line); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	answer, err := wire.ReadLine(s.r, maxLine)
	if err != nil {
		return fmt.Errorf("%s: %w", what, lost(err))
	}
	if strings.HasPrefix(string(answer), "+") {
		return nil
	}
	st, err := wire.ParseStatus(answer)
	if err != nil {
		return fmt.Errorf("%s: %w: %q", what, errNotPOP3, s.tame(string(answer)))
	}
	if refused := s.loginError(what, st); errors.Is(refused, fetch.ErrBusy) {
		return refused
	}
	return errMechanism
}

// verdict sends the line that holds the password and reads what the server says
// to it. Some servers hang up on a wrong password instead of saying so.
func (s *session) verdict(what, line string) error {
	s.link.step(s.dialer.times.Command)
	if err := s.send(line); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	answer, err := wire.ReadLine(s.r, maxLine)
	if err != nil {
		if mayBeRefusal(err) {
			return fmt.Errorf("%w: %s: %w", fetch.ErrAuth, what, lost(err))
		}
		return fmt.Errorf("%s: %w", what, lost(err))
	}
	st, err := wire.ParseStatus(answer)
	switch {
	case err == nil && st.OK:
		return nil
	case err == nil:
		return s.loginError(what, st)
	case strings.HasPrefix(string(answer), "+"):
		return s.cancelSASL(what)
	}
	return fmt.Errorf("%s: %w: %q", what, errNotPOP3, s.tame(string(answer)))
}

// mayBeRefusal tells a hang-up from silence and from our own end of patience.
func mayBeRefusal(err error) bool {
	return !errors.Is(err, os.ErrDeadlineExceeded) && !errors.Is(err, context.Canceled) &&
		!errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, wire.ErrTooLong)
}

// cancelSASL ends an exchange in which the server asks for more than there is.
// What it asks is how some say no (RFC 7628, section 3.2.3).
func (s *session) cancelSASL(what string) error {
	st, err := s.command("*")
	if err != nil {
		return fmt.Errorf("%w: %s: %w", fetch.ErrAuth, what, err)
	}
	if st.OK { // against RFC 5034, 4: it cannot be known who is logged in
		return fmt.Errorf("%w: %s: the server took a cancelled login for a good one", fetch.ErrAuth, what)
	}
	return s.loginError(what, st)
}
