package rule

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"restante/filter/letter"
)

// The bounds of a rule file.
const (
	maxLine     = 64 << 10 // octets
	maxRules    = 20_000
	maxProblems = 1000
	maxBlocks   = 50 // if blocks inside each other
)

// Parse reads rules in SpamAssassin's .cf syntax. What cannot be done is left
// out, and said in the problems with file and line; only a failure of r, a
// line of more than 64 KiB or too many rules are errors.
func Parse(name string, r io.Reader) (*Set, []Problem, error) {
	p := &parser{place: place{file: name}, set: &Set{rules: make(map[string]*rule), broken: make(map[string]bool)}, notes: make(map[string]*rule)}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		p.line++
		p.read(strings.ToValidUTF8(strings.TrimPrefix(lines.Text(), "\ufeff"), "\ufffd"))
		if len(p.set.rules) > maxRules {
			return nil, nil, fmt.Errorf("%s:%d: more than %d rules", name, p.line, maxRules)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, nil, fmt.Errorf("%s:%d: %w", name, p.line+1, err)
	}
	if len(p.blocks) > 0 {
		p.problem("if", "endif is missing")
	}
	p.attach()
	p.problems = append(p.problems, p.set.arrange()...)
	return p.set, p.problems[:min(len(p.problems), maxProblems)], nil
}

type parser struct {
	place
	set      *Set
	notes    map[string]*rule // score, describe and tflags, which may come first
	blocks   []block
	problems []Problem
}

// block is an if: whether its lines count, and whether those of an else would.
type block struct{ on, other bool }

func (p *parser) problem(name, format string, args ...any) {
	p.problems = append(p.problems, Problem{place: p.place, Name: name, Text: fmt.Sprintf(format, args...)})
}

// read takes one line. A # starts a comment unless a backslash is before it;
// a line is never continued: the syntax has no sign for that.
func (p *parser) read(s string) {
	for i := 0; i < len(s); i++ {
		if s[i] == '#' && (i == 0 || s[i-1] != '\\') {
			s = s[:i]
		}
	}
	s = strings.TrimSpace(strings.ReplaceAll(s, `\#`, "#"))
	word, rest := cut(s)
	if word == "" || p.conditional(word, rest) {
		return
	}
	switch word {
	case "header", "body", "rawbody", "uri", "full", "meta":
		name, def := cut(rest)
		if !validName(name) || def == "" {
			p.problem(word, "no rule in %q; write %s NAME and what it looks for", clip(rest), word)
			return
		}
		p.define(kind(word), name, def)
	case "score", "describe", "tflags":
		name, text := cut(rest)
		if !validName(name) {
			p.problem(word, "%q is no rule's name", clip(name))
			return
		}
		p.note(word, name, text)
	case "lang": // descriptions in other languages
	default:
		p.problem(clip(word), "unknown word; what it sets is not done here")
	}
}

// conditional handles blocks, and lines inside one that does not count.
func (p *parser) conditional(word, rest string) bool {
	on := len(p.blocks) == 0 || p.blocks[len(p.blocks)-1].on
	switch word {
	case "if", "ifplugin":
		holds := false
		if word == "if" && on {
			e, err := parseExpr(rest)
			if err != nil {
				p.problem(word, "%v; the block is left out", err)
			} else {
				holds = e.holds()
			}
		}
		if len(p.blocks) >= maxBlocks {
			p.problem(word, "more than %d blocks inside each other", maxBlocks)
		}
		p.blocks = append(p.blocks, block{on: on && holds, other: on && !holds})
	case "else":
		if len(p.blocks) == 0 {
			p.problem(word, "no if before it")
			return true
		}
		b := &p.blocks[len(p.blocks)-1]
		b.on, b.other = b.other, b.on
	case "endif":
		if len(p.blocks) == 0 {
			p.problem(word, "no if before it")
			return true
		}
		p.blocks = p.blocks[:len(p.blocks)-1]
	default:
		return !on
	}
	return true
}

// define makes a rule of a definition, the last of a name counts.
func (p *parser) define(k kind, name, def string) {
	r := &rule{name: name, kind: k, place: p.place}
	if err := r.define(def); err != nil {
		p.problem(name, "%v", err)
		delete(p.set.rules, name)
		p.set.broken[name] = true
		return
	}
	p.set.rules[name] = r
	delete(p.set.broken, name)
}

func (r *rule) define(def string) (err error) {
	if call, ok := strings.CutPrefix(def, "eval:"); ok && r.kind != meta && r.kind != uri {
		r.kind, r.src = eval, strings.ReplaceAll(call, " ", "")
		if r.eval = evals[strings.TrimSuffix(r.src, "()")]; r.eval == nil {
			return fmt.Errorf("no eval %q here", clip(call))
		}
		r.src = strings.TrimSuffix(r.src, "()") + "()"
		return nil
	}
	switch r.kind {
	case meta:
		r.src = strings.Join(strings.Fields(def), " ")
		r.expr, err = parseExpr(def)
		return err
	case header:
		return r.defineHeader(def)
	}
	if r.src, r.flags, def, err = delimited(def); err != nil {
		return err
	}
	if def != "" {
		return fmt.Errorf("%q follows the pattern", clip(def))
	}
	r.test, err = compile(r.src, r.flags)
	return err
}

func (r *rule) defineHeader(def string) (err error) {
	if field, ok := strings.CutPrefix(def, "exists:"); ok {
		r.kind, r.field = exists, field
		return checkField(field)
	}
	field, rest := cut(def)
	op, rest := cut(rest)
	if op != "=~" && op != "!~" {
		return fmt.Errorf("no =~ or !~ after %q", clip(field))
	}
	r.field, r.not = field, op == "!~"
	if err := checkField(field); err != nil {
		return err
	}
	if r.src, r.flags, rest, err = delimited(rest); err != nil {
		return err
	}
	if rest != "" {
		unset, ok := strings.CutPrefix(rest, "[if-unset:")
		if !ok || !strings.HasSuffix(unset, "]") {
			return fmt.Errorf("%q follows the pattern", clip(rest))
		}
		r.unset = strings.TrimSpace(strings.TrimSuffix(unset, "]"))
	}
	r.test, err = compile(r.src, r.flags)
	return err
}

// checkField refuses what would never match because nothing here provides it.
func checkField(field string) error {
	name, mod, ok := strings.Cut(field, ":")
	if ok && mod != "raw" && mod != "addr" && mod != "name" {
		return fmt.Errorf("unknown modifier %q; allowed: raw, addr, name", clip(mod))
	}
	for i := 0; i < len(name); i++ {
		if c := name[i]; c <= ' ' || c > '~' || c == '[' || c == ']' {
			return fmt.Errorf("%q is no header field", clip(name))
		}
	}
	if name == "" || strings.HasPrefix(name, "X-Spam-") {
		return fmt.Errorf("no field %q here", clip(name))
	}
	return nil
}

// delimited reads /pattern/flags or m{pattern}flags, and gives what follows.
// The delimiter inside has a backslash, or, of brackets, its other half. The
// pattern is given as it would stand between slashes.
func delimited(s string) (src, flags, rest string, err error) {
	start := s
	s = strings.TrimPrefix(s, "m")
	if s == "" || strings.HasPrefix(start, "m") && (nameChar(s[0]) || s[0] == ' ') || start == s && s[0] != '/' || s[0] >= 0x80 {
		return "", "", "", fmt.Errorf("no pattern in %q; write /pattern/flags", clip(start))
	}
	open, end := s[0], s[0]
	if i := strings.IndexByte("({[<", open); i >= 0 {
		end = ")}]>"[i]
	}
	var b strings.Builder
	depth, i := 0, 1
	for ; i < len(s); i++ {
		c := s[i]
		if c == '\\' && i+1 < len(s) {
			b.WriteString(s[i : i+2])
			i++
			continue
		}
		if c == end && depth == 0 {
			break
		}
		switch {
		case c == open:
			depth++
		case c == end:
			depth--
		}
		b.WriteByte(c)
	}
	if i >= len(s) {
		return "", "", "", errors.New("the pattern does not end")
	}
	if tail := s[i+1:]; tail != "" && tail[0] != ' ' && tail[0] != '\t' {
		flags, rest = cut(tail)
	} else {
		rest = strings.TrimSpace(tail)
	}
	return escapeSlashes(b.String()), flags, rest, nil
}

// escapeSlashes puts a backslash before every slash that has none.
func escapeSlashes(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			b.WriteByte('\\')
			if i++; i < len(s) {
				b.WriteByte(s[i])
			}
			continue
		case '/':
			b.WriteByte('\\')
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// note keeps what is said about a rule, which may be defined further down.
func (p *parser) note(word, name, text string) {
	n := p.notes[name]
	if n == nil {
		if len(p.notes) >= 2*maxRules {
			return
		}
		n = &rule{place: p.place}
		p.notes[name] = n
	}
	switch word {
	case "describe":
		n.describe = text
	case "tflags":
		n.nice = strings.Contains(" "+text+" ", " nice ")
	case "score":
		if scores, err := parseScores(text, n.scores); err != nil {
			p.problem(name, "%v", err)
		} else {
			n.scores = scores
		}
	}
}

// parseScores reads one or four numbers. A number in parentheses is added to
// the score that stands.
func parseScores(text string, before []float64) ([]float64, error) {
	var out []float64
	for i, w := range strings.Fields(text) {
		base := 0.0
		if strings.HasPrefix(w, "(") && strings.HasSuffix(w, ")") {
			w = w[1 : len(w)-1]
			if len(before) > 0 {
				base = before[min(i, len(before)-1)]
			}
		}
		f, err := strconv.ParseFloat(w, 64)
		if err != nil || math.Abs(f) > 1000 || math.IsNaN(f) {
			return nil, fmt.Errorf("%q is no score", clip(w))
		}
		out = append(out, base+f)
	}
	if len(out) != 1 && len(out) != 4 {
		return nil, fmt.Errorf("%d scores; write one, or four", len(out))
	}
	return out, nil
}

// attach gives the rules what was said about them. A score for a rule that is
// not here is no fault: it may be in another file, or left out.
func (p *parser) attach() {
	for name, n := range p.notes {
		if r := p.set.rules[name]; r != nil {
			r.scores, r.describe, r.nice = n.scores, n.describe, n.nice
		}
	}
}

// cut gives the first word of s and the rest.
func cut(s string) (word, rest string) {
	s = strings.TrimSpace(s)
	i := strings.IndexAny(s, " \t")
	if i < 0 {
		return s, ""
	}
	return s[:i], strings.TrimSpace(s[i:])
}

func validName(s string) bool {
	if s == "" || len(s) > 128 || s[0] >= '0' && s[0] <= '9' {
		return false
	}
	for i := 0; i < len(s); i++ {
		if !nameChar(s[i]) {
			return false
		}
	}
	return true
}

// clip shortens what is quoted in a problem.
func clip(s string) string {
	if short := letter.Clip(s, 60); short != s {
		return short + "…"
	}
	return s
}
