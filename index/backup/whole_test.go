package backup_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"restante/fetch"
	"restante/filter"
	"restante/filter/letter"
	"restante/index"
	"restante/index/backup"
	"restante/index/blob"
	"restante/index/record"
)

// real is an archive of real parts.
type real struct {
	*index.Archive
	blobs *blob.Log
	rows  *record.DB
}

func openReal(t testing.TB, dir string, key []byte) *real {
	t.Helper()
	r := &real{}
	r.rows = must[*record.DB](t)(record.Open(ctx, filepath.Join(dir, "restante.db"), record.Options{}))
	floor := must[blob.Position](t)(r.rows.Position(ctx))
	r.blobs = must[*blob.Log](t)(blob.Open(filepath.Join(dir, "segments"), blob.Options{Floor: floor, SegmentSize: 20 << 10, Key: key}))
	r.Archive = must[*index.Archive](t)(index.New(ctx, index.Options{Blobs: r.blobs, Store: r.rows, Eraser: r.blobs}))
	return r
}

func (r *real) close(t testing.TB) {
	t.Helper()
	if err := errors.Join(r.Archive.Close(ctx), r.blobs.Close(), r.rows.Close()); err != nil {
		t.Fatal(err)
	}
}

func (r *real) shelve(t testing.TB, from, to int) {
	t.Helper()
	for n := from; n < to; n++ {
		text := fmt.Appendf(nil, "From: a@example.com\r\nSubject: %d\r\n\r\n%x\r\n", n, bytes.Repeat([]byte{byte(n), byte(n * 7)}, 300))
		p := must[*fetch.Parcel](t)(fetch.Pack(t.TempDir(), bytes.NewReader(text)))
		p.Owner, p.Account, p.UID, p.Received = "ada", "home", fmt.Sprint(n), time.Unix(1_700_000_000+int64(n), 0)
		s := &filter.Sorted{Parcel: p, Letter: letter.Read(p.Open()), Verdict: filter.Verdict{Mailbox: filter.Inbox, Class: filter.Ham}}
		if err := r.Shelve(ctx, s); err != nil {
			t.Fatal(err)
		}
	}
}

// mail gives every message's bytes, by UID.
func (r *real) mail(t testing.TB) map[string]string {
	t.Helper()
	view := must[index.View](t)(r.View(ctx, "ada", filter.Inbox, nil))
	drop := must[*index.Maildrop](t)(r.Drop(ctx, view))
	defer drop.Close()
	all := map[string]string{}
	for i := range drop.Len() {
		in := must[io.ReadCloser](t)(drop.Open(ctx, i))
		all[drop.UID(i)] = string(must[[]byte](t)(io.ReadAll(in)))
		in.Close()
	}
	return all
}

// Sealed segments, their chain, and a log that is encrypted at rest come back
// too; mail that came behind the rows' dump is replayed.
func TestFolder_RealSegmentsSealedAndChained(t *testing.T) {
	for name, key := range map[string][]byte{"in clear": nil, "encrypted at rest": bytes.Repeat([]byte{7}, blob.KeyLen)} {
		t.Run(name, func(t *testing.T) {
			dir, dest := t.TempDir(), filepath.Join(t.TempDir(), "b")
			r := openReal(t, dir, key)
			defer r.close(t)
			r.shelve(t, 0, 200)
			if s := must[blob.Sealing](t)(r.blobs.Seal(ctx)); s.Segments == 0 {
				t.Fatalf("nothing was sealed: %+v", s)
			}
			h := backup.House{Blobs: r.blobs, Rows: r.rows, Spool: t.TempDir()}
			must[backup.Result](t)(backup.Folder(ctx, dest, 0, h))
			// Rows, then mail, then the copy of the segments.
			h.Rows = late{r.rows, func() { r.shelve(t, 200, 220) }}
			res := must[backup.Result](t)(backup.Folder(ctx, dest, 0, h))
			if res.Known < 2 || res.Manifest.Messages != 200 {
				t.Errorf("%+v; want the sealed files to be known, and rows of before", res)
			}
			to := t.TempDir()
			target := backup.Target{Data: to, Segments: filepath.Join(to, "segments")}
			must[backup.Manifest](t)(backup.Restore(ctx, dest, "", nil, target, nil, nil))
			err := backup.ReadKnowledge(filepath.Join(to, backup.RowsName), nil, func(in io.Reader) error {
				_, err := record.Load(ctx, filepath.Join(to, "restante.db"), record.Options{}, in)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			again := openReal(t, to, key)
			defer again.close(t)
			if diff := cmp.Diff(r.mail(t), again.mail(t)); diff != "" || len(r.mail(t)) != 220 {
				t.Errorf("%d messages (-before +restored):\n%s", len(r.mail(t)), diff)
			}
			if p, err := again.Verify(ctx, nil); err != nil || len(p.Faults) > 0 || p.Messages != 220 {
				t.Errorf("Verify = %+v, %v", p, err)
			}
			if _, err := again.blobs.Seal(ctx); err != nil {
				t.Errorf("Seal of what was restored: %v", err)
			}
		})
	}
}

// late does something once the rows are dumped.
type late struct {
	backup.Rows
	do func()
}

func (l late) Dump(c context.Context, w io.Writer) (record.Contents, error) {
	out, err := l.Rows.Dump(c, w)
	l.do()
	return out, err
}
