package mbox

import (
	"bufio"
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// messages reads an mbox, each message through a small buffer's worth of reads.
func messages(t testing.TB, text string) (spans []span, bodies []string) {
	t.Helper()
	f := strings.NewReader(text)
	buf := bufio.NewReaderSize(nil, bufSize)
	err := scan(f, f.Size(), func(sp span) error {
		b, err := io.ReadAll(sp.reader(f, buf))
		if err != nil {
			return err
		}
		spans, bodies = append(spans, sp), append(bodies, string(b))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return spans, bodies
}

const fromLine = "From a@example.org Thu Jan  1 00:00:01 2026\n"

func TestScan(t *testing.T) {
	tests := []struct {
		name, text string
		want       []string
	}{
		{"nothing", "", nil},
		{"one", fromLine + "A: b\n\nhi\n\n", []string{"A: b\n\nhi\n"}},
		{"two", fromLine + "A: b\n\nhi\n\n" + fromLine + "C: d\n\n\n", []string{"A: b\n\nhi\n", "C: d\n\n"}},
		{"no empty line between", fromLine + "A: b\n\nhi\n" + fromLine + "C: d\n", []string{"A: b\n\nhi\n", "C: d\n"}},
		{"CRLF", "From a Thu Jan  1 00:00:01 2026\r\nA: b\r\n\r\nhi\r\n\r\nFrom b 00:01\r\nC: d\r\n", []string{"A: b\r\n\r\nhi\r\n", "C: d\r\n"}},
		{"no line end at the end", fromLine + "A: b\n\nhi", []string{"A: b\n\nhi"}},
		{"empty lines in front", "\n\n" + fromLine + "A: b\n", []string{"A: b\n"}},
		{"prose", fromLine + "A: b\n\nhi\n\nFrom here on\nFrom 10:30 on\n\n", []string{"A: b\n\nhi\n\nFrom here on\nFrom 10:30 on\n"}},
		{"dateless file", "From a\nA: b\n\nhi\n\nFrom b\nC: d\n", []string{"A: b\n\nhi\n", "C: d\n"}},
		{"mboxrd", fromLine + "A: b\n\n>From x\n>>From y\n> From z\n>Fromage\n\n", []string{"A: b\n\nFrom x\n>From y\n> From z\n>Fromage\n"}},
		{"quoted first line", fromLine + ">From x\nA: b\n\n", []string{"From x\nA: b\n"}},
		{"empty message", fromLine + "\n" + fromLine + "A: b\n", []string{"", "A: b\n"}},
		{"mboxcl2", fromLine + "Content-Length: 50\n\n>From quoted by the author\n\nFrom x at 00:00 today\n\n" + fromLine + "A: b\n",
			[]string{"Content-Length: 50\n\n>From quoted by the author\n\nFrom x at 00:00 today\n", "A: b\n"}},
		{"mboxcl", fromLine + "content-length:  8\n\n>From x\n\n" + fromLine + "A: b\n", []string{"content-length:  8\n\nFrom x\n", "A: b\n"}},
		{"length to the end", fromLine + "Content-Length: 10\n\n\nFrom 1:11", []string{"Content-Length: 10\n\n\nFrom 1:11"}},
		{"length that lies", fromLine + "Content-Length: 5\n\nhello you\n\n" + fromLine + "A: b\n", []string{"Content-Length: 5\n\nhello you\n", "A: b\n"}},
		{"length beyond the end", fromLine + "Content-Length: 9223372036854775807\n\nhi\n\n", []string{"Content-Length: 9223372036854775807\n\nhi\n"}},
		{"no From line", "A: b\n\nhi\n\n" + fromLine + "C: d\n", []string{"A: b\n\nhi\n", "C: d\n"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, got := messages(t, tt.text)
			if strings.Join(got, "|") != strings.Join(tt.want, "|") || len(got) != len(tt.want) {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

func TestScan_LongLinesPassThroughABoundedBuffer(t *testing.T) {
	long := strings.Repeat("x", 3<<20)
	body := "A: " + long + "\n\n>" + long + "\nFrom " + long + "\n"
	_, got := messages(t, fromLine+body+"\n"+fromLine+"B: c\n")
	if len(got) != 2 || got[0] != body || got[1] != "B: c\n" {
		t.Errorf("got %d messages", len(got))
	}
}

func TestFromTime(t *testing.T) {
	for line, want := range map[string]string{
		"From a@b Thu Jan  1 02:03:04 2026\n":             "2026-01-01T02:03:04Z",
		"From - Fri Jul 08 12:08:34 2011\r\n":             "2011-07-08T12:08:34Z",
		"From a b c Fri Jul  8 12:08 2011":                "2011-07-08T12:08:00Z",
		"From a Fri Jul  8 12:08:34 CEST 2011":            "2011-07-08T12:08:34Z",
		"From a Fri Jul  8 12:08:34 +0200 2011":           "2011-07-08T10:08:34Z",
		"From a Fri Jul  8 12:08:34 2011 -0100":           "2011-07-08T13:08:34Z",
		"From a Fri Feb 31 12:08:34 2011":                 "",
		"From a@b":                                        "",
		"From " + strings.Repeat("a ", 4000) + "Jan 2011": "",
	} {
		got := fromTime([]byte(line))
		if text := got.Format(time.RFC3339); text != want && !(want == "" && got.IsZero()) {
			t.Errorf("%.60q: %s, want %s", line, text, want)
		}
	}
}

// writeMboxrd is the other half, for tests alone: mboxrd as qmail's mbox(5) has it.
func writeMboxrd(b *bytes.Buffer, message string) {
	b.WriteString(fromLine)
	for line := range strings.SplitAfterSeq(message, "\n") {
		if strings.HasPrefix(strings.TrimLeft(line, ">"), "From ") {
			b.WriteByte('>')
		}
		b.WriteString(line)
	}
	b.WriteByte('\n')
}

func TestScan_ReadsBackWhatMboxrdWrote(t *testing.T) {
	line := rapid.OneOf(
		rapid.SampledFrom([]string{"", "\r", "From x 10:10", ">From ", ">>From y\r", strings.TrimSuffix(fromLine, "\n"), "A: b", ">", "From"}),
		rapid.StringMatching(`[ -~]{0,30}`),
	)
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) string {
			lines := rapid.SliceOfN(line, 0, 8).Draw(t, "lines")
			if len(lines) == 0 {
				return ""
			}
			return strings.Join(lines, "\n") + "\n"
		}), 0, 5).Draw(t, "messages")
		var b bytes.Buffer
		for _, m := range want {
			writeMboxrd(&b, m)
		}
		f := strings.NewReader(b.String())
		var got []string
		buf := bufio.NewReaderSize(nil, bufSize)
		err := scan(f, f.Size(), func(sp span) error {
			text, err := io.ReadAll(sp.reader(f, buf))
			got = append(got, string(text))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != len(want) {
			t.Fatalf("got %q\nwant %q\nof %q", got, want, b.String())
		}
		for i := range want {
			if got[i] != want[i] {
				t.Fatalf("message %d: got %q\nwant %q", i, got[i], want[i])
			}
		}
	})
}

func FuzzMbox(f *testing.F) {
	f.Add(fromLine + "A: b\n\n>From x\n\n" + fromLine + "C: d\r\n\r\n\r\n")
	f.Add(fromLine + "Content-Length: 8\n\n>From x\n\n" + fromLine + "A: b\n")
	f.Add("\n\nA: b\n\nFrom x\n\nFrom \n")
	f.Fuzz(func(t *testing.T, text string) {
		spans, bodies := messages(t, text)
		// Joined again, with what lies between the messages, they are the file.
		var joined strings.Builder
		at := int64(0)
		for i, sp := range spans {
			if sp.from < at || sp.start < sp.from || sp.end < sp.start || sp.end > int64(len(text)) {
				t.Fatalf("message %d of %q lies at %+v after %d", i, text, sp, at)
			}
			between := text[at:sp.from]
			if strings.Trim(between, "\r\n") != "" {
				t.Fatalf("%q is lost between the messages of %q", between, text)
			}
			if head := text[sp.from:sp.start]; head != "" && !strings.HasPrefix(head, "From ") {
				t.Fatalf("%q is lost at the start of a message of %q", head, text)
			}
			if int64(len(bodies[i])) > sp.end-sp.start {
				t.Fatalf("message %d of %q has grown", i, text)
			}
			joined.WriteString(between + text[sp.from:sp.end])
			at = sp.end
		}
		if rest := text[at:]; strings.Trim(rest, "\r\n") != "" {
			t.Fatalf("%q is lost at the end of %q", rest, text)
		}
		joined.WriteString(text[at:])
		if joined.String() != text {
			t.Fatalf("joined %q, was %q", joined.String(), text)
		}
	})
}
