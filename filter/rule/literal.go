package rule

import (
	"regexp/syntax"
	"strings"
	"unicode"
)

// The bounds of what is written out: how many strings an expression may stand
// for, and how long the shortest of them may grow.
const (
	maxExact = 40
	maxSpelt = 64
)

// needs gives strings in lower case, one of which is in the lower-cased form of
// every text that matches, nil where there are none. Looking for them first is
// many times faster than the expression.
func needs(re *syntax.Regexp) []string {
	exact, must := spell(re)
	return better(exact, must)
}

// spell gives all strings that re stands for, where they are few, and a set of
// strings one of which is in every match; either may be nil.
func spell(re *syntax.Regexp) (exact, must []string) {
	switch re.Op {
	case syntax.OpLiteral:
		return spellConcat(len(re.Rune), func(i int) (exact, must []string) { return spellRune(re.Rune[i]), nil })
	case syntax.OpCharClass:
		return spellClass(re.Rune), nil
	case syntax.OpEmptyMatch, syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText, syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return []string{""}, nil
	case syntax.OpCapture:
		return spell(re.Sub[0])
	case syntax.OpPlus:
		return nil, needs(re.Sub[0])
	case syntax.OpQuest:
		if exact, _ := spell(re.Sub[0]); exact != nil && len(exact) < maxExact {
			return append(exact, ""), nil
		}
	case syntax.OpConcat:
		return spellConcat(len(re.Sub), func(i int) (exact, must []string) { return spell(re.Sub[i]) })
	case syntax.OpAlternate:
		return spellAlternate(re.Sub)
	}
	return nil, nil
}

// spellRune gives nil for a letter beyond ASCII that has cases: folding it as
// the expression does and as lower does may differ.
func spellRune(r rune) []string {
	if r >= 0x80 && unicode.SimpleFold(r) != r {
		return nil
	}
	return []string{lower(string(r))}
}

func spellClass(ranges []rune) []string {
	var out []string
	for i := 0; i < len(ranges); i += 2 {
		for r := ranges[i]; r <= ranges[i+1]; r++ {
			s := []string{lower(string(r))} // the long s and the Kelvin sign become letters here
			if len(s[0]) > 1 {
				s = spellRune(r)
			}
			if s == nil || len(out) >= 6 {
				return nil
			}
			out = append(out, s...)
		}
	}
	return out
}

func spellConcat(n int, sub func(int) (exact, must []string)) (exact, must []string) {
	run, whole := []string{""}, true
	for i := range n {
		e, m := sub(i)
		if e == nil || len(run)*len(e) > maxExact || shortest(run) > maxSpelt {
			must = better(must, better(run, m))
			run, whole = []string{""}, false
		}
		if e != nil {
			run = cross(run, e)
		}
	}
	if whole {
		return run, nil
	}
	return nil, better(must, run)
}

func spellAlternate(subs []*syntax.Regexp) (exact, must []string) {
	whole, all := true, true
	for _, s := range subs {
		e, m := spell(s)
		whole = whole && e != nil && len(exact)+len(e) <= maxExact
		exact = append(exact, e...)
		best := better(e, m)
		all = all && best != nil
		must = append(must, best...)
	}
	if !whole {
		exact = nil
	}
	if !all {
		must = nil
	}
	return exact, must
}

func cross(a, b []string) []string {
	out := make([]string, 0, len(a)*len(b))
	for _, x := range a {
		for _, y := range b {
			out = append(out, x+y)
		}
	}
	return out
}

// better gives the set whose shortest string is the longer; sets with a string
// of less than two octets are no use.
func better(a, b []string) []string {
	switch x, y := shortest(a), shortest(b); {
	case x < 2 && y < 2:
		return nil
	case x >= y:
		return a
	}
	return b
}

func shortest(set []string) int {
	if len(set) == 0 {
		return 0
	}
	n := len(set[0])
	for _, s := range set {
		n = min(n, len(s))
	}
	return n
}

// lower is the lower case that literals are looked for in: the long s matches
// an s in any expression that ignores case, but has no lower case of its own.
func lower(s string) string {
	s = strings.ToLower(s)
	if strings.Contains(s, "\u017f") {
		s = strings.ReplaceAll(s, "\u017f", "s")
	}
	return s
}
