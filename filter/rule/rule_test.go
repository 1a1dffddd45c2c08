package rule_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"restante/filter/letter"
	"restante/filter/rule"
)

func parse(t testing.TB, text string) (*rule.Set, []rule.Problem) {
	t.Helper()
	s, problems, err := rule.Parse("t.cf", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return s, problems
}

// hits gives the names of the rules that match msg, in alphabetical order.
func hits(s *rule.Set, msg string) []string {
	var out []string
	for _, h := range s.Judge(letter.ReadBytes([]byte(msg))) {
		out = append(out, h.Name)
	}
	slices.Sort(out)
	return out
}

const sample = `From: "Big Shop" <win@shop.example>
To: me@home.example
Cc: you@home.example
Subject: =?utf-8?q?Gro=C3=9Fe?= Sale #1
X-Twice: one
X-Twice: two
Content-Type: text/html; charset=utf-8

<p>Buy   our
pills</p><p>now / <a href="http://10.0.0.1/x#y">http://bank.example/</a></p>
`

func TestJudge_MatchesAsWritten(t *testing.T) {
	for def, want := range map[string]bool{
		`header R Subject =~ /^Große Sale/`:             true,
		`header R Subject =~ /grosse|große sale \#1$/i`: true,
		`header R Subject =~ /große/`:                   false,
		`header R Subject:raw =~ /=\?utf-8\?q\?/`:       true,
		`header R Subject !~ /sale/i`:                   false,
		`header R X-None !~ /a/`:                        true,
		`header R X-None =~ /a/`:                        false,
		`header R X-None =~ /^none$/ [if-unset: none]`:  true,
		`header R From:addr =~ /^win@shop\.example$/`:   true,
		`header R From:name =~ /^Big Shop$/`:            true,
		`header R ToCc =~ /me@.*\n.*you@/`:              true,
		`header R ALL =~ /^x-twice: two$/mi`:            true,
		`header R X-Twice =~ /one\ntwo/`:                true,
		`header R exists:x-twice`:                       true,
		`header R exists:X-None`:                        false,
		`body R /Buy our pills/`:                        true,
		`body R /pills now/`:                            true,
		`body R /Große/`:                                true,
		`body R /gro\xc3\x9fe/i`:                        true,
		`rawbody R /<p>Buy   our\n/`:                    true,
		`uri R m{^http://10\.0\.0\.1/}`:                 true,
		`uri R m!10.0.0.1/x!`:                           true,
		`uri R /x\#y$/`:                                 true,
		`full R /X-Twice: one[\s\S]*pills/`:             true,
		`body R / b u y \s our # buy it
`: false,
		`body R /b u y \  our/xi`:              true,
		`body R /now \h*\/\Z?/`:                true,
		`header R eval:link_to_numeric_host()`: true,
		`header R eval:link_text_other_host()`: true,
		`body R eval:hidden_text()`:            false,
		`meta R 1 + 2 * 3 == 7 && !(2 > 3)`:    true,
		`meta R NOBODY || 0`:                   false,
	} {
		s, _ := parse(t, def+"\n")
		if got := slices.Equal(hits(s, sample), []string{"R"}); got != want {
			t.Errorf("%s: matched %v, want %v", def, got, want)
		}
	}
}

func TestJudge_ScoresAsSaid(t *testing.T) {
	s, problems := parse(t, `
describe ONE   it has one # not two
header   ONE   exists:From
header   FOUR  exists:From
score    FOUR  1 2 3 4
header   NICE  exists:From
tflags   NICE  nice userconf
header   T_NEW exists:From
header   OFF   exists:From
score    OFF   0
header   __PART exists:From
meta     USES_PART __PART && !OFF
score    USES_PART 2
score    USES_PART (0.5)
`)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	got := s.Judge(letter.ReadBytes([]byte(sample)))
	want := []rule.Hit{
		{Name: "FOUR", Score: 3}, {Name: "USES_PART", Score: 2.5}, {Name: "NICE", Score: -1},
		{Name: "ONE", Score: 1, Describe: "it has one"}, {Name: "T_NEW", Score: 0.01},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if got := total(got); fmt.Sprintf("%.2f", got) != "5.51" {
		t.Errorf("Total = %v", got)
	}
	if got := (*rule.Set)(nil).Judge(letter.ReadBytes([]byte(sample))); got != nil {
		t.Errorf("no rules gave %v", got)
	}
}

func TestParse_HeedsBlocks(t *testing.T) {
	s, problems := parse(t, `
ifplugin Mail::SpamAssassin::Plugin::DKIM
header A exists:From
nonsense here
else
header B exists:From
endif
if (version >= 3.004000) && !can(Mail::SpamAssassin::Conf::feature_x)
  header C exists:From
  if version < 3
    header D exists:From
  endif
endif
lang de describe C Deutsch
`)
	if len(problems) > 0 {
		t.Error(problems)
	}
	if got := hits(s, sample); !slices.Equal(got, []string{"B", "C"}) {
		t.Errorf("hits %v, want B and C", got)
	}
}

func TestParse_LeavesOutWhatItCannotDo(t *testing.T) {
	s, problems := parse(t, `body LOOK /a(?!b)/
body BACK /(a)\1/
body BYTES /[\x80-\xff]/
header ODD X-Spam-Relays-Untrusted =~ /x/
header EV eval:check_for_magic('x')
meta NEEDS !LOOK
meta LOOP1 LOOP2
meta LOOP2 LOOP1
body OPEN /abc
score OPEN lots
required_score 5
meta BAD A &&
header GOOD exists:From
if (
endif
endif
`)
	if got := hits(s, sample); !slices.Equal(got, []string{"GOOD"}) {
		t.Errorf("hits %v, want GOOD alone", got)
	}
	var got []string
	for _, p := range problems {
		got = append(got, strings.Join(strings.Split(p.String(), ":")[:3], ":"))
	}
	slices.Sort(got)
	want := []string{"t.cf:1: LOOK", "t.cf:2: BACK", "t.cf:3: BYTES", "t.cf:4: ODD", "t.cf:5: EV", "t.cf:6: NEEDS", "t.cf:7: LOOP1",
		"t.cf:8: LOOP2", "t.cf:9: OPEN", "t.cf:10: OPEN", "t.cf:11: required_score", "t.cf:12: BAD", "t.cf:14: if", "t.cf:16: endif"}
	slices.Sort(want)
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("problems (-want +got):\n%s\n%v", d, problems)
	}
}

func TestMerge_LaterSetWins(t *testing.T) {
	a, _ := parse(t, "header A exists:From\nheader B exists:From\nscore B 1\n")
	b, _ := parse(t, "header B exists:From\nscore B 4\nmeta C A && B\n")
	got := rule.Merge(a, b).Judge(letter.ReadBytes([]byte(sample)))
	want := []rule.Hit{{Name: "B", Score: 4}, {Name: "A", Score: 1}, {Name: "C", Score: 1}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if rule.Merge(nil, a).Len() != 2 {
		t.Error("merging into nothing loses rules")
	}
}

func TestJudge_IsBounded(t *testing.T) {
	text := strings.Repeat("send me bitcoin (((( ", 500_000)
	l := &letter.Letter{Subject: text, Text: text, HTML: text, HTMLText: text, Fields: []letter.Field{{Name: "X", Value: text}}}
	for range 2000 {
		l.Links = append(l.Links, letter.Link{URL: "http://a.example/" + text[:5000], Text: "http://b.example"})
	}
	got := rule.Default().Judge(l)
	if !slices.ContainsFunc(got, func(h rule.Hit) bool { return h.Name == "PHRASE_CRYPTO" }) {
		t.Errorf("hits %v, want PHRASE_CRYPTO among them", got)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(rule.Default().String())
	f.Add("header A From =~ m{a/b[/]}x [if-unset: q]\nmeta B !A && (1 <= 2)\nscore A (1) (2) 3 4\nbody C m|x\\|y|i\n")
	f.Add("if (version >= 3)\nelse\nifplugin X\nendif\nendif\nuri U /\\#\\xe2\\x80\\x8b/\ndescribe U a \\# b\n")
	f.Fuzz(func(t *testing.T, text string) {
		s, _, err := rule.Parse("f.cf", strings.NewReader(text))
		if err != nil {
			return
		}
		printed := s.String()
		again, problems, err := rule.Parse("f.cf", strings.NewReader(printed))
		if err != nil || len(problems) > 0 {
			t.Fatalf("printed rules do not parse: %v %v\n%s", err, problems, printed)
		}
		if got := again.String(); got != printed {
			t.Fatalf("parse and print again:\n%s\nwant\n%s", got, printed)
		}
		l := letter.ReadBytes([]byte(sample))
		if d := cmp.Diff(s.Judge(l), again.Judge(l)); d != "" {
			t.Fatalf("printed rules judge otherwise:\n%s", d)
		}
	})
}

// total adds up the points.
func total(hits []rule.Hit) (sum float64) {
	for _, h := range hits {
		sum += h.Score
	}
	return sum
}
