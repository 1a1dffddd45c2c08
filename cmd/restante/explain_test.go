package main

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"restante/filter"
)

func TestEvidenceTable_IsAlignedWithAndWithoutColours(t *testing.T) {
	all := []filter.Evidence{
		{Weight: 12.345, Kind: "word", Text: "subject: pills", Ham: 0, Spam: 1200},
		{Weight: 0.8, Kind: "rule", Text: "TO_UNDISCLOSED: To names nobody\x1b[2J"},
		{Weight: -0.25, Kind: "word", Text: "lunch", Ham: 31},
	}
	v := filter.Verdict{Reasons: []filter.Reason{{Name: "TO_UNDISCLOSED", Weight: 0.8}, {Name: filter.WordsReason, Weight: 12.1}}}
	show := func(colour bool) string {
		var b bytes.Buffer
		if err := (&env{out: &b, colour: colour}).evidenceTable(v, all); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	const want = `
  WEIGHT  HAM  SPAM  EVIDENCE
  +12.35    0  1200  subject: pills
   +0.80             TO_UNDISCLOSED: To names nobody[2J
   -0.25   31     0  lunch
  +12.10             all words together
`
	plainly := show(false)
	if plainly != strings.TrimPrefix(want, "\n") {
		t.Errorf("got\n%s\nwant%s", plainly, want)
	}
	coloured := show(true)
	if got := regexp.MustCompile(`\x1b\[\d\dm`).ReplaceAllString(coloured, ""); got != plainly {
		t.Errorf("without its colours it is\n%s\nwant\n%s", got, plainly)
	}
	for _, some := range []string{red + "+12.35", green + "-0.25"} {
		if !strings.Contains(coloured, some) {
			t.Errorf("%q is not in %q", some, coloured)
		}
	}
}

func TestBars_ShowEveryMessageAndFillTheHeight(t *testing.T) {
	for _, tt := range []struct {
		all  []int
		most int
		want string
	}{{[]int{0, 1, 8, 4}, 8, ".▁█▄"}, {[]int{1, 1000, 0}, 1000, "▁█."}, {[]int{0}, 0, "."}, {[]int{1}, 1, "█"}} {
		if got := bars(tt.all, tt.most); got != tt.want {
			t.Errorf("bars(%v, %d) = %q, want %q", tt.all, tt.most, got, tt.want)
		}
	}
}
