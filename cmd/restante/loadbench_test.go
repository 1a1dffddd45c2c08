package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"restante/fetch/pop3/pop3test/dovecot"
)

// loadTarget is a server under load.
type loadTarget struct {
	name            string
	clear, implicit string // addresses
	user, password  string
	pid             int // whose memory is looked at; 0: nobody's
	most            int // sessions that it takes of one user from one address
}

// loadConn is one session of the load generator. It allocates next to nothing
// for a command, so that it is not what is measured.
type loadConn struct {
	net.Conn
	r *bufio.Reader
}

func (l loadTarget) open(secure bool) (c loadConn, err error) {
	address := l.clear
	if secure {
		address = l.implicit
	}
	if c.Conn, err = net.Dial("tcp", address); err != nil {
		return c, err
	}
	if secure {
		c.Conn = tls.Client(c.Conn, &tls.Config{InsecureSkipVerify: true})
	}
	c.SetDeadline(time.Now().Add(5 * time.Minute))
	c.r = bufio.NewReaderSize(c.Conn, 4<<10)
	if err = c.status(); err == nil {
		err = c.ask("USER " + l.user)
	}
	if err == nil {
		err = c.ask("PASS " + l.password)
	}
	if err != nil {
		c.Close()
	}
	return c, err
}

func (c loadConn) ask(line string) error {
	if _, err := io.WriteString(c.Conn, line+"\r\n"); err != nil {
		return err
	}
	return c.status()
}

func (c loadConn) status() error {
	line, err := c.r.ReadSlice('\n')
	if err == nil && line[0] != '+' {
		err = fmt.Errorf("server says %q", line)
	}
	return err
}

// many asks and takes an answer of many lines.
func (c loadConn) many(line string) (octets int, err error) {
	if err := c.ask(line); err != nil {
		return 0, err
	}
	for whole := true; ; {
		b, err := c.r.ReadSlice('\n')
		if err != nil && err != bufio.ErrBufferFull {
			return octets, err
		}
		if whole && len(b) == 3 && b[0] == '.' {
			return octets, nil
		}
		octets, whole = octets+len(b), err == nil
	}
}

// together runs f for each of n sessions at once, and gives how long all took.
func together(b *testing.B, n int, f func(i int) error) time.Duration {
	b.Helper()
	var all sync.WaitGroup
	faults := make(chan error, n)
	start := time.Now()
	for i := range n {
		all.Go(func() {
			if err := f(i); err != nil {
				faults <- err
			}
		})
	}
	all.Wait()
	took := time.Since(start)
	select {
	case err := <-faults:
		b.Fatal(err)
	default:
	}
	return took
}

// crowd logs n sessions in, sixteen at a time.
func (l loadTarget) crowd(b *testing.B, n int, secure bool) []loadConn {
	b.Helper()
	all := make([]loadConn, n)
	together(b, min(n, 16), func(first int) (err error) {
		for i := first; i < n; i += 16 {
			if all[i], err = l.open(secure); err != nil {
				return fmt.Errorf("%s, session %d: %w", l.name, i, err)
			}
		}
		return nil
	})
	b.Cleanup(func() {
		for _, c := range all {
			c.Close()
		}
	})
	return all
}

// BenchmarkLoad puts our server and Dovecot, each a process of its own with the
// same mail, under the same load, and says what each does a second. The mailbox
// has RESTANTE_LOAD_MESSAGES messages, 10,000 where that is not set. Dovecot is
// as the tests have it, which lets a user have 100 sessions.
func BenchmarkLoad(b *testing.B) {
	count := 10_000
	if s := os.Getenv("RESTANTE_LOAD_MESSAGES"); s != "" {
		var err error
		if count, err = strconv.Atoi(s); err != nil {
			b.Fatal(err)
		}
	}
	mail := make([][]byte, count)
	for i := range mail {
		mail[i] = fmt.Appendf(nil, "From: a%d@example.net\nTo: alice@example.org\nSubject: number %d\nMessage-ID: <%d@example.net>\nDate: Fri, 02 Jan 2026 03:04:05 +0000\n\n%s",
			i%100, i, i, strings.Repeat("some text of a message that is not very long\n", 100))
	}
	targets := []loadTarget{ourLoad(b, mail)}
	if os.Getenv("RESTANTE_LOAD_ALONE") == "" {
		up := dovecot.Start(b, dovecot.Options{Mail: mail})
		targets = append(targets, loadTarget{
			name: "dovecot", clear: fmt.Sprintf("127.0.0.1:%d", up.Plain), implicit: fmt.Sprintf("127.0.0.1:%d", up.TLS),
			user: "user", password: dovecot.Password, most: 64,
		})
	}
	for _, secure := range []bool{false, true} {
		mode := map[bool]string{false: "plain", true: "tls"}[secure]
		for _, l := range targets {
			b.Run("first/"+mode+"/"+l.name, func(b *testing.B) { l.first(b, secure) })
			b.Run("logins/"+mode+"/"+l.name, func(b *testing.B) { l.logins(b, secure) })
			for _, n := range []int{1, 16, 256, 1000} {
				if n <= l.most {
					b.Run(fmt.Sprintf("retr/%s/%d/%s", mode, n, l.name), func(b *testing.B) { l.retr(b, n, count, secure) })
				}
			}
			if l.pid != 0 {
				b.Run("held/"+mode+"/"+l.name, func(b *testing.B) { l.held(b, secure) })
			}
		}
	}
}

// first measures the time from PASS to the answer of STAT, and UIDL of all.
func (l loadTarget) first(b *testing.B, secure bool) {
	var stat, uidl time.Duration
	for b.Loop() {
		start := time.Now()
		c, err := l.open(secure)
		if err == nil {
			err = c.ask("STAT")
		}
		stat += time.Since(start)
		start = time.Now()
		if err == nil {
			_, err = c.many("UIDL")
		}
		uidl += time.Since(start)
		if err == nil {
			err = c.ask("QUIT")
		}
		if err != nil {
			b.Fatal(err)
		}
		c.Close()
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(stat.Microseconds())/1000/float64(b.N), "ms-to-stat")
	b.ReportMetric(float64(uidl.Microseconds())/1000/float64(b.N), "ms-uidl")
}

// logins measures whole sessions that do nothing, sixteen at a time.
func (l loadTarget) logins(b *testing.B, secure bool) {
	const at, each = 16, 20
	var took time.Duration
	for b.Loop() {
		took += together(b, at, func(int) error {
			for range each {
				c, err := l.open(secure)
				if err == nil {
					err = c.ask("QUIT")
				}
				if err != nil {
					return err
				}
				c.Close()
			}
			return nil
		})
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(at*each*b.N)/took.Seconds(), "logins/s")
}

// retr measures messages a second that n sessions get, each from a place of its
// own in the mailbox onwards.
func (l loadTarget) retr(b *testing.B, n, count int, secure bool) {
	sessions := l.crowd(b, n, secure)
	each := max(4000/n, 8)
	var took time.Duration
	next := 0
	for b.Loop() {
		took += together(b, n, func(i int) error {
			for k := range each {
				if _, err := sessions[i].many("RETR " + strconv.Itoa(1+(i*count/n+next+k)%count)); err != nil {
					return err
				}
			}
			return nil
		})
		next += each
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(n*each*b.N)/took.Seconds(), "messages/s")
}

// held measures what a session costs that is logged in and waits.
func (l loadTarget) held(b *testing.B, secure bool) {
	const n = 1000
	for b.Loop() {
		before := resident(b, l.pid)
		for i, c := range l.crowd(b, n, secure) {
			if err := c.ask("STAT"); err != nil {
				b.Fatal(i, err)
			}
		}
		b.ReportMetric(float64(resident(b, l.pid)-before)/n, "KiB/session")
	}
	b.ReportMetric(0, "ns/op")
}

// resident is the memory of a process in KiB.
func resident(b *testing.B, pid int) int {
	b.Helper()
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	if err != nil {
		b.Skip(err)
	}
	_, rest, _ := bytes.Cut(text, []byte("VmRSS:"))
	kib, _, _ := bytes.Cut(bytes.TrimSpace(rest), []byte(" "))
	n, err := strconv.Atoi(string(kib))
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// ourLoad imports the mail and serves it.
func ourLoad(b *testing.B, mail [][]byte) loadTarget {
	b.Helper()
	conf := settings(b, `filter: { spam_cutoff: 1 }
serve: { per_user: 20000, pop3: { address: "127.0.0.1:0" }, pop3s: { address: "127.0.0.1:0" } }
`)
	box := filepath.Join(b.TempDir(), "mbox")
	var all bytes.Buffer
	for _, m := range mail {
		fmt.Fprintf(&all, "From a@example.net Fri Jan  2 03:04:05 2026\n%s\n", m)
	}
	writeFile(b, box, all.String())
	do(b, conf, "import", "--user", "alice", "--mailbox", "inbox", box)
	p, clear := startServe(b, conf)
	return loadTarget{
		name: "restante", clear: clear, implicit: p.await(`door=pop3s address=(\S+)`)[1],
		user: "alice", password: "secret", pid: p.cmd.Process.Pid, most: 1000,
	}
}
