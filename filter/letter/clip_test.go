package letter_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"restante/filter/letter"
)

func TestClip_CutsBetweenCharactersAndNotTooMuch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, n := rapid.String().Draw(t, "text"), rapid.IntRange(0, 40).Draw(t, "octets")
		got := letter.Clip(s, n)
		if !strings.HasPrefix(s, got) || len(got) > n || !utf8.ValidString(got) {
			t.Fatalf("%q", got)
		}
		if rest := s[len(got):]; rest != "" {
			if _, next := utf8.DecodeRuneInString(rest); len(got)+next <= n {
				t.Fatalf("%q, and %q would fit", got, rest[:next])
			}
		}
	})
}
