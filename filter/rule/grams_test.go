package rule

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestGrams_NeverMissWhatIsThere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOf(rapid.String()).Draw(t, "text"), " ")
		from := rapid.IntRange(0, len(text)).Draw(t, "from")
		to := rapid.IntRange(from, len(text)).Draw(t, "to")
		if !newGrams(text).may([]string{"no such thing", text[from:to]}) {
			t.Fatalf("%q is in %q", text[from:to], text)
		}
	})
}

func TestGrams_RuleOutWhatIsNotThere(t *testing.T) {
	g := newGrams(strings.Repeat("shall we have lunch on Thursday, the usual place? ", 50))
	for _, w := range []string{"lottery", "viagra", "winner", "bitcoin"} {
		if g.may([]string{w}) {
			t.Errorf("%q is not ruled out", w)
		}
	}
}
