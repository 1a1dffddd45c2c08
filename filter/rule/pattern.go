package rule

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strconv"
	"strings"
	"unicode/utf8"
)

const maxPattern = 16 << 10 // octets

// pattern is a regular expression with what a text must contain to match.
type pattern struct {
	re   *regexp.Regexp
	must []string // in lower case: one of them is in every match; nil when not known
}

// any says whether one of the texts matches.
func (p *pattern) any(t *texts) bool {
	if p.must != nil && !t.may(p.must) {
		return false
	}
	for i, s := range t.list {
		if (p.must == nil || containsAny(t.lowered(i), p.must)) && p.re.MatchString(s) {
			return true
		}
	}
	return false
}

func containsAny(s string, words []string) bool {
	for _, w := range words {
		if strings.Contains(s, w) {
			return true
		}
	}
	return false
}

// compile makes an RE2 expression of a Perl one, and refuses what means
// something else, or nothing, in RE2.
func compile(src, flags string) (*pattern, error) {
	if len(src) > maxPattern {
		return nil, fmt.Errorf("pattern of %d octets, at most %d", len(src), maxPattern)
	}
	var re2 string
	for _, f := range flags {
		switch f {
		case 'i', 'm', 's':
			re2 += string(f)
		case 'x':
			src = spread(src)
		case 'g', 'o', 'a', 'u': // no difference to whether it matches
		default:
			return nil, fmt.Errorf("unknown flag %q; allowed: i, m, s, x", f)
		}
	}
	src, err := fromPerl(src)
	if err != nil {
		return nil, err
	}
	if re2 != "" {
		src = "(?" + re2 + ")" + src
	}
	re, err := regexp.Compile(src)
	if err != nil {
		var se *syntax.Error
		if errors.As(err, &se) {
			return nil, fmt.Errorf("RE2 cannot do this pattern: %s: %q", se.Code, se.Expr)
		}
		return nil, err
	}
	tree, err := syntax.Parse(src, syntax.Perl)
	if err != nil {
		return nil, err
	}
	return &pattern{re: re, must: needs(tree.Simplify())}, nil
}

// fromPerl rewrites the escapes that RE2 lacks and that have a twin there.
func fromPerl(src string) (string, error) {
	var b strings.Builder
	class := false
	for i := 0; i < len(src); i++ {
		c := src[i]
		if c != '\\' || i+1 == len(src) {
			if c == '[' && !class {
				class = true
				b.WriteByte(c)
				if i+1 < len(src) && src[i+1] == '^' {
					i++
					b.WriteByte('^')
				}
				if i+1 < len(src) && src[i+1] == ']' {
					i++
					b.WriteString(`\]`)
				}
				continue
			}
			if c == ']' {
				class = false
			}
			b.WriteByte(c)
			continue
		}
		i++
		switch e := src[i]; {
		case e == 'Z':
			b.WriteString(`(?:\n?\z)`)
		case e == 'h' && class:
			b.WriteString(` \t`)
		case e == 'h':
			b.WriteString(`[ \t]`)
		case e == 'R':
			b.WriteString(`(?:\r\n|[\n\r])`)
		case e == 'e':
			b.WriteString(`\x1b`)
		case e == 'x' && highByte(src[i-1:]):
			n, r, err := octets(src[i-1:], class)
			if err != nil {
				return "", err
			}
			b.WriteString(regexp.QuoteMeta(r))
			i += n - 2
		case e >= 0x80:
			return "", errors.New("escaped octet beyond ASCII")
		default:
			b.WriteByte('\\')
			b.WriteByte(e)
		}
	}
	return b.String(), nil
}

// highByte says whether s starts with \xHH of 80 to FF.
func highByte(s string) bool {
	return len(s) >= 4 && s[1] == 'x' && strings.IndexByte("89abcdefABCDEF", s[2]) >= 0 && isHex(s[3])
}

func isHex(c byte) bool { return strings.IndexByte("0123456789abcdefABCDEF", c) >= 0 }

// octets reads a run of \xHH as UTF-8: rules of the field spell characters so.
func octets(s string, class bool) (n int, text string, err error) {
	var b []byte
	for highByte(s[n:]) {
		v, err := strconv.ParseUint(s[n+2:n+4], 16, 8)
		if err != nil {
			return 0, "", err
		}
		b = append(b, byte(v))
		n += 4
	}
	if class || !utf8.Valid(b) {
		return 0, "", errors.New("pattern over single octets; text is matched as UTF-8")
	}
	return n, string(b), nil
}

// spread takes out the blanks and comments that the flag x allows.
func spread(src string) string {
	var b strings.Builder
	class := false
	for i := 0; i < len(src); i++ {
		c := src[i]
		switch {
		case c == '\\' && i+1 < len(src):
			b.WriteByte(c)
			i++
			b.WriteByte(src[i])
			continue
		case class:
			class = c != ']'
		case c == '[':
			class = true
		case c == '#':
			for i < len(src) && src[i] != '\n' {
				i++
			}
			continue
		case strings.IndexByte(" \t\r\n\f", c) >= 0:
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}
