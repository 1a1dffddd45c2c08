//go:build linux

package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
)

// The benchmarks of this file put our server and Dovecot, each with processes of
// its own and with the same mail, under the same load, in turns. They say what each
// does a second, how much processor time each thing took its processes, and how
// many times as fast ours is as the faster of the two Dovecots: as shipped, which
// lets a user have a hundred sessions here, and tuned (service_count = 0). The
// processor time says more than the rest on a machine that has something else to
// do.
//
//	go test -run - -bench 'Load' -benchtime 5x -timeout 2h ./cmd/restante
//
// RESTANTE_LOAD_MESSAGES is how many messages the mailbox of BenchmarkLoad has,
// 10,000 where it is not set. RESTANTE_LOAD_ALONE=1 leaves Dovecot out.

func loadAlone() bool { return os.Getenv("RESTANTE_LOAD_ALONE") != "" }

// BenchmarkLoad measures messages, logins and memory.
func BenchmarkLoad(b *testing.B) {
	count := 10_000
	if s := os.Getenv("RESTANTE_LOAD_MESSAGES"); s != "" {
		var err error
		if count, err = strconv.Atoi(s); err != nil {
			b.Fatal(err)
		}
	}
	mail := loadMail(count, 100)
	growing, _ := ourLoad(b, "restante", ourHouse(b, mail, false))
	sealed, _ := ourLoad(b, "sealed", ourHouse(b, mail, true))
	targets := []loadTarget{growing, sealed}
	if !loadAlone() {
		targets = append(targets, dovecotLoad(b, mail, false), dovecotLoad(b, mail, true))
	}
	for _, mode := range []string{"plain", "tls"} {
		secure := mode == "tls"
		for _, n := range []int{1, 16, 256, 1000} {
			b.Run(fmt.Sprintf("retr/%s/%d", mode, n), func(b *testing.B) { raceRetr(b, targets, n, count, secure) })
		}
		for _, n := range []int{1, 16, 256} {
			b.Run(fmt.Sprintf("logins/%s/%d", mode, n), func(b *testing.B) { raceLogins(b, targets, n, secure) })
		}
		b.Run("held/"+mode, func(b *testing.B) { raceHeld(b, targets, secure) })
	}
}

// inTurns runs each target in turn and reports what they did a second.
func inTurns(b *testing.B, targets []loadTarget, unit string, f func(i int) (done int, took time.Duration)) {
	b.Helper()
	done, took, used := make([]int, len(targets)), make([]time.Duration, len(targets)), make([]time.Duration, len(targets))
	for b.Loop() {
		for i, l := range targets {
			before := l.processor()
			n, t := f(i)
			done[i], took[i], used[i] = done[i]+n, took[i]+t, used[i]+l.processor()-before
		}
	}
	b.ReportMetric(0, "ns/op") // of all together: says nothing
	best := 0.0
	for i, l := range targets {
		rate := float64(done[i]) / took[i].Seconds()
		b.ReportMetric(rate, l.name+"-"+unit+"/s")
		b.ReportMetric(float64(used[i].Microseconds())/float64(done[i]), l.name+"-cpu-us")
		if l.user != "alice" {
			best = max(best, rate)
		}
	}
	if best > 0 {
		b.ReportMetric(float64(done[0])/took[0].Seconds()/best, "times-as-fast")
	}
}

// able gives the targets that take so many sessions.
func able(targets []loadTarget, n int) (some []loadTarget) {
	for _, l := range targets {
		if n <= l.most {
			some = append(some, l)
		}
	}
	return some
}

// raceRetr measures messages a second that n sessions get, each from a place of its
// own in the mailbox onwards.
func raceRetr(b *testing.B, targets []loadTarget, n, count int, secure bool) {
	targets = able(targets, n)
	sessions := make([][]loadConn, len(targets))
	for i, l := range targets {
		sessions[i] = l.crowd(b, n, secure)
	}
	each, next := max(4000/n, 8), make([]int, len(targets))
	inTurns(b, targets, "messages", func(i int) (int, time.Duration) {
		took := together(b, n, func(s int) error {
			for k := range each {
				if _, err := sessions[i][s].many("RETR " + strconv.Itoa(1+(s*count/n+next[i]+k)%count)); err != nil {
					return err
				}
			}
			return nil
		})
		next[i] += each
		return n * each, took
	})
}

// raceLogins measures whole sessions that do nothing, n at a time.
func raceLogins(b *testing.B, targets []loadTarget, n int, secure bool) {
	each := max(64/n, 1)
	inTurns(b, targets, "logins", func(i int) (int, time.Duration) {
		at := min(n, targets[i].most)
		return at * each, together(b, at, func(int) error {
			for range each {
				c, _, err := targets[i].open(secure)
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
	})
}

// raceHeld measures what a session costs that is logged in and waits.
func raceHeld(b *testing.B, targets []loadTarget, secure bool) {
	b.ReportMetric(0, "ns/op")
	for _, l := range targets { // once: what they held before is no more asked for anew
		n := min(1000, l.most/2)
		before := l.memory(b)
		for _, c := range l.crowd(b, n, secure) {
			if err := c.ask("STAT"); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(l.memory(b)-before)/float64(n), l.name+"-KiB/session")
	}
}

// BenchmarkLoadFirst measures the first commands after a login in large mailboxes:
// from PASS to the answer of STAT, then all of UIDL and of LIST. Cold is the first
// login after the server's start; of Dovecot the first of all.
func BenchmarkLoadFirst(b *testing.B) {
	for _, count := range []int{10_000, 100_000} {
		b.Run(strconv.Itoa(count), func(b *testing.B) {
			mail := loadMail(count, 4)
			conf := ourHouse(b, mail, false)
			peers := []loadTarget{}
			if !loadAlone() {
				peers = append(peers, dovecotLoad(b, mail, false), dovecotLoad(b, mail, true))
			}
			for _, l := range peers {
				report(b, l.name+"-cold", []first{l.first(b, count)})
			}
			var cold []first
			warm := make([][]first, 1+len(peers))
			for b.Loop() {
				l, p := ourLoad(b, "restante", conf)
				cold = append(cold, l.first(b, count))
				for range 3 {
					for i, l := range append([]loadTarget{l}, peers...) {
						warm[i] = append(warm[i], l.first(b, count))
					}
				}
				if err := p.end(syscall.SIGTERM); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(0, "ns/op")
			report(b, "restante-cold", cold)
			report(b, "restante", warm[0])
			for i, l := range peers {
				report(b, l.name, warm[1+i])
			}
		})
	}
}

// first is how long the first commands took.
type first struct{ stat, uidl, list time.Duration }

func report(b *testing.B, name string, all []first) {
	var sum first
	for _, f := range all {
		sum.stat, sum.uidl, sum.list = sum.stat+f.stat, sum.uidl+f.uidl, sum.list+f.list
	}
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 / float64(len(all)) }
	b.ReportMetric(ms(sum.stat), name+"-ms-to-stat")
	b.ReportMetric(ms(sum.uidl), name+"-ms-uidl")
	b.ReportMetric(ms(sum.list), name+"-ms-list")
}

func (l loadTarget) first(b *testing.B, count int) (f first) {
	b.Helper()
	c, took, err := l.open(false)
	if err != nil {
		b.Fatal(l.name, err)
	}
	defer c.Close()
	start := time.Now()
	if err := c.ask("STAT"); err != nil {
		b.Fatal(l.name, err)
	}
	f.stat = took + time.Since(start)
	for _, x := range []struct {
		verb string
		took *time.Duration
	}{{"UIDL", &f.uidl}, {"LIST", &f.list}} {
		start = time.Now()
		if n, err := c.many(x.verb); n != count || err != nil {
			b.Fatal(l.name, x.verb, n, err)
		}
		*x.took = time.Since(start)
	}
	if err := c.ask("QUIT"); err != nil {
		b.Fatal(l.name, err)
	}
	return f
}

// BenchmarkLoadIdle has 10,000 sessions that are logged in and wait, whose other
// ends another process holds, and measures the server's memory.
func BenchmarkLoadIdle(b *testing.B) {
	const n = 10_000
	for _, mode := range []string{"plain", "tls"} {
		b.Run(mode, func(b *testing.B) {
			l, _ := ourLoad(b, "restante", ourHouse(b, loadMail(1000, 10), false))
			address := l.clear
			if mode == "tls" {
				address = l.implicit
			}
			for b.Loop() {
				before := resident(b, l.pid)
				hold := exec.Command("holdsessions", address, mode, strconv.Itoa(n))
				end, err := hold.StdinPipe()
				if err != nil {
					b.Fatal(err)
				}
				out, err := hold.StdoutPipe()
				if err != nil {
					b.Fatal(err)
				}
				if err := hold.Start(); err != nil {
					b.Fatal(err)
				}
				if said, err := bufio.NewReader(out).ReadString('\n'); said != "held\n" {
					b.Fatal(said, err)
				}
				after := resident(b, l.pid)
				b.ReportMetric(float64(after-before)/n, "KiB/session")
				b.ReportMetric(float64(after)/1024, "MiB-in-all")
				end.Close()
				if err := hold.Wait(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

func init() { programs["holdsessions"] = holdSessions }

// holdSessions is a program that logs in as often as it is told, says so, and
// holds the sessions until its standard input ends.
func holdSessions() {
	var limit syscall.Rlimit
	err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit)
	if limit.Cur = limit.Max; err == nil {
		err = syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit)
	}
	n, atoi := strconv.Atoi(os.Args[3])
	all := make([]loadConn, n)
	l := loadTarget{clear: os.Args[1], implicit: os.Args[1], user: "alice", password: "secret"}
	var logins errgroup.Group
	for first := range 16 {
		logins.Go(func() (err error) {
			for i := first; i < n && err == nil; i += 16 {
				if all[i], _, err = l.open(os.Args[2] == "tls"); err == nil {
					err = all[i].ask("STAT")
				}
			}
			return err
		})
	}
	if err := errors.Join(err, atoi, logins.Wait()); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("held")
	_, _ = io.Copy(io.Discard, os.Stdin) // ends with whoever started this
	runtime.KeepAlive(all)
}

// resident is the resident memory of a process in KiB.
func resident(b *testing.B, pid int) int {
	b.Helper()
	f := statFields(fmt.Sprintf("/proc/%d/stat", pid))
	if f == nil {
		b.Fatal("the server has ended")
	}
	pages, err := strconv.Atoi(f[21])
	if err != nil {
		b.Fatal(err)
	}
	return pages * os.Getpagesize() / 1024
}
