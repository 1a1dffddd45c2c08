package mail

import (
	"regexp"
	"strings"
	"time"

	"restante/index/search"
	"restante/serve/web"
)

// nothing is the query that asks for everything, and so marks nothing.
var nothing = func() *search.Query {
	q, err := search.Parse("", time.Time{})
	if err != nil {
		panic(err) // an empty query is one
	}
	return q
}()

// line is a line of a letter's text.
type line struct {
	Quoted int // how deep: the signs > before it
	Pieces []span
}

// span is a piece of a line, which is an address or not.
type span struct{ Text, Link string }

// address is an address of the web in running text. What ends a sentence or
// closes a bracket behind it is none of it.
var address = regexp.MustCompile(`\bhttps?://[^\s<>"'\x{3000}-\x{303f}\x{ff00}-\x{ffef}]+`)

// What a line and a link weigh on the page beside their text, in octets.
const (
	lineWeight = 22
	linkWeight = 70
)

// lines parts a text into lines, and finds the addresses in them, until it would
// weigh more than so many octets on a page; more tells that there are others.
func lines(text string, most int) (out []line, more bool) {
	text, more = web.Cut(text, most)
	for s := range strings.Lines(strings.TrimRight(text, "\n")) {
		s = strings.TrimRight(s, "\r\n")
		x := line{Quoted: depth(s)}
		at := 0
		for _, m := range address.FindAllStringIndex(s, -1) {
			url := strings.TrimRight(s[m[0]:m[1]], ".,;:!?)]}")
			if len(url) > shownLink {
				continue
			}
			if m[0] > at {
				x.Pieces = append(x.Pieces, span{Text: s[at:m[0]]})
			}
			x.Pieces = append(x.Pieces, span{url, url})
			at = m[0] + len(url)
		}
		if at < len(s) {
			x.Pieces = append(x.Pieces, span{Text: s[at:]})
		}
		most -= lineWeight
		for _, p := range x.Pieces {
			if most -= web.Weight(p.Text); p.Link != "" {
				most -= linkWeight + web.Weight(p.Link)
			}
		}
		if most < 0 {
			return out, true
		}
		out = append(out, x)
	}
	return out, more
}

// depth counts the signs of quoting before a line, to three.
func depth(s string) (n int) {
	for _, r := range s {
		switch {
		case r == '>' && n < 3:
			n++
		case r != ' ':
			return n
		}
	}
	return n
}
