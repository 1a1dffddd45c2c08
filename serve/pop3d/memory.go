package pop3d

import (
	"bytes"
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"sync"
)

// Memory is a Porter whose maildrops are in memory: for tests and samples. It
// is safe for several goroutines, and several sessions may have the same
// maildrop open, each with the listing of its login.
type Memory struct {
	mu    sync.Mutex // guards the fields below
	users map[string]*memoryUser
}

type memoryUser struct {
	password string
	next     int // the number of the next UID, never taken back
	messages []memoryMessage
}

type memoryMessage struct {
	uid  string
	body []byte // as sent, with CRLF line ends
}

// NewMemory makes a Memory without users.
func NewMemory() *Memory { return &Memory{users: make(map[string]*memoryUser)} }

// AddUser adds an empty maildrop, or gives one that is there a new password.
func (m *Memory) AddUser(name, password string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if u := m.users[name]; u != nil {
		u.password = password
		return
	}
	m.users[name] = &memoryUser{password: password, next: 1}
}

// Add puts a message at the end of a maildrop and gives its UID. Line ends
// become CRLF, and a missing last one is added. Messages added in the same
// order get the same UIDs. The error says that there is no such user.
func (m *Memory) Add(name string, message []byte) (uid string, err error) {
	body := bytes.ReplaceAll(bytes.ReplaceAll(message, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n"))
	if len(body) > 0 && !bytes.HasSuffix(body, []byte("\n")) {
		body = append(body, "\r\n"...)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	u := m.users[name]
	if u == nil {
		return "", fmt.Errorf("add message: no user %q", name)
	}
	uid = fmt.Sprintf("m%08d", u.next)
	u.next++
	u.messages = append(u.messages, memoryMessage{uid, body})
	return uid, nil
}

// UIDs gives what a maildrop holds, oldest first; nil where there is no user.
func (m *Memory) UIDs(name string) []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	u := m.users[name]
	if u == nil {
		return nil
	}
	var all []string
	for _, msg := range u.messages {
		all = append(all, msg.uid)
	}
	return all
}

// Login opens a maildrop. The error wraps ErrAuth.
func (m *Memory) Login(_ context.Context, name, password string, _ netip.Addr) (Maildrop, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	u := m.users[name]
	if u == nil || subtle.ConstantTimeCompare([]byte(u.password), []byte(password)) != 1 {
		return nil, fmt.Errorf("memory: %w", ErrAuth)
	}
	return &memoryDrop{m: m, u: u, messages: slices.Clone(u.messages)}, nil
}

var _ Porter = (*Memory)(nil)

type memoryDrop struct {
	m        *Memory
	u        *memoryUser
	messages []memoryMessage
}

func (d *memoryDrop) Len() int         { return len(d.messages) }
func (d *memoryDrop) Size(i int) int64 { return int64(len(d.messages[i].body)) }
func (d *memoryDrop) UID(i int) string { return d.messages[i].uid }
func (d *memoryDrop) Close() error     { return nil }

func (d *memoryDrop) Open(_ context.Context, i int) (io.ReadCloser, error) {
	if i < 0 || i >= len(d.messages) {
		return nil, errors.New("memory: no such message")
	}
	return io.NopCloser(bytes.NewReader(d.messages[i].body)), nil
}

// Delete forgets the messages. One that another session has deleted already is
// as wanted.
func (d *memoryDrop) Delete(_ context.Context, marked []int) error {
	gone := make(map[string]bool, len(marked))
	for _, i := range marked {
		gone[d.messages[i].uid] = true
	}
	d.m.mu.Lock()
	defer d.m.mu.Unlock()
	d.u.messages = slices.DeleteFunc(d.u.messages, func(msg memoryMessage) bool { return gone[msg.uid] })
	return nil
}
