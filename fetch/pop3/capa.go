package pop3

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"restante/fetch/wire"
)

// capabilities is what of CAPA (RFC 2449) matters here.
type capabilities struct {
	known                             bool // the server answered CAPA
	stls, utf8, uidl, top, pipelining bool
	sasl                              []string      // mechanisms, in capitals
	delay                             time.Duration // between logins; 0: none is asked for
	lines                             []string      // as sent, made safe to show
}

// errCapaLost says that the server hung or hung up on CAPA.
var errCapaLost = errors.New("no answer to CAPA")

// maxCapa bounds the lines of CAPA's answer.
const maxCapa = 200

// askCapa asks for the capabilities, unless the server cannot stand it. They
// change with TLS and with login (RFC 2449, section 5). A refusal leaves what
// was known.
func (s *session) askCapa(q quirks) error {
	if q.noCapa {
		return nil
	}
	s.link.step(s.dialer.times.Command)
	if err := s.send("CAPA"); err != nil {
		return fmt.Errorf("%w: %w", errCapaLost, err)
	}
	return s.readCapa()
}

// askAgain asks after the login.
func (s *session) askAgain(q quirks) error {
	s.late = false
	err := s.askCapa(q)
	s.report.LoggedIn = s.caps.lines
	return err
}

// readCapa reads the answer to CAPA.
func (s *session) readCapa() error {
	st, err := s.answer("CAPA")
	if err != nil {
		if errors.Is(err, errNotPOP3) || isAlert(err) {
			return err
		}
		return fmt.Errorf("%w: %w", errCapaLost, err)
	}
	if !st.OK {
		return nil
	}
	caps := capabilities{known: true}
	err = s.lines("CAPA", maxCapa, func(line []byte) error {
		caps.add(string(line))
		caps.lines = append(caps.lines, s.tame(string(line)))
		return nil
	})
	if err != nil {
		return fmt.Errorf("%w: %w", errCapaLost, err)
	}
	s.caps = caps
	return nil
}

func (c *capabilities) add(line string) {
	f := strings.Fields(strings.ToUpper(line))
	if len(f) == 0 {
		return
	}
	switch f[0] {
	case "STLS":
		c.stls = true
	case "UTF8":
		c.utf8 = true
	case "UIDL":
		c.uidl = true
	case "TOP":
		c.top = true
	case "PIPELINING":
		c.pipelining = true
	case "SASL":
		c.sasl = f[1:]
	case "LOGIN-DELAY":
		if len(f) > 1 {
			c.delay = loginDelay(f[1])
		}
	}
}

// maxDelay bounds the LOGIN-DELAY believed.
const maxDelay = 24 * time.Hour

// loginDelay reads seconds (RFC 2449, section 6.5); 0 for what is no number.
func loginDelay(seconds string) time.Duration {
	n, err := strconv.ParseUint(seconds, 10, 31)
	if err != nil {
		return 0
	}
	return min(time.Duration(n)*time.Second, maxDelay)
}

// LoginDelay implements fetch.Unhurried.
func (s *session) LoginDelay() (time.Duration, bool) { return s.caps.delay, s.caps.known }

// maxOverlong bounds the overlong lines of an answer.
const maxOverlong = 1000

// lines calls line for each line of a multi-line answer made of lines of
// bounded length and number. Overlong ones are passed over.
func (s *session) lines(what string, most int, line func([]byte) error) error {
	s.link.step(s.dialer.times.Progress)
	for n, overlong := 0, 0; ; n++ {
		if n > most || overlong > maxOverlong {
			return fmt.Errorf("%s: more than %d lines, or %d overlong ones", what, most, maxOverlong)
		}
		b, err := wire.ReadLine(s.r, maxLine)
		if err == wire.ErrTooLong {
			overlong++
			continue
		}
		if err == nil {
			s.traceAnswer(b)
			if len(b) == 1 && b[0] == '.' {
				return nil
			}
			err = line(b)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", what, lost(err))
		}
	}
}
