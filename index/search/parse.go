package search

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"restante/filter/letter"
)

// Parse reads a query. Its language:
//
//	invoice acme          both words
//	"annual report"       a phrase
//	inv*                  words that begin so
//	recieve~              words a letter or two away
//	-draft                without the word
//	invoice OR bill       one of them; OR binds weaker than words side by side
//	(a OR b) c            parentheses
//	{a b} c               the same: one of what stands in braces
//	NOT draft             the same as -draft
//	from:(ada OR bob)     a field of all that is in them
//	from:ada              name or address; to: also looks in Cc, cc: only there
//	with:ada              from, to or cc
//	from:me to:me         an address of the owner's own; in quotes, the word
//	from:@example.net     anyone there; from:example.net does the same
//	subject:"see you"     subject: body: filename: list: by word; body: is what
//	                      the message and its attachments say
//	in:spam account:isp   mailbox and account; in:anywhere is all of them
//	label:work            mailbox, or a label that imported mail has from Gmail
//	id:17@example.net     Message-ID
//	has:attachment        also link, and kinds: pdf, image, document, spreadsheet,
//	                      presentation, archive, text, calendar, contact, message,
//	                      audio, video; and unreadable, for attachments whose
//	                      words could not be had
//	is:spam               ham, spam, unsure
//	is:unread             in the maildrop still: nobody deleted it there, nor filed
//	                      it as read
//	before:2024 on:2024-05 after:2024-05-17 after:2w older:1y newer:2w
//	larger:5M smaller:100k
//
// before: and older: are before the start of that time, after: and newer: from
// its start on; days are those of UTC; 2w is two weeks before now. A value may
// stand in quotes. A star that stands for too many words is refused when it is
// asked, with ErrBroad. Full-width signs and spaces stand for the plain ones, and
// dates may have slashes, or be today or yesterday. Some names of Gmail's are
// known too: newer_than: older_than: size: rfc822msgid: and is:read, and of notmuch's
// mid: folder: and attachment:. filename:*.pdf is filename:pdf. An empty query
// asks for everything. The error is a *SyntaxError.
func Parse(s string, now time.Time) (*Query, error) {
	if len(s) > maxQuery {
		return nil, &SyntaxError{Column: utf8.RuneCountInString(letter.Clip(s, maxQuery)) + 1,
			Problem: "the query is too long", Expected: fmt.Sprintf("at most %d bytes", maxQuery)}
	}
	p := &parser{in: []rune(s), now: now}
	for i, r := range p.in {
		p.in[i] = narrow(r)
	}
	p.spaces()
	if p.done() {
		return &Query{}, nil
	}
	root, err := p.anyOf()
	if err == nil && !p.done() {
		err = p.fault(p.at, p.closing()+" closes that was never opened", "a word or the end")
	}
	if err != nil {
		return nil, err
	}
	return &Query{root}, nil
}

// narrow brings what an East Asian keyboard writes to the signs of the language.
func narrow(r rune) rune {
	switch {
	case r >= 0xFF01 && r <= 0xFF5E:
		return r - 0xFEE0
	case r == 0x3000, r < ' ', r == 0x7f, r == 0xA0:
		return ' '
	case r == '“', r == '”', r == '„':
		return '"'
	}
	return r
}

type parser struct {
	in    []rune
	at    int
	depth int
	terms int
	words int
	fuzzy int
	now   time.Time
	field string // of the words at hand, from before the parenthesis they are in
}

func (p *parser) done() bool { return p.at == len(p.in) }

func (p *parser) is(r rune) bool { return !p.done() && p.in[p.at] == r }

func (p *parser) spaces() {
	for p.is(' ') {
		p.at++
	}
}

func (p *parser) fault(at int, problem, expected string) error {
	return &SyntaxError{Column: at + 1, Problem: problem, Expected: expected}
}

// operator takes a word that joins: OR, AND.
func (p *parser) operator(name string) bool {
	end := p.at + len(name)
	if end > len(p.in) || string(p.in[p.at:end]) != name {
		return false
	}
	if end < len(p.in) && !strings.ContainsRune(" (){}\"", p.in[end]) {
		return false
	}
	p.at = end
	p.spaces()
	return true
}

func (p *parser) anyOf() (node, error) {
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > maxDepth {
		return nil, p.fault(p.at, "nested too deep", fmt.Sprintf("at most %d levels", maxDepth))
	}
	var out anyOf
	for {
		n, err := p.allOf()
		if err != nil {
			return nil, err
		}
		out = joined(out, n)
		if !p.operator("OR") {
			return alone(out), nil
		}
	}
}

func (p *parser) allOf() (node, error) {
	var out allOf
	for {
		start := p.at
		for _, name := range []string{"OR", "AND"} {
			if p.operator(name) {
				return nil, p.fault(start, name+" has nothing on its left", "a word before it, or quotes around it")
			}
		}
		n, err := p.unary()
		if err != nil {
			return nil, err
		}
		out = joined(out, n)
		p.spaces()
		and := p.operator("AND")
		start = p.at
		if p.ended() || p.operator("OR") {
			if and {
				return nil, p.fault(start, "AND has nothing on its right", "a word")
			}
			p.at = start
			return alone(out), nil
		}
	}
}

// several is a part that is made of parts.
type several interface {
	~[]node
	node
}

// joined adds a part; one of the same kind is taken apart.
func joined[S several](all S, n node) S {
	if inner, ok := n.(S); ok {
		return append(all, inner...)
	}
	return append(all, n)
}

// alone gives the part that has no other beside it, else all.
func alone[S several](all S) node {
	if len(all) == 1 {
		return all[0]
	}
	return all
}

func (p *parser) unary() (node, error) {
	start := p.at
	switch {
	case p.done():
		return nil, p.fault(p.at, "the query ends too early", "a word")
	case p.ended():
		return nil, p.fault(p.at, "nothing stands before "+p.closing()+" that closes", "a word")
	case p.is('{'):
		return p.braces()
	case p.is('('):
		p.at++
		p.spaces()
		n, err := p.anyOf()
		if err != nil {
			return nil, err
		}
		if !p.is(')') {
			return nil, p.fault(start, "this parenthesis is never closed", "a ) after it")
		}
		p.at++
		return n, nil
	case p.is('-'):
		p.at++
		if p.ended() || p.is(' ') {
			return nil, p.fault(start, "a minus sign by itself", "a word right after it")
		}
		return p.not()
	case p.operator("NOT"):
		if p.ended() {
			return nil, p.fault(p.at, "NOT has nothing on its right", "a word after it, or quotes around it")
		}
		return p.not()
	}
	return p.term()
}

// ended tells whether nothing is left, or only outside of what was opened.
func (p *parser) ended() bool { return p.done() || p.is(')') || p.is('}') }

// closing says what closes here.
func (p *parser) closing() string {
	if p.is('}') {
		return "a brace"
	}
	return "a parenthesis"
}

// braces reads {a b}, as Gmail has it: any of them. OR between them says the same.
func (p *parser) braces() (node, error) {
	p.depth++
	defer func() { p.depth-- }()
	start := p.at
	if p.depth > maxDepth {
		return nil, p.fault(start, "nested too deep", fmt.Sprintf("at most %d levels", maxDepth))
	}
	p.at++
	var out anyOf
	for {
		p.spaces()
		at := p.at
		if p.operator("AND") {
			return nil, p.fault(at, "AND in braces, which say OR", "parentheses, or quotes around it")
		}
		or := p.operator("OR")
		switch {
		case or && len(out) == 0:
			return nil, p.fault(at, "OR has nothing on its left", "a word before it, or quotes around it")
		case p.done():
			return nil, p.fault(start, "this brace is never closed", "a } after it")
		case p.is('}') && len(out) > 0 && !or:
			p.at++
			return alone(out), nil
		}
		n, err := p.unary()
		if err != nil {
			return nil, err
		}
		out = joined(out, n)
	}
}

// not takes what must not be.
func (p *parser) not() (node, error) {
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > maxDepth {
		return nil, p.fault(p.at, "nested too deep", fmt.Sprintf("at most %d levels", maxDepth))
	}
	n, err := p.unary()
	if err != nil {
		return nil, err
	}
	if inner, ok := n.(notNod); ok {
		return inner.of, nil
	}
	return notNod{n}, nil
}

// term reads a word, a phrase, or a field and its value.
func (p *parser) term() (node, error) {
	if p.terms++; p.terms > maxTerms {
		return nil, p.fault(p.at, "too many words", fmt.Sprintf("at most %d", maxTerms))
	}
	start, name := p.at, p.fieldName()
	valueAt := p.at
	if name != "" && (p.is('(') || p.is('{')) { // for each word in there
		outer := p.field
		p.field = name
		defer func() { p.field = outer }()
		return p.unary()
	}
	if name == "" {
		name = p.field
	}
	text, quoted, err := p.value(name)
	if err != nil {
		return nil, err
	}
	prefix, fuzzy := false, false
	if quoted && (p.is('*') || p.is('~')) {
		return nil, p.fault(p.at, "a star or tilde after quotes", "one after a word only")
	}
	if !quoted {
		if name == "filename" { // as a shell has it
			if rest, ok := strings.CutPrefix(text, "*."); ok {
				text, valueAt = rest, valueAt+2
			}
		}
		text, prefix = strings.CutSuffix(text, "*")
		if !prefix {
			text, fuzzy = strings.CutSuffix(text, "~")
		}
		if i := strings.IndexRune(text, '*'); i >= 0 {
			return nil, p.fault(valueAt+utf8.RuneCountInString(text[:i]), "a star inside a word", "a star at its end")
		}
	}
	m := match{text: text, quoted: quoted, prefix: prefix, fuzzy: fuzzy}
	var n node = m
	if name != "" {
		var bad *SyntaxError
		if n, bad = fieldNode(name, m, p.now); bad != nil {
			bad.Column = valueAt + 1
			return nil, bad
		}
	}
	if m, ok := n.(match); ok {
		if err := p.weigh(m, start, valueAt); err != nil {
			return nil, err
		}
	}
	return n, nil
}

// fieldName takes name: if one stands here. Names that are none of ours are a
// fault only where they look like one, so that http://… is a word.
func (p *parser) fieldName() string {
	i := p.at
	for i < len(p.in) && p.in[i] < utf8.RuneSelf && inName(byte(p.in[i])) {
		i++
	}
	if i == p.at || i == len(p.in) || p.in[i] != ':' {
		return ""
	}
	name := strings.ToLower(string(p.in[p.at:i]))
	if other, ok := otherNames[name]; ok {
		name = other
	}
	if !slices.Contains(fieldNames, name) {
		return ""
	}
	p.at = i + 1
	return name
}

// value reads up to the next space, or a quoted text.
func (p *parser) value(name string) (text string, quoted bool, err error) {
	start := p.at
	if p.is('"') {
		for i := start + 1; i < len(p.in); i++ {
			if p.in[i] == '"' {
				p.at = i + 1
				return string(p.in[start+1 : i]), true, nil
			}
		}
		return "", false, p.fault(start, "these quotes are never closed", `a " after it`)
	}
	for !p.done() && !strings.ContainsRune(` (){}"`, p.in[p.at]) {
		p.at++
	}
	if p.at > start {
		return string(p.in[start:p.at]), false, nil
	}
	return "", false, p.fault(start, name+": has no value", "a word or a quoted text right after the colon")
}

// weigh refuses what could find nothing, or too much.
func (p *parser) weigh(m match, start, valueAt int) error {
	if i := strings.IndexByte(m.text, ':'); i > 0 && m.field == "" && !m.quoted &&
		!strings.HasPrefix(m.text[i:], "://") && looksLikeField(m.text[:i]) {
		problem := fmt.Sprintf("there is no field %s:", m.text[:i])
		if instead, ok := foreign[strings.ToLower(m.text[:i])]; ok {
			return p.fault(start, problem, instead)
		}
		return p.fault(start, problem, strings.Join(fieldNames, ": ")+": or quotes around it")
	}
	n, lastLen, lastShape := 0, 0, whole
	analyze(m.text, 0, func(t []byte, _ int, s shape) {
		n++
		lastLen, lastShape = utf8.RuneCount(t), s
	})
	if p.words += n; p.words > maxWords {
		return p.fault(start, "too many words", fmt.Sprintf("at most %d in all", maxWords))
	}
	switch m.field {
	case "in", "label", "account", "id":
		if keyword(m.text) == "" {
			return p.fault(valueAt, m.field+": has no value", "a word or a quoted text")
		}
		return nil
	}
	if n == 0 {
		return p.fault(valueAt, "there is no letter and no digit to look for", "a word")
	}
	switch {
	case m.prefix && lastShape == whole && lastLen < 2:
		return p.fault(valueAt, "a star after a single letter would match nearly everything", "at least two letters before it")
	case m.fuzzy && (n != 1 || lastShape != whole):
		return p.fault(valueAt, "a tilde after more than one word", "one word of letters before it")
	case m.fuzzy && lastLen < 3:
		return p.fault(valueAt, "a tilde after so short a word would match nearly everything", "at least three letters before it")
	case m.fuzzy:
		if p.fuzzy++; p.fuzzy > maxFuzzy {
			return p.fault(start, "too many words with a tilde", fmt.Sprintf("at most %d", maxFuzzy))
		}
	}
	return nil
}

// inName tells what the names of fields are made of.
func inName(b byte) bool {
	return b|0x20 >= 'a' && b|0x20 <= 'z' || b == '_' || b >= '0' && b <= '9'
}

// looksLikeField tells names from the like of 10:30.
func looksLikeField(s string) bool {
	letters := false
	for i := range len(s) {
		if !inName(s[i]) || s[i] <= '9' {
			return false
		}
		letters = letters || s[i] != '_'
	}
	return letters
}
