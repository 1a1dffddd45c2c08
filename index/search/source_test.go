package search_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"restante/filter"
	"restante/filter/letter"
	"restante/index"
	"restante/index/search"
)

// now is when every test asks.
var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// memory is a Source in memory.
type memory struct {
	mu      sync.Mutex // guards the fields below
	feeds   map[string][]index.Change
	rows    map[int64]index.Message
	raw     map[int64][]byte
	lastID  int64
	fails   error // what Letter gives instead of letters
	opened  int   // letters opened
	asked   int   // calls of Heads
	damaged map[int64]error
	read    map[int64]bool // what Unread leaves out
}

func newMemory() *memory {
	return &memory{feeds: map[string][]index.Change{}, rows: map[int64]index.Message{}, raw: map[int64][]byte{}, damaged: map[int64]error{}, read: map[int64]bool{}}
}

// add keeps a message; fields left empty get plain values.
func (s *memory) add(m index.Message, raw []byte) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lastID++
	m.ID = s.lastID
	m.Size = int64(len(raw))
	if m.Owner == "" {
		m.Owner = "ada"
	}
	if m.Mailbox == "" {
		m.Mailbox = filter.Inbox
	}
	if m.Account == "" {
		m.Account = "isp"
	}
	if m.Received.IsZero() {
		m.Received = now
	}
	s.rows[m.ID], s.raw[m.ID] = m, raw
	s.note(m.Owner, index.Added, m.ID)
	return m.ID
}

func (s *memory) note(owner string, k index.ChangeKind, id int64) {
	f := s.feeds[owner]
	s.feeds[owner] = append(f, index.Change{Number: int64(len(f)) + 1, Kind: k, Message: id})
}

func (s *memory) alter(id int64, mailbox string, class filter.Class) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.rows[id]
	m.Mailbox, m.Class = mailbox, class
	s.rows[id] = m
	s.note(m.Owner, index.Altered, id)
}

func (s *memory) remove(id int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	owner := s.rows[id].Owner
	delete(s.rows, id)
	delete(s.raw, id)
	s.note(owner, index.Removed, id)
}

func (s *memory) Identity(context.Context) (string, error) { return "memory", nil }

func (s *memory) Heads(context.Context) (map[string]int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	out := map[string]int64{}
	for owner, f := range s.feeds {
		out[owner] = int64(len(f))
	}
	return out, nil
}

func (s *memory) Changes(_ context.Context, owner string, after int64, max int) ([]index.Change, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.feeds[owner][after:]
	return slices.Clone(f[:min(len(f), max)]), nil
}

func (s *memory) Message(_ context.Context, owner string, id int64) (index.Message, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m, ok := s.rows[id]; ok && m.Owner == owner {
		return m, nil
	}
	return index.Message{}, index.ErrNotFound
}

func (s *memory) Letter(_ context.Context, owner string, id int64) (*letter.Letter, error) {
	s.mu.Lock()
	m, ok := s.rows[id]
	raw, fails := s.raw[id], s.fails
	if err := s.damaged[id]; err != nil {
		fails = err
	}
	s.opened++
	s.mu.Unlock()
	if fails != nil {
		return nil, fails
	}
	if !ok || m.Owner != owner {
		return nil, index.ErrNotFound
	}
	return letter.ReadBytes(raw), nil
}

func (s *memory) Open(_ context.Context, owner string, id int64) (io.ReadCloser, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m, ok := s.rows[id]; !ok || m.Owner != owner {
		return nil, index.ErrNotFound
	}
	return io.NopCloser(bytes.NewReader(s.raw[id])), nil
}

// Unread is what Options.Unread wants.
func (s *memory) Unread(_ context.Context, owner string) (ids []int64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, m := range s.rows {
		if m.Owner == owner && !s.read[id] {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// open opens a catalogue for the length of a test.
func open(t testing.TB, dir string) *search.Catalogue {
	t.Helper()
	return openWith(t, dir, search.Options{})
}

func openWith(t testing.TB, dir string, o search.Options) *search.Catalogue {
	t.Helper()
	o.Log = slog.New(slog.NewTextHandler(t.Output(), nil))
	c, err := search.Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// fill opens a new catalogue and reads all of the source.
func fill(t testing.TB, s *memory) *search.Catalogue {
	t.Helper()
	c := openWith(t, filepath.Join(t.TempDir(), "catalogue"), search.Options{Unread: s.Unread})
	catchUp(t, c, s)
	return c
}

func catchUp(t testing.TB, c *search.Catalogue, s search.Source) {
	t.Helper()
	if err := c.CatchUp(t.Context(), s, nil); err != nil {
		t.Fatal(err)
	}
}

// find asks and gives the numbers found, newest first.
func find(t testing.TB, c *search.Catalogue, owner, query string) []int64 {
	t.Helper()
	q, err := search.Parse(query, now)
	if err != nil {
		t.Fatalf("Parse(%q): %v", query, err)
	}
	got, err := c.Search(t.Context(), owner, q, search.Page{Limit: 1000})
	if err != nil {
		t.Fatalf("Search(%q): %v", query, err)
	}
	if int(got.Total) != len(got.Hits) && len(got.Hits) < 1000 {
		t.Errorf("Search(%q): total %d, but %d hits", query, got.Total, len(got.Hits))
	}
	ids := []int64{}
	for _, h := range got.Hits {
		ids = append(ids, h.ID)
	}
	return ids
}

// mail writes a message: header lines, then a body.
func mail(body string, header ...string) []byte {
	var b bytes.Buffer
	for _, h := range header {
		b.WriteString(h + "\r\n")
	}
	b.WriteString("\r\n" + body)
	return b.Bytes()
}
