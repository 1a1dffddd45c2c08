package record_test

import (
	"context"
	"strings"
	"testing"

	"restante/index"
	"restante/index/blob"
	"restante/index/record"
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

// BenchmarkList lists 100,000 messages: the account's own view, a device that hid
// some of them, and one that hid all but a hundred.
func BenchmarkList(b *testing.B) {
	db := openLite(b)
	defer db.Close()
	const all = 100_000
	ids := addMany(b, db, all)
	views := map[string]index.View{"own": {Owner: "ada", Boxes: []index.Box{{Name: "inbox"}}}, "archive": {Owner: "ada", Boxes: []index.Box{{Name: "archive", Virtual: true}}}}
	for name, hides := range map[string]int{"device": 0, "hid 1,000": 1000, "hid 99,900": 99_900} {
		d := index.Device{Owner: "ada", Name: strings.ReplaceAll(name, " ", ""), Secret: [32]byte{byte(hides)}, Mailboxes: []string{"inbox"}, Shown: index.AllMail}
		if err := db.AddDevice(context.Background(), &d); err != nil {
			b.Fatal(err)
		}
		v := index.View{Owner: "ada", Device: d.ID, Boxes: []index.Box{{Name: "inbox"}}}
		if err := db.Dismiss(context.Background(), v, ids[:hides]); err != nil {
			b.Fatal(err)
		}
		views[name] = v
	}
	for name, v := range views {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := db.List(context.Background(), v); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// addMany adds n messages of ada's.
func addMany(b *testing.B, db *record.DB, n int) (ids []int64) {
	for at := 0; at < n; at += 1000 {
		adds := make([]index.Addition, 1000)
		for i := range adds {
			adds[i] = recordtest.Addition("ada", at+i)
		}
		more, err := db.Add(context.Background(), adds, blob.Position{})
		if err != nil {
			b.Fatal(err)
		}
		ids = append(ids, more...)
	}
	return ids
}

// BenchmarkTaken reads 100,000 receipts.
func BenchmarkTaken(b *testing.B) {
	db := openLite(b)
	defer db.Close()
	const all = 100_000
	addMany(b, db, all)
	b.ReportAllocs()
	for b.Loop() {
		taken, err := db.Taken(context.Background(), "ada", "ada-home")
		if err != nil || len(taken) != all {
			b.Fatalf("Taken = %d, %v", len(taken), err)
		}
	}
}
