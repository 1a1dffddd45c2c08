package search

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestPhrase_FindsAndScoresAsBlevesOwnPhraseQuery asks both kinds of query: each
// where the places are written as it reads them.
func TestPhrase_FindsAndScoresAsBlevesOwnPhraseQuery(t *testing.T) {
	word := rapid.SampledFrom([]string{"the", "the", "the", "end", "of", "a", "請求書", "東京都庁", "都", "."})
	text := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(word, 0, 24).Draw(t, "words"), " ")
	})
	hits, misses := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		ours, theirs := twoIndexes(t, text)
		for range 8 {
			field := rapid.SampledFrom([]string{inText, inSubject}).Draw(t, "field")
			p, ok := phraseOf(field, rapid.SliceOfN(word, 2, 4).Draw(t, "phrase"))
			if !ok {
				continue
			}
			q := asked(p)
			if rapid.Bool().Draw(t, "of one owner") {
				q = every{termIn{inOwner, "ada"}, p}
			}
			if sameAnswer(t, ours, theirs, q, 100) > 0 {
				hits++
			} else {
				misses++
			}
		}
	})
	if hits == 0 || misses == 0 {
		t.Errorf("%d phrases were found and %d not: the test shows nothing", hits, misses)
	}
}

// phraseOf gives the phrase that words are; a single character of a dense
// script is a gap in it, a full stop is nothing.
func phraseOf(field string, list []string) (phrase, bool) {
	q := where{field, true, 0}.words(match{text: strings.Join(list, " "), quoted: true})
	if all, ok := q.(every); ok {
		for _, q := range all {
			if p, ok := q.(phrase); ok {
				return p, true
			}
		}
	}
	p, ok := q.(phrase)
	return p, ok
}
