package blob_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"restante/index/blob"
	"restante/index/blob/blobtest"
)

// letters are messages of about 8 kB that compress about as mail does: half of
// it words, half of it base64.
func letters(n int) []blob.Record {
	rnd := rand.New(rand.NewPCG(3, 4))
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	recs := make([]blob.Record, n)
	for i := range recs {
		var b bytes.Buffer
		fmt.Fprintf(&b, "From: a%d@example.org\r\nSubject: letter %d\r\n\r\n", i, i)
		for b.Len() < 4000 {
			fmt.Fprintf(&b, "word%d and ", rnd.IntN(500))
		}
		for b.Len() < 8000 {
			b.WriteByte(alphabet[rnd.IntN(64)])
		}
		recs[i] = blobtest.Record(b.Bytes(), "")
		recs[i].Meta = make([]byte, 300)
	}
	return recs
}

// BenchmarkAppend counts messages that are durable, in commits of 1, 10 and
// 100, beside a Maildir that syncs each file and its folder.
func BenchmarkAppend(b *testing.B) {
	recs := letters(1000)
	for _, group := range []int{1, 10, 100} {
		b.Run(fmt.Sprintf("log/group=%d", group), func(b *testing.B) {
			l, err := blob.Open(b.TempDir(), blob.Options{})
			if err != nil {
				b.Fatal(err)
			}
			defer l.Close()
			n := 0
			var stored, raw int64
			for b.Loop() {
				at := n % len(recs)
				refs, err := l.Append(context.Background(), recs[at:at+group])
				if err != nil {
					b.Fatal(err)
				}
				for i, ref := range refs {
					stored, raw = stored+ref.Length, raw+recs[at+i].Size
				}
				n += group
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "msgs/s")
			b.ReportMetric(float64(stored)/float64(raw), "stored/raw")
		})
	}
	b.Run("maildir", func(b *testing.B) {
		dir := b.TempDir()
		n := 0
		for b.Loop() {
			if err := maildirPut(dir, n, recs[n%len(recs)]); err != nil {
				b.Fatal(err)
			}
			n++
		}
		b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "msgs/s")
	})
}

func maildirPut(dir string, n int, r blob.Record) error {
	tmp := filepath.Join(dir, fmt.Sprint("tmp-", n))
	f, err := os.Create(tmp)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := io.Copy(f, r.Open()); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := os.Rename(tmp, filepath.Join(dir, fmt.Sprint("new-", n))); err != nil {
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// BenchmarkOpen reads random messages whole, on one core.
func BenchmarkOpen(b *testing.B) {
	l, err := blob.Open(b.TempDir(), blob.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	recs := letters(1000)
	refs, err := l.Append(context.Background(), recs)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(recs[0].Size)
	b.ReportAllocs()
	for b.Loop() {
		i := rand.IntN(len(refs))
		r, err := l.Open(context.Background(), refs[i], recs[i].Digest)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, r); err != nil {
			b.Fatal(err)
		}
		r.Close()
	}
}
