package search

import (
	"slices"
	"testing"

	bleveindex "github.com/blevesearch/bleve_index_api"
	"pgregory.net/rapid"
)

// TestPlace_GivesBackEveryPlace writes some terms at growing places and reads
// them as they come out of the index.
func TestPlace_GivesBackEveryPlace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all, want := newTerms(8), map[string][]uint64{}
		pos := 0
		for range rapid.IntRange(0, 60).Draw(t, "words") {
			pos += rapid.SampledFrom([]int{1, 1, 2, 16, headBase}).Draw(t, "step")
			word := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "word")
			all.add([]byte(word), pos, whole)
			want[word] = append(want[word], uint64(pos))
		}
		f := all.positioned(inText)
		var got []uint64
		for word, freq := range f.AnalyzedTokenFrequencies() {
			var d bleveindex.TermFieldDoc
			for _, l := range freq.Locations {
				d.Vectors = append(d.Vectors, &bleveindex.TermFieldVector{
					Pos: uint64(l.Position), Start: uint64(l.Start), End: uint64(l.End), ArrayPositions: l.ArrayPositions})
			}
			if got = placesOf(&d, got); !slices.Equal(got, want[word]) || len(freq.Locations) != 1 {
				t.Fatalf("%s stands at %v in %d locations, want %v", word, got, len(freq.Locations), want[word])
			}
		}
	})
}
