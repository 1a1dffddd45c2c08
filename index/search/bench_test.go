package search_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"restante/fetch/corpora"
	"restante/index"
	"restante/index/search"
)

// corpus gives n real messages, over and over if there are fewer.
func corpus(t testing.TB, n int) [][]byte {
	t.Helper()
	out := corpora.Mail(t, "spamassassin", n)
	for i := 0; len(out) < n; i++ {
		out = append(out, out[i])
	}
	return out
}

func cpu(t testing.TB) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func sourceOf(raws [][]byte) *memory {
	s := newMemory()
	for i, raw := range raws {
		s.add(index.Message{Owner: "ada", Received: now.Add(-time.Duration(i) * time.Minute)}, raw)
	}
	return s
}

// BenchmarkIndex catalogues real mail, opening of the letters included.
func BenchmarkIndex(b *testing.B) {
	raws := corpus(b, 6000)
	var octets int64
	for _, r := range raws {
		octets += int64(len(r))
	}
	s := sourceOf(raws)
	b.SetBytes(octets)
	var used time.Duration
	var size int64
	b.ResetTimer()
	for range b.N {
		dir := filepath.Join(b.TempDir(), "catalogue")
		runtime.GC()
		start := cpu(b)
		c, err := search.Open(dir, search.Options{})
		if err != nil {
			b.Fatal(err)
		}
		catchUp(b, c, s)
		if err := c.Close(); err != nil {
			b.Fatal(err)
		}
		used += cpu(b) - start
		size = diskUse(b, dir)
	}
	n := float64(b.N * len(raws))
	b.ReportMetric(n/b.Elapsed().Seconds(), "msgs/s")
	b.ReportMetric(used.Seconds()*1000/n, "cpu-ms/msg")
	b.ReportMetric(float64(size)/float64(octets), "index/corpus")
}

// BenchmarkFollow lets real mail come in by groups, each with a wake, until all
// of it can be found.
func BenchmarkFollow(b *testing.B) {
	raws := corpus(b, 4000)
	b.Run("1000 a second", func(b *testing.B) { benchmarkFollow(b, raws, 20) })
	b.Run("100 a second", func(b *testing.B) { benchmarkFollow(b, raws[:800], 2) })
}

func benchmarkFollow(b *testing.B, raws [][]byte, group int) {
	var used time.Duration
	for range b.N {
		s := newMemory()
		c := open(b, filepath.Join(b.TempDir(), "catalogue"))
		ctx, stop := context.WithCancel(b.Context())
		wake := make(chan struct{}, 1)
		ended := make(chan error)
		runtime.GC()
		start := cpu(b)
		go func() { ended <- c.Follow(ctx, s, wake) }()
		tick := time.NewTicker(20 * time.Millisecond)
		for came := range slices.Chunk(raws, group) {
			<-tick.C
			for _, raw := range came {
				s.add(index.Message{Owner: "ada"}, raw)
			}
			select {
			case wake <- struct{}{}:
			default:
			}
		}
		for {
			if n, err := c.Behind(ctx, s); err != nil {
				b.Fatal(err)
			} else if n == 0 {
				break
			}
			<-tick.C
		}
		tick.Stop()
		used += cpu(b) - start
		stop()
		if err := <-ended; err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(used.Seconds()*1000/float64(b.N*len(raws)), "cpu-ms/msg")
}

func diskUse(t testing.TB, dir string) (n int64) {
	t.Helper()
	err := filepath.Walk(dir, func(_ string, i os.FileInfo, err error) error {
		if err == nil && !i.IsDir() {
			n += i.Size()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// BenchmarkSearch asks an index of 10,000 messages, or of as many as
// RESTANTE_BENCH_MESSAGES says.
func BenchmarkSearch(b *testing.B) {
	n := 10_000
	if s := os.Getenv("RESTANTE_BENCH_MESSAGES"); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil {
			b.Fatal(err)
		}
	}
	raws := corpus(b, max(n-200, 1))
	for i := range 200 {
		raws = append(raws, mail(fmt.Sprintf("東京都庁の請求書 第%d号を送ります。", i),
			"From: 山田 <yamada@example.jp>", "Subject: 請求書", "Content-Type: text/plain; charset=utf-8"))
	}
	c := fill(b, sourceOf(raws))
	for _, bench := range []struct{ name, query string }{
		{"term", "linux"},
		{"common", "from"},
		{"rare", "zaurus"},
		{"phrase", `"the end of the"`},
		{"from+term", "from:fork linux"},
		{"date+term", "on:2002-08 linux"},
		{"cjk", "請求書"},
		{"prefix", "inv*"},
		{"not", "linux -windows"},
	} {
		for _, how := range []struct {
			name string
			page search.Page
		}{{"newest", search.Page{}}, {"rough", search.Page{Rough: true}}, {"score", search.Page{ByScore: true}}, {"facets", search.Page{Facets: true}}} {
			b.Run(bench.name+"/"+how.name, func(b *testing.B) { benchmarkQuery(b, c, bench.query, how.page) })
		}
	}
}

func benchmarkQuery(b *testing.B, c *search.Catalogue, query string, page search.Page) {
	q, err := search.Parse(query, now)
	if err != nil {
		b.Fatal(err)
	}
	var took []time.Duration
	var total uint64
	used := cpu(b)
	for b.Loop() {
		start := time.Now()
		got, err := c.Search(b.Context(), "ada", q, page)
		if err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(start))
		total = got.Total
	}
	used = cpu(b) - used
	b.ReportMetric(float64(used.Microseconds())/1000/float64(b.N), "cpu-ms")
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
	b.ReportMetric(float64(total), "hits")
}
