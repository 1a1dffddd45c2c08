package record_test

import (
	"context"
	"testing"

	"restante/index"
	"restante/index/blob"
	"restante/index/record/recordtest"
)

// BenchmarkAdd commits 100 messages at a time.
func BenchmarkAdd(b *testing.B) {
	db := openLite(b)
	defer db.Close()
	n := 0
	for b.Loop() {
		adds := make([]index.Addition, 100)
		for i := range adds {
			adds[i] = recordtest.Addition("ada", n)
			n++
		}
		if _, err := db.Add(context.Background(), adds, blob.Position{Segment: 1, Offset: int64(n)}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "msgs/s")
}

// BenchmarkTaken reads 100,000 receipts.
func BenchmarkTaken(b *testing.B) {
	db := openLite(b)
	defer db.Close()
	const all = 100_000
	for n := 0; n < all; n += 1000 {
		adds := make([]index.Addition, 1000)
		for i := range adds {
			adds[i] = recordtest.Addition("ada", n+i)
		}
		if _, err := db.Add(context.Background(), adds, blob.Position{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		taken, err := db.Taken(context.Background(), "ada", "ada-home")
		if err != nil || len(taken) != all {
			b.Fatalf("Taken = %d, %v", len(taken), err)
		}
	}
}
