//go:build linux

package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"restante/fetch/peertest"
	"restante/fetch/pop3/pop3test/dovecot"
)

// distance is a round trip, and so many messages that it can be waited for.
type distance struct {
	delay time.Duration
	mail  int
}

var distances = []distance{{0, 2000}, {20 * time.Millisecond, 300}, {100 * time.Millisecond, 150}}

// BenchmarkFetch gives, for each puller, the means of its rounds. What is
// counted in syncs comes from a shorter round of its own.
func BenchmarkFetch(b *testing.B) {
	bin := buildBinary(b)
	for _, size := range []string{"40kB", "corpus"} {
		mail := benchMail(b, distances[0].mail, size == "40kB")
		up := dovecot.Start(b, dovecot.Options{})
		for _, d := range distances {
			for _, security := range []string{"plain", "tls"} {
				b.Run(fmt.Sprintf("%s/%v/%s", size, d.delay, security), func(b *testing.B) {
					benchRace(b, newRace(b, up, bin, mail[:d.mail], d.delay, security == "tls"))
				})
			}
		}
		b.Run(size+"/syncs", func(b *testing.B) {
			peertest.Needs(b, "strace")
			r := newRace(b, up, bin, mail[:min(500, len(mail))], 0, false)
			for b.Loop() {
				for _, p := range pullers() {
					if p.there() && asked(p.name) {
						b.ReportMetric(float64(r.syncs(p))*1000/float64(len(r.mail)), p.name+"-syncs/1000")
					}
				}
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

// asked tells whether a puller is among those that RESTANTE_FETCHBENCH names,
// with commas between them; all are where it is not set.
func asked(name string) bool {
	names := os.Getenv("RESTANTE_FETCHBENCH")
	return names == "" || slices.Contains(strings.Split(names, ","), name)
}

func benchRace(b *testing.B, r *race) {
	total := map[string]*cost{}
	for b.Loop() {
		for _, p := range pullers() {
			if !p.there() || !asked(p.name) {
				continue
			}
			r.t = b
			if total[p.name] == nil {
				total[p.name] = &cost{}
			}
			total[p.name].add(r.pull(p))
		}
	}
	b.ReportMetric(0, "ns/op") // of all together: says nothing
	rate := func(name string) float64 {
		if total[name] == nil {
			return 0
		}
		return float64(len(r.mail)*b.N) / total[name].wall.Seconds()
	}
	for _, p := range pullers() {
		c := total[p.name]
		if c == nil {
			continue
		}
		b.Logf("%-16s %6.0f messages/s  %6.2f x mpop  %6.2f CPU s/1000  %4d MiB", p.name, rate(p.name), rate(p.name)/rate("mpop"),
			c.cpu.Seconds()*1000/float64(len(r.mail)*b.N), c.rss>>20)
		b.ReportMetric(rate(p.name), p.name+"-msgs/s")
	}
}

// TestInterop_BenchmarkedPullersMoveAllMail sees that each of them ends with all mail in
// its folder and none upstream, near and far.
func TestInterop_BenchmarkedPullersMoveAllMail(t *testing.T) {
	t.Parallel()
	bin := buildBinary(t)
	up := dovecot.Start(t, dovecot.Options{})
	mail := benchMail(t, 20, true)
	for _, p := range pullers() {
		for _, far := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/far=%v", p.name, far), func(t *testing.T) {
				if !p.there() {
					peertest.Missing(t, "%s is not installed", p.needs)
				}
				var delay time.Duration
				if far {
					delay = 2 * time.Millisecond
				}
				newRace(t, up, bin, mail, delay, far).pull(p)
			})
		}
	}
}
