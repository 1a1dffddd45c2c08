package letter

import (
	"strings"
	"unicode/utf8"
)

const (
	between = "\n\n" // stands between texts that are joined

	// maxWord is how far the end of an encoded word is looked for. RFC 2047,
	// section 2 allows 75 octets; mailers that do not fold send whole subjects.
	maxWord = 2 << 10

	// maxBadWords is how many may fail in one value before the rest is text.
	maxBadWords = 100
)

// encodedWord is one encoded word of RFC 2047, its text decoded to octets of
// its charset.
type encodedWord struct {
	charset string
	data    []byte
}

// decodeWords decodes the encoded words of a header value, also where they
// stand inside quotes or touch other text, since mail readers do. Neighbours
// in the same charset are decoded as one, for some mailers cut characters in
// two. What is no encoded word stays as it is; octets above 127 outside of them
// are UTF-8 or else of the fallback charset.
func decodeWords(s, fallback string) string {
	if !strings.Contains(s, "=?") {
		return plain(s, fallback)
	}
	var out strings.Builder
	var run encodedWord // words that were read and not yet written
	flush := func() {
		if run.charset != "" {
			out.WriteString(toUTF8(run.data, run.charset, fallback))
			run = encodedWord{}
		}
	}
	for bad := 0; bad < maxBadWords; {
		at := strings.Index(s, "=?")
		if at < 0 {
			break
		}
		word, n := cutWord(s[at:])
		if n == 0 {
			bad++
			flush()
			out.WriteString(plain(s[:at+2], fallback))
			s = s[at+2:]
			continue
		}
		blank := strings.Trim(s[:at], " \t") == ""
		switch {
		case run.charset == "" || !blank:
			flush()
			out.WriteString(plain(s[:at], fallback))
			run = word
		case run.charset == word.charset:
			run.data = append(run.data, word.data...)
		default: // RFC 2047, section 6.2: blanks between two words are not shown
			flush()
			run = word
		}
		s = s[at+n:]
	}
	flush()
	out.WriteString(plain(s, fallback))
	return out.String()
}

// cutWord reads the encoded word at the front of s and gives its length, 0
// where there is none: =?charset[*language]?B or Q?text?=
func cutWord(s string) (encodedWord, int) {
	s = s[:min(len(s), maxWord)]
	label, rest, ok := strings.Cut(s[2:], "?")
	if !ok || label == "" || len(label) > 64 || strings.ContainsAny(label, " \t=") || len(rest) < 2 || rest[1] != '?' {
		return encodedWord{}, 0
	}
	text := rest[2:]
	end := strings.Index(text, "?=")
	if end < 0 {
		return encodedWord{}, 0
	}
	n := 2 + len(label) + 1 + 2 + end + 2
	label, _, _ = strings.Cut(label, "*") // RFC 2231, section 5
	word := encodedWord{charset: strings.ToLower(label)}
	switch rest[0] {
	case 'B', 'b':
		word.data = looseBase64([]byte(text[:end]), maxWord)
		if len(word.data) == 0 && end > 0 {
			return encodedWord{}, 0
		}
	case 'Q', 'q':
		word.data = looseQuoted([]byte(strings.ReplaceAll(text[:end], "_", " ")), maxWord)
	default:
		return encodedWord{}, 0
	}
	if word.charset == "" {
		return encodedWord{}, 0
	}
	return word, n
}

// plain gives s as UTF-8.
func plain(s, fallback string) string {
	if utf8.ValidString(s) && strings.IndexByte(s, 0x1b) < 0 {
		return s
	}
	return toUTF8([]byte(s), "", fallback)
}

// tidy gives s with what is not UTF-8 replaced.
func tidy(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

// oneLine turns each run of control characters and blanks into one blank.
func oneLine(s string) string {
	clean := true
	for i := 0; i < len(s) && clean; i++ {
		clean = s[i] > ' ' && s[i] != 0x7f || s[i] == ' ' && i > 0 && s[i-1] != ' '
	}
	if clean && !strings.HasSuffix(s, " ") {
		return s
	}
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f }), " ")
}
