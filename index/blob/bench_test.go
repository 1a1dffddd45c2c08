package blob_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"restante/fetch/corpora"
	"restante/index/blob"
	"restante/index/blob/blobtest"
)

// realMail are records of the SpamAssassin development stream, or where it is
// not there of made-up letters, with metas as the archive gives them.
func realMail(b *testing.B) []blob.Record {
	b.Helper()
	var recs []blob.Record
	for i, msg := range corpora.Mail(b, "spamassassin", 7000) {
		recs = append(recs, blobtest.Record(msg, string(metaOf(i, msg))))
	}
	return recs
}

// metaOf makes a meta like those that the archive writes: about 540 octets.
func metaOf(i int, msg []byte) []byte {
	sum := sha256.Sum256(msg)
	score := float64(sum[0]) / 256.17
	class := []string{"unsure", "ham", "spam"}[sum[1]%3]
	reasons := ""
	for _, why := range []string{
		`{"name":"IS_LIST","weight":-1,"text":"It comes from a mailing list that says how to leave it"},`,
		`{"name":"NO_MESSAGE_ID","weight":1.5,"text":"There is no Message-ID, which every mail program writes"},`,
		`{"name":"IS_ANSWER","weight":-1.5,"text":"It answers a message of a thread and quotes it"},`,
	}[:sum[2]%4] {
		reasons += why
	}
	uid := strings.ToLower(base32.StdEncoding.EncodeToString(sum[4:14]))
	return fmt.Appendf(nil, `{"owner":"alice","uid":%q,"account":"work","upstream_uid":"%d.M%dP%d.host","listed":%d,"head":"%x",`+
		`"mailbox":"inbox","class":%q,"score":%v,"served":%d,"added":"X-Spam-Flag: NO\r\nX-Spam-Status: No, score=%.3f required=0.900 class=%s\r\n\ttests=bayes\r\n`+
		`X-Spam-Score: %.3f\r\nX-Restante-Account: work\r\n","reasons":[%s{"name":"bayes","weight":%v,"text":"the words make it spam with probability %.3f"}]}`,
		uid, 1_000_000_000+i*60, i%1e6, int(sum[14])*79, len(msg), sum[16:24], class, score, len(msg)+137, score, class, score, reasons, float64(sum[3])/97, score)
}

// letters are made-up messages of about 8 kB that compress about as mail does:
// half of it words, half of it base64.
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
		recs[i] = blobtest.Record(b.Bytes(), string(metaOf(i, b.Bytes())))
	}
	return recs
}

// BenchmarkAppend counts messages that are durable, in commits of 1, 10 and
// 100, beside a Maildir that syncs each file and its folder. Sizes are told in
// octets of disk for each of mail.
func BenchmarkAppend(b *testing.B) {
	recs := letters(1000)
	for _, form := range []string{"log", "encrypted"} {
		for _, group := range []int{1, 10, 100} {
			b.Run(fmt.Sprintf("%s/group=%d", form, group), func(b *testing.B) {
				o := blob.Options{}
				if form == "encrypted" {
					o.Key = secret
				}
				l, err := blob.Open(b.TempDir(), o)
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
	}
	b.Run("maildir", func(b *testing.B) {
		dir := b.TempDir()
		n := 0
		var stored, raw int64
		for b.Loop() {
			r := recs[n%len(recs)]
			if err := maildirPut(dir, n, r); err != nil {
				b.Fatal(err)
			}
			stored, raw = stored+(r.Size+4095)/4096*4096, raw+r.Size // whole blocks
			n++
		}
		b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "msgs/s")
		b.ReportMetric(float64(stored)/float64(raw), "stored/raw")
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

// BenchmarkSeal archives the SpamAssassin development stream in commits of 100,
// seals it and reads it through, and tells what each form takes for each octet
// of mail.
func BenchmarkSeal(b *testing.B) {
	recs := realMail(b)
	raw := int64(0)
	for _, r := range recs {
		raw += r.Size
	}
	for form, o := range map[string]blob.Options{"clear": {}, "encrypted": {Key: secret}} {
		b.Run(form, func(b *testing.B) {
			for b.Loop() {
				l, err := blob.Open(b.TempDir(), o)
				if err != nil {
					b.Fatal(err)
				}
				for rest := recs; len(rest) > 0; {
					n := min(100, len(rest))
					if _, err := l.Append(context.Background(), rest[:n]); err != nil {
						b.Fatal(err)
					}
					rest = rest[n:]
				}
				if err := l.Retire(); err != nil {
					b.Fatal(err)
				}
				start := time.Now()
				done, err := l.Seal(context.Background())
				if err != nil {
					b.Fatal(err)
				}
				sealing := time.Since(start)
				start = time.Now()
				if p, err := l.Verify(context.Background(), true, nil); err != nil || len(p.Faults) > 0 || p.Messages != int64(len(recs)) {
					b.Fatalf("Verify: %+v, %v", p, err)
				}
				b.ReportMetric(float64(raw)/1e6/sealing.Seconds(), "sealMB/s")
				b.ReportMetric(float64(raw)/1e6/time.Since(start).Seconds(), "verifyMB/s")
				b.ReportMetric(float64(done.Before)/float64(raw), "grown/raw")
				b.ReportMetric(float64(done.After)/float64(raw), "sealed/raw")
				l.Close()
			}
		})
	}
}

// BenchmarkOpen reads messages whole, on one core: random ones, and of sealed
// segments also one after the other, as who reads a mailbox does.
func BenchmarkOpen(b *testing.B) {
	l, err := blob.Open(b.TempDir(), blob.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	recs := letters(2000)
	refs, err := l.Append(context.Background(), recs)
	if err != nil {
		b.Fatal(err)
	}
	read := func(next func() int) func(*testing.B) {
		return func(b *testing.B) {
			b.SetBytes(recs[0].Size)
			b.ReportAllocs()
			for b.Loop() {
				i := next()
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
	}
	random := func() int { return rand.IntN(len(refs)) }
	b.Run("growing/random", read(random))
	if err := l.Retire(); err != nil {
		b.Fatal(err)
	}
	if _, err := l.Seal(context.Background()); err != nil {
		b.Fatal(err)
	}
	b.Run("sealed/random", read(random))
	at := -1
	b.Run("sealed/in order", read(func() int { at = (at + 1) % len(refs); return at }))
}
