package rule

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// The bounds of an expression.
const (
	maxDepth  = 50
	maxTokens = 5000
)

// expr is a parsed expression of a meta rule or an if line: C's operators
// over numbers, where a rule is 1 when it matched, else 0.
type expr struct {
	op   string // "num", "name", "call", a unary or a binary operator
	num  float64
	name string // of a rule, or of a call with its argument: "plugin(X)"
	a, b *expr
}

var levels = [][]string{{"||"}, {"&&"}, {"==", "!="}, {"<=", ">=", "<", ">"}, {"+", "-"}, {"*", "/"}}

// parseExpr reads an expression.
func parseExpr(src string) (*expr, error) {
	p := &exprParser{}
	if err := p.split(src); err != nil {
		return nil, err
	}
	e, err := p.level(0, 0)
	if err != nil {
		return nil, err
	}
	if len(p.words) > 0 {
		return nil, fmt.Errorf("%q is too much", p.words[0])
	}
	return e, nil
}

type exprParser struct{ words []string }

func nameChar(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func (p *exprParser) split(s string) error {
	for s != "" {
		n := 1
		switch c := s[0]; {
		case c == ' ' || c == '\t':
			s = s[1:]
			continue
		case nameChar(c) || c == '.':
			for n < len(s) && (nameChar(s[n]) || s[n] == '.' || s[n] == ':') {
				n++
			}
		case len(s) > 1 && slices.Contains([]string{"&&", "||", "<=", ">=", "==", "!="}, s[:2]):
			n = 2
		case strings.IndexByte("()!<>+-*/", c) < 0:
			return fmt.Errorf("%q has no meaning here", s[:1])
		}
		if p.words = append(p.words, s[:n]); len(p.words) > maxTokens {
			return fmt.Errorf("more than %d words", maxTokens)
		}
		s = s[n:]
	}
	return nil
}

func (p *exprParser) next(ops ...string) string {
	if len(p.words) > 0 && slices.Contains(ops, p.words[0]) {
		op := p.words[0]
		p.words = p.words[1:]
		return op
	}
	return ""
}

func (p *exprParser) level(n, depth int) (*expr, error) {
	if n == len(levels) {
		return p.unary(depth)
	}
	a, err := p.level(n+1, depth)
	for err == nil {
		op := p.next(levels[n]...)
		if op == "" {
			return a, nil
		}
		var b *expr
		b, err = p.level(n+1, depth)
		a = &expr{op: op, a: a, b: b}
	}
	return nil, err
}

func (p *exprParser) unary(depth int) (*expr, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("nested deeper than %d", maxDepth)
	}
	if op := p.next("!", "-", "+"); op != "" {
		a, err := p.unary(depth + 1)
		return &expr{op: "unary" + op, a: a}, err
	}
	if p.next("(") != "" {
		e, err := p.level(0, depth+1)
		if err == nil && p.next(")") == "" {
			err = fmt.Errorf("a ) is missing")
		}
		return e, err
	}
	if len(p.words) == 0 {
		return nil, fmt.Errorf("it ends too early")
	}
	w := p.words[0]
	p.words = p.words[1:]
	if c := w[0]; c >= '0' && c <= '9' || c == '.' {
		f, err := strconv.ParseFloat(w, 64)
		if err != nil {
			return nil, fmt.Errorf("%q is no number", w)
		}
		return &expr{op: "num", num: f}, nil
	}
	if !nameChar(w[0]) {
		return nil, fmt.Errorf("%q stands where a rule or number should", w)
	}
	if p.next("(") != "" {
		arg := ""
		for len(p.words) > 0 && nameChar(p.words[0][0]) {
			arg, p.words = arg+p.words[0], p.words[1:]
		}
		if p.next(")") == "" {
			return nil, fmt.Errorf("a ) is missing")
		}
		return &expr{op: "call", name: w + "(" + arg + ")"}, nil
	}
	return &expr{op: "name", name: w}, nil
}

// value computes the expression. A name that is not in matched is 0, a
// division by 0 is 0.
func (e *expr) value(matched map[string]bool) float64 {
	switch e.op {
	case "num":
		return e.num
	case "name", "call":
		return truth(matched[e.name])
	case "unary!":
		return truth(e.a.value(matched) == 0)
	case "unary-":
		return -e.a.value(matched)
	case "unary+":
		return e.a.value(matched)
	case "||":
		return truth(e.a.value(matched) != 0 || e.b.value(matched) != 0)
	case "&&":
		return truth(e.a.value(matched) != 0 && e.b.value(matched) != 0)
	}
	a, b := e.a.value(matched), e.b.value(matched)
	switch e.op {
	case "==":
		return truth(a == b)
	case "!=":
		return truth(a != b)
	case "<=":
		return truth(a <= b)
	case ">=":
		return truth(a >= b)
	case "<":
		return truth(a < b)
	case ">":
		return truth(a > b)
	case "+":
		return a + b
	case "-":
		return a - b
	case "*":
		return a * b
	}
	if b == 0 {
		return 0
	}
	return a / b
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// names are the rules that the expression refers to.
func (e *expr) names() []string {
	switch {
	case e == nil:
		return nil
	case e.op == "name":
		return []string{e.name}
	}
	return append(e.a.names(), e.b.names()...)
}

// holds says whether the condition of an if line does: this is version 4.0.1
// of the syntax, without plugins and their abilities.
func (e *expr) holds() bool {
	return e.with(map[string]float64{"version": 4.000001, "local_tests_only": 1}).value(nil) != 0
}

// with puts numbers for names.
func (e *expr) with(known map[string]float64) *expr {
	if e == nil {
		return nil
	}
	if e.op == "name" {
		return &expr{op: "num", num: known[e.name]}
	}
	return &expr{op: e.op, num: e.num, name: e.name, a: e.a.with(known), b: e.b.with(known)}
}
