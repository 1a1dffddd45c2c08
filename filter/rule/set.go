package rule

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"restante/filter/letter"
)

// Set is a set of rules. It does not change once made, and several goroutines
// may judge by it at once. A nil Set has no rules.
type Set struct {
	rules  map[string]*rule
	order  []*rule // those that are run, metas after what they refer to
	broken map[string]bool
}

// rule is one rule as written, with what was made of it.
type rule struct {
	name  string
	kind  kind
	field string // of header rules, as written: "Subject", "From:addr", "ALL"
	not   bool   // "!~"
	unset string // what a missing field counts as
	src   string // pattern, expression or eval call, as written
	flags string // of the pattern

	describe string
	scores   []float64 // none, one or four
	nice     bool      // tflags nice

	place place // where it was defined
	test  *pattern
	eval  evalFunc
	expr  *expr
}

type kind string

const (
	header  kind = "header"
	exists  kind = "exists"
	body    kind = "body"
	rawbody kind = "rawbody"
	uri     kind = "uri"
	full    kind = "full"
	meta    kind = "meta"
	eval    kind = "eval"
)

// Hit is a rule that matched.
type Hit struct {
	Name     string
	Score    float64 // in points: 5 are spam in SpamAssassin's scale
	Describe string  // what it means, for a person; empty where not given
}

// score is what a hit is worth: as given, else 1, or -1 for a nice rule; 0.01
// for rules on trial (T_), 0 for parts of others (__). Of four scores the
// third counts, which SpamAssassin uses with Bayes and without the network.
func (r *rule) score() float64 {
	switch {
	case r.part():
		return 0
	case len(r.scores) == 4:
		return r.scores[2]
	case len(r.scores) > 0:
		return r.scores[0]
	case strings.HasPrefix(r.name, "T_"):
		return 0.01
	case r.nice:
		return -1
	}
	return 1
}

func (r *rule) part() bool { return strings.HasPrefix(r.name, "__") }

// runs says whether the rule is tried at all. One with a score of 0 is
// switched off, for those that refer to it too.
func (r *rule) runs() bool { return r.part() || r.score() != 0 }

// Len is the number of rules, parts of others included.
func (s *Set) Len() int {
	if s == nil {
		return 0
	}
	return len(s.rules)
}

// Has tells whether there is a rule of that name.
func (s *Set) Has(name string) bool {
	return s != nil && s.rules[name] != nil
}

// Judge gives the rules that match, the weightiest first. Its time is bounded
// by the rules and the text that they look at, which is capped.
func (s *Set) Judge(l *letter.Letter) []Hit {
	if s.Len() == 0 {
		return nil
	}
	v := &view{l: l}
	matched := make(map[string]bool, 16)
	var hits []Hit
	for _, r := range s.order {
		if !r.match(v, matched) {
			continue
		}
		matched[r.name] = true
		if !r.part() {
			hits = append(hits, Hit{Name: r.name, Score: r.score(), Describe: r.describe})
		}
	}
	slices.SortFunc(hits, func(a, b Hit) int {
		return cmp.Or(cmp.Compare(max(b.Score, -b.Score), max(a.Score, -a.Score)), cmp.Compare(a.Name, b.Name))
	})
	return hits
}

func (r *rule) match(v *view, matched map[string]bool) bool {
	switch r.kind {
	case header:
		text, ok := v.field(r.field)
		if !ok {
			text = r.unset
		}
		return r.test.any(&texts{list: []string{text}}) != r.not
	case exists:
		return v.exists(r.field)
	case body:
		return r.test.any(v.paragraphs())
	case rawbody:
		return r.test.any(v.raw())
	case uri:
		return r.test.any(v.uris())
	case full:
		return r.test.any(v.full())
	case eval:
		return r.eval(v)
	case meta:
		return r.expr.value(matched) != 0
	}
	return false
}

// Merge gives the rules of both sets; where both have a rule, add's counts.
func Merge(s, add *Set) *Set {
	out := &Set{rules: make(map[string]*rule), broken: make(map[string]bool)}
	for _, from := range []*Set{s, add} {
		if from == nil {
			continue
		}
		for name, r := range from.rules {
			out.rules[name] = r
			delete(out.broken, name)
		}
		for name := range from.broken {
			if out.rules[name] == nil {
				out.broken[name] = true
			}
		}
	}
	out.arrange()
	return out
}

// arrange puts the rules that run in order, and gives the metas that cannot
// be: those that refer to themselves or to a rule that was left out.
func (s *Set) arrange() (bad []Problem) {
	s.order = s.order[:0]
	names := make([]string, 0, len(s.rules))
	for name := range s.rules {
		names = append(names, name)
	}
	slices.Sort(names)
	const open, done = 1, 2
	state := make(map[string]int, len(names))
	var visit func(name string) string
	visit = func(name string) string {
		if s.broken[name] {
			return "needs " + name + ", which was left out"
		}
		r := s.rules[name]
		if r == nil || state[name] == done {
			return ""
		}
		if state[name] == open {
			return "refers to itself"
		}
		state[name] = open
		if r.kind == meta {
			for _, need := range r.expr.names() {
				if why := visit(need); why != "" {
					delete(s.rules, name)
					s.broken[name] = true
					bad = append(bad, Problem{place: r.place, Name: name, Text: why})
					return why
				}
			}
		}
		state[name] = done
		if r.runs() {
			s.order = append(s.order, r)
		}
		return ""
	}
	for _, name := range names {
		visit(name)
	}
	return bad
}

// String gives the rules as text that Parse reads, in alphabetical order.
func (s *Set) String() string {
	if s == nil {
		return ""
	}
	names := make([]string, 0, len(s.rules))
	for name := range s.rules {
		names = append(names, name)
	}
	slices.Sort(names)
	var b strings.Builder
	for _, name := range names {
		s.rules[name].print(&b)
	}
	return b.String()
}

func (r *rule) print(b *strings.Builder) {
	line := func(words ...string) {
		// A hash would start a comment.
		b.WriteString(strings.ReplaceAll(strings.Join(words, " "), "#", `\#`))
		b.WriteByte('\n')
	}
	pattern := "/" + r.src + "/" + r.flags
	switch r.kind {
	case header:
		op := "=~"
		if r.not {
			op = "!~"
		}
		if r.unset != "" {
			pattern += " [if-unset: " + r.unset + "]"
		}
		line("header", r.name, r.field, op, pattern)
	case exists:
		line("header", r.name, "exists:"+r.field)
	case eval:
		line("header", r.name, "eval:"+r.src)
	case meta:
		line("meta", r.name, r.src)
	default:
		line(string(r.kind), r.name, pattern)
	}
	if len(r.scores) > 0 {
		words := []string{"score", r.name}
		for _, x := range r.scores {
			words = append(words, strconv.FormatFloat(x, 'g', -1, 64))
		}
		line(words...)
	}
	if r.describe != "" {
		line("describe", r.name, r.describe)
	}
	if r.nice {
		line("tflags", r.name, "nice")
	}
}

type place struct {
	file string
	line int
}

// Problem is something in a rule file that was left out.
type Problem struct {
	place
	Name string // the rule's, or the word that starts the line
	Text string
}

// String gives "file:line: NAME: problem".
func (p Problem) String() string {
	return fmt.Sprintf("%s:%d: %s: %s", p.file, p.line, p.Name, p.Text)
}
