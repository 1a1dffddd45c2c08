package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience is how long a test waits for what must happen. Nothing depends on
// its length but how soon a broken program is noticed.
const patience = 30 * time.Second

// program makes a command of the program with these settings: a process of its
// own, which TestMain has put into PATH.
func program(conf string, args ...string) *exec.Cmd {
	return exec.Command("restante", append([]string{"-c", conf}, args...)...)
}

// ran is how a process ended.
type ran struct {
	status      int
	out, errOut string
}

// finish runs a command to its end.
func finish(t testing.TB, cmd *exec.Cmd) ran {
	t.Helper()
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	err := cmd.Run()
	if _, ok := errors.AsType[*exec.ExitError](err); err != nil && !ok {
		t.Fatal(err)
	}
	return ran{cmd.ProcessState.ExitCode(), out.String(), errOut.String()}
}

// do runs the program and wants it to end well.
func do(t testing.TB, conf string, args ...string) string {
	t.Helper()
	r := finish(t, program(conf, args...))
	if r.status != 0 {
		t.Fatalf("%s: exit status %d\n%s%s", strings.Join(args, " "), r.status, r.out, r.errOut)
	}
	return r.out
}

// refused runs the program and wants that exit status, and these words of it.
func refused(t testing.TB, status int, words []string, conf string, args ...string) {
	t.Helper()
	wantRefusal(t, finish(t, program(conf, args...)), status, words...)
}

func wantRefusal(t testing.TB, r ran, status int, words ...string) {
	t.Helper()
	if r.status != status {
		t.Errorf("exit status %d, want %d\n%s%s", r.status, status, r.out, r.errOut)
	}
	for _, w := range words {
		if !strings.Contains(r.errOut, w) {
			t.Errorf("said %q, want something with %q", r.errOut, w)
		}
	}
}

// settings writes a settings file with alice in it and gives its path. The data
// folder is data beside it.
func settings(t testing.TB, more string) string {
	t.Helper()
	dir := t.TempDir()
	conf := filepath.Join(dir, "restante.yaml")
	writeFile(t, conf, fmt.Sprintf("data_dir: %q\nusers: [ { name: alice, password: secret } ]\n%s", filepath.Join(dir, "data"), more))
	return conf
}

func dataDir(conf string) string { return filepath.Join(filepath.Dir(conf), "data") }

// doors are listeners on ports that the system chooses.
const doors = "serve: { pop3: { address: \"127.0.0.1:0\" }, pop3s: { address: \"127.0.0.1:0\" } }\n"

// process is a running program, and what it has said so far.
type process struct {
	t     testing.TB
	cmd   *exec.Cmd
	ended chan struct{} // closed when it is gone
	err   error         // how; after ended

	mu   sync.Mutex // guards said
	said bytes.Buffer
	news chan struct{} // there is more in said
}

// start starts the program. It does not outlive the test.
func start(t testing.TB, cmd *exec.Cmd) *process {
	t.Helper()
	p := &process{t: t, cmd: cmd, ended: make(chan struct{}), news: make(chan struct{}, 1)}
	cmd.Stdout, cmd.Stderr = p, p
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.err = cmd.Wait()
		close(p.ended)
	}()
	t.Cleanup(func() {
		cmd.Process.Kill() // an error says that it has ended
		<-p.ended
	})
	return p
}

// Write takes what the program says.
func (p *process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case p.news <- struct{}{}:
	default:
	}
	return p.said.Write(b)
}

func (p *process) output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.said.String()
}

// await waits until the program has said something that matches, and gives the
// match and its groups.
func (p *process) await(pattern string) []string {
	p.t.Helper()
	re := regexp.MustCompile(pattern)
	late := time.After(patience)
	for {
		if m := re.FindStringSubmatch(p.output()); m != nil {
			return m
		}
		select {
		case <-p.news:
		case <-p.ended:
			if m := re.FindStringSubmatch(p.output()); m != nil {
				return m
			}
			p.t.Fatalf("ended (%v) without saying %s:\n%s", p.err, pattern, p.output())
		case <-late:
			p.t.Fatalf("has not said %s:\n%s", pattern, p.output())
		}
	}
}

// end sends a signal and waits for the end.
func (p *process) end(s syscall.Signal) error {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
	return p.wait()
}

func (p *process) wait() error {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(drainTime + patience):
		p.t.Fatalf("does not end:\n%s", p.output())
	}
	return p.err
}

// until waits for a condition that nobody tells of.
func until(t testing.TB, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	late := time.After(patience)
	for !holds() {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("still waiting for %s", what)
		}
	}
}

// startServe runs restante serve and gives where its POP3 door is. Commands can
// be run beside it by then.
func startServe(t testing.TB, conf string) (p *process, pop3 string) {
	t.Helper()
	p = start(t, program(conf, "serve"))
	pop3 = p.await(`door=pop3 address=(\S+)`)[1]
	until(t, "the socket", func() bool {
		_, err := os.Stat(socketPath(dataDir(conf)))
		return !errors.Is(err, fs.ErrNotExist)
	})
	return p, pop3
}

// client is a POP3 client that knows no more than a line of telnet.
type client struct {
	t    testing.TB
	conn net.Conn
	r    *bufio.Reader
}

func dial(t testing.TB, address string) *client {
	t.Helper()
	conn, err := net.DialTimeout("tcp", address, patience)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(patience))
	c := &client{t, conn, bufio.NewReader(conn)}
	c.line()
	return c
}

func (c *client) line() string {
	c.t.Helper()
	l, err := c.r.ReadString('\n')
	if err != nil {
		c.t.Fatal(err)
	}
	return strings.TrimRight(l, "\r\n")
}

// ask sends a line and gives the first line of the answer.
func (c *client) ask(line string) string {
	c.t.Helper()
	if _, err := fmt.Fprintf(c.conn, "%s\r\n", line); err != nil {
		c.t.Fatal(err)
	}
	return c.line()
}

// ok asks and wants +OK.
func (c *client) ok(line string) string {
	c.t.Helper()
	l := c.ask(line)
	if !strings.HasPrefix(l, "+OK") {
		c.t.Fatalf("%s: %s", line, l)
	}
	return l
}

// body gives the lines up to the dot.
func (c *client) body() string {
	c.t.Helper()
	var b strings.Builder
	for {
		l := c.line()
		if l == "." {
			return b.String()
		}
		b.WriteString(strings.TrimPrefix(l, ".") + "\n")
	}
}
