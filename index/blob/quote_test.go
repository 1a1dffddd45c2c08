package blob

import (
	"bytes"
	"regexp"
	"testing"

	"pgregory.net/rapid"
)

var fromLine = regexp.MustCompile(`(?m)^From `)

func checkQuoting(t tester, msg []byte, cut int) {
	quoted := quoteAll(nil, msg)
	if fromLine.Match(quoted) {
		t.Errorf("%q became %q, which holds a From line", msg, quoted)
	}
	var q quoter
	pieces := q.quote(q.quote(nil, msg[:cut]), msg[cut:])
	if pieces = q.flush(pieces); !bytes.Equal(pieces, quoted) {
		t.Errorf("%q in pieces became %q, whole %q", msg, pieces, quoted)
	}
	cut = min(cut, len(quoted))
	var u unquoter
	back := u.unquote(u.unquote(nil, quoted[:cut]), quoted[cut:])
	if back = u.flush(back); !bytes.Equal(back, msg) {
		t.Errorf("%q in pieces came back as %q", msg, back)
	}
	if back := unquoteAll(quoted); !bytes.Equal(back, msg) {
		t.Errorf("%q came back as %q", msg, back)
	}
}

func TestQuote_IsUndoneExactly(t *testing.T) {
	for msg, want := range map[string]string{
		"From a\nFrom b":         ">From a\n>From b",
		">From \r\n>>From x\r\n": ">>From \r\n>>>From x\r\n",
		"FromX\n From \nFro":     "FromX\n From \nFro",
		"a From b\rFrom c":       "a From b\rFrom c",
	} {
		if got := string(quoteAll(nil, []byte(msg))); got != want {
			t.Errorf("%q became %q, want %q", msg, got, want)
		}
	}
	words := rapid.SampledFrom([]string{"From ", "From", "Fro", ">", ">>", "\n", "\r\n", "\r", " ", "x", "\x00"})
	rapid.Check(t, func(r *rapid.T) {
		var msg []byte
		for _, w := range rapid.SliceOfN(words, 0, 12).Draw(r, "words") {
			msg = append(msg, w...)
		}
		checkQuoting(r, msg, rapid.IntRange(0, len(msg)).Draw(r, "cut"))
	})
}

func FuzzQuote(f *testing.F) {
	f.Add([]byte("From \n>From "), 3)
	f.Fuzz(func(t *testing.T, msg []byte, cut int) {
		checkQuoting(t, msg, max(0, min(cut, len(msg))))
	})
}

// FuzzScan lets anything stand in a segment: no panic, and every record lies
// within the segment, behind the one before.
func FuzzScan(f *testing.F) {
	d, _, _ := segment(f, []byte("first\n"), noise(100))
	f.Add(d.files[one].now)
	f.Add(d.files[one].now[:150])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		d := withBytes(b)
		l, err := open(d, Options{})
		if err != nil {
			return
		}
		var last Ref
		_ = l.Scan(ctx, Position{}, func(e Entry) error {
			if e.Ref.Offset < last.End().Offset || e.Ref.End().Offset > int64(len(b)) || len(e.Meta) > MaxMeta {
				t.Errorf("entry %v after %v in %d octets", e.Ref, last, len(b))
			}
			if r, err := l.Open(ctx, e.Ref, e.Digest); err == nil {
				r.Close()
			}
			last = e.Ref
			return nil
		})
	})
}
