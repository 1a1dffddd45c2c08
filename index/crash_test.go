package index_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"restante/filter"
	"restante/index"
	"restante/index/blob"
	"restante/index/record"
)

var errBroken = errors.New("broken")

// loseRows removes the database, as a disk would.
func (h *house) loseRows() {
	h.t.Helper()
	files, err := filepath.Glob(filepath.Join(h.dir, "rows.db*"))
	if err != nil {
		h.t.Fatal(err)
	}
	for _, f := range files {
		if err := os.Remove(f); err != nil {
			h.t.Fatal(err)
		}
	}
}

// brokenRows fails at the nth call that writes a message's row: before the
// commit, or after it, as a lost answer would.
type brokenRows struct {
	index.Store
	failAt, n int
	after     bool
}

func (b *brokenRows) Add(ctx context.Context, adds []index.Addition, upTo blob.Position) ([]int64, error) {
	b.n++
	if b.n != b.failAt {
		return b.Store.Add(ctx, adds, upTo)
	}
	if b.after {
		if _, err := b.Store.Add(ctx, adds, upTo); err != nil {
			return nil, err
		}
	}
	return nil, errBroken
}

// brokenBlobs fails at the nth append, before or after the bytes are written.
type brokenBlobs struct {
	index.Blobs
	failAt, n int
	after     bool
}

func (b *brokenBlobs) Append(ctx context.Context, recs []blob.Record) ([]blob.Ref, error) {
	b.n++
	if b.n != b.failAt {
		return b.Blobs.Append(ctx, recs)
	}
	if b.after {
		if _, err := b.Blobs.Append(ctx, recs); err != nil {
			return nil, err
		}
	}
	return nil, errBroken
}

// Whichever write fails, before or after it took effect, with a restart or
// without: what was acknowledged is there, and after the upstream gave the
// message again, it is there once.
func TestShelve_EveryFailingWriteLosesAndDoublesNothing(t *testing.T) {
	const n = 4
	for _, part := range []string{"rows", "blobs"} {
		for _, after := range []bool{false, true} {
			for _, restart := range []bool{false, true} {
				for k := 1; k <= n; k++ {
					name := fmt.Sprintf("%s/after=%v/restart=%v/%d", part, after, restart, k)
					t.Run(name, func(t *testing.T) { failOneWrite(t, part, after, restart, k, n) })
				}
			}
		}
	}
}

func failOneWrite(t *testing.T, part string, after, restart bool, k, n int) {
	h := newHouse(t)
	h.close()
	if part == "rows" {
		h.open(nil, func(s index.Store) index.Store { return &brokenRows{Store: s, failAt: k, after: after} })
	} else {
		h.open(func(b index.Blobs) index.Blobs { return &brokenBlobs{Blobs: b, failAt: k, after: after} }, nil)
	}
	failed := 0
	for i := range n {
		if err := h.Shelve(context.Background(), sorted(t, "ada", "isp", fmt.Sprint("u", i), text(i))); err != nil {
			if !errors.Is(err, errBroken) {
				t.Fatal(err)
			}
			failed++
			if restart {
				h.close()
				h.open(nil, nil)
			}
		}
	}
	if failed != 1 {
		t.Fatalf("%d failed, want 1", failed)
	}
	for i := range n { // the upstream still has what failed, and gives it again
		h.shelve(sorted(t, "ada", "isp", fmt.Sprint("u", i), text(i)))
	}
	got := h.listing("ada", filter.Inbox)
	count := map[string]int{}
	for _, b := range got {
		count[strings.TrimPrefix(b, "X-Spam-Flag: NO\r\n")]++
	}
	for i := range n {
		if count[text(i)] != 1 {
			t.Errorf("message %d is listed %d times", i, count[text(i)])
		}
	}
	p, err := h.Verify(context.Background(), nil)
	if err != nil || len(p.Faults) != 0 || p.Messages != n {
		t.Errorf("verify: %+v, %v", p, err)
	}
}

func TestNew_OpensWithDamageInTheSegments(t *testing.T) {
	h := newHouse(t)
	for i := range 3 {
		h.shelve(sorted(t, "ada", "isp", fmt.Sprint("u", i), text(i)))
	}
	h.close()
	h.loseRows()
	path := filepath.Join(h.dir, "segments", "000001.mbox.zst")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	third := bytes.LastIndex(b, []byte("RSTN")) // which begins each record
	b[bytes.LastIndex(b[:third], []byte("RSTN"))+60] ^= 0xff
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	h.open(nil, nil)
	if got := h.listing("ada", filter.Inbox); len(got) != 2 {
		t.Errorf("%d listed, want the 2 that are whole", len(got))
	}
}

// flip changes the bit of an octet in the first segment, counted from its end.
func (h *house) flip(fromEnd int) {
	h.t.Helper()
	name := filepath.Join(h.dir, "segments", "000001.mbox.zst")
	b, err := os.ReadFile(name)
	if err != nil {
		h.t.Fatal(err)
	}
	b[len(b)-fromEnd] ^= 1
	if err := os.WriteFile(name, b, 0o600); err != nil {
		h.t.Fatal(err)
	}
}

// A damaged place is damaged mail. It must never become another's.
func TestMaildrop_NeverShowsWhatLiesInAnothersPlace(t *testing.T) {
	for _, rows := range []string{"known", "lagging"} {
		t.Run(rows, func(t *testing.T) {
			h := newHouse(t)
			h.shelve(sorted(t, "ada", "home", "u1", text(1)))
			h.close()
			h.flip(3)
			if rows == "lagging" { // as if the log had not been told how far the rows are
				l, err := blob.Open(filepath.Join(h.dir, "segments"), blob.Options{})
				if err != nil {
					t.Fatal(err)
				}
				other := sorted(t, "bob", "home", "u1", text(2))
				longer := make([]byte, 2000) // than the record of which the rows know, also when packed
				rand.Read(longer)
				_, err = l.Append(context.Background(), []blob.Record{{
					Digest: other.Parcel.Digest, Size: other.Parcel.Size, Open: other.Parcel.Open, Meta: longer,
				}})
				if err = errors.Join(err, l.Close()); err != nil {
					t.Fatal(err)
				}
			}
			h.open(nil, nil)
			h.shelve(sorted(t, "bob", "home", "u2", text(3)))
			d, err := openDrop(context.Background(), h.Archive, "ada", filter.Inbox)
			if err != nil || d.Len() != 1 {
				t.Fatal(d, err)
			}
			if r, err := d.Open(context.Background(), 0); !errors.Is(err, blob.ErrDamaged) {
				t.Errorf("Open = %v, %v; want ErrDamaged", r, err)
			}
			p, err := h.Verify(context.Background(), nil)
			if err != nil || len(p.Faults) != 1 || p.Faults[0].Owner != "ada" {
				t.Errorf("verify: %+v, %v; want ada's message at fault", p, err)
			}
		})
	}
}

// unreadable gives some records and then a read error, as a disk may, once.
type unreadable struct {
	index.Blobs
	good int
}

func (u *unreadable) Scan(ctx context.Context, from blob.Position, each func(blob.Entry) error) error {
	return u.Blobs.Scan(ctx, from, func(e blob.Entry) error {
		if u.good--; u.good < 0 {
			return syscall.EIO
		}
		return each(e)
	})
}

func TestNew_PassesByNothingThatItCouldNotRead(t *testing.T) {
	const n = 250
	h := newHouse(t)
	for i := range n {
		h.shelve(sorted(t, "ada", "isp", fmt.Sprint("u", i), text(i)))
	}
	h.close()
	h.loseRows()
	store, err := record.Open(context.Background(), filepath.Join(h.dir, "rows.db"), record.Options{})
	if err != nil {
		t.Fatal(err)
	}
	log, err := blob.Open(filepath.Join(h.dir, "segments"), blob.Options{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = index.New(context.Background(), index.Options{Blobs: &unreadable{log, 150}, Store: store})
	if !errors.Is(err, syscall.EIO) {
		t.Errorf("New = %v, want EIO", err)
	}
	if err := errors.Join(store.Close(), log.Close()); err != nil {
		t.Fatal(err)
	}
	h.open(nil, nil)
	if got := len(h.listing("ada", filter.Inbox)); got != n {
		t.Errorf("%d listed after the disk was well again, want %d", got, n)
	}
}

func TestVerify_NamesTheMessageWhoseBytesAreDamaged(t *testing.T) {
	h := newHouse(t)
	for i := range 3 {
		h.shelve(sorted(t, "ada", "isp", fmt.Sprint("u", i), text(i)))
	}
	m, err := h.Message(context.Background(), "ada", 2)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(h.dir, "segments", "000001.mbox.zst")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b[m.Ref.Offset+m.Ref.Length-10] ^= 0xff
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := h.Verify(context.Background(), nil)
	if err != nil || p.Messages != 3 || len(p.Faults) != 1 || p.Faults[0].Message != 2 {
		t.Fatalf("%+v, %v", p, err)
	}
}

// away has not the first records, as where a segment is away.
type away struct {
	index.Blobs
	first int
}

func (a *away) Scan(ctx context.Context, from blob.Position, each func(blob.Entry) error) error {
	return a.Blobs.Scan(ctx, from, func(e blob.Entry) error {
		if a.first--; a.first >= 0 {
			return nil
		}
		return each(e)
	})
}

// Rows made while a segment was away do not hide what it holds.
func TestVerify_NamesMessagesWithoutRows(t *testing.T) {
	h := newHouse(t)
	for i := range 150 {
		h.shelve(sorted(t, "ada", "isp", fmt.Sprint("u", i), text(i)))
	}
	if p, err := h.Verify(context.Background(), nil); err != nil || len(p.Faults) != 0 || p.Messages != 150 {
		t.Fatalf("%+v, %v", p, err)
	}
	first, err := h.Message(context.Background(), "ada", 1)
	if err != nil {
		t.Fatal(err)
	}
	h.close()
	h.loseRows()
	h.open(func(b index.Blobs) index.Blobs { return &away{b, 120} }, nil)
	h.close()
	h.open(nil, nil)
	p, err := h.Verify(context.Background(), nil)
	if err != nil || p.Messages != 30 || len(p.Faults) != 120 || p.More != 0 {
		t.Fatalf("%d messages, %d faults, %v; want 30 and 120", p.Messages, len(p.Faults), err)
	}
	want := index.Fault{Owner: "ada", UID: first.UID, Digest: first.Digest.String(), Segment: first.Ref.Segment,
		Offset: first.Ref.Offset, Problem: "no row: restante rebuild brings it back"}
	if p.Faults[0] != want {
		t.Errorf("%+v, want %+v", p.Faults[0], want)
	}
}
