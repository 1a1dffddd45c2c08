// Package blobtest is the contract that every index.Blobs keeps, and messages that
// a store may stumble over.
//
// # Why
//
// A log must give the same answers whether its segments grow or are sealed, in
// clear or encrypted, one or a thousand: nobody above it knows which they are. So
// there is one contract, and each of these is held to it.
package blobtest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"restante/index/blob"
)

// Blobs is index.Blobs, said again so that a store can be tested without
// everything that index stands upon.
type Blobs interface {
	Append(ctx context.Context, recs []blob.Record) ([]blob.Ref, error)
	Open(ctx context.Context, ref blob.Ref, want blob.Digest) (io.ReadCloser, error)
	Scan(ctx context.Context, from blob.Position, each func(blob.Entry) error) error
	Close() error
}

// Record makes the record of a message.
func Record(msg []byte, meta string) blob.Record {
	return blob.Record{
		Digest:   sha256.Sum256(msg),
		Size:     int64(len(msg)),
		Received: time.Unix(1_700_000_000, 123456789).UTC(),
		Sender:   "ada@example.org",
		Meta:     []byte(meta),
		Open:     func() io.Reader { return bytes.NewReader(msg) },
	}
}

// Messages are bytes that a store may stumble over.
func Messages() map[string][]byte {
	rnd := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 3<<20)
	for i := range noise {
		noise[i] = byte(rnd.Uint32())
	}
	froms := strings.Repeat("From \n>From \n>>From x\r\nFromage\n", 60_000)
	return map[string][]byte{
		"empty":               {},
		"one newline":         []byte("\n"),
		"no newline":          []byte("Subject: x\r\n\r\nhello"),
		"CRLF":                []byte("Subject: x\r\n\r\nhello\r\n"),
		"LF":                  []byte("Subject: x\n\nhello\n"),
		"ends in empty lines": []byte("Subject: x\n\nhello\n\n\n"),
		"begins with From":    []byte("From ada Mon\nSubject: x\n\nFrom here\n>From there\n>>>From"),
		"ends in From":        []byte("Subject: x\n\nFrom "),
		"ends in marks":       []byte("Subject: x\n\n>>>"),
		"lone CR":             []byte("a\rFrom b\r\rFrom c"),
		"zeros":               make([]byte, 100_000),
		"noise":               noise[:100_000],
		"just whole":          noise[:1<<20],
		"just streamed":       noise[:1<<20+1],
		"large noise":         noise,
		"large text":          []byte(froms),
		"small but quoted":    []byte(strings.Repeat("From \n", 170_000)),
	}
}

// Test runs the contract. Each call of open gives an empty store.
func Test(t *testing.T, open func(t *testing.T) Blobs) {
	for name, f := range map[string]func(*testing.T, Blobs){
		"Open_GivesExactBytes":            exact,
		"Open_RefusesWhatIsNotThere":      absent,
		"Open_RefusesAnotherMessage":      another,
		"Append_RefusesFalseBytes":        falseBytes,
		"Append_RefusesTooMuchMeta":       meta,
		"Append_HearsCancelledContext":    cancelled,
		"Append_PassesOnReadErrors":       readError,
		"Append_OfNothingIsNothing":       none,
		"Append_ManyAtOnce":               concurrent,
		"Scan_GivesRecordsInOrderOfRefs":  scan,
		"Scan_EndsWithTheErrorOfEach":     scanError,
		"Scan_SparesWhatWasNotCommitted":  scanFailed,
		"Open_ReaderRefusesReadsWhenShut": shut,
	} {
		t.Run(name, func(t *testing.T) {
			b := open(t)
			f(t, b)
			if err := b.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
		})
	}
}

func exact(t *testing.T, b Blobs) {
	ctx := context.Background()
	var recs []blob.Record
	var want [][]byte
	for name, msg := range Messages() {
		recs = append(recs, Record(msg, name))
		want = append(want, msg)
	}
	refs := appendAll(t, b, recs...)
	for i, ref := range refs {
		r, err := b.Open(ctx, ref, recs[i].Digest)
		if err != nil {
			t.Errorf("%s: Open: %v", recs[i].Meta, err)
			continue
		}
		// Small odd reads find what whole ones would not.
		got, err := io.ReadAll(iotest.HalfReader(r))
		if err != nil || !bytes.Equal(got, want[i]) {
			t.Errorf("%s: got %d octets, %v; want %d", recs[i].Meta, len(got), err, len(want[i]))
		}
		if err := r.Close(); err != nil {
			t.Errorf("%s: Close: %v", recs[i].Meta, err)
		}
	}
}

func absent(t *testing.T, b Blobs) {
	x := Record([]byte("x\n"), "")
	ref := appendAll(t, b, x)[0]
	for name, r := range map[string]blob.Ref{
		"zero":           {},
		"other segment":  {Segment: ref.Segment + 7, Offset: ref.Offset, Length: ref.Length},
		"behind the end": {Segment: ref.Segment, Offset: ref.End().Offset, Length: ref.Length},
		"far behind":     {Segment: ref.Segment, Offset: 1 << 62, Length: 1 << 62},
		"negative":       {Segment: ref.Segment, Offset: -1, Length: ref.Length},
	} {
		if _, err := b.Open(context.Background(), r, x.Digest); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: Open = %v, want fs.ErrNotExist", name, err)
		}
	}
}

// A place may have come to hold another owner's mail.
func another(t *testing.T, b Blobs) {
	for _, n := range []int{10, 2 << 20} {
		one, two := Record(bytes.Repeat([]byte("1"), n), ""), Record(bytes.Repeat([]byte("2"), n), "")
		ref := appendAll(t, b, one, two)[1]
		if _, err := b.Open(context.Background(), ref, one.Digest); !errors.Is(err, blob.ErrDamaged) {
			t.Errorf("%d octets: Open = %v, want ErrDamaged", n, err)
		}
	}
}

func falseBytes(t *testing.T, b Blobs) {
	for _, n := range []int{10, 2 << 20} {
		msg := bytes.Repeat([]byte("a"), n)
		for name, change := range map[string]func(*blob.Record){
			"other digest": func(r *blob.Record) { r.Digest[0] ^= 1 },
			"too long":     func(r *blob.Record) { r.Size-- },
			"too short":    func(r *blob.Record) { r.Size++ },
		} {
			bad := Record(msg, "")
			change(&bad)
			if _, err := b.Append(context.Background(), []blob.Record{Record([]byte("good"), ""), bad}); !errors.Is(err, blob.ErrDamaged) {
				t.Errorf("%s, %d octets: Append = %v, want ErrDamaged", name, n, err)
			}
		}
	}
	nothingIn(t, b)
}

func meta(t *testing.T, b Blobs) {
	if _, err := b.Append(context.Background(), []blob.Record{Record(nil, strings.Repeat("m", blob.MaxMeta+1))}); err == nil {
		t.Error("Append took too much meta")
	}
	largest := strings.Repeat("m", blob.MaxMeta)
	appendAll(t, b, Record(nil, largest))
	for _, e := range entries(t, b) {
		if string(e.Meta) != largest {
			t.Errorf("meta of %d octets, want %d", len(e.Meta), len(largest))
		}
	}
}

func cancelled(t *testing.T, b Blobs) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := b.Append(ctx, []blob.Record{Record([]byte("x"), "")}); !errors.Is(err, context.Canceled) {
		t.Errorf("Append = %v, want context.Canceled", err)
	}
	nothingIn(t, b)
}

func readError(t *testing.T, b Blobs) {
	broken := errors.New("spool is gone")
	for _, n := range []int{10, 2 << 20} {
		r := Record(make([]byte, n), "")
		r.Open = func() io.Reader {
			return io.MultiReader(bytes.NewReader(make([]byte, n/2)), iotest.ErrReader(broken))
		}
		if _, err := b.Append(context.Background(), []blob.Record{r}); !errors.Is(err, broken) {
			t.Errorf("%d octets: Append = %v, want the reader's error", n, err)
		}
	}
	nothingIn(t, b)
}

func none(t *testing.T, b Blobs) {
	if refs, err := b.Append(context.Background(), nil); len(refs) != 0 || err != nil {
		t.Errorf("Append(nothing) = %v, %v", refs, err)
	}
	nothingIn(t, b)
}

func concurrent(t *testing.T, b Blobs) {
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 5 {
				msg := fmt.Appendf(nil, "message %d of %d\n", i, g)
				refs, err := b.Append(context.Background(), []blob.Record{Record(msg, ""), Record(msg, "")})
				if err != nil {
					t.Errorf("Append: %v", err)
					return
				}
				for _, ref := range refs {
					if got := read(t, b, ref, sha256.Sum256(msg)); !bytes.Equal(got, msg) {
						t.Errorf("got %q, want %q", got, msg)
					}
				}
			}
		})
	}
	wg.Wait()
	if n := len(entries(t, b)); n != 80 {
		t.Errorf("%d entries, want 80", n)
	}
}

func scan(t *testing.T, b Blobs) {
	var refs []blob.Ref
	for i := range 10 {
		refs = append(refs, appendAll(t, b, Record([]byte{byte(i)}, fmt.Sprint(i)), Record(nil, fmt.Sprint("nothing ", i)))...)
	}
	all := entries(t, b)
	if len(all) != len(refs) {
		t.Fatalf("%d entries, want %d", len(all), len(refs))
	}
	for i, e := range all {
		want := Record([]byte{byte(i / 2)}, fmt.Sprint(i/2))
		if i%2 == 1 {
			want = Record(nil, fmt.Sprint("nothing ", i/2))
		}
		if e.Ref != refs[i] || e.Digest != want.Digest || e.Size != want.Size || !e.Received.Equal(want.Received) || string(e.Meta) != string(want.Meta) {
			t.Errorf("entry %d = %+v, want ref %v and %+v", i, e, refs[i], want)
		}
		if n := count(t, b, e.Ref.End()); n != len(refs)-i-1 {
			t.Errorf("%d entries after entry %d, want %d", n, i, len(refs)-i-1)
		}
	}
}

func scanError(t *testing.T, b Blobs) {
	appendAll(t, b, Record(nil, ""), Record(nil, ""))
	enough, n := errors.New("enough"), 0
	err := b.Scan(context.Background(), blob.Position{}, func(blob.Entry) error { n++; return enough })
	if !errors.Is(err, enough) || n != 1 {
		t.Errorf("Scan = %v after %d, want the error of each after 1", err, n)
	}
}

func scanFailed(t *testing.T, b Blobs) {
	appendAll(t, b, Record([]byte("first\n"), ""))
	bad := Record(make([]byte, 2<<20), "")
	bad.Digest[0] ^= 1
	if _, err := b.Append(context.Background(), []blob.Record{Record([]byte("lost\n"), ""), bad}); err == nil {
		t.Fatal("Append took false bytes")
	}
	appendAll(t, b, Record([]byte("second\n"), ""))
	if n := len(entries(t, b)); n != 2 {
		t.Errorf("%d entries, want 2", n)
	}
}

func shut(t *testing.T, b Blobs) {
	for _, n := range []int{10, 2 << 20} {
		rec := Record(make([]byte, n), "")
		r, err := b.Open(context.Background(), appendAll(t, b, rec)[0], rec.Digest)
		if err != nil {
			t.Fatalf("Open: %v", err)
		}
		for range 2 {
			if err := r.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
		}
		if n, err := r.Read(make([]byte, 1)); n != 0 || err == nil || err == io.EOF {
			t.Errorf("Read after Close = %d, %v; want an error", n, err)
		}
	}
}

func appendAll(t *testing.T, b Blobs, recs ...blob.Record) []blob.Ref {
	t.Helper()
	refs, err := b.Append(context.Background(), recs)
	if err != nil || len(refs) != len(recs) {
		t.Fatalf("Append = %d refs, %v; want %d", len(refs), err, len(recs))
	}
	return refs
}

func read(t *testing.T, b Blobs, ref blob.Ref, want blob.Digest) []byte {
	t.Helper()
	r, err := b.Open(context.Background(), ref, want)
	if err != nil {
		t.Errorf("Open: %v", err)
		return nil
	}
	defer r.Close()
	got, err := io.ReadAll(r)
	if err != nil {
		t.Errorf("Read: %v", err)
	}
	return got
}

func entries(t *testing.T, b Blobs) []blob.Entry {
	t.Helper()
	var all []blob.Entry
	err := b.Scan(context.Background(), blob.Position{}, func(e blob.Entry) error {
		e.Meta = bytes.Clone(e.Meta)
		all = append(all, e)
		return nil
	})
	if err != nil {
		t.Errorf("Scan: %v", err)
	}
	return all
}

func count(t *testing.T, b Blobs, from blob.Position) (n int) {
	t.Helper()
	if err := b.Scan(context.Background(), from, func(blob.Entry) error { n++; return nil }); err != nil {
		t.Errorf("Scan: %v", err)
	}
	return n
}

func nothingIn(t *testing.T, b Blobs) {
	t.Helper()
	if n := count(t, b, blob.Position{}); n != 0 {
		t.Errorf("%d entries, want none", n)
	}
}
