package export

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"restante/fetch/mbox"
)

// decode reads a mailbox's name off its path.
func decode(path, join string) string {
	levels := strings.Split(path, join)
	for i, l := range levels {
		levels[i] = mbox.DecodeName(l)
	}
	return strings.Join(levels, "/")
}

func TestNames_AreHarmlessDistinctAndComeBack(t *testing.T) {
	letter := rapid.SampledFrom([]rune("aAbB.&-/ ~:\\\x00\x1b\u202eüÜß日😀+%\"'*nulNUL1"))
	name := rapid.OneOf(rapid.StringOfN(letter, 1, 12, -1), rapid.String(), rapid.StringMatching(`(?i)(con|nul|com1|lpt9|x)(\.mbox|\.sbd|\.|)`))
	rapid.Check(t, func(t *rapid.T) {
		boxes := rapid.SliceOfNDistinct(name, 1, 8, rapid.ID).Draw(t, "mailboxes")
		for join, encode := range map[string]func(string, bool) string{"/": level, ".": maildirLevel} {
			n := newNames(encode, join)
			seen := map[string]bool{}
			for _, b := range boxes {
				p := n.path(b)
				if p != n.path(b) {
					t.Fatalf("%q has two paths", b)
				}
				if seen[strings.ToLower(p)] {
					t.Fatalf("%q has the path of another: %q", b, p)
				}
				seen[strings.ToLower(p)] = true
				for l := range strings.SplitSeq(p, "/") {
					harmlessLevel(t, l)
				}
				odd := b == "" || strings.ContainsRune(b, utf8.RuneError) || strings.Contains(p, "~")
				if got := decode(p, join); !odd && got != b {
					t.Fatalf("%q became %q and came back as %q", b, p, got)
				}
			}
		}
	})
}

func harmlessLevel(t *rapid.T, l string) {
	base, _, _ := strings.Cut(strings.ToUpper(l), ".")
	switch {
	case l == "", len(l) > 250, strings.ContainsAny(l, "<>:\"/\\|?*\x00\x1b\u202e"), !utf8.ValidString(l):
	case strings.HasPrefix(l, "."), strings.HasPrefix(l, "-"), strings.HasSuffix(l, "."), strings.HasSuffix(l, " "):
	case slices.Contains([]string{"CON", "NUL", "COM1", "LPT9"}, strings.TrimSpace(base)):
	default:
		return
	}
	t.Fatalf("%q is no harmless name", l)
}

func TestNames_TooLongOnesStayApart(t *testing.T) {
	for join, encode := range map[string]func(string, bool) string{"/": level, ".": maildirLevel} {
		n := newNames(encode, join)
		seen := map[string]bool{}
		for _, b := range []string{
			strings.Repeat("日", 300), strings.Repeat("日", 301), strings.Repeat("a/", 500) + "b", strings.Repeat("a/", 500) + "c",
			strings.Repeat(strings.Repeat("x", 150)+"/", 5) + "y", strings.Repeat(strings.Repeat("x", 150)+"/", 5) + "z",
		} {
			p := n.path(b)
			for l := range strings.SplitSeq(p, "/") {
				if len(l) > 250 || !utf8.ValidString(l) {
					t.Errorf("a name of %d octets", len(l))
				}
			}
			if len(p) > 900 || seen[p] {
				t.Errorf("%.40q…: path of %d octets, or that of another", b, len(p))
			}
			seen[p] = true
		}
	}
}

func TestFileName_IsMadeOfWhatStrangersWrite(t *testing.T) {
	at := time.Date(2024, 2, 3, 4, 5, 6, 0, time.FixedZone("", 3600))
	for subject, want := range map[string]string{
		"Harvest":                      "20240203-030506 Harvest abcd2345.eml",
		"":                             "20240203-030506 abcd2345.eml",
		"../../etc/passwd":             "20240203-030506 etc passwd abcd2345.eml",
		"a\x00b\r\nc\u202egpj.exe":     "20240203-030506 a b c gpj.exe abcd2345.eml",
		"Entwu\u0308rfe: 50 % \"gut\"": "20240203-030506 Entwürfe 50 gut abcd2345.eml",
		"日本語":                          "20240203-030506 日本語 abcd2345.eml",
		"...":                          "20240203-030506 abcd2345.eml",
		"\xff\xfe":                     "20240203-030506 abcd2345.eml",
	} {
		if got := fileName(at, subject, "abcd2345"); got != want {
			t.Errorf("%q: %q, want %q", subject, got, want)
		}
	}
	plain := regexp.MustCompile(`^[\pL\pM\pN _.,()+=@-]+\.eml$`)
	rapid.Check(t, func(t *rapid.T) {
		subject, uid := rapid.String().Draw(t, "subject"), rapid.String().Draw(t, "uid")
		year := rapid.IntRange(-5000, 20000).Draw(t, "year")
		got := fileName(at.AddDate(year, 0, 0), subject, uid)
		if len(got) > nameMost || !plain.MatchString(got) {
			t.Fatalf("%q", got)
		}
	})
}
