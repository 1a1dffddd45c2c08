package wire_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"restante/fetch/wire"
)

func TestReadLine(t *testing.T) {
	long := strings.Repeat("x", 300)
	tests := []struct {
		name, in string
		max      int
		want     string
		err      error
		next     string // what the following call gives
	}{
		{"crlf", "STAT\r\nQUIT\r\n", 255, "STAT", nil, "QUIT"},
		{"bare lf", "STAT\nQUIT\n", 255, "STAT", nil, "QUIT"},
		{"empty", "\r\nQUIT\r\n", 255, "", nil, "QUIT"},
		{"inner cr stays", "a\rb\r\r\nQUIT\r\n", 255, "a\rb\r", nil, "QUIT"},
		{"nul stays", "a\x00b\r\nQUIT\r\n", 255, "a\x00b", nil, "QUIT"},
		{"just fits", strings.Repeat("x", 253) + "\r\nQUIT\r\n", 255, strings.Repeat("x", 253), nil, "QUIT"},
		{"one too many", strings.Repeat("x", 254) + "\r\nQUIT\r\n", 255, "", wire.ErrTooLong, "QUIT"},
		{"longer than the buffer", long + "\r\nQUIT\r\n", 512, long, nil, "QUIT"},
		{"too long and longer than the buffer", long + "\r\nQUIT\r\n", 255, "", wire.ErrTooLong, "QUIT"},
		{"cut", "STA", 255, "", io.ErrUnexpectedEOF, ""},
		{"cut in a long line", long, 200, "", io.ErrUnexpectedEOF, ""},
		{"end", "", 255, "", io.EOF, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := bufio.NewReaderSize(strings.NewReader(tt.in), 64)
			got, err := wire.ReadLine(r, tt.max)
			if !errors.Is(err, tt.err) || string(got) != tt.want {
				t.Fatalf("ReadLine = %q, %v, want %q, %v", got, err, tt.want, tt.err)
			}
			if tt.next == "" {
				return
			}
			if got, err := wire.ReadLine(r, 255); err != nil || string(got) != tt.next {
				t.Errorf("next line = %q, %v, want %q", got, err, tt.next)
			}
		})
	}
}

func TestReadLine_GivesUpOnALineWithoutEnd(t *testing.T) {
	src := io.LimitReader(endless{}, 1<<30)
	r := bufio.NewReader(src)
	if _, err := wire.ReadLine(r, wire.MaxCommand); !errors.Is(err, wire.ErrNoEnd) {
		t.Fatalf("error %v, want ErrNoEnd", err)
	}
	if read := 1<<30 - src.(*io.LimitedReader).N; read > 128<<10 {
		t.Errorf("read %d octets of a line without end", read)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

func FuzzReadLine(f *testing.F) {
	f.Add([]byte("STAT\r\n"), 20)
	f.Add([]byte("a\nb\r\n\r\n"), 3)
	f.Add(bytes.Repeat([]byte("x"), 100), 50)
	f.Fuzz(func(t *testing.T, in []byte, limit int) {
		limit = 2 + min(max(limit, 0), 1000)
		r := bufio.NewReaderSize(bytes.NewReader(in), 16)
		rest := in
		for {
			got, err := wire.ReadLine(r, limit)
			raw, after, found := bytes.Cut(rest, []byte("\n"))
			switch {
			case !found && len(rest) == 0:
				if err != io.EOF {
					t.Fatalf("at the end: %q, %v", got, err)
				}
				return
			case !found:
				if err == nil {
					t.Fatalf("line %q without end accepted", got)
				}
				return
			case len(raw)+1 > limit:
				if err == wire.ErrNoEnd && len(raw) >= 64<<10 {
					return
				}
				if err != wire.ErrTooLong {
					t.Fatalf("long line %q: %q, %v", raw, got, err)
				}
			case err != nil || !bytes.Equal(got, bytes.TrimSuffix(raw, []byte("\r"))):
				t.Fatalf("line %q read as %q, %v", raw, got, err)
			}
			rest = after
		}
	})
}
