package search_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	"restante/filter"
	"restante/filter/letter"
	"restante/index"
)

// stream is a Source of n messages of ada's that are made when asked for, so
// that any number of them takes no memory.
type stream struct {
	n    int64
	read func(i int) ([]byte, error)

	mu      sync.Mutex // guards the field below
	waiting map[int64][]byte
}

// madeStream makes its messages.
func madeStream(n int, mail made) *stream {
	return &stream{n: int64(n), waiting: map[int64][]byte{}, read: func(i int) ([]byte, error) { return mail(i), nil }}
}

// maildirStream reads them from a Maildir of writeMaildir's.
func maildirStream(n int, dir string) *stream {
	return &stream{n: int64(n), waiting: map[int64][]byte{}, read: func(i int) ([]byte, error) { return os.ReadFile(maildirFile(dir, i)) }}
}

func maildirFile(dir string, i int) string {
	return filepath.Join(dir, "cur", fmt.Sprintf("%d.made:2,S", i))
}

// writeMaildir writes n messages and gives their octets.
func writeMaildir(dir string, n int, mail made) (octets int64, err error) {
	for _, sub := range []string{"cur", "new", "tmp"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			return 0, err
		}
	}
	for i := range n {
		raw := mail(i)
		octets += int64(len(raw))
		if err := os.WriteFile(maildirFile(dir, i), raw, 0o600); err != nil {
			return 0, err
		}
	}
	return octets, nil
}

func (s *stream) Identity(context.Context) (string, error) { return "stream", nil }

func (s *stream) Heads(context.Context) (map[string]int64, error) {
	return map[string]int64{"ada": s.n}, nil
}

func (s *stream) Changes(_ context.Context, _ string, after int64, max int) (out []index.Change, _ error) {
	for n := after + 1; n <= s.n && len(out) < max; n++ {
		out = append(out, index.Change{Number: n, Kind: index.Added, Message: n})
	}
	return out, nil
}

// Message reads a message, and keeps it until its letter is asked for.
func (s *stream) Message(_ context.Context, owner string, id int64) (index.Message, error) {
	raw, err := s.read(int(id - 1))
	if err != nil {
		return index.Message{}, err
	}
	s.mu.Lock()
	s.waiting[id] = raw
	s.mu.Unlock()
	return index.Message{ID: id, Owner: owner, Account: "isp", Mailbox: filter.Inbox, Received: now, Size: int64(len(raw))}, nil
}

func (s *stream) Letter(_ context.Context, _ string, id int64) (*letter.Letter, error) {
	s.mu.Lock()
	raw := s.waiting[id]
	delete(s.waiting, id)
	s.mu.Unlock()
	return letter.ReadBytes(raw), nil
}

func (s *stream) Open(_ context.Context, _ string, id int64) (io.ReadCloser, error) {
	raw, err := s.read(int(id - 1))
	if err != nil {
		return nil, err
	}
	return io.NopCloser(bytes.NewReader(raw)), nil
}
