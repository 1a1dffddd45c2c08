package search_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

// BenchmarkAsk asks a catalogue of 100,000 generated messages, or of
// RESTANTE_MESSAGES. With RESTANTE_CATALOGUES, a folder, it is kept there for the
// next time.
//
//	go test -run '^$' -bench Ask -benchtime 1x -timeout 120m ./index/search
func BenchmarkAsk(b *testing.B) {
	n := messages(b, 100_000)
	mail := generatedMail(n)
	dir := os.Getenv("RESTANTE_CATALOGUES")
	if dir == "" {
		dir = b.TempDir()
	}
	catalogue := filepath.Join(dir, strconv.Itoa(n))
	if _, err := os.Stat(catalogue); errors.Is(err, fs.ErrNotExist) {
		send(b, errand{Catalogue: catalogue, Messages: n})
	}
	asked, err := classes(n, func(i int) ([]byte, error) { return mail(i), nil })
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		answers := send(b, errand{Catalogue: catalogue, Messages: n, Ask: asked})
		report(answers.Classes)
		b.ReportMetric(float64(answers.Octets)/(1<<20), "peak-MiB")
	}
}

// BenchmarkMillion makes a catalogue of a million generated messages, or of
// RESTANTE_MESSAGES, and asks it. Only the catalogue takes room on the disk,
// some three gigabytes, and up to twice that while it is made.
//
//	go test -run '^$' -bench Million -benchtime 1x -timeout 120m ./index/search
func BenchmarkMillion(b *testing.B) {
	n := messages(b, 1_000_000)
	mail := generatedMail(n)
	for b.Loop() {
		catalogue := filepath.Join(b.TempDir(), "catalogue")
		built := send(b, errand{Catalogue: catalogue, Messages: n})
		b.Logf("%d messages: rebuild %.2f CPU minutes, with the making of the mail, at most %s of memory; catalogue %s", n, built.CPU.Minutes(), mib(built.Octets), mib(diskUse(b, catalogue)))
		b.ReportMetric(built.CPU.Minutes(), "cpu-minutes")
		b.ReportMetric(float64(built.Octets)/(1<<20), "peak-MiB")
		asked, err := classes(n, func(i int) ([]byte, error) { return mail(i), nil })
		if err != nil {
			b.Fatal(err)
		}
		answers := send(b, errand{Catalogue: catalogue, Messages: n, Ask: asked})
		report(answers.Classes)
		b.Logf("searching took at most %s of memory", mib(answers.Octets))
		b.ReportMetric(float64(answers.Octets)/(1<<20), "search-peak-MiB")
		for _, a := range answers.Classes {
			if a.How == ways[1].name {
				b.ReportMetric(ms(a.Wall.Median), a.Class+"-p50-ms")
			}
		}
		if err := os.RemoveAll(catalogue); err != nil {
			b.Fatal(err)
		}
	}
}
