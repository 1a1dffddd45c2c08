package pop3d_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"

	"restante/serve/pop3d"
)

// shaky is a Porter and a Maildrop of one message that fail as told.
type shaky struct {
	login   error
	open    func() (io.ReadCloser, error)
	delete  error
	panicky string // the method that panics

	deleted, closed atomic.Int64
}

func (s *shaky) Login(context.Context, string, string, netip.Addr) (pop3d.Maildrop, error) {
	if s.login != nil {
		return nil, s.login
	}
	return s, nil
}

func (s *shaky) Len() int         { return 1 }
func (s *shaky) Size(int) int64   { return 100_000 }
func (s *shaky) UID(i int) string { s.trip("UID"); return "u1" }

func (s *shaky) Open(context.Context, int) (io.ReadCloser, error) {
	s.trip("Open")
	return s.open()
}

func (s *shaky) Delete(context.Context, []int) error {
	s.trip("Delete")
	s.deleted.Add(1)
	return s.delete
}

func (s *shaky) Close() error {
	s.closed.Add(1)
	s.trip("Close")
	return errors.New("close went wrong")
}

func (s *shaky) trip(method string) {
	if s.panicky == method {
		panic("tripped in " + method)
	}
}

// journal is a log that can be read while it is written.
type journal struct {
	mu sync.Mutex // guards the field below
	b  bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.String()
}

func (j *journal) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(j, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

var reference = regexp.MustCompile(`^-ERR \[SYS/TEMP\] .* reference ([a-z0-9]{6})$`)

// wantFault reads an answer to a fault of ours, whose reference and cause must
// be in the log together.
func (c *client) wantFault(j *journal, cause string) {
	c.t.Helper()
	line := c.line()
	m := reference.FindStringSubmatch(line)
	if m == nil || strings.Contains(line, cause) {
		c.t.Fatalf("server says %q, want a reference and no cause", line)
	}
	for l := range strings.Lines(j.String()) {
		if strings.Contains(l, "ref="+m[1]) && strings.Contains(l, cause) {
			return
		}
	}
	c.t.Errorf("reference %s and %q are not in the log:\n%s", m[1], cause, j)
}

func TestLogin_AnswersWithTheCodeOfTheError(t *testing.T) {
	for want, err := range map[string]error{
		"-ERR [AUTH]":     fmt.Errorf("gate: %w", pop3d.ErrAuth),
		"-ERR [IN-USE]":   fmt.Errorf("gate: %w", pop3d.ErrInUse),
		"-ERR [SYS/TEMP]": fmt.Errorf("gate: %w", pop3d.ErrThrottled),
		"-ERR [SYS/PERM]": fmt.Errorf("gate: %w", pop3d.ErrDisabled),
	} {
		s := serve(t, pop3d.Options{Porter: &shaky{login: err}, Profile: pop3d.Profile{Plaintext: pop3d.Always}})
		c := dial(t, s.clear)
		c.want("+OK")
		c.ask("USER ada", "+OK")
		if got := c.ask("PASS x", want); strings.Contains(got, "gate") {
			t.Errorf("the inside shows: %q", got)
		}
		c.ask("AUTH PLAIN AGEAYg==", want)
		c.ask("STAT", "-ERR") // not in
	}
}

func TestLogin_FaultOfOursIsNoEmptyMaildrop(t *testing.T) {
	var j journal
	s := serve(t, pop3d.Options{Porter: &shaky{login: errors.New("database is gone")}, Profile: pop3d.Profile{Plaintext: pop3d.Always}, Log: j.logger()})
	c := dial(t, s.clear)
	c.want("+OK")
	c.ask("USER ada", "+OK")
	c.send("PASS x")
	c.wantFault(&j, "database is gone")
	c.ask("STAT", "-ERR")
}

func TestRETR_SourceThatBreaksOffGetsNoDot(t *testing.T) {
	long := strings.Repeat("a line of text\r\n", 10_000)
	for name, cmd := range map[string]string{"RETR": "RETR 1", "TOP": "TOP 1 999999"} {
		t.Run(name, func(t *testing.T) {
			for _, fault := range []error{errors.New("disk is gone"), io.ErrUnexpectedEOF, context.DeadlineExceeded} {
				var j journal
				drop := &shaky{open: func() (io.ReadCloser, error) {
					return io.NopCloser(io.MultiReader(strings.NewReader(long), iotest.ErrReader(fault))), nil
				}}
				s := serve(t, pop3d.Options{Porter: drop, Profile: pop3d.Profile{Plaintext: pop3d.Always}, Log: j.logger()})
				c := dial(t, s.clear).in()
				c.send(cmd, "NOOP")
				c.want("+OK")
				rest, _ := io.ReadAll(c.r)
				if !strings.HasPrefix(long, string(rest)) {
					t.Errorf("after %v the client has %d octets that are not the message's beginning", fault, len(rest))
				}
				if !strings.Contains(j.String(), fault.Error()) {
					t.Errorf("%v is not in the log", fault)
				}
			}
		})
	}
}

func TestRETR_SourceThatCannotBeReadIsAnErrorAndTheSessionGoesOn(t *testing.T) {
	var j journal
	fault := errors.New("disk is gone")
	answers := []func() (io.ReadCloser, error){
		func() (io.ReadCloser, error) { return nil, fault },
		func() (io.ReadCloser, error) { return io.NopCloser(iotest.ErrReader(fault)), nil },
		func() (io.ReadCloser, error) {
			return io.NopCloser(io.MultiReader(strings.NewReader("Subject: x\r\n"), iotest.ErrReader(fault))), nil
		},
	}
	drop := &shaky{}
	s := serve(t, pop3d.Options{Porter: drop, Profile: pop3d.Profile{Plaintext: pop3d.Always}, Log: j.logger()})
	for _, open := range answers {
		drop.open = open
		c := dial(t, s.clear).in()
		c.send("RETR 1")
		c.wantFault(&j, "disk is gone")
		c.ask("STAT", "+OK 1 100000")
		c.ask("QUIT", "+OK")
		c.wantEnd()
	}
	if n := drop.deleted.Load(); n != 0 {
		t.Errorf("Delete was called %d times without a mark", n)
	}
}

func TestQUIT_FailedDeleteIsNoOK(t *testing.T) {
	var j journal
	drop := &shaky{delete: errors.New("disk is full")}
	s := serve(t, pop3d.Options{Porter: drop, Profile: pop3d.Profile{Plaintext: pop3d.Always}, Log: j.logger()})
	c := dial(t, s.clear).in()
	c.ask("DELE 1", "+OK")
	c.send("QUIT")
	c.wantFault(&j, "disk is full")
	c.wantEnd()
	if d, cl := drop.deleted.Load(), drop.closed.Load(); d != 1 || cl != 1 {
		t.Errorf("Delete was called %d times, Close %d times", d, cl)
	}
}

func TestPanic_EndsItsSessionOnly(t *testing.T) {
	for method, cmds := range map[string][]string{
		"UID": {"UIDL"}, "Open": {"RETR 1"}, "Delete": {"DELE 1", "QUIT"}, "Close": {"QUIT"},
	} {
		t.Run(method, func(t *testing.T) {
			var j journal
			drop := &shaky{panicky: method}
			s := serve(t, pop3d.Options{Porter: drop, Profile: pop3d.Profile{Plaintext: pop3d.Always}, Log: j.logger()})
			other := dial(t, s.clear).in()
			c := dial(t, s.clear).in()
			c.send(cmds...)
			io.Copy(io.Discard, c.r)
			other.ask("STAT", "+OK 1")
			other.Close()
			if err := s.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
			if got := j.String(); !strings.Contains(got, "tripped in "+method) || !strings.Contains(got, "fault_test.go") {
				t.Errorf("no panic with its stack in the log:\n%s", got)
			}
			if n := drop.closed.Load(); n != 2 {
				t.Errorf("Close was called %d times for two sessions", n)
			}
		})
	}
}

func TestLog_HasNoSecretsAndOneLineASession(t *testing.T) {
	const name, secret = "canary.name", "canary secret 4711"
	var j journal
	box := pop3d.NewMemory()
	box.AddUser(name, secret)
	if _, err := box.Add(name, []byte("Subject: canary subject\n\ncanary body\n")); err != nil {
		t.Fatal(err)
	}
	s := serve(t, pop3d.Options{Porter: box, Profile: pop3d.Profile{Plaintext: pop3d.Always}, Log: j.logger()})
	b64 := base64.StdEncoding.EncodeToString
	plain := b64([]byte("\x00" + name + "\x00" + secret))
	for _, login := range [][]string{
		{"USER " + name, "PASS " + secret},
		{"AUTH PLAIN " + plain},
		{"AUTH PLAIN", plain},
		{"AUTH LOGIN", b64([]byte(name)), b64([]byte(secret))},
		// and what people get wrong
		{"PAS " + secret, "PASS" + secret, secret, plain, "LIST " + secret, "USER " + name, "PASS  " + secret, "PASS 4711", "PAS 4711", "AUTH PLAIN", "*" + plain},
	} {
		c := dial(t, s.clear)
		c.want("+OK")
		c.send(login...)
		c.send("RETR 1", "TOP 1 0", "DELE 1", "RSET", "STAT", "QUIT")
		io.Copy(io.Discard, c.r)
	}
	if err := s.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := j.String()
	for _, word := range []string{secret, "4711", plain, b64([]byte(secret)), "canary subject", "canary body", "CANARY"} {
		if strings.Contains(got, word) {
			t.Errorf("the log holds %q", word)
		}
	}
	want := fmt.Sprintf(` failed=0 retr=1 top=1 dele=0 bytes=%d uidl=`, 40+27)
	if n := strings.Count(got, want); n != 4 || strings.Count(got, "msg=\"pop3 session\"") != 5 {
		t.Errorf("%d session lines as wanted (%s) in:\n%s", n, want, got)
	}
}
