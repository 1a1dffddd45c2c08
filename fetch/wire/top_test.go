package wire_test

import (
	"bytes"
	"io"
	"math"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"

	"restante/fetch/wire"
)

func TestTopReader(t *testing.T) {
	const msg = "A: 1\r\nB: 2\r\n\r\none\r\ntwo\r\nthree"
	tests := []struct {
		name, in string
		lines    int64
		want     string
	}{
		{"none", msg, 0, "A: 1\r\nB: 2\r\n\r\n"},
		{"one", msg, 1, "A: 1\r\nB: 2\r\n\r\none\r\n"},
		{"all but the end", msg, 2, "A: 1\r\nB: 2\r\n\r\none\r\ntwo\r\n"},
		{"last line without end", msg, 3, msg},
		{"huge", msg, math.MaxInt64, msg},
		{"below nothing", msg, -5, "A: 1\r\nB: 2\r\n\r\n"},
		{"bare lf", "A: 1\n\none\ntwo\n", 1, "A: 1\n\none\n"},
		{"no body", "A: 1\r\n", 5, "A: 1\r\n"},
		{"no header", "\r\none\r\n", 0, "\r\n"},
		{"cr within an empty-looking line", "A\r\n\r\r\nB\r\n\r\none\r\n", 0, "A\r\n\r\r\nB\r\n\r\n"},
		{"empty", "", 3, ""},
	}
	for _, tt := range tests {
		for _, src := range []io.Reader{strings.NewReader(tt.in), iotest.OneByteReader(strings.NewReader(tt.in)), iotest.DataErrReader(strings.NewReader(tt.in))} {
			if got, err := io.ReadAll(wire.TopReader(src, tt.lines)); err != nil || string(got) != tt.want {
				t.Errorf("%s: %q, %v, want %q", tt.name, got, err, tt.want)
			}
		}
	}
}

func TestTopReader_PassesErrorsOn(t *testing.T) {
	src := io.MultiReader(strings.NewReader("A: 1\r\n"), iotest.ErrReader(io.ErrClosedPipe))
	if _, err := io.ReadAll(wire.TopReader(src, 3)); err != io.ErrClosedPipe {
		t.Errorf("error %v, want io.ErrClosedPipe", err)
	}
}

func TestTopReader_AgreesWithANaiveOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		msg := mail.Draw(t, "message")
		lines := rapid.Int64Range(0, 6).Draw(t, "lines")
		want := naiveTop(msg, lines)
		for name, src := range map[string]io.Reader{
			"whole": bytes.NewReader(msg), "bytewise": iotest.OneByteReader(bytes.NewReader(msg)),
		} {
			if got, err := io.ReadAll(wire.TopReader(src, lines)); err != nil || !bytes.Equal(got, want) {
				t.Fatalf("%s: %q, %v, want %q", name, got, err, want)
			}
		}
	})
}

func naiveTop(msg []byte, lines int64) []byte {
	var out []byte
	inBody := false
	for _, line := range bytes.SplitAfter(msg, []byte("\n")) {
		if inBody {
			if lines == 0 {
				break
			}
			lines--
		}
		out = append(out, line...)
		if s := string(line); s == "\n" || s == "\r\n" {
			inBody = true
		}
	}
	return out
}
