package pop3d_test

import (
	"bytes"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"restante/serve/pop3d"
)

// model is RFC 1939 said as simply as can be: what one session sees.
type model struct {
	bodies []string // as sent
	uids   []string
	gone   map[int]bool
}

// answer gives what the server must say to a command in the TRANSACTION state.
// A line that ends in * is compared up to there.
func (m *model) answer(verb string, n, lines int) string {
	known := n >= 1 && n <= len(m.bodies) && !m.gone[n]
	switch {
	case verb == "STAT":
		count, octets := 0, 0
		m.each(func(n int) { count++; octets += len(m.bodies[n-1]) })
		return fmt.Sprintf("+OK %d %d\r\n", count, octets)
	case verb == "LIST", verb == "UIDL":
		var b strings.Builder
		b.WriteString("+OK*\r\n")
		m.each(func(n int) { b.WriteString(m.line(verb, n)) })
		return b.String() + ".\r\n"
	case verb == "RSET":
		clear(m.gone)
		return "+OK*\r\n"
	case verb == "NOOP":
		return "+OK*\r\n"
	case !known:
		return "-ERR*\r\n"
	}
	switch verb {
	case "LIST n", "UIDL n":
		return "+OK " + m.line(verb[:4], n)
	case "DELE n":
		m.gone[n] = true
		return "+OK*\r\n"
	case "RETR n":
		return "+OK*\r\n" + stuff(m.bodies[n-1])
	}
	return "+OK*\r\n" + stuff(top(m.bodies[n-1], lines))
}

func (m *model) each(f func(n int)) {
	for n := 1; n <= len(m.bodies); n++ {
		if !m.gone[n] {
			f(n)
		}
	}
}

func (m *model) line(verb string, n int) string {
	if verb == "LIST" {
		return fmt.Sprintf("%d %d\r\n", n, len(m.bodies[n-1]))
	}
	return fmt.Sprintf("%d %s\r\n", n, m.uids[n-1])
}

func stuff(body string) string {
	var b strings.Builder
	for line := range strings.Lines(body) {
		if line[0] == '.' {
			b.WriteByte('.')
		}
		b.WriteString(line)
	}
	return b.String() + ".\r\n"
}

func top(body string, lines int) string {
	header, rest, found := strings.Cut(body, "\r\n\r\n")
	if strings.HasPrefix(body, "\r\n") {
		header, rest, found = "", body[2:], true
	} else if found {
		header += "\r\n"
	}
	if !found {
		return body
	}
	out := header + "\r\n"
	for line := range strings.Lines(rest) {
		if lines--; lines < 0 {
			break
		}
		out += line
	}
	return out
}

// matches compares an answer with the model's, whose first line may end in *.
func matches(got, want string) bool {
	prefix, rest, wild := strings.Cut(want, "*\r\n")
	if !wild {
		return got == want
	}
	first, others, _ := strings.Cut(got, "\r\n")
	return strings.HasPrefix(first, prefix) && others == rest
}

// TestSession_DoesWhatTheModelDoes walks at random through several sessions of
// one maildrop, one after the other, sending commands alone or in batches.
func TestSession_DoesWhatTheModelDoes(t *testing.T) {
	piece := rapid.SampledFrom([]string{".", "..", "\n", "\n.", "\r\n.\r\n", "\n\n", "Subject: x\n", "text", "é\xff", "\x00", "\r"})
	commands := rapid.SampledFrom([]string{"STAT", "LIST", "UIDL", "RSET", "NOOP", "LIST n", "UIDL n", "DELE n", "RETR n", "TOP n"})
	rapid.Check(t, func(t *rapid.T) {
		box := pop3d.NewMemory()
		box.AddUser("ada", "x")
		m := &model{}
		for range rapid.IntRange(0, 6).Draw(t, "messages") {
			body := strings.Join(rapid.SliceOfN(piece, 0, 12).Draw(t, "body"), "")
			uid, err := box.Add("ada", []byte(body))
			if err != nil {
				t.Fatal(err)
			}
			m.bodies, m.uids = append(m.bodies, crlf(body)), append(m.uids, uid)
		}
		for range rapid.IntRange(1, 3).Draw(t, "sessions") {
			m.gone = map[int]bool{}
			var said, want []string
			for range rapid.IntRange(0, 25).Draw(t, "commands") {
				verb := commands.Draw(t, "verb")
				n, lines := rapid.IntRange(-1, 8).Draw(t, "n"), rapid.IntRange(0, 5).Draw(t, "lines")
				line := strings.Replace(verb, " n", fmt.Sprintf(" %d", n), 1)
				if verb == "TOP n" {
					line += fmt.Sprintf(" %d", lines)
				}
				said, want = append(said, line), append(want, m.answer(verb, n, lines))
			}
			quit := rapid.Bool().Draw(t, "quit")
			if quit {
				said, want = append(said, "QUIT"), append(want, "+OK*\r\n")
			}
			hear(t, box, said, want, rapid.IntRange(1, 4096).Draw(t, "piece"))
			if quit {
				m.forget()
			}
			if got := box.UIDs("ada"); !slices.Equal(got, m.uids) {
				t.Fatalf("left are %v, want %v", got, m.uids)
			}
		}
	})
}

// forget does what QUIT does.
func (m *model) forget() {
	var bodies, uids []string
	m.each(func(n int) { bodies, uids = append(bodies, m.bodies[n-1]), append(uids, m.uids[n-1]) })
	m.bodies, m.uids = bodies, uids
}

// hear plays a session and compares what the server says, answer by answer.
func hear(t *rapid.T, box *pop3d.Memory, said, want []string, piece int) {
	s, err := pop3d.New(pop3d.Options{Porter: box, Profile: pop3d.Profile{Plaintext: pop3d.Always}})
	if err != nil {
		t.Fatal(err)
	}
	input := "USER ada\r\nPASS x\r\n" + strings.Join(append(said, ""), "\r\n")
	c := &tape{in: []byte(input), piece: piece, closed: make(chan struct{})}
	ln := &pipes{conns: make(chan net.Conn, 1), closed: make(chan struct{})}
	ln.conns <- c
	served := make(chan error, 1)
	go func() { served <- s.Serve(t.Context(), ln, false) }()
	<-c.closed
	if err := s.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-served; err != nil {
		t.Fatal(err)
	}
	out := c.out.Bytes()
	for i, w := range append([]string{"+OK*\r\n", "+OK*\r\n", "+OK*\r\n"}, want...) {
		n := bytes.IndexByte(out, '\n') + 1 // the status line, then as much as the model says
		if _, rest, wild := strings.Cut(w, "*\r\n"); wild {
			n += len(rest)
		} else {
			n = len(w)
		}
		if n == 0 || n > len(out) || !matches(string(out[:n]), w) {
			t.Fatalf("answer %d to %q:\n got %.300q\nwant %q", i-3, said, out, w)
		}
		out = out[n:]
	}
	if len(out) > 0 {
		t.Fatalf("and then the server says %q", out)
	}
}
