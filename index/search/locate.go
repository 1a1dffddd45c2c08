package search

import (
	"sort"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// located is a term and where it stands in a text.
type located struct {
	term     string
	pos      int
	s        shape
	from, to int // octets
	first    int // where its first character ends, of a pair
}

// locate finds the terms of a text, as analyze does, with the octets that each
// stands for. Analyze itself does not count octets: it would cost an index that
// nobody highlights in.
func locate(text string) []located {
	c := composeMapped(text)
	var out []located
	rules := table()
	pos, begin := 1, -1
	var runes []int // where the characters of a dense run begin
	word := false
	var before rune
	end := func(at int) {
		if begin < 0 {
			return
		}
		k := 0
		pos = analyze(c.text[begin:at], pos, func(t []byte, p int, s shape) {
			l := located{term: string(t), pos: p, s: s, from: begin, to: at}
			if !word {
				l.from, l.first = runes[k], at
				if k+1 < len(runes) {
					l.first = runes[k+1]
				}
				if k+2 < len(runes) {
					l.to = runes[k+2]
				}
				k++
			}
			l.from, l.to, l.first = c.source(l.from), c.source(l.to), c.source(l.first)
			out = append(out, l)
		})
		begin, runes = -1, runes[:0]
	}
	for i := 0; i < len(c.text); {
		r, n := utf8.DecodeRuneInString(c.text[i:])
		switch kind := ruleOf(rules, r).kind; {
		case r < utf8.RuneSelf && ascii[r] == 0, r >= utf8.RuneSelf && kind == gap:
			if begin >= 0 && !word && wraps(before) {
				if next := wrapped(c.text, i); next > i {
					i = next
					continue
				}
			}
			end(i)
		case kind == skip:
		default:
			if isWord := kind != dense; begin >= 0 && isWord != word {
				end(i)
			}
			if begin < 0 {
				begin, word = i, kind != dense
			}
			if kind == dense {
				runes, before = append(runes, i), r
			}
		}
		i += n
	}
	end(len(c.text))
	return out
}

// composed is a text in NFKC that remembers where it came from.
type composed struct {
	text     string
	at, from []int // segment i begins at at[i] and stood at from[i]; none: nothing changed
}

func composeMapped(s string) composed {
	if norm.NFKC.IsNormalString(s) {
		return composed{text: s}
	}
	var c composed
	var b strings.Builder
	var it norm.Iter
	it.InitString(norm.NFKC, s)
	for !it.Done() {
		c.at, c.from = append(c.at, b.Len()), append(c.from, it.Pos())
		b.Write(it.Next())
	}
	c.at, c.from = append(c.at, b.Len()), append(c.from, len(s))
	c.text = b.String()
	return c
}

// source gives where what begins at a place stood before.
func (c composed) source(at int) int {
	if len(c.at) == 0 {
		return at
	}
	return c.from[sort.SearchInts(c.at, at)]
}
