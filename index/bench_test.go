package index_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"restante/fetch"
	"restante/fetch/corpora"
	"restante/fetch/memtest"
	"restante/filter"
	"restante/index"
	"restante/index/blob"
	"restante/index/record"
)

// benchMail is how many messages are shelved: of the real ones, those that make
// 8 kB on the average.
const benchMail = 2000

// realMail gives messages of the SpamAssassin development stream between 3 and 40
// kB, 8 kB on the average, ready to be shelved.
func realMail(b *testing.B) []*filter.Sorted {
	b.Helper()
	var all []*filter.Sorted
	octets := 0
	for _, m := range corpora.Mail(b, "spamassassin", 7000) {
		if len(all) == benchMail {
			break
		}
		if len(m) < 3000 || len(m) > 40_000 {
			continue
		}
		all = append(all, sorted(b, "ada", "isp", fmt.Sprint("u", len(all)), string(m)))
		octets += len(m)
	}
	b.Logf("%d messages, %d octets on the average", len(all), octets/len(all))
	return all
}

// openBench opens a house, whose segments grow for so long.
func openBench(b testing.TB, dir string, age time.Duration) (*index.Archive, *blob.Log, *record.DB) {
	b.Helper()
	ctx := context.Background()
	store, err := record.Open(ctx, filepath.Join(dir, "rows.db"), record.Options{})
	if err != nil {
		b.Fatal(err)
	}
	known, err := store.Position(ctx)
	if err != nil {
		b.Fatal(err)
	}
	blobs, err := blob.Open(filepath.Join(dir, "segments"), blob.Options{Floor: known, SegmentAge: age})
	if err != nil {
		b.Fatal(err)
	}
	a, err := index.New(ctx, index.Options{Blobs: blobs, Store: store})
	if err != nil {
		b.Fatal(err)
	}
	return a, blobs, store
}

// shelveAll shelves messages, a group at a time, each group's at once.
func shelveAll(b testing.TB, a *index.Archive, all []*filter.Sorted, group int) {
	b.Helper()
	for len(all) > 0 {
		now := all[:min(group, len(all))]
		all = all[len(now):]
		var wg sync.WaitGroup
		errs := make([]error, len(now))
		for i, s := range now {
			wg.Go(func() { errs[i] = a.Shelve(context.Background(), s) })
		}
		wg.Wait()
		if err := errors.Join(errs...); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkShelve keeps real mail for good, rows and all, as 1, 10 and 100
// messages come at a time, beside a Maildir that syncs each file and its folder.
// Told is also what the archive takes for each octet of mail: as it grows, and
// sealed.
func BenchmarkShelve(b *testing.B) {
	all := realMail(b)
	raw := 0.0
	for _, s := range all {
		raw += float64(s.Parcel.Size)
	}
	for _, group := range []int{1, 10, 100} {
		b.Run(fmt.Sprint("group=", group), func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				dir := b.TempDir()
				a, blobs, store := openBench(b, dir, 0)
				b.StartTimer()
				shelveAll(b, a, all, group)
				b.StopTimer()
				b.ReportMetric(folderOctets(b, filepath.Join(dir, "segments"))/raw, "grown/raw")
				closeBench(b, a, blobs, store)
				sealBench(b, dir)
				b.ReportMetric(folderOctets(b, filepath.Join(dir, "segments"))/raw, "sealed/raw")
				b.StartTimer()
			}
			b.ReportMetric(float64(b.N*len(all))/b.Elapsed().Seconds(), "msgs/s")
		})
	}
	b.Run("maildir", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			dir := b.TempDir()
			b.StartTimer()
			for i, s := range all {
				if err := deliverMaildir(dir, i, s.Parcel); err != nil {
					b.Fatal(err)
				}
			}
		}
		b.ReportMetric(float64(b.N*len(all))/b.Elapsed().Seconds(), "msgs/s")
	})
}

func closeBench(b testing.TB, a *index.Archive, blobs *blob.Log, store *record.DB) {
	b.Helper()
	if err := errors.Join(a.Close(context.Background()), store.Close(), blobs.Close()); err != nil {
		b.Fatal(err)
	}
}

// sealBench seals all that a house has: no segment is too young.
func sealBench(b testing.TB, dir string) {
	b.Helper()
	a, blobs, store := openBench(b, dir, 1)
	if _, err := blobs.Seal(context.Background()); err != nil {
		b.Fatal(err)
	}
	closeBench(b, a, blobs, store)
}

func folderOctets(b testing.TB, dir string) (n float64) {
	b.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		b.Fatal(err)
	}
	for _, f := range files {
		info, err := f.Info()
		if err != nil {
			b.Fatal(err)
		}
		n += float64(info.Size())
	}
	return n
}

// deliverMaildir is how a careful delivery agent writes.
func deliverMaildir(dir string, n int, p *fetch.Parcel) error {
	tmp := filepath.Join(dir, fmt.Sprint("tmp-", n))
	f, err := os.Create(tmp)
	if err != nil {
		return err
	}
	var text bytes.Buffer
	_, err = text.ReadFrom(p.Open())
	if err == nil {
		_, err = f.Write(text.Bytes())
	}
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(tmp, filepath.Join(dir, fmt.Sprint("new-", n))); err != nil {
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// BenchmarkMillion keeps a million made-up messages, or as many as
// RESTANTE_MESSAGES says, verifies them, loses the database and makes it anew, and
// seals them. One run takes some twenty minutes and 3 GB.
func BenchmarkMillion(b *testing.B) {
	total := 1_000_000
	if text := os.Getenv("RESTANTE_MESSAGES"); text != "" {
		var err error
		if total, err = strconv.Atoi(text); err != nil {
			b.Fatal(err)
		}
	}
	ctx := context.Background()
	for b.Loop() {
		dir := b.TempDir()
		a, blobs, store := openBench(b, dir, 0)
		raw := 0.0
		step := time.Now()
		took := func(what string) {
			b.ReportMetric(time.Since(step).Seconds(), what+"-s")
			step = time.Now()
		}
		for n := 0; n < total; {
			batch := make([]*filter.Sorted, 0, 1000)
			for ; len(batch) < cap(batch) && n < total; n++ {
				s := sorted(b, "ada", "isp", fmt.Sprint("u", n), madeUp(n))
				raw += float64(s.Parcel.Size)
				batch = append(batch, s)
			}
			shelveAll(b, a, batch, 100)
		}
		took("ingest")
		b.ReportMetric(folderOctets(b, filepath.Join(dir, "segments"))/raw, "grown/raw")
		b.ReportMetric(folderOctets(b, dir)/float64(total), "rows-B/msg")
		verify := func(what string) {
			p, err := a.Verify(ctx, nil)
			if err != nil || p.Messages != total || len(p.Faults) > 0 {
				b.Fatalf("verify: %d messages, %d faults, %v", p.Messages, len(p.Faults), err)
			}
			took(what)
		}
		verify("verify")
		closeBench(b, a, blobs, store)
		sealBench(b, dir)
		took("seal")
		a, blobs, store = openBench(b, dir, 0)
		b.ReportMetric(folderOctets(b, filepath.Join(dir, "segments"))/raw, "sealed/raw")
		verify("verify-sealed")
		closeBench(b, a, blobs, store)
		for _, f := range []string{"", "-wal", "-shm"} {
			if err := os.RemoveAll(filepath.Join(dir, "rows.db"+f)); err != nil {
				b.Fatal(err)
			}
		}
		step = time.Now()
		a, blobs, store = openBench(b, dir, 0)
		took("rebuild")
		if box, err := store.List(ctx, index.View{Owner: "ada", Boxes: []index.Box{{Name: filter.Inbox}}}); err != nil || len(box) != total {
			b.Fatalf("rebuilt: %d messages, %v", len(box), err)
		}
		took("list")
		closeBench(b, a, blobs, store)
		if octets, err := memtest.Most(); err == nil { // not every system tells
			b.ReportMetric(float64(octets)/(1<<20), "peak-MiB")
		}
	}
}

// madeUp is a message of some 2 kB, of words as frequent as those of a language.
func madeUp(n int) string {
	rnd := rand.New(rand.NewPCG(7, uint64(n)))
	words := rand.NewZipf(rnd, 1.1, 4, 40_000)
	var m strings.Builder
	fmt.Fprintf(&m, "Received: from mx%d.example.net (192.0.2.%d) by pop.example.org; Mon, 2 Feb 2026 10:00:00 +0000\r\n"+
		"From: Person %d <p%d@example.com>\r\nTo: ada@example.org\r\nSubject: w%d w%d\r\nMessage-ID: <%x.%d@example.com>\r\n"+
		"Date: Mon, 2 Feb 2026 10:00:00 +0000\r\n\r\n", rnd.IntN(90), rnd.IntN(250), rnd.IntN(5000), rnd.IntN(5000), words.Uint64(), words.Uint64(), rnd.Uint64(), n)
	for line := 0; m.Len() < 2000; line++ {
		for range 10 {
			fmt.Fprintf(&m, "w%d ", words.Uint64())
		}
		m.WriteString("\r\n")
	}
	return m.String()
}
