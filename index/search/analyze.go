package search

import (
	"unicode"
	"unicode/utf8"

	"restante/filter/letter"
)

// maxTerm is the longest word in the catalogue, in bytes. Longer ones are cut
// there, in messages and in queries alike.
const maxTerm = 40

// shape says how a term came to be, which matters to a query only.
type shape uint8

const (
	whole shape = iota // a word
	pair               // two neighbouring characters of a dense script
	last               // the last character of a run of two and more
	lone               // a run of one
)

// analyze walks text once and hands out its terms with their positions, the
// first of which is pos. It returns the position after the last. The term is
// valid during the call only.
//
// Words are folded: lower case, NFKC, no accents. Text in scripts without
// spaces becomes overlapping pairs, one at each character, and the last
// character once more by itself; so a word of any length is a phrase of pairs,
// found wherever it stands, and a single character is a prefix. Such text is wrapped
// anywhere: the end of a line does not end a run.
func analyze(text string, pos int, emit func(term []byte, pos int, s shape)) int {
	a := analysis{emit: emit, pos: pos, rules: table()}
	text = compose(text)
	for i := 0; i < len(text); {
		if c := text[i]; c < utf8.RuneSelf {
			i++
			if b := ascii[c]; b != 0 {
				if a.run > 0 {
					a.endRun()
				}
				if a.n < maxTerm {
					a.buf[a.n] = b
					a.n++
				}
				continue
			}
			if a.run > 0 && wraps(a.prev) {
				if next := wrapped(text, i-1); next >= i {
					i = next
					continue
				}
			}
			a.end()
			continue
		}
		r, n := utf8.DecodeRuneInString(text[i:])
		i += n
		a.rune(r)
	}
	a.end()
	return a.pos
}

type analysis struct {
	emit  func(term []byte, pos int, s shape)
	rules *[tableEnd]rule
	pos   int
	n     int // bytes of the word under way
	run   int // characters of the dense run under way
	prev  rune
	buf   [maxTerm]byte
}

func (a *analysis) rune(r rune) {
	switch f := ruleOf(a.rules, r); f.kind {
	case gap:
		a.end()
	case word:
		if a.run > 0 {
			a.endRun()
		}
		if a.n+len(f.text) <= maxTerm {
			a.n += copy(a.buf[a.n:], f.text)
		}
	case dense:
		if a.n > 0 {
			a.endWord()
		}
		if a.run > 0 {
			n := utf8.EncodeRune(a.buf[:], a.prev)
			n += utf8.EncodeRune(a.buf[n:], r)
			a.emit(a.buf[:n], a.pos, pair)
			a.pos++
		}
		a.prev = r
		a.run++
	case skip:
	}
}

// wraps tells characters between which mail programs break a line: those of scripts
// without spaces. Korean has some, and is broken there.
func wraps(r rune) bool { return isDense(r) && !unicode.Is(unicode.Hangul, r) }

// wrapped gives where text goes on behind the end of one line, with the quotation
// mark of the next; at itself where there is none, or no character that wraps follows.
func wrapped(text string, at int) int {
	ends := 0
	for i := at; i < len(text); i++ {
		switch c := text[i]; {
		case c == ' ' || c == '\t' || c == '\r' || c == '>' && ends == 1:
		case c == '\n' && ends == 0:
			ends++
		case c < utf8.RuneSelf || ends == 0:
			return at
		default:
			if r, _ := utf8.DecodeRuneInString(text[i:]); wraps(r) {
				return i
			}
			return at
		}
	}
	return at
}

func (a *analysis) end() {
	if a.n > 0 {
		a.endWord()
	} else if a.run > 0 {
		a.endRun()
	}
}

func (a *analysis) endWord() {
	a.emit(a.buf[:a.n], a.pos, whole)
	a.pos++
	a.n = 0
}

func (a *analysis) endRun() {
	s := last
	if a.run == 1 {
		s = lone
	}
	n := utf8.EncodeRune(a.buf[:], a.prev)
	a.emit(a.buf[:n], a.pos, s)
	a.pos++
	a.run = 0
}

// ascii folds letters and digits; 0 is a gap.
var ascii = func() (t [utf8.RuneSelf]byte) {
	for c := byte('0'); c <= '9'; c++ {
		t[c] = c
	}
	for c := byte('a'); c <= 'z'; c++ {
		t[c], t[c-'a'+'A'] = c, c
	}
	return t
}()

// keyword folds a value that is compared as a whole: a mailbox, an address.
func keyword(s string) string {
	out := make([]byte, 0, len(s))
	rules := table()
	for _, r := range compose(s) {
		if r < utf8.RuneSelf {
			if b := ascii[r]; b != 0 {
				out = append(out, b)
			} else if r > ' ' {
				out = append(out, byte(r))
			} else {
				out = append(out, ' ')
			}
			continue
		}
		if f := ruleOf(rules, r); f.kind == word {
			out = append(out, f.text...)
		} else if f.kind != skip {
			out = utf8.AppendRune(out, r)
		}
	}
	return letter.Clip(string(out), maxKeyword)
}

// maxKeyword is the longest keyword, in bytes.
const maxKeyword = 254
