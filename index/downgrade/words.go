package downgrade

import (
	"encoding/base64"
	"regexp"
	"strings"
	"unicode/utf8"
)

// maxEncoded is how many octets an encoded-word has between its marks, of 75 in
// all (RFC 2047, 2).
const maxEncoded = 75 - len("=?utf-8?q?") - len("?=")

// encode gives text as encoded-words, each of whole characters: in Q where half of
// the characters can be read in it, else in B. They may stand anywhere (RFC 2047, 5).
func encode(s string) (all []string) {
	kind, room := "q", maxEncoded
	cost := func(r string) (n int) {
		for i := range len(r) {
			n += len(q(r[i]))
		}
		return n
	}
	beyond := 0
	for _, r := range s {
		if r >= utf8.RuneSelf {
			beyond++
		}
	}
	if 2*beyond > utf8.RuneCountInString(s) {
		kind, room = "b", maxEncoded/4*3
		cost = func(r string) int { return len(r) }
	}
	for len(s) > 0 {
		n := 0
		for used := 0; n < len(s); {
			_, size := utf8.DecodeRuneInString(s[n:])
			if used += cost(s[n : n+size]); used > room {
				break
			}
			n += size
		}
		all = append(all, "=?utf-8?"+kind+"?"+inner(kind, s[:n])+"?=")
		s = s[n:]
	}
	return all
}

func inner(kind, s string) string {
	if kind == "b" {
		return base64.StdEncoding.EncodeToString([]byte(s))
	}
	var b strings.Builder
	for i := range len(s) {
		b.WriteString(q(s[i]))
	}
	return b.String()
}

const hex = "0123456789ABCDEF"

// q is an octet in the Q encoding as it may stand in a phrase too (RFC 2047, 5).
func q(c byte) string {
	switch {
	case c == ' ':
		return "_"
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '!', c == '*', c == '+', c == '-', c == '/':
		return string(rune(c))
	}
	return string([]byte{'=', hex[c>>4], hex[c&15]})
}

// isEncoded tells of a word whether mail programs might decode it.
func isEncoded(w string) bool { return encoded.MatchString(w) }

var encoded = regexp.MustCompile(`^=\?[!-~]+\?[bqBQ]\?[!-~]*\?=$`)

// parts cuts a text before each run of blanks.
func parts(v string) (all []string) {
	from, blank := 0, true
	for i := range len(v) {
		is := v[i] == ' ' || v[i] == '\t'
		if is && !blank {
			all = append(all, v[from:i])
			from = i
		}
		blank = is
	}
	return append(all, v[from:])
}

// text makes unstructured text ASCII. Words that need it become encoded-words
// together with the blanks between them, because those between encoded-words do
// not count (RFC 2047, 6.2); so do those beside an encoded-word that was there.
func text(v string) ([]string, bool) {
	var out []string
	run := ""
	after := false // behind an encoded-word that was there
	flush := func() {
		if run == "" {
			return
		}
		word := strings.TrimLeft(run, " \t")
		blanks := run[:len(run)-len(word)]
		if after && blanks != "" || len(blanks) > maxBlanks || word == "" {
			word, blanks = run, " "
		}
		out = append(out, spaced(blanks, encode(word))...)
		run = ""
	}
	for _, p := range parts(v) {
		word := strings.TrimLeft(p, " \t")
		blanks := p[:len(p)-len(word)]
		switch {
		case !simple(word) || len(blanks) > maxBlanks:
			run += p
			continue
		case run != "" && isEncoded(word):
			run += blanks
			p = " " + word
		}
		flush()
		after = isEncoded(word)
		out = append(out, p)
	}
	flush()
	return out, true
}

// maxBlanks and maxWord bound what is left as it is: lines must come to an end.
const (
	maxBlanks = 60
	maxWord   = 900
)

// simple tells of a word whether it may stay.
func simple(w string) bool {
	for i := range len(w) {
		if w[i] <= ' ' || w[i] >= 0x7F {
			return false
		}
	}
	return len(w) <= maxWord
}

// spaced puts blanks before the first of some words and one before each other.
func spaced(blanks string, words []string) []string {
	for i := range words {
		words[i] = blanks + words[i]
		blanks = " "
	}
	return words
}
