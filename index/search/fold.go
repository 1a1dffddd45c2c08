package search

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// kind says what a character is to the analyzer.
type kind uint8

const (
	gap   kind = iota // ends a word
	skip              // stands inside a word and is not there: soft hyphen, joiner, accent
	word              // part of a word
	dense             // of a script written without spaces: indexed in pairs
)

// rule is what becomes of one character.
type rule struct {
	kind kind
	text string // what it is folded to; used for words only
}

// tableEnd is where the table of rules ends: behind Latin Extended Additional,
// Greek Extended and the general punctuation. What lies above is looked up.
const tableEnd = 0x2100

var table = sync.OnceValue(func() *[tableEnd]rule {
	t := new([tableEnd]rule)
	for r := range rune(tableEnd) {
		t[r] = makeRule(r)
	}
	return t
})

func ruleOf(t *[tableEnd]rule, r rune) rule {
	if r < tableEnd {
		return t[r]
	}
	if isDense(r) {
		return rule{kind: dense}
	}
	return makeRule(r)
}

func makeRule(r rune) rule {
	switch {
	case isDense(r):
		return rule{kind: dense}
	case isIgnored(r):
		return rule{kind: skip}
	case unicode.IsLetter(r), unicode.IsNumber(r), unicode.IsMark(r):
		return rule{kind: word, text: foldRune(r)}
	}
	return rule{kind: gap}
}

// foldRune gives lower case without accents. The text is in NFKC already.
func foldRune(r rune) string {
	lower := unicode.ToLower(r)
	if s, ok := letters[lower]; ok {
		return s
	}
	if !unicode.In(lower, unicode.Latin, unicode.Greek, unicode.Cyrillic) {
		return string(lower)
	}
	var b strings.Builder
	for _, d := range norm.NFKD.String(string(lower)) {
		if !unicode.Is(unicode.Mn, d) {
			b.WriteRune(unicode.ToLower(d))
		}
	}
	if s, ok := letters[[]rune(b.String() + "\x00")[0]]; ok {
		return s
	}
	return b.String()
}

// letters are those that Unicode does not take apart, but people do.
var letters = map[rune]string{
	'ß': "ss", 'æ': "ae", 'œ': "oe", 'ø': "o", 'đ': "d", 'ð': "d", 'þ': "th",
	'ł': "l", 'ħ': "h", 'ı': "i", 'ς': "σ",
}

// isIgnored tells characters that do not part a word: invisible ones, with
// which spam breaks words up, and accents that found no letter to sit on.
func isIgnored(r rune) bool {
	switch {
	case r == 0x00AD, r == 0x034F, r == 0x061C, r == 0xFEFF:
		return true
	case r >= 0x200B && r <= 0x200F, r >= 0x202A && r <= 0x202E, r >= 0x2060 && r <= 0x2064:
		return true
	case r >= 0x0300 && r <= 0x036F, r >= 0x1AB0 && r <= 0x1AFF, r >= 0x1DC0 && r <= 0x1DFF:
		return true
	case r >= 0x0591 && r <= 0x05BD, r >= 0x064B && r <= 0x065F, r == 0x0670, r == 0x0640:
		return true // Hebrew points, Arabic vowels and the stretch
	case r >= 0xFE00 && r <= 0xFE0F, r >= 0xE0000 && r <= 0xE0FFF:
		return true // variation selectors, tags
	}
	return false
}

// denseRanges are the scripts written without spaces, and Hangul, whose words
// carry their particles with them.
var denseRanges = [...][2]rune{
	{0x0E01, 0x0E2E}, {0x0E30, 0x0E3A}, {0x0E40, 0x0E4E}, // Thai
	{0x0E81, 0x0ECD},                   // Lao
	{0x1000, 0x1049},                   // Myanmar
	{0x1100, 0x11FF},                   // Hangul jamo
	{0x1780, 0x17D3},                   // Khmer
	{0x2E80, 0x2FD5},                   // radicals
	{0x3005, 0x3007},                   // 々〆〇
	{0x3041, 0x3096}, {0x3099, 0x309A}, // Hiragana
	{0x309D, 0x309F}, {0x30A1, 0x30FA}, // Katakana
	{0x30FC, 0x30FF},                   // ー and repetition
	{0x3105, 0x318E},                   // Bopomofo, Hangul compatibility
	{0x31A0, 0x31BF}, {0x31F0, 0x31FF}, //
	{0x3400, 0x4DBF}, {0x4E00, 0x9FFF}, // Han
	{0xA000, 0xA48C},                     // Yi
	{0xAC00, 0xD7A3},                     // Hangul
	{0xF900, 0xFAD9}, {0x20000, 0x3FFFD}, // Han
}

func isDense(r rune) bool {
	if r < denseRanges[0][0] {
		return false
	}
	for _, p := range denseRanges {
		if r < p[0] {
			return false
		}
		if r <= p[1] {
			return true
		}
	}
	return false
}

// compose brings text to NFKC: full-width letters become plain ones,
// half-width kana whole ones, and letters taken apart are put together.
func compose(s string) string {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return norm.NFKC.String(s)
		}
	}
	return s
}
