package webtest

import (
	"os"
	"slices"
	"strconv"
	"testing"
	"time"
)

// Many is how many messages a benchmark's house has: 100,000, or what RESTANTE_PAGES
// says.
func Many(b *testing.B) int {
	b.Helper()
	s := os.Getenv("RESTANTE_PAGES")
	if s == "" {
		return 100_000
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// Measure does something again and again, and reports the median and the 95th
// percentile of the time it takes, and the most octets that it gave.
func Measure(b *testing.B, do func(i int) (octets int)) {
	took := make([]time.Duration, 0, b.N)
	weighs := 0
	for i := 0; b.Loop(); i++ {
		begun := time.Now()
		octets := do(i)
		took, weighs = append(took, time.Since(begun)), max(weighs, octets)
	}
	slices.Sort(took)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	b.ReportMetric(ms(took[len(took)/2]), "p50-ms")
	b.ReportMetric(ms(took[len(took)*95/100]), "p95-ms")
	b.ReportMetric(float64(weighs)/1024, "KiB")
	b.ReportMetric(0, "ns/op")
}
