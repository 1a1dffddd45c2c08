package pop3d_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"restante/serve/pop3d"
)

// walker is one device that walks at random through a maildrop, with the model
// that tells what it must see.
type walker struct {
	c *client // nil between sessions
	m model
}

// TestWalk_TwoDevicesAtOnceSeeWhatTheModelSees has two devices send commands at
// random, alone or in batches, to one maildrop at the same time, while mail
// comes in. RESTANTE_WALK is how many commands they send together, 20,000 where
// it is not set; RESTANTE_SEED makes a walk anew.
func TestWalk_TwoDevicesAtOnceSeeWhatTheModelSees(t *testing.T) {
	steps, seed := uint64(20_000), rand.Uint64()
	for name, n := range map[string]*uint64{"RESTANTE_WALK": &steps, "RESTANTE_SEED": &seed} {
		if text := os.Getenv(name); text != "" {
			var err error
			if *n, err = strconv.ParseUint(text, 10, 64); err != nil {
				t.Fatal(err)
			}
		}
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("RESTANTE_SEED=%d", seed)
		}
	})
	r := rand.New(rand.NewPCG(seed, 1))
	box := pop3d.NewMemory()
	box.AddUser("ada", "engine one")
	s, err := pop3d.New(pop3d.Options{Porter: box, Profile: pop3d.Profile{Plaintext: pop3d.Always}})
	if err != nil {
		t.Fatal(err)
	}
	ln := &pipes{make(chan net.Conn), make(chan struct{})}
	served := make(chan error, 1)
	go func() { served <- s.Serve(t.Context(), ln, false) }()

	bodies := map[string]string{} // of all UIDs there ever were
	var devices [2]walker
	for sent := uint64(0); sent < steps; {
		if len(box.UIDs("ada")) < 3 || r.IntN(50) == 0 {
			body := randomBody(r)
			uid, err := box.Add("ada", []byte(body))
			if err != nil {
				t.Fatal(err)
			}
			bodies[uid] = crlf(body)
		}
		d := &devices[r.IntN(len(devices))]
		if d.c == nil {
			d.open(t, ln, box, bodies)
		}
		sent += d.say(t, r, box)
	}
	for _, d := range devices {
		if d.c != nil {
			d.c.Close()
		}
	}
	if err := s.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
}

func randomBody(r *rand.Rand) string {
	pieces := []string{".", "..", "\n", "\n.", "\r\n.\r\n", "\n\n", "Subject: x\n", "text", "é\xff", "\x00", "\r", "\r\n"}
	var b strings.Builder
	for range r.IntN(14) {
		b.WriteString(pieces[r.IntN(len(pieces))])
	}
	if r.IntN(40) == 0 {
		b.WriteString(strings.Repeat("a long line.\n.", 5000))
	}
	return b.String()
}

// open logs in. What the session sees from now on is what is there now.
func (d *walker) open(t *testing.T, ln *pipes, box *pop3d.Memory, bodies map[string]string) {
	t.Helper()
	mine, theirs := net.Pipe()
	ln.conns <- theirs
	d.c = &client{t: t, Conn: mine, r: newClient(t, mine).r}
	d.c.in()
	d.m = model{uids: box.UIDs("ada"), gone: map[int]bool{}}
	for _, uid := range d.m.uids {
		d.m.bodies = append(d.m.bodies, bodies[uid])
	}
}

// say sends a batch of commands and compares the answers, or ends the session.
func (d *walker) say(t *testing.T, r *rand.Rand, box *pop3d.Memory) (sent uint64) {
	t.Helper()
	d.c.SetDeadline(time.Now().Add(time.Minute))
	switch r.IntN(60) {
	case 0: // nothing is deleted
		d.c.Close()
		d.c = nil
		return 1
	case 1:
		d.quit(t, box)
		return 1
	}
	verbs := []string{"STAT", "LIST", "UIDL", "RSET", "NOOP", "LIST n", "UIDL n", "DELE n", "DELE n", "RETR n", "RETR n", "TOP n", "TOP n"}
	var batch, want []string
	for range 1 + r.IntN(4)*r.IntN(2) {
		verb, n, lines := verbs[r.IntN(len(verbs))], r.IntN(len(d.m.bodies)+3)-1, r.IntN(6)
		if verb == "RSET" && r.IntN(4) > 0 {
			verb = "NOOP" // else little is ever deleted
		}
		line := strings.Replace(verb, " n", fmt.Sprintf(" %d", n), 1)
		if verb == "TOP n" {
			line += fmt.Sprintf(" %d", lines)
		}
		batch, want = append(batch, line), append(want, d.m.answer(verb, n, lines))
	}
	d.c.send(batch...)
	for i, w := range want {
		prefix, rest, wild := strings.Cut(w, "*\r\n")
		if !wild {
			prefix, rest, _ = strings.Cut(w, "\r\n")
		}
		first := d.c.line()
		if !strings.HasPrefix(first, prefix) || !wild && first != prefix {
			t.Fatalf("%q: the server says %q, the model %q", batch[:i+1], first, prefix)
		}
		got := make([]byte, len(rest))
		if _, err := io.ReadFull(d.c.r, got); err != nil || string(got) != rest {
			t.Fatalf("%q: %v\n got %.300q\nwant %.300q", batch[:i+1], err, got, rest)
		}
	}
	if d.c.r.Buffered() > 0 {
		t.Fatalf("%q: there is more than the model says", batch)
	}
	return uint64(len(batch))
}

// quit ends the session, and what it marked is gone, whoever else has marked it.
func (d *walker) quit(t *testing.T, box *pop3d.Memory) {
	t.Helper()
	want := box.UIDs("ada")
	for n := range d.m.gone {
		want = slices.DeleteFunc(want, func(uid string) bool { return uid == d.m.uids[n-1] })
	}
	d.c.ask("QUIT", "+OK")
	if got := box.UIDs("ada"); !slices.Equal(got, want) {
		t.Fatalf("left are %v, want %v", got, want)
	}
	d.c.Close()
	d.c = nil
}
