package pop3d_test

import (
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"restante/serve/pop3d"
)

// A rule is one sentence of a standard and a session that keeps it. The steps
// are, with CRLF behind what is sent unless it ends in "\\":
//
//	> what the client sends; several in a row are one write
//	< how an answer begins; a $ at its end means that it ends there too
//	. the rest of a multi-line answer, which must be as said behind it, lines
//	  parted by |, or begin so where it ends in *; alone: whatever it is
//	in: log in; cut: hang up; end: the server must hang up with no more to say
//	left 1 3: the sample messages that must be there when all has ended
type rule struct {
	name  string
	steps []string
}

func keep(t *testing.T, rules []rule) {
	seen := map[string]bool{}
	for _, r := range rules {
		if seen[r.name] {
			t.Errorf("two rules are called %q", r.name)
		}
		seen[r.name] = true
		t.Run(r.name, func(t *testing.T) {
			box := newSample(t)
			all := box.UIDs("ada")
			s := serve(t, pop3d.Options{Porter: box, Profile: pop3d.Profile{Plaintext: pop3d.Always}})
			c := dial(t, s.clear)
			c.SetDeadline(time.Now().Add(20 * time.Second))
			c.want("+OK")
			batch := ""
			for _, step := range r.steps {
				said, send := strings.CutPrefix(step, "> ")
				if !send && batch != "" {
					if _, err := io.WriteString(c.Conn, batch); err != nil {
						t.Fatal(err)
					}
					batch = ""
				}
				switch {
				case send && strings.HasSuffix(said, `\`):
					batch += strings.TrimSuffix(said, `\`)
				case send:
					batch += said + "\r\n"
				case step == "in":
					c.ask("USER ada", "+OK")
					c.ask("PASS engine one", "+OK")
				case step == "cut":
					c.Close()
				case step == "end":
					c.wantEnd()
				case strings.HasPrefix(step, "left"):
					c.Close()
					if err := s.Shutdown(t.Context()); err != nil {
						t.Fatal(err)
					}
					var want []string
					for _, n := range strings.Fields(step)[1:] {
						want = append(want, all[n[0]-'1'])
					}
					if got := box.UIDs("ada"); !slices.Equal(got, want) {
						t.Errorf("left are %v, want %v", got, want)
					}
				case step[0] == '<':
					want, whole := strings.CutSuffix(step[2:], "$")
					if got := c.want(want); whole && got != want {
						t.Fatalf("server says %q, want %q", got, want)
					}
				case step[0] == '.':
					got := strings.TrimSuffix(strings.ReplaceAll(c.body(), "\r\n", "|"), "|")
					want, more := strings.CutSuffix(strings.TrimPrefix(step, ". "), "*")
					if want != "." && got != want && !(more && strings.HasPrefix(got, want)) {
						t.Fatalf("server says %q, want %q", got, want)
					}
				default:
					t.Fatalf("step %q makes no sense", step)
				}
			}
		})
	}
}

// long is a command line of n octets, its CRLF included.
func long(verb string, n int) string {
	return verb + " " + strings.Repeat("x", n-len(verb)-3)
}

// rep is steps n times.
func rep(n int, steps ...string) []string { return slices.Repeat(steps, n) }

// also joins steps.
func also(all ...[]string) []string { return slices.Concat(all...) }

func do(steps ...string) []string { return steps }
