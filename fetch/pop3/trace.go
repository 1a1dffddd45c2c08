package pop3

import (
	"bytes"
	"fmt"
	"io"
	"strings"
)

// Side says who speaks in a trace.
type Side string

// The sides of a dialogue, and what is said about it.
const (
	Client Side = "C"
	Server Side = "S"
	Note   Side = "*"
)

// A Tracer is told a line of a dialogue.
type Tracer func(from Side, line string)

// maxTraced is how much of a line a trace shows, in runes: more than the longest
// line that RFC 2449 allows.
const maxTraced = 600

// trace shows a line to who asked for the dialogue.
func (s *session) trace(from Side, line string) {
	if s.hears != nil {
		s.hears(from, s.clean(line, maxTraced))
	}
}

// traceSent shows the lines that went out. A veiled one goes alone: nothing is
// pipelined ahead of the login.
func (s *session) traceSent(p []byte) {
	s.half = append(s.half, p...)
	for {
		line, rest, whole := bytes.Cut(s.half, []byte("\n"))
		if !whole {
			return
		}
		text := strings.TrimSuffix(string(line), "\r")
		if s.veil != "" {
			text, s.veil = s.veil, ""
		}
		s.half = rest
		s.trace(Client, text)
	}
}

// traceBody shows of a message how much of it came.
func (s *session) traceBody(b *body) {
	if s.hears == nil {
		return
	}
	text := octets(b.n)
	if b.err != io.EOF {
		text += " and no end"
	}
	s.trace(Server, text)
}

// octets stands for what is not shown.
func octets(n int64) string { return fmt.Sprintf("[%d octets]", n) }

// traceAnswer shows a line of the server's. What a SASL challenge asks is nobody's
// business: it is made of the answers before it.
func (s *session) traceAnswer(line []byte) {
	if s.hears == nil {
		return
	}
	text := string(line)
	if len(text) > 1 && text[0] == '+' && !strings.HasPrefix(strings.ToUpper(text), "+OK") {
		text = "+ " + hidden
	}
	s.trace(Server, text)
}
