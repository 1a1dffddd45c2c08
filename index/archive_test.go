package index_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"restante/fetch"
	"restante/filter"
	"restante/filter/letter"
	"restante/index"
	"restante/index/blob"
	"restante/index/record"
)

// byHand is by what the tests teach.
var byHand = index.Origin{By: index.ByCommand, Source: "new/1.eml"}

// house is an archive on disk that can be closed and opened again.
type house struct {
	t     *testing.T
	dir   string
	blobs *blob.Log
	store *record.DB
	with  index.Options // of which open sets what the house stands on
	*index.Archive
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, dir: t.TempDir()}
	h.open(nil, nil)
	t.Cleanup(h.close)
	return h
}

// open opens the house; wrappers may stand in for its parts.
func (h *house) open(blobs func(index.Blobs) index.Blobs, store func(index.Store) index.Store) {
	h.t.Helper()
	var err error
	if h.store, err = record.Open(context.Background(), filepath.Join(h.dir, "rows.db"), record.Options{}); err != nil {
		h.t.Fatal(err)
	}
	known, err := h.store.Position(context.Background())
	if err != nil {
		h.t.Fatal(err)
	}
	if h.blobs, err = blob.Open(filepath.Join(h.dir, "segments"), blob.Options{Floor: known}); err != nil {
		h.t.Fatal(err)
	}
	var b index.Blobs = h.blobs
	var s index.Store = h.store
	if blobs != nil {
		b = blobs(b)
	}
	if store != nil {
		s = store(s)
	}
	o := h.with
	o.Blobs, o.Store = b, s
	if h.Archive, err = index.New(context.Background(), o); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) close() {
	h.t.Helper()
	if err := errors.Join(h.Archive.Close(context.Background()), h.store.Close(), h.blobs.Close()); err != nil {
		h.t.Error(err)
	}
}

// sorted makes a message on its way in.
func sorted(t testing.TB, owner, account, uid, text string, more ...func(*filter.Sorted)) *filter.Sorted {
	t.Helper()
	p, err := fetch.Pack(os.TempDir(), strings.NewReader(text)) // spools nothing: it is short
	if err != nil {
		t.Fatal(err)
	}
	p.Owner, p.Account, p.UID, p.Received = owner, account, uid, time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	s := &filter.Sorted{
		Parcel: p, Letter: letter.Read(p.Open()), Added: "X-Spam-Flag: NO\r\n",
		Verdict: filter.Verdict{Class: filter.Ham, Score: 0.01, Mailbox: filter.Inbox, Reasons: []filter.Reason{{Name: "bayes", Weight: -3, Text: "wanted"}}},
	}
	for _, f := range more {
		f(s)
	}
	return s
}

func text(i int) string {
	return fmt.Sprintf("From: a@example.com\r\nSubject: number %d\r\n\r\nThis is message number %d.\r\n", i, i)
}

func (h *house) shelve(s *filter.Sorted) {
	h.t.Helper()
	if err := h.Shelve(context.Background(), s); err != nil {
		h.t.Fatal(err)
	}
}

// openDrop opens an owner's own view of a mailbox.
func openDrop(ctx context.Context, a *index.Archive, owner, mailbox string) (*index.Maildrop, error) {
	v, err := a.View(ctx, owner, mailbox, nil)
	if err != nil {
		return nil, err
	}
	return a.Drop(ctx, v)
}

// listing is what POP3 would show: UID and bytes of each message.
func (h *house) listing(owner, mailbox string) map[string]string {
	h.t.Helper()
	d, err := openDrop(context.Background(), h.Archive, owner, mailbox)
	if err != nil {
		h.t.Fatal(err)
	}
	defer d.Close()
	out := map[string]string{}
	for i := range d.Len() {
		r, err := d.Open(context.Background(), i)
		if err != nil {
			h.t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		r.Close()
		if err != nil {
			h.t.Fatal(err)
		}
		if wire := crlf(b); int64(len(wire)) != d.Size(i) {
			h.t.Errorf("message %d: listed as %d octets, is %d: %q", i, d.Size(i), len(wire), wire)
		}
		out[d.UID(i)] = string(b)
	}
	return out
}

func crlf(b []byte) []byte {
	b = bytes.ReplaceAll(bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n"))
	if len(b) > 0 && !bytes.HasSuffix(b, []byte("\n")) {
		b = append(b, "\r\n"...)
	}
	return b
}

func TestShelve_KeepsManyAtOnceEachOnce(t *testing.T) {
	h := newHouse(t)
	const n = 300
	var wait sync.WaitGroup
	errs := make([]error, n)
	for i := range n {
		s := sorted(t, "ada", "isp", fmt.Sprint("u", i), text(i))
		wait.Go(func() { errs[i] = h.Shelve(context.Background(), s) })
	}
	wait.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	got := h.listing("ada", filter.Inbox)
	if len(got) != n {
		t.Fatalf("%d listed, want %d", len(got), n)
	}
	seen := map[string]bool{}
	for uid, b := range got {
		if len(uid) != 16 || seen[b] {
			t.Errorf("UID %q; message twice: %v", uid, seen[b])
		}
		seen[b] = true
	}
	p, err := h.Verify(context.Background(), nil)
	if err != nil || p.Messages != n || len(p.Faults) != 0 {
		t.Errorf("verify: %+v, %v", p, err)
	}
}

func TestShelve_KeepsOneCopyOfATwin(t *testing.T) {
	h := newHouse(t)
	imported := func(s *filter.Sorted) { s.Parcel.Imported = true }
	for _, s := range []struct {
		account, uid string
		twin         bool
		more         []func(*filter.Sorted)
	}{
		{"isp", "u1", false, nil},
		{"isp", "renumbered", true, nil},
		{"other", "u1", false, nil}, // another account: another message
		{"import", "x", true, []func(*filter.Sorted){imported}},
		{"third", "u1", false, nil}, // and the import of it was none
	} {
		in := sorted(t, "ada", s.account, s.uid, text(1), s.more...)
		h.shelve(in)
		if in.Parcel.Twin != s.twin {
			t.Errorf("%s/%s: twin %v, want %v", s.account, s.uid, in.Parcel.Twin, s.twin)
		}
	}
	if got := len(h.listing("ada", filter.Inbox)); got != 3 {
		t.Errorf("%d listed, want 3", got)
	}
	taken, err := h.store.Taken(context.Background(), "ada", "isp")
	if err != nil || len(taken) != 2 {
		t.Errorf("receipts of isp: %v, %v", taken, err)
	}
	h.shelve(sorted(t, "bob", "isp-bob", "u1", text(1)))
	if got := len(h.listing("bob", filter.Inbox)); got != 1 {
		t.Errorf("bob has %d, want 1 of his own", got)
	}
}

// An import and then a fetch of the same mail, one by one or in one group,
// before and after the rows were made anew.
func TestShelve_KeepsOneCopyOfWhatWasImported(t *testing.T) {
	imported := func(s *filter.Sorted) { s.Parcel.Imported = true }
	h := newHouse(t)
	h.shelve(sorted(t, "ada", "import:ada", "mbox#0", text(1), imported))
	h.close()
	h.loseRows()
	h.open(nil, nil)
	for _, account := range []string{"home", "work"} {
		s := sorted(t, "ada", account, "u1", text(1))
		if h.shelve(s); !s.Parcel.Twin {
			t.Errorf("fetched from %s: a copy", account)
		}
	}
	if got := len(h.listing("ada", filter.Inbox)); got != 1 {
		t.Errorf("%d listed, want 1", got)
	}
	for i := range 20 {
		var wait sync.WaitGroup
		for _, s := range []*filter.Sorted{
			sorted(t, "bob", "import:bob", fmt.Sprint("mbox#", i), text(i), imported),
			sorted(t, "bob", "home", fmt.Sprint("u", i), text(i)),
		} {
			wait.Go(func() {
				if err := h.Shelve(context.Background(), s); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
	}
	if got := len(h.listing("bob", filter.Inbox)); got != 20 {
		t.Errorf("%d listed, want 20", got)
	}
}

// Losing the database loses no mail and changes no UID.
func TestNew_MakesRowsAnewFromTheSegments(t *testing.T) {
	h := newHouse(t)
	for i := range 250 {
		h.shelve(sorted(t, "ada", "isp", fmt.Sprint("u", i), text(i)))
	}
	h.shelve(sorted(t, "ada", "isp", "s1", text(1000), func(s *filter.Sorted) {
		s.Verdict.Class, s.Verdict.Mailbox, s.Verdict.Score = filter.Spam, filter.Quarantine, 0.99
	}))
	h.shelve(sorted(t, "ada", "isp", "a1", text(1001), func(s *filter.Sorted) { s.Parcel.Archive = true }))
	inbox, spam := h.listing("ada", filter.Inbox), h.listing("ada", filter.Quarantine)
	taken, err := h.store.Taken(context.Background(), "ada", "isp")
	if err != nil {
		t.Fatal(err)
	}
	h.close()
	h.loseRows()
	h.open(nil, nil)
	for mailbox, want := range map[string]map[string]string{filter.Inbox: inbox, filter.Quarantine: spam} {
		got := h.listing("ada", mailbox)
		if len(got) != len(want) {
			t.Fatalf("%s: %d listed, want %d", mailbox, len(got), len(want))
		}
		for uid, b := range want {
			if got[uid] != b {
				t.Fatalf("%s: UID %s shows other bytes", mailbox, uid)
			}
		}
	}
	again, err := h.store.Taken(context.Background(), "ada", "isp")
	if err != nil || len(again) != len(taken) {
		t.Fatalf("%d receipts, want %d; %v", len(again), len(taken), err)
	}
	for uid, want := range taken {
		if got := again[uid]; got.Size != want.Size || got.Head != want.Head || !got.At.Equal(want.At) {
			t.Errorf("receipt %s: %+v, want %+v", uid, got, want)
		}
	}
}

func TestServed_PutsHeadersAboveAndTagsTheSubject(t *testing.T) {
	tag := func(s *filter.Sorted) { s.Tag = "[SPAM] " }
	longFrom := "From " + strings.Repeat("x", 5000) + "\r\nSubject: a\r\n\r\nb\r\n"
	for _, tt := range []struct {
		name, in, want string
		more           []func(*filter.Sorted)
	}{
		{"plain", "Subject: a\r\n\r\nb\r\n", "X-Spam-Flag: NO\r\nSubject: a\r\n\r\nb\r\n", nil},
		{"bare LF, no end", "Subject: a\n\nb", "X-Spam-Flag: NO\r\nSubject: a\n\nb", nil},
		{"mbox From line", "From x Mon\r\nSubject: a\r\n\r\nb\r\n", "From x Mon\r\nX-Spam-Flag: NO\r\nSubject: a\r\n\r\nb\r\n", nil},
		{"From line without an end", "From x", "X-Spam-Flag: NO\r\nFrom x", nil},
		{"From line too long to be one", longFrom, "X-Spam-Flag: NO\r\n" + longFrom, nil},
		{"tag below a long From line", longFrom, "X-Spam-Flag: NO\r\n" + strings.Replace(longFrom, "Subject: a", "Subject: [SPAM] a", 1), []func(*filter.Sorted){tag}},
		{"tag", "To: b\r\nsubject:  a\r\n\r\nSubject: no\r\n", "X-Spam-Flag: NO\r\nTo: b\r\nsubject: [SPAM] a\r\n\r\nSubject: no\r\n", []func(*filter.Sorted){tag}},
		{"tag without subject", "To: b\r\n\r\nSubject: no\r\n", "X-Spam-Flag: NO\r\nSubject: [SPAM] \r\nTo: b\r\n\r\nSubject: no\r\n", []func(*filter.Sorted){tag}},
		{"tag on nothing", "", "X-Spam-Flag: NO\r\nSubject: [SPAM] \r\n", []func(*filter.Sorted){tag}},
		{"no header", "\r\nbody\r\n", "X-Spam-Flag: NO\r\n\r\nbody\r\n", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t)
			h.shelve(sorted(t, "ada", "isp", "u", tt.in, tt.more...))
			for _, got := range h.listing("ada", filter.Inbox) { // which checks the size too
				if got != tt.want {
					t.Errorf("got  %q\nwant %q", got, tt.want)
				}
			}
		})
	}
}

func TestDelete_HidesAndTheArchiveKeeps(t *testing.T) {
	h := newHouse(t)
	for i := range 3 {
		h.shelve(sorted(t, "ada", "isp", fmt.Sprint("u", i), text(i)))
	}
	d, err := openDrop(context.Background(), h.Archive, "ada", filter.Inbox)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Delete(context.Background(), []int{0, 2}); err != nil {
		t.Fatal(err)
	}
	if d.Len() != 3 {
		t.Error("the open session's numbers changed")
	}
	if got := h.listing("ada", filter.Inbox); len(got) != 1 {
		t.Errorf("%d listed, want 1", len(got))
	}
	if p, err := h.Verify(context.Background(), nil); err != nil || p.Messages != 3 {
		t.Errorf("verify: %+v, %v", p, err)
	}
	// Seen upstream again, it stays hidden: it was taken.
	h.shelve(sorted(t, "ada", "isp", "u0-again", text(0)))
	if got := h.listing("ada", filter.Inbox); len(got) != 1 {
		t.Errorf("a deleted message came back: %d listed", len(got))
	}
}

func TestDelete_LeavesWhatWasMovedMeanwhile(t *testing.T) {
	h := newHouse(t)
	s := sorted(t, "ada", "home", "u1", text(1), inQuarantine)
	h.shelve(s)
	d, err := openDrop(context.Background(), h.Archive, "ada", filter.Quarantine)
	if err != nil || d.Len() != 1 {
		t.Fatal(d, err)
	}
	if _, err := h.Teach(context.Background(), "ada", s.Parcel.Digest, s.Letter, filter.Ham, byHand); err != nil {
		t.Fatal(err)
	}
	if err := d.Delete(context.Background(), []int{0}); err != nil {
		t.Errorf("Delete = %v", err)
	}
	if n := len(h.listing("ada", filter.Inbox)); n != 1 {
		t.Errorf("%d in the inbox, want the message that was taught as ham", n)
	}
}

func inQuarantine(s *filter.Sorted) {
	s.Verdict.Mailbox, s.Verdict.Class = filter.Quarantine, filter.Spam
}

func TestTeach_NeverServesWhatIsForTheArchiveOnly(t *testing.T) {
	h := newHouse(t)
	s := sorted(t, "ada", "import:ada", "u1", text(1), inQuarantine, func(s *filter.Sorted) { s.Parcel.Archive, s.Parcel.Imported = true, true })
	h.shelve(s)
	h.close()
	h.loseRows() // and what the segments say of it is enough
	h.open(nil, nil)
	if _, err := h.Teach(context.Background(), "ada", s.Parcel.Digest, s.Letter, filter.Ham, byHand); err != nil {
		t.Fatal(err)
	}
	if n := len(h.listing("ada", filter.Inbox)); n != 0 {
		t.Error("an archive-only message is served")
	}
}

func TestMaildrop_TellsAMistypedNameFromAnEmptyMailbox(t *testing.T) {
	h := newHouse(t)
	h.shelve(sorted(t, "ada", "isp", "u", text(1), func(s *filter.Sorted) { s.Verdict.Mailbox = "bills" }))
	d, err := openDrop(context.Background(), h.Archive, "ada", "bills")
	if err != nil || d.Len() != 1 {
		t.Fatal(d, err)
	}
	if err := d.Delete(context.Background(), []int{0}); err != nil {
		t.Fatal(err)
	}
	for mailbox, there := range map[string]bool{"bills": true, filter.Inbox: true, filter.Quarantine: true, "blils": false} {
		if _, err := openDrop(context.Background(), h.Archive, "ada", mailbox); there == errors.Is(err, index.ErrNotFound) {
			t.Errorf("%s: %v", mailbox, err)
		}
	}
}
