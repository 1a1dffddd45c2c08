package mboxrd_test

import (
	"bytes"
	"regexp"
	"testing"

	"pgregory.net/rapid"

	"restante/fetch/mbox/mboxrd"
)

var fromLine = regexp.MustCompile(`(?m)^From `)

func checkQuoting(t interface{ Errorf(string, ...any) }, msg []byte, cut int) {
	quoted := mboxrd.Quote(nil, msg)
	if fromLine.Match(quoted) {
		t.Errorf("%q became %q, which holds a From line", msg, quoted)
	}
	var q mboxrd.Quoter
	pieces := q.Append(q.Append(nil, msg[:cut]), msg[cut:])
	if pieces = q.Flush(pieces); !bytes.Equal(pieces, quoted) {
		t.Errorf("%q in pieces became %q, whole %q", msg, pieces, quoted)
	}
	cut = min(cut, len(quoted))
	var u mboxrd.Unquoter
	back := u.Append(u.Append(nil, quoted[:cut]), quoted[cut:])
	if back = u.Flush(back); !bytes.Equal(back, msg) {
		t.Errorf("%q in pieces came back as %q", msg, back)
	}
	if back := mboxrd.Unquote(quoted); !bytes.Equal(back, msg) {
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
		if got := string(mboxrd.Quote(nil, []byte(msg))); got != want {
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
