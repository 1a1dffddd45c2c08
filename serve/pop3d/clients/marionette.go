package clients

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// marionette is a connection to a program of Mozilla's that is driven by another:
// messages are JSON behind their length and a colon.
type marionette struct {
	conn net.Conn
	r    *bufio.Reader
	id   int
}

// connect waits until a program with a profile listens, and asks for its own
// rights.
func connect(ctx context.Context, profile string) (*marionette, error) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	var port []byte
	for len(port) == 0 {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-tick.C:
			port, _ = os.ReadFile(filepath.Join(profile, "MarionetteActivePort")) // not there yet
		}
	}
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", net.JoinHostPort("127.0.0.1", strings.TrimSpace(string(port))))
	if err != nil {
		return nil, err
	}
	if until, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(until); err != nil {
			return nil, err
		}
	}
	m := &marionette{conn: conn, r: bufio.NewReader(conn)}
	_, err = m.read() // its greeting
	for _, first := range []struct {
		name string
		with any
	}{
		{"WebDriver:NewSession", map[string]any{}},
		{"Marionette:SetContext", map[string]any{"value": "chrome"}},
		{"WebDriver:SetTimeouts", map[string]any{"script": patience.Milliseconds()}},
	} {
		if err == nil {
			_, err = m.call(first.name, first.with)
		}
	}
	return m, err
}

func (m *marionette) read() (json.RawMessage, error) {
	length, err := m.r.ReadString(':')
	if err != nil {
		return nil, err
	}
	n, err := strconv.Atoi(strings.TrimSuffix(length, ":"))
	if err != nil || n > 1<<20 {
		return nil, fmt.Errorf("a message of length %q", length)
	}
	b := make([]byte, n)
	_, err = io.ReadFull(m.r, b)
	return b, err
}

// call runs a command and gives what it answers.
func (m *marionette) call(name string, with any) (json.RawMessage, error) {
	m.id++
	b, err := json.Marshal([]any{0, m.id, name, with})
	if err != nil {
		return nil, err
	}
	if _, err := fmt.Fprintf(m.conn, "%d:%s", len(b), b); err != nil {
		return nil, err
	}
	answer, err := m.read()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	var parts [4]json.RawMessage
	if err := json.Unmarshal(answer, &parts); err != nil {
		return nil, err
	}
	if fault := string(parts[2]); fault != "null" {
		return nil, errors.New(name + ": " + fault)
	}
	return parts[3], nil
}
