package bayes

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// What an octet is to the word reader.
const (
	gap   = iota // between words
	word         // part of a word
	inner        // part of a word where a word octet follows
	run          // a sign of which two or more in a row mean something
	high         // start of a rune beyond ASCII
)

var (
	kinds [256]uint8
	lower [256]byte
)

func init() {
	for c := range 256 {
		lower[c] = byte(c)
		switch {
		case c >= 'A' && c <= 'Z':
			lower[c] = byte(c) + 'a' - 'A'
			kinds[c] = word
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '_':
			kinds[c] = word
		case c >= 0x80:
			kinds[c] = high
		case strings.IndexByte(".,'@", byte(c)) >= 0:
			kinds[c] = inner
		case strings.IndexByte("!$*#%?=-+~^>", byte(c)) >= 0:
			kinds[c] = run
		}
	}
}

// words adds the words of s: in lower case, and as written where that differs;
// with pairs, every two that follow each other.
func (t *tokenizer) words(field, s string, pairs bool) {
	sd := seed(field)
	t.last, t.lastN = 0, ""
	for i := 0; i < len(s) && len(t.out) < maxFeatures; {
		switch c := s[i]; kinds[c] {
		case word:
			if (c|0x20 == 'h' || c|0x20 == 'w') && startsURL(s[i:]) {
				i += urlEnd(s[i:])
				t.join(sd, hashed(sd, "\x01url"), field, "(link)", pairs)
				continue
			}
			i = t.ascii(sd, field, s, i, pairs)
		case high:
			i = t.wide(sd, field, s, i, pairs)
		case run:
			j := i + 1
			for j < len(s) && s[j] == c {
				j++
			}
			if n := min(j-i, 4); n > 1 || c == '!' || c == '$' || c == '%' {
				t.join(sd, hashed(sd, s[i:i+n]), field, s[i:i+n], pairs)
			}
			i = j
		default:
			i++
		}
	}
}

// ascii reads the word that starts at s[i] and gives where it ends. A word
// with anything beyond ASCII in it goes the long way.
func (t *tokenizer) ascii(sd uint64, field, s string, i int, pairs bool) int {
	start, low, raw, capital := i, sd, sd, false
	for ; i < len(s); i++ {
		c := s[i]
		k := kinds[c]
		if k == high {
			return t.wide(sd, field, s, start, pairs)
		}
		if k != word && (k != inner || i+1 >= len(s) || kinds[s[i+1]] != word) {
			break
		}
		l := lower[c]
		capital = capital || l != c
		low = (low ^ uint64(l)) * prime
		raw = (raw ^ uint64(c)) * prime
	}
	if i-start > maxWord {
		t.long(sd, field, i-start)
		return i
	}
	name := ""
	if t.names != nil {
		name = strings.ToLower(s[start:i])
		if capital {
			t.put(raw, field, s[start:i])
		}
	} else if capital {
		t.put(raw, "", "")
	}
	t.join(sd, low, field, name, pairs)
	return i
}

// long counts a word too long to be one by its length class, and breaks pairs.
func (t *tokenizer) long(sd uint64, field string, n int) {
	class := "over 40"
	switch {
	case n > 1000:
		class = "over 1000"
	case n > 200:
		class = "over 200"
	case n > 80:
		class = "over 80"
	}
	t.put(hashed(sd, "\x01long "+class), field, "(word of "+class+" letters)")
	t.last = 0
}

// join adds a word and, with pairs, the word together with the one before.
func (t *tokenizer) join(sd, h uint64, field, name string, pairs bool) {
	t.put(h, field, name)
	if !pairs {
		return
	}
	if t.last != 0 {
		where := t.group
		if where == inText {
			t.group = inPairs
		}
		pair, both := "", (t.last*31+h)*prime^sd
		if t.wanted(t.group.key(mix(both))) {
			pair = t.lastN + " " + name
		}
		t.put(both, field, pair)
		t.group = where
	}
	t.last, t.lastN = h, name
}

// wide reads a word with runes beyond ASCII. Scripts that set no space between
// words give pairs of characters.
func (t *tokenizer) wide(sd uint64, field, s string, i int, pairs bool) int {
	t.buf = t.buf[:0]
	var before rune
	latin, alike, hidden := false, false, false
	for i < len(s) {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case invisible(r):
			hidden = true
		case dense(r):
			if len(t.buf) > 0 {
				t.flush(sd, field, pairs, latin && alike)
				latin, alike = false, false
			}
			h := sd ^ uint64(r)*prime
			if before != 0 {
				h = h*prime ^ uint64(before)
			}
			name := ""
			if t.names != nil {
				name = strings.TrimPrefix(string(before)+string(r), "\x00")
			}
			t.put(h*prime, field, name)
			before, t.last = r, 0
		case r < 0x80 && (kinds[r] == word || kinds[r] == inner && len(t.buf) > 0 && i+1 < len(s) && kinds[s[i+1]] == word):
			before = 0
			latin = latin || r|0x20 >= 'a' && r|0x20 <= 'z'
			t.buf = append(t.buf, lower[r])
		case r >= 0x80 && (unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r) || unicode.IsNumber(r)):
			before = 0
			alike = alike || r >= 0x370 && r < 0x590
			t.buf = utf8.AppendRune(t.buf, unicode.ToLower(r))
		default:
			if len(t.buf) == 0 && i+n <= len(s) && r >= 0x80 && unicode.IsSymbol(r) { // emoji, currency
				t.put((sd^uint64(r))*prime*prime, field, string(r))
			}
			if r < 0x80 {
				n = 0
			}
			i += n
			t.end(sd, field, pairs, latin && alike, hidden)
			return i
		}
		i += n
	}
	t.end(sd, field, pairs, latin && alike, hidden)
	return i
}

func (t *tokenizer) end(sd uint64, field string, pairs, mixed, hidden bool) {
	if len(t.buf) > 0 {
		t.flush(sd, field, pairs, mixed)
	}
	if hidden {
		t.trick("invisible characters")
	}
}

// flush adds the word in buf: as it is, in compatibility form where that
// differs, and with look-alikes made Latin where it mixes scripts.
func (t *tokenizer) flush(sd uint64, field string, pairs, mixed bool) {
	defer func() { t.buf = t.buf[:0] }()
	if len(t.buf) > 4*maxWord {
		t.long(sd, field, len(t.buf))
		return
	}
	if !norm.NFKC.IsNormal(t.buf) {
		t.put(hashed(sd, string(t.buf)), field, string(t.buf))
		t.fold = norm.NFKC.Append(t.fold[:0], t.buf...)
		t.buf, t.fold = append(t.buf[:0], strings.ToLower(string(t.fold))...), t.fold[:0]
		t.trick("compatibility characters")
	}
	if mixed {
		t.fold = t.fold[:0]
		for _, r := range string(t.buf) {
			if f, ok := alikes[r]; ok {
				r = f
			}
			t.fold = utf8.AppendRune(t.fold, r)
		}
		t.put(hashed(sd, string(t.fold)), field, string(t.fold))
		t.trick("mixed scripts in a word")
	}
	name := ""
	if t.names != nil {
		name = string(t.buf)
	}
	h := sd
	for _, c := range t.buf {
		h = (h ^ uint64(c)) * prime
	}
	t.join(sd, h, field, name, pairs)
}

// dense says whether r belongs to a script written without spaces, or to
// Hangul, whose words are whole phrases.
func dense(r rune) bool {
	if r < 0x0e00 {
		return false
	}
	return r <= 0x0eff || // Thai, Lao
		r >= 0x1000 && r <= 0x109f || r >= 0x1780 && r <= 0x17ff || // Burmese, Khmer
		r >= 0x1100 && r <= 0x11ff || r >= 0xac00 && r <= 0xd7af || // Hangul
		r >= 0x3040 && r <= 0x30ff || r >= 0x31f0 && r <= 0x31ff || // Kana
		r >= 0x3400 && r <= 0x4dbf || r >= 0x4e00 && r <= 0x9fff || r >= 0xf900 && r <= 0xfaff ||
		r >= 0x20000 && r <= 0x3ffff
}

// invisible says whether r takes no room: used to break up words for filters.
func invisible(r rune) bool {
	return r == 0xad || r == 0x34f || r == 0x61c || r >= 0x200b && r <= 0x200f ||
		r >= 0x202a && r <= 0x202e || r >= 0x2060 && r <= 0x2064 || r == 0xfeff
}

// alikes are Cyrillic and Greek letters that look like a Latin one.
var alikes = map[rune]rune{
	'а': 'a', 'в': 'b', 'с': 'c', 'ԁ': 'd', 'е': 'e', 'ё': 'e', 'һ': 'h', 'і': 'i', 'ї': 'i', 'ј': 'j', 'к': 'k',
	'ӏ': 'l', 'м': 'm', 'н': 'h', 'о': 'o', 'р': 'p', 'ԛ': 'q', 'ѕ': 's', 'т': 't', 'у': 'y', 'ѵ': 'v', 'ԝ': 'w', 'х': 'x',
	'α': 'a', 'β': 'b', 'ε': 'e', 'η': 'n', 'ι': 'i', 'κ': 'k', 'ν': 'v', 'ο': 'o', 'ρ': 'p', 'τ': 't', 'υ': 'u', 'χ': 'x',
}
