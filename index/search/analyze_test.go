package search

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

func analyzed(s string) []string {
	var out []string
	analyze(s, 1, func(t []byte, pos int, _ shape) { out = append(out, fmt.Sprintf("%d:%s", pos, t)) })
	return out
}

func TestAnalyze_FoldsAndSplits(t *testing.T) {
	for _, test := range []struct{ in, want string }{
		{"The QUICK fox", "1:the 2:quick 3:fox"},
		{"e-mail: Ada@Example.NET", "1:e 2:mail 3:ada 4:example 5:net"},
		{"Müller Straße Ærø Łódź ŒUVRE", "1:muller 2:strasse 3:aero 4:lodz 5:oeuvre"},
		{"Mu\u0308ller", "1:muller"},
		{"vi\u00adag\u200bra", "1:viagra"},
		{"ｆｕｌｌ　ｗｉｄｔｈ ﬁne", "1:full 2:width 3:fine"},
		{"Ёлка ΣΊΣΥΦΟΣ", "1:елка 2:σισυφοσ"},
		{"東京都", "1:東京 2:京都 3:都"},
		{"猫", "1:猫"},
		{"東京Tower高い", "1:東京 2:京 3:tower 4:高い 5:い"},
		{"ﾃﾞｰﾀ", "1:デー 2:ータ 3:タ"},
		{"한국어", "1:한국 2:국어 3:어"},
		{"発\n表", "1:発表 2:表"},
		{"発 \r\n> 表", "1:発表 2:表"},
		{"発\n\n表", "1:発 2:表"},
		{"発 表", "1:発 2:表"},
		{"発\nx 表\n。会", "1:発 2:x 3:表 4:会"},
		{"한국\n사람", "1:한국 2:국 3:사람 4:람"},
		{"ไทย", "1:ไท 2:ทย 3:ย"},
		{"हिन्दी", "1:हिन्दी"},
		{"a\x00b\xffc", "1:a 2:b 3:c"},
		{strings.Repeat("x", 50), "1:" + strings.Repeat("x", 40)},
		{"", ""},
	} {
		if got := strings.Join(analyzed(test.in), " "); got != test.want {
			t.Errorf("analyze(%q) = %s, want %s", test.in, got, test.want)
		}
	}
}

// foldedOnce wants that a word of the index, asked for as it is, is found. Marks of
// several scripts on one letter may change places once more.
func foldedOnce(t *testing.T, w string) {
	t.Helper()
	if again := analyzed(w); norm.NFKC.IsNormalString(w) && !slices.Equal(again, []string{"1:" + w}) {
		t.Fatalf("the word %q becomes %q", w, again)
	}
}

func TestAnalyze_FoldsEveryCharacterOnce(t *testing.T) {
	step := rune(1)
	if testing.Short() {
		step = 31
	}
	for r := rune(0); r < utf8.MaxRune; r += step {
		if unicode.In(r, unicode.Han, unicode.Hangul, unicode.Co) {
			continue // in pairs, or none
		}
		for _, s := range []string{string(r), "a" + string(r) + "b"} {
			analyze(s, 1, func(term []byte, _ int, kind shape) {
				if kind == whole {
					foldedOnce(t, string(term))
				}
			})
			if k := keyword(s); norm.NFKC.IsNormalString(k) && keyword(k) != k {
				t.Fatalf("keyword(%q) = %q, and of that %q", s, k, keyword(k))
			}
		}
	}
}

func FuzzAnalyzer(f *testing.F) {
	for _, s := range []string{"Plain words", "Müller", "東京Tower", "ﾃﾞｰﾀ", "a\xff\u0300b", "\U000E0041x", "ﷺ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		at := 7
		var words []string
		end := analyze(s, 7, func(term []byte, pos int, kind shape) {
			if kind == whole {
				words = append(words, string(term))
			}
			if len(term) == 0 || len(term) > maxTerm || !utf8.Valid(term) {
				t.Fatalf("%q: term %q", s, term)
			}
			if pos != at {
				t.Fatalf("%q: position %d of %q, want %d", s, pos, term, at)
			}
			at++
		})
		if end != at {
			t.Fatalf("%q: ends at %d, want %d", s, end, at)
		}
		for _, w := range words {
			foldedOnce(t, w)
		}
		if k := keyword(s); len(k) > maxKeyword || !utf8.ValidString(k) {
			t.Fatalf("keyword(%q) = %q", s, k)
		}
	})
}

func TestLadder_CoversRangesExactly(t *testing.T) {
	for _, r := range [][2]int64{{0, 0}, {0, 15}, {1, 16}, {17, 4096}, {255, 257}, {0, 65535}, {12, 70000}, {-5, 3}, {5, 4}, {65535, 65535}} {
		cover := dayLadder.cover(r[0], r[1])
		for _, n := range []int64{0, 1, 3, 4, 5, 11, 12, 15, 16, 17, 254, 255, 256, 257, 258, 4095, 4096, 4097, 65534, 65535} {
			times := 0
			for _, term := range dayLadder.terms(n) {
				if slices.Contains(cover, term) {
					times++
				}
			}
			want := 0
			if r[0] <= n && n <= r[1] {
				want = 1
			}
			if times != want {
				t.Errorf("%d in %v: %d terms match, want %d", n, r, times, want)
			}
		}
	}
}
