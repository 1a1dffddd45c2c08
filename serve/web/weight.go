package web

import "unicode/utf8"

// Cut shortens a text to what weighs so many octets on a page, where <, & and
// quotes weigh more than they do in the text, and tells whether there was more. A
// stranger decides what is in a letter, and not how much a page of it weighs.
func Cut(s string, most int) (string, bool) {
	weight := 0
	for i, r := range s {
		if weight += weigh(r); weight > most {
			return s[:i], true
		}
	}
	return s, false
}

// Brief is Cut with a sign that something is missing.
func Brief(s string, most int) string {
	s, more := Cut(s, most)
	if more {
		s += "…"
	}
	return s
}

// Weight is what a text weighs on a page, in octets.
func Weight(s string) (n int) {
	for _, r := range s {
		n += weigh(r)
	}
	return n
}

// weigh is how html/template writes a sign, in octets.
func weigh(r rune) int {
	switch r {
	case '<', '>':
		return len("&lt;")
	case '&', '"', '\'', '+':
		return len("&#34;")
	}
	return utf8.RuneLen(r)
}
