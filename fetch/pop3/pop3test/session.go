package pop3test

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"restante/fetch"
	"restante/fetch/wire"
)

// session is one connection. It stops at the first error of the line.
type session struct {
	srv    *Server
	number int
	faults Faults
	conn   net.Conn
	r      *bufio.Reader
	w      *bufio.Writer

	secure   bool
	greeting string
	last     string // line heard
	user     string
	loggedIn bool
	box      []message
	marked   map[string]bool
	taken    map[string]bool // retrieved
}

// errDone ends a session.
var errDone = errors.New("session is over")

func (s *session) run() {
	s.marked, s.taken = map[string]bool{}, map[string]bool{}
	if s.srv.opts.TLS == fetch.TLSImplicit {
		s.startTLS()
	} else {
		s.wire()
	}
	err := s.act("GREETING", func() error {
		if s.greeting = s.faults.Greeting; s.greeting == "" {
			s.greeting = "pop3test ready"
		}
		return s.line("+OK " + s.greeting)
	})
	for err == nil {
		err = s.next()
	}
	if s.faults.DeleteOnRetr {
		s.srv.remove(s.taken)
	}
}

func (s *session) wire() { s.r, s.w = bufio.NewReader(s.conn), bufio.NewWriter(s.conn) }

func (s *session) startTLS() {
	s.conn = tls.Server(s.conn, s.srv.tls)
	s.secure = true
	s.wire()
}

// next reads and answers one command.
func (s *session) next() error {
	if s.r.Buffered() == 0 {
		if err := s.w.Flush(); err != nil {
			return err
		}
	}
	b, err := wire.ReadLine(s.r, 4096)
	if err != nil {
		return err
	}
	line := string(b)
	s.last = line
	verb, arg, _ := strings.Cut(line, " ")
	verb = strings.ToUpper(verb)
	if verb == "PASS" || verb == "APOP" {
		line = verb + " ***"
	}
	s.srv.heard(line)
	err = s.act(verb, func() error { return s.do(verb, arg) })
	if s.faults.LosePipelined {
		s.r.Discard(s.r.Buffered())
	}
	return err
}

// act does a step, unless a fault stands in its place.
func (s *session) act(step string, right func() error) error {
	switch f := s.faults; {
	case f.Hang[step]:
		s.w.Flush()
		io.Copy(io.Discard, s.conn) // until the other side or the server hangs up
		return errDone
	case f.Drop[step]:
		s.w.Flush()
		return errDone
	case f.Say[step] != "":
		return s.line(f.Say[step])
	case f.Refuse[step] != "":
		return s.line("-ERR " + f.Refuse[step])
	}
	return right()
}

// line writes a line. It goes out before the next command is read, if no more of
// them are here.
func (s *session) line(text string) error {
	s.w.WriteString(text)
	_, err := s.w.WriteString("\r\n")
	return err
}

func (s *session) do(verb, arg string) error {
	switch verb {
	case "CAPA":
		return s.capa()
	case "NOOP", "UTF8":
		return s.line("+OK")
	case "QUIT":
		return s.quit()
	}
	if !s.loggedIn {
		return s.authorize(verb, arg)
	}
	switch verb {
	case "STAT":
		size := 0
		for _, m := range s.box {
			size += len(m.data)
		}
		return s.line(fmt.Sprintf("+OK %d %d", len(s.box), size))
	case "LIST", "UIDL":
		return s.list(verb)
	case "RETR", "TOP", "DELE":
		num, _, _ := strings.Cut(arg, " ")
		n, err := strconv.Atoi(num)
		if err != nil || n < 1 || n > len(s.box) || s.marked[s.box[n-1].uid] {
			return s.line("-ERR no such message")
		}
		return s.message(verb, n, arg)
	case "RSET":
		clear(s.marked)
		return s.line("+OK")
	}
	return s.line("-ERR unknown command")
}

func (s *session) capabilities() []string {
	switch {
	case s.loggedIn && s.faults.CapaAfter != nil:
		return s.faults.CapaAfter
	case s.faults.Capa != nil:
		return s.faults.Capa
	}
	return []string{"USER", "SASL PLAIN LOGIN", "TOP", "UIDL", "RESP-CODES", "PIPELINING"}
}

func (s *session) capa() error {
	list := s.capabilities()
	if s.srv.opts.TLS == fetch.TLSStart && !s.secure && s.faults.Refuse["STLS"] == "" {
		list = append(list[:len(list):len(list)], "STLS")
	}
	s.line("+OK")
	for _, c := range list {
		if s.faults.StripPlus {
			c = strings.NewReplacer(" SCRAM-SHA-256-PLUS", "", " SCRAM-SHA-1-PLUS", "").Replace(c)
		}
		s.line(c)
	}
	return s.line(".")
}

func (s *session) quit() error {
	if s.loggedIn {
		s.srv.remove(s.marked)
	}
	s.srv.mu.Lock()
	s.srv.quits++
	s.srv.mu.Unlock()
	s.line("+OK bye")
	s.w.Flush()
	return errDone
}

func (s *session) authorize(verb, arg string) error {
	switch verb {
	case "STLS":
		if s.secure || s.srv.opts.TLS != fetch.TLSStart {
			break
		}
		s.w.WriteString("+OK go on\r\n" + s.faults.InjectAfterSTLS)
		if err := s.w.Flush(); err != nil {
			return err
		}
		s.startTLS()
		return nil
	case "USER":
		s.user = arg
		return s.line("+OK")
	case "PASS":
		return s.login(s.is(s.user, arg))
	case "APOP":
		return s.apop(arg)
	case "AUTH":
		err := s.sasl(strings.ToUpper(arg))
		if errors.Is(err, errCancelled) {
			return s.line("-ERR authentication cancelled")
		}
		return err
	}
	return s.line("-ERR log in first")
}

func (s *session) login(good bool) error {
	return s.act("LOGIN", func() error { return s.judge(good) })
}

func (s *session) judge(good bool) error {
	if s.faults.Echo {
		return s.line("-ERR did you say " + s.last + "?")
	}
	if !good {
		if s.faults.HangUpOnBadPassword {
			return errDone
		}
		if s.faults.BadLogin != "" {
			return s.line(s.faults.BadLogin)
		}
		return s.line("-ERR [AUTH] wrong name or password")
	}
	s.loggedIn = true
	s.srv.mu.Lock()
	s.box = append(s.box, s.srv.box...)
	s.srv.mu.Unlock()
	return s.line("+OK welcome")
}

// pause waits d, or less where the server closes.
func (s *session) pause(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-s.srv.stop:
	}
}
