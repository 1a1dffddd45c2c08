package search

import (
	"testing"

	"pgregory.net/rapid"
)

// TestLocate_FindsTheTermsThatAnalyzeDoes: what is marked must be what is found.
func TestLocate_FindsTheTermsThatAnalyzeDoes(t *testing.T) {
	text := rapid.StringOfN(rapid.RuneFrom([]rune("abZ ßﾃﾞｰ東京 e\u0301ｱ①ﬁ.\n\r>\u00ad\u200b𝄞한글ก็x1")), 0, 100, -1)
	rapid.Check(t, func(t *rapid.T) {
		s := text.Draw(t, "text")
		type term struct {
			term string
			pos  int
			s    shape
		}
		var want []term
		analyze(s, 1, func(b []byte, pos int, s shape) { want = append(want, term{string(b), pos, s}) })
		got := locate(s)
		if len(got) != len(want) {
			t.Fatalf("%q: located %v, analyzed %v", s, got, want)
		}
		for i, l := range got {
			if (term{l.term, l.pos, l.s}) != want[i] {
				t.Fatalf("%q: located %v, analyzed %v", s, l, want[i])
			}
		}
	})
}
