package wire_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"

	"restante/fetch/wire"
)

// stuff writes msg in pieces of the given size and gives what went out.
func stuff(t interface{ Fatal(...any) }, msg []byte, piece int) []byte {
	var out bytes.Buffer
	w := bufio.NewWriterSize(&out, 32)
	s := wire.NewStuffer(w)
	for rest := msg; len(rest) > 0; {
		n := min(piece, len(rest))
		if m, err := s.Write(rest[:n]); m != n || err != nil {
			t.Fatal("write:", m, err)
		}
		rest = rest[n:]
	}
	if err := errors.Join(s.Close(), w.Flush()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestStuffer(t *testing.T) {
	tests := []struct{ in, want string }{
		{"", ".\r\n"},
		{"a\r\n", "a\r\n.\r\n"},
		{"a", "a\r\n.\r\n"},
		{"a\n", "a\r\n.\r\n"},
		{".", "..\r\n.\r\n"},
		{".\r\n", "..\r\n.\r\n"},
		{"a\r\n.\r\nb\r\n", "a\r\n..\r\nb\r\n.\r\n"},
		{"a\n.\nb\n", "a\r\n..\r\nb\r\n.\r\n"},
		{"a\r.b", "a\r.b\r\n.\r\n"},
		{"a\r", "a\r\r\n.\r\n"},
		{"\n\n", "\r\n\r\n.\r\n"},
		{"a.b\x00\xff\r\n", "a.b\x00\xff\r\n.\r\n"},
	}
	for _, tt := range tests {
		for piece := 1; piece <= 5; piece++ {
			if got := stuff(t, []byte(tt.in), piece); string(got) != tt.want {
				t.Errorf("%q in pieces of %d went out as %q, want %q", tt.in, piece, got, tt.want)
			}
		}
	}
}

func TestStuffer_RefusesToGoOnAfterTheEnd(t *testing.T) {
	s := wire.NewStuffer(bufio.NewWriter(io.Discard))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Write([]byte("x")); err == nil {
		t.Error("wrote behind the terminating line")
	}
	if err := s.Close(); err == nil {
		t.Error("ended twice")
	}
}

func TestUnstuff(t *testing.T) {
	tests := []struct{ name, in, want, rest string }{
		{"empty", ".\r\n+OK", "", "+OK"},
		{"plain", "a\r\n.\r\n+OK", "a\r\n", "+OK"},
		{"dots", "..\r\n..a\r\n...\r\n.\r\n", ".\r\n.a\r\n..\r\n", ""},
		{"a dot that was not doubled", ".a\r\n.\r\n", "a\r\n", ""},
		{"bare lf dot lf is text", "a\n.\nb\r\n.\r\n", "a\n.\nb\r\n", ""},
		{"bare lf dot crlf is text", "a\n.\r\nb\r\n.\r\n", "a\n.\r\nb\r\n", ""},
		{"dot lf is text", "a\r\n.\nb\r\n.\r\n", "a\r\n\nb\r\n", ""},
		{"dot cr is text", "a\r\n.\rb\r\n.\r\n", "a\r\n\rb\r\n", ""},
		{"cr cr lf", "a\r\r\n.\r\n", "a\r\r\n", ""},
		{"nul and 8-bit", "\x00\xff\r\n.\r\n", "\x00\xff\r\n", ""},
		{"dot at a line's end", "a.\r\n.\r\n", "a.\r\n", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, src := range []io.Reader{strings.NewReader(tt.in), iotest.OneByteReader(strings.NewReader(tt.in))} {
				r := bufio.NewReaderSize(src, 16)
				got, err := io.ReadAll(wire.Unstuff(r))
				rest, _ := io.ReadAll(r)
				if err != nil || string(got) != tt.want || string(rest) != tt.rest {
					t.Errorf("%q, rest %q, %v; want %q, rest %q", got, rest, err, tt.want, tt.rest)
				}
			}
		})
	}
}

func TestUnstuff_NeverTakesACutMessageForAWholeOne(t *testing.T) {
	whole := "one\r\n..two\r\n\r\nthree\r\n.\r\n"
	for n := range whole {
		r := bufio.NewReaderSize(strings.NewReader(whole[:n]), 16)
		if got, err := io.ReadAll(wire.Unstuff(r)); err != io.ErrUnexpectedEOF {
			t.Errorf("cut after %d octets: %q, %v, want io.ErrUnexpectedEOF", n, got, err)
		}
	}
}

func TestUnstuff_PassesOtherErrorsOn(t *testing.T) {
	src := io.MultiReader(strings.NewReader("a\r\n"), iotest.ErrReader(io.ErrClosedPipe))
	u := wire.Unstuff(bufio.NewReader(src))
	for range 2 { // and it stays
		if _, err := io.ReadAll(u); err != io.ErrClosedPipe {
			t.Errorf("error %v, want io.ErrClosedPipe", err)
		}
	}
}

func TestUnstuff_GivesWhatIsThereBeforeItWaits(t *testing.T) {
	pr, pw := io.Pipe()
	defer pr.Close()
	sent := make(chan error, 1)
	go func() {
		_, err := pw.Write([]byte("first\r\n."))
		sent <- err
	}()
	p := make([]byte, 100)
	n, err := wire.Unstuff(bufio.NewReader(pr)).Read(p) // nothing more is ever sent
	if string(p[:n]) != "first\r\n" || err != nil {
		t.Errorf("read %q, %v", p[:n], err)
	}
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
}

// mail draws bytes that are rich in what stuffing is about.
var mail = rapid.Map(rapid.SliceOf(rapid.SampledFrom([]string{
	".", "\r", "\n", "\r\n", "\r\n.", "\r\n.\r\n", "a", "a long piece of text without any end", "\x00", "\xff",
})), func(pieces []string) []byte { return []byte(strings.Join(pieces, "")) })

func TestUnstuff_UndoesStuff(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		msg := mail.Draw(t, "message")
		want := naiveCRLF(msg)
		sent := stuff(t, msg, rapid.IntRange(1, 20).Draw(t, "piece"))
		r := bufio.NewReaderSize(io.MultiReader(bytes.NewReader(sent), strings.NewReader("+OK\r\n")), 16)
		u := wire.Unstuff(r)
		var got []byte
		for {
			p := make([]byte, rapid.IntRange(1, 30).Draw(t, "read"))
			n, err := u.Read(p)
			got = append(got, p[:n]...)
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(got, want) {
			t.Fatalf("sent %q\n got %q\nwant %q", sent, got, want)
		}
		if line, err := wire.ReadLine(r, 10); string(line) != "+OK" {
			t.Fatalf("after the message: %q, %v", line, err)
		}
	})
}

// naiveCRLF makes bare LFs CRLFs and ends the last line.
func naiveCRLF(msg []byte) []byte {
	var out []byte
	for _, c := range msg {
		if c == '\n' && !bytes.HasSuffix(out, []byte("\r")) {
			out = append(out, '\r')
		}
		out = append(out, c)
	}
	if len(out) > 0 && out[len(out)-1] != '\n' {
		out = append(out, "\r\n"...)
	}
	return out
}

func FuzzUnstuff(f *testing.F) {
	f.Add([]byte("a\r\n..b\r\n.\r\n+OK"), 16, 3)
	f.Add([]byte("a\n.\n\r\n.\r\n"), 16, 1)
	f.Add([]byte(".\r"), 20, 7)
	f.Fuzz(func(t *testing.T, in []byte, buffer, read int) {
		r := bufio.NewReaderSize(bytes.NewReader(in), 16+min(max(buffer, 0), 100))
		p := make([]byte, 1+min(max(read, 0), 100))
		var got []byte
		var err error
		for u := wire.Unstuff(r); err == nil; {
			var n int
			n, err = u.Read(p)
			got = append(got, p[:n]...)
		}
		rest, _ := io.ReadAll(r)
		want, wantRest, whole := naiveUnstuff(in)
		if whole != (err == io.EOF) || whole && (!bytes.Equal(got, want) || !bytes.Equal(rest, wantRest)) {
			t.Fatalf("%q: got %q, rest %q, %v; want %q, rest %q", in, got, rest, err, want, wantRest)
		}
		if !bytes.HasPrefix(want, got) {
			t.Fatalf("%q: got %q, which is not how %q starts", in, got, want)
		}
	})
}

func naiveUnstuff(in []byte) (msg, rest []byte, whole bool) {
	for len(in) > 0 {
		line, after, found := bytes.Cut(in, []byte("\r\n"))
		if found && string(line) == "." {
			return msg, after, true
		}
		msg = append(msg, bytes.TrimPrefix(line, []byte("."))...)
		if found {
			msg = append(msg, "\r\n"...)
		}
		in = after
	}
	return msg, nil, false
}
