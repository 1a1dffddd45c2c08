package mbox

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// messages reads an mbox as a file and as a stream, which must give the same.
func messages(t testing.TB, text string) (spans []span, bodies []string) {
	t.Helper()
	f := strings.NewReader(text)
	spans, bodies, err := split(f)
	if err != nil {
		t.Fatal(err)
	}
	// Read again by where they lie.
	for i, sp := range spans {
		b, err := io.ReadAll(sp.message(sp.at(f), new(unquoter)))
		if err != nil || string(b) != bodies[i] {
			t.Fatalf("message %d: first %q, then %q, %v", i, bodies[i], b, err)
		}
	}
	also, streamed, err := split(&window{r: iotest.HalfReader(strings.NewReader(text))})
	if d := cmp.Diff(bodies, streamed); d != "" || err != nil {
		t.Fatalf("as a stream: %v\n%s", err, d)
	}
	if !slices.Equal(also, spans) {
		t.Fatalf("as a stream they lie at %+v, not %+v", also, spans)
	}
	return spans, bodies
}

func split(f io.ReaderAt) (spans []span, bodies []string, err error) {
	sp := newSplitter(f)
	for {
		if err := sp.next(); err == io.EOF {
			return spans, bodies, nil
		} else if err != nil {
			return nil, nil, err
		}
		b, err := io.ReadAll(sp.message(sp, new(unquoter)))
		if err != nil {
			return nil, nil, err
		}
		spans, bodies = append(spans, sp.span), append(bodies, string(b))
	}
}

const fromLine = "From a@example.org Thu Jan  1 00:00:01 2026\n"

func TestSplitter(t *testing.T) {
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
		{"marked: no length counts", "From a Thu Jan  1 00:00:01 2026 mboxrd\nContent-Length: 3\n\nhi\n\n" + fromLine + "A: b\n", []string{"Content-Length: 3\n\nhi\n", "A: b\n"}},
		{"marked: no line end", "From a Thu Jan  1 00:00:01 2026 mboxrd-noeol\nA: b\n\nhi\n\n" + fromLine + "A: b\n", []string{"A: b\n\nhi", "A: b\n"}},
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

func TestSplitter_LongLinesPassThroughABoundedBuffer(t *testing.T) {
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
		got, exact, cut := fromTime([]byte(line))
		if exact || cut {
			t.Errorf("%.60q is marked", line)
		}
		if text := got.Format(time.RFC3339); text != want && !(want == "" && got.IsZero()) {
			t.Errorf("%.60q: %s, want %s", line, text, want)
		}
	}
}

// anyMessage draws what is hard to keep apart in one file.
var anyMessage = rapid.Custom(func(t *rapid.T) string {
	line := rapid.OneOf(
		rapid.SampledFrom([]string{"", "\r", "From x 10:10", ">From ", ">>From y\r", strings.TrimSuffix(fromLine, "\n"), "A: b", ">", "From", "\x00",
			"Content-Length: 0", "content-length: 1", "Content-Length: 9", "X-Mozilla-Status: 0009", "X-Gmail-Labels: Trash", "\xff"}),
		rapid.StringMatching(`[ -~]{0,30}`),
	)
	return strings.Join(rapid.SliceOfN(line, 0, 8).Draw(t, "lines"), "\n")
})

func TestWriter_MakesAFileThatGivesBackEveryOctet(t *testing.T) {
	at := time.Date(2024, 2, 3, 4, 5, 6, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOfN(anyMessage, 1, 5).Draw(t, "messages")
		sender := rapid.SampledFrom([]string{"", "a@b.example", "a b", "\n", strings.Repeat("a", 2000)}).Draw(t, "sender")
		var b bytes.Buffer
		w := NewWriter(&b)
		for _, m := range want {
			if err := w.Write(sender, at, func() io.Reader { return strings.NewReader(m) }); err != nil {
				t.Fatal(err)
			}
		}
		for _, f := range []io.ReaderAt{bytes.NewReader(b.Bytes()), &window{r: &b}} {
			spans, got, err := split(f)
			if err != nil || !slices.Equal(got, want) {
				t.Fatalf("%v\ngot  %q\nwant %q", err, got, want)
			}
			for _, sp := range spans {
				if !sp.received.Equal(at) {
					t.Fatalf("received %v", sp.received)
				}
			}
		}
	})
}

func TestWriter_WritesAPlainMboxOfPlainMessages(t *testing.T) {
	var b bytes.Buffer
	w := NewWriter(&b)
	for _, m := range []string{"A: b\r\n\r\n>From x\r\n", "A: b\n\nno end", "Content-Length: 3\n\nabc\n", "From x\n", ""} {
		if err := w.Write("a@b.example", time.Date(2024, 2, 3, 4, 5, 6, 7, time.FixedZone("", 3600)), func() io.Reader { return strings.NewReader(m) }); err != nil {
			t.Fatal(err)
		}
	}
	want := "From a@b.example Sat Feb  3 03:05:06 2024\nA: b\r\n\r\n>>From x\r\n\n" +
		"From a@b.example Sat Feb  3 03:05:06 2024 mboxrd-noeol\nA: b\n\nno end\n\n" +
		"From a@b.example Sat Feb  3 03:05:06 2024 mboxrd\nContent-Length: 3\n\nabc\n\n" +
		"From a@b.example Sat Feb  3 03:05:06 2024\n>From x\n\n" +
		"From a@b.example Sat Feb  3 03:05:06 2024\n\n"
	if d := cmp.Diff(want, b.String()); d != "" {
		t.Error(d)
	}
}

func TestSplitter_HoldsLittleOfALongStream(t *testing.T) {
	line := strings.Repeat("x", 79) + "\n"
	long := io.MultiReader(strings.NewReader(fromLine+"Content-Length: 9999999999\n\n"), &repeated{line: line, left: 4 << 20 / 80}, strings.NewReader("\n"+fromLine+"A: b\n"))
	w := &window{r: long}
	sp := newSplitter(w)
	for _, want := range []int64{4<<20/80*80 + 28, 5} {
		if err := sp.next(); err != nil {
			t.Fatal(err)
		}
		n := int64(0)
		for buf := make([]byte, 4096); ; {
			got, err := sp.Read(buf)
			n += int64(got)
			if len(w.held) > 4*bufSize {
				t.Fatalf("%d octets are held", len(w.held))
			}
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if n != want {
			t.Errorf("message %d has %d octets, want %d", sp.number, n, want)
		}
	}
}

// repeated gives a line some times.
type repeated struct {
	line string
	left int
	at   int
}

func (r *repeated) Read(p []byte) (int, error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	n := copy(p, r.line[r.at:])
	if r.at += n; r.at == len(r.line) {
		r.at = 0
		r.left--
	}
	return n, nil
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
