package search_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"restante/fetch/peertest"
)

// BenchmarkNotmuch catalogues one Maildir with notmuch and with ours, and asks
// ours. RESTANTE_MESSAGES says of how many messages; 100,000 take half an hour on
// two cores. Compared are processor seconds: they hold on a busy machine too.
//
//	go test -run '^$' -bench Notmuch -benchtime 1x -timeout 120m ./index/search
func BenchmarkNotmuch(b *testing.B) {
	peertest.Needs(b, "notmuch", "/usr/bin/time")
	n := messages(b, 100_000)
	b.Run("real", func(b *testing.B) { besideNotmuch(b, n, realMail(b, n)) })
	b.Run("generated", func(b *testing.B) { besideNotmuch(b, n, generatedMail(n)) })
}

func besideNotmuch(b *testing.B, n int, mail made) {
	dir := b.TempDir()
	maildir := filepath.Join(dir, "mail")
	octets, err := writeMaildir(maildir, n, mail)
	if err != nil {
		b.Fatal(err)
	}
	theirs := notmuch(b, dir, maildir)
	for b.Loop() {
		catalogue := filepath.Join(dir, "catalogue")
		if err := os.RemoveAll(catalogue); err != nil {
			b.Fatal(err)
		}
		ours := send(b, errand{Catalogue: catalogue, Maildir: maildir, Messages: n})
		size := diskUse(b, catalogue)
		b.Logf("%d messages, %s", n, mib(octets))
		b.Logf("notmuch:  CPU %.1f s, %.0f messages a CPU second, index %s = %.3f of the mail, compacted %s = %.3f, at most %s of memory",
			theirs.cpu.Seconds(), float64(n)/theirs.cpu.Seconds(), mib(theirs.size), float64(theirs.size)/float64(octets), mib(theirs.compact), float64(theirs.compact)/float64(octets), mib(theirs.peak))
		b.Logf("restante: CPU %.1f s, %.0f messages a CPU second, index %s = %.3f of the mail, at most %s of memory",
			ours.CPU.Seconds(), float64(n)/ours.CPU.Seconds(), mib(size), float64(size)/float64(octets), mib(ours.Octets))
		b.ReportMetric(theirs.cpu.Seconds()/ours.CPU.Seconds(), "times-notmuch")
		b.ReportMetric(ours.CPU.Seconds()*1000/float64(n), "cpu-ms/msg")
		b.ReportMetric(float64(size)/float64(theirs.compact), "index/compacted")
		b.ReportMetric(float64(ours.Octets)/(1<<20), "peak-MiB")

		asked, err := classes(n, maildirStream(n, maildir).read)
		if err != nil {
			b.Fatal(err)
		}
		report(send(b, errand{Catalogue: catalogue, Messages: n, Ask: asked}).Classes)
	}
}

// peer is what notmuch took.
type peer struct {
	cpu           time.Duration
	peak          int64
	size, compact int64
}

// notmuch indexes a Maildir.
func notmuch(b *testing.B, dir, maildir string) (p peer) {
	b.Helper()
	settings := filepath.Join(dir, "notmuchrc")
	text := fmt.Sprintf("[database]\npath=%s\n[user]\nname=Ada\nprimary_email=ada@example.org\n[new]\ntags=\n[maildir]\nsynchronize_flags=false\n", maildir)
	if err := os.WriteFile(settings, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	run := func(args ...string) []byte {
		figures := filepath.Join(dir, "figures")
		cmd := exec.CommandContext(b.Context(), "/usr/bin/time", append([]string{"-f", "%U %S %M", "-o", figures, "notmuch", "--config=" + settings}, args...)...)
		var out, complaint bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &complaint
		if err := cmd.Run(); err != nil {
			b.Fatalf("notmuch %v: %v: %s", args, err, complaint.Bytes())
		}
		read, err := os.ReadFile(figures)
		if err != nil {
			b.Fatal(err)
		}
		f := bytes.Fields(read)
		p.cpu = seconds(b, f[0]) + seconds(b, f[1])
		kb, err := strconv.ParseInt(string(f[2]), 10, 64)
		if err != nil {
			b.Fatal(err)
		}
		p.peak = kb << 10
		return out.Bytes()
	}
	xapian := filepath.Join(maildir, ".notmuch")
	run("new", "--quiet")
	took := p
	took.size = diskUse(b, xapian)
	run("compact", "--quiet")
	took.compact = diskUse(b, xapian)
	return took
}

func seconds(b *testing.B, field []byte) time.Duration {
	b.Helper()
	s, err := strconv.ParseFloat(string(field), 64)
	if err != nil {
		b.Fatal(err)
	}
	return time.Duration(s * float64(time.Second))
}
