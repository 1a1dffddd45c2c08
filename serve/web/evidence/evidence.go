// Package evidence turns what spoke for and against a message into bars, for the
// pages that show it.
//
// # Why
//
// The bars are SVG whose lengths are attributes, because the pages' policy allows
// no styles in the page. All bars of a message have one scale, so that they can be
// compared; the numbers stand beside them, for who does not see bars.
package evidence

import (
	"embed"
	"math"
	"slices"

	"restante/filter"
	"restante/serve/web"
	"restante/serve/web/words"
)

// Templates has evidence.html, which defines "evidence": a table of bars.
//
//go:embed evidence.html
var Templates embed.FS

// Bar is a piece of evidence and how its bar is drawn: in a width of 200, from the
// middle to the right where it speaks for spam, else to the left.
type Bar struct {
	filter.Evidence
	For   bool   // spam
	Said  string // what it is, in the reader's language where there are words for it
	Lang  string // what language that is in, as HTML's lang attribute has it
	X     int
	Width int
	Seen  bool // it is a word, and lessons had it
}

// half is the length of the longest bar.
const half = 100

// Bars draws evidence, for who reads a language.
func Bars(l *words.Language, all []filter.Evidence) []Bar {
	most := 0.0
	for _, e := range all {
		most = max(most, math.Abs(e.Weight))
	}
	out := make([]Bar, 0, len(all))
	for _, e := range all {
		b := Bar{Evidence: e, Said: e.Text, Lang: "und", For: e.Weight > 0, X: half, Seen: e.Kind == "word"}
		if text, ok := web.Why(l, e.Reason); ok {
			b.Said, b.Lang = e.Reason.Name+": "+text, l.Code
		}
		if most > 0 {
			b.Width = max(1, int(math.Round(half*math.Abs(e.Weight)/most)))
		}
		if !b.For {
			b.X = half - b.Width
		}
		out = append(out, b)
	}
	return out
}

// Loudest gives the n pieces of evidence of the largest weight, in their order.
func Loudest(all []filter.Evidence, n int) []filter.Evidence {
	if len(all) <= n {
		return all
	}
	weights := make([]float64, len(all))
	for i, e := range all {
		weights[i] = math.Abs(e.Weight)
	}
	slices.Sort(weights)
	least := weights[len(weights)-n]
	out := make([]filter.Evidence, 0, n)
	for _, e := range all {
		if math.Abs(e.Weight) >= least && len(out) < n {
			out = append(out, e)
		}
	}
	return out
}
