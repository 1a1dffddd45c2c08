package index_test

import (
	"fmt"
	"io"
	"testing"

	"restante/filter"
)

// BenchmarkMaildrop opens and reads all messages of a maildrop in order, as a
// session of POP3 does: while segments grow, and sealed.
func BenchmarkMaildrop(b *testing.B) {
	const count = 5000
	dir := b.TempDir()
	a, blobs, store := openBench(b, dir, 0)
	all := make([]*filter.Sorted, count)
	for n := range all {
		all[n] = sorted(b, "ada", "isp", fmt.Sprint("u", n), madeUp(n))
	}
	shelveAll(b, a, all, 100)
	closeBench(b, a, blobs, store)
	for _, state := range []string{"growing", "sealed"} {
		if state == "sealed" {
			sealBench(b, dir)
		}
		a, blobs, store := openBench(b, dir, 0)
		b.Run(state, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				d, err := openDrop(b.Context(), a, "ada", filter.Inbox)
				if err != nil || d.Len() != count {
					b.Fatal(d.Len(), err)
				}
				for i := range count {
					r, err := d.Open(b.Context(), i)
					if err != nil {
						b.Fatal(err)
					}
					if _, err := io.Copy(io.Discard, r); err != nil {
						b.Fatal(err)
					}
					r.Close()
				}
				d.Close()
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*count), "us/message")
		})
		closeBench(b, a, blobs, store)
	}
}
