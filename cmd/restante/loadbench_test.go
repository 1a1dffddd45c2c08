//go:build linux

package main

import (
	"bufio"
	"bytes"
	"context"
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
	"restante/index/blob"
)

// loadTarget is a server under load.
type loadTarget struct {
	name            string
	clear, implicit string // addresses
	user, password  string
	pid             int // of the process that all its others descend from
	most            int // sessions that it takes of one user from one address
}

// loadConn is one session of the load generator. It allocates next to nothing
// for a command, so that it is not what is measured.
type loadConn struct {
	net.Conn
	r *bufio.Reader
}

// open logs in, and tells how long that took from PASS on.
func (l loadTarget) open(secure bool) (c loadConn, took time.Duration, err error) {
	address := l.clear
	if secure {
		address = l.implicit
	}
	if c.Conn, err = net.Dial("tcp", address); err != nil {
		return c, 0, err
	}
	if secure {
		c.Conn = tls.Client(c.Conn, &tls.Config{InsecureSkipVerify: true})
	}
	c.SetDeadline(time.Now().Add(10 * time.Minute))
	c.r = bufio.NewReaderSize(c.Conn, 4<<10)
	if err = c.status(); err == nil {
		err = c.ask("USER " + l.user)
	}
	start := time.Now()
	if err == nil {
		err = c.ask("PASS " + l.password)
	}
	if err != nil {
		c.Close()
	}
	return c, time.Since(start), err
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

// many asks and takes an answer of many lines, and tells how many.
func (c loadConn) many(line string) (lines int, err error) {
	if err := c.ask(line); err != nil {
		return 0, err
	}
	for whole := true; ; {
		b, err := c.r.ReadSlice('\n')
		if err != nil && err != bufio.ErrBufferFull {
			return lines, err
		}
		if whole && len(b) == 3 && b[0] == '.' {
			return lines, nil
		}
		if whole = err == nil; whole {
			lines++
		}
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

// crowd logs n sessions in, sixteen at a time. They end with the benchmark.
func (l loadTarget) crowd(b *testing.B, n int, secure bool) []loadConn {
	b.Helper()
	all := make([]loadConn, n)
	b.Cleanup(func() {
		for _, c := range all {
			if c.Conn != nil {
				c.Close()
			}
		}
	})
	together(b, min(n, 16), func(first int) (err error) {
		for i := first; i < n; i += 16 {
			if all[i], _, err = l.open(secure); err != nil {
				return fmt.Errorf("%s, session %d: %w", l.name, i, err)
			}
		}
		return nil
	})
	return all
}

// loadMail gives different messages with so many lines of text.
func loadMail(count, lines int) [][]byte {
	mail := make([][]byte, count)
	for i := range mail {
		mail[i] = fmt.Appendf(nil, "From: a%d@example.net\nTo: alice@example.org\nSubject: number %d\nMessage-ID: <%d@example.net>\nDate: Fri, 02 Jan 2026 03:04:05 +0000\n\n%s",
			i%100, i, i, strings.Repeat("some text of a message that is not very long\n", lines))
	}
	return mail
}

// ourHouse imports the mail, and seals its segments or not.
func ourHouse(b *testing.B, mail [][]byte, sealed bool) (conf string) {
	b.Helper()
	conf = settings(b, `filter: { spam_cutoff: 1 }
serve: { per_user: 20000, pop3: { address: "127.0.0.1:0" }, pop3s: { address: "127.0.0.1:0" } }
`)
	box := filepath.Join(b.TempDir(), "mbox")
	var all bytes.Buffer
	for _, m := range mail {
		fmt.Fprintf(&all, "From a@example.net Fri Jan  2 03:04:05 2026\n%s\n", m)
	}
	writeFile(b, box, all.String())
	do(b, conf, "import", "--user", "alice", "--mailbox", "inbox", box)
	if !sealed {
		return conf
	}
	l, err := blob.Open(filepath.Join(dataDir(conf), "segments"), blob.Options{SegmentAge: 1})
	if err != nil {
		b.Fatal(err)
	}
	if _, err := l.Seal(context.Background()); err != nil {
		b.Fatal(err)
	}
	if err := l.Close(); err != nil {
		b.Fatal(err)
	}
	return conf
}

// ourLoad serves a house.
func ourLoad(b *testing.B, name, conf string) (loadTarget, *process) {
	b.Helper()
	p, clear := startServe(b, conf)
	return loadTarget{
		name: name, clear: clear, implicit: p.await(`door=pop3s address=(\S+)`)[1],
		user: "alice", password: "secret", pid: p.cmd.Process.Pid, most: 20_000,
	}, p
}

// dovecotLoad serves the mail by Dovecot: as it is shipped, or tuned.
func dovecotLoad(b *testing.B, mail [][]byte, tuned bool) loadTarget {
	b.Helper()
	up := dovecot.Start(b, dovecot.Options{Mail: mail, Tuned: tuned})
	l := loadTarget{
		name: "dovecot", clear: fmt.Sprintf("127.0.0.1:%d", up.Plain), implicit: fmt.Sprintf("127.0.0.1:%d", up.TLS),
		user: "user", password: dovecot.Password, pid: up.PID, most: 64,
	}
	if tuned {
		l.name, l.most = "tuned", 1000
	}
	return l
}

// family gives a process and all that descend from it.
func family(pid int) []int {
	children := map[int][]int{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is a good one
	for _, path := range stats {
		if f := statFields(path); f != nil {
			parent, _ := strconv.Atoi(f[1])
			child, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
			children[parent] = append(children[parent], child)
		}
	}
	all := []int{pid}
	for i := 0; i < len(all); i++ {
		all = append(all, children[all[i]]...)
	}
	return all
}

// statFields gives the fields of proc(5)'s stat from the third on; nil where the
// process has ended.
func statFields(path string) []string {
	text, err := os.ReadFile(path)
	i := bytes.LastIndexByte(text, ')')
	if err != nil || i < 0 {
		return nil
	}
	if f := strings.Fields(string(text[i+1:])); len(f) > 14 {
		return f
	}
	return nil
}

// processor gives how long a server's processes have used one, those that have
// ended too.
func (l loadTarget) processor() (used time.Duration) {
	for _, pid := range family(l.pid) {
		f := statFields(fmt.Sprintf("/proc/%d/stat", pid))
		for i := 11; f != nil && i < 15; i++ { // utime, stime and those of its children
			ticks, _ := strconv.Atoi(f[i])
			used += time.Duration(ticks) * 10 * time.Millisecond
		}
	}
	return used
}

// memory gives the memory of a server's processes in KiB; what several share is
// counted once.
func (l loadTarget) memory(b *testing.B) (kib int) {
	b.Helper()
	for _, pid := range family(l.pid) {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
		if err != nil {
			b.Skip(err)
		}
		_, rest, _ := strings.Cut(string(text), "\nPss:")
		n, err := strconv.Atoi(strings.TrimSpace(strings.SplitN(rest, "kB", 2)[0]))
		if err != nil {
			b.Fatal(err)
		}
		kib += n
	}
	return kib
}
