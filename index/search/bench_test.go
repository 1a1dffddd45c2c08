package search_test

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"slices"
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
	var cpu time.Duration
	var size int64
	b.ResetTimer()
	for range b.N {
		dir := filepath.Join(b.TempDir(), "catalogue")
		runtime.GC()
		start := used()
		c, err := search.Open(dir, search.Options{})
		if err != nil {
			b.Fatal(err)
		}
		catchUp(b, c, s)
		if err := c.Close(); err != nil {
			b.Fatal(err)
		}
		cpu += used() - start
		size = diskUse(b, dir)
	}
	n := float64(b.N * len(raws))
	b.ReportMetric(n/b.Elapsed().Seconds(), "msgs/s")
	b.ReportMetric(cpu.Seconds()*1000/n, "cpu-ms/msg")
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
	var cpu time.Duration
	for range b.N {
		s := newMemory()
		c := open(b, filepath.Join(b.TempDir(), "catalogue"))
		ctx, stop := context.WithCancel(b.Context())
		wake := make(chan struct{}, 1)
		ended := make(chan error)
		runtime.GC()
		start := used()
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
		cpu += used() - start
		stop()
		if err := <-ended; err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(cpu.Seconds()*1000/float64(b.N*len(raws)), "cpu-ms/msg")
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
