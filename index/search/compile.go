package search

import (
	"strings"
	"unicode/utf8"
)

// compile turns a question into one for the index that an owner may ask. The owner
// is conjoined here, outside of whatever was parsed: no query can escape it.
func (c compiler) compile(owner string, q *Query) asked {
	mine := termIn{inOwner, owner}
	if q == nil || q.root == nil {
		return mine
	}
	return every{mine, c.node(q.root)}
}

// compiler turns the parts of a question, with what else is to be known of the owner.
type compiler struct {
	list func() ([]int64, error) // the unread messages; nil: nobody knows
	me   []string                // the addresses
}

func (c compiler) node(n node) asked {
	switch n := n.(type) {
	case allOf:
		return c.allOf(n)
	case anyOf:
		any := some{of: make([]asked, len(n))}
		for i, k := range n {
			any.of[i] = c.node(k)
		}
		return any
	case notNod:
		return without{everything{}, c.node(n.of)}
	case days:
		return anyTerm{inDay, dayLadder.cover(n.lo, n.hi)}
	case octets:
		if n.field == "larger" {
			return anyTerm{inSize, sizeLadder.cover(n.n+1, sizeLadder.max())}
		}
		return anyTerm{inSize, sizeLadder.cover(0, n.n-1)}
	case match:
		return c.match(n)
	}
	return some{}
}

func (c compiler) allOf(n allOf) asked {
	var must, mustNot []asked
	for _, k := range n {
		if not, ok := k.(notNod); ok {
			mustNot = append(mustNot, c.node(not.of))
			continue
		}
		must = append(must, c.node(k))
	}
	switch {
	case len(mustNot) == 0:
		return every(must)
	case len(must) == 0:
		return without{everything{}, some{of: mustNot}}
	}
	return without{every(must), some{of: mustNot}}
}

func (c compiler) match(n match) asked {
	switch n.field {
	case "":
		return where{inText, true, 0}.words(n)
	case "subject":
		return where{inSubject, true, 0}.words(n)
	case "body":
		return where{inText, true, headBase}.words(n)
	case "filename":
		return where{inFilename, false, 0}.words(n)
	case "from":
		return c.person(inFrom, n)
	case "to":
		return c.person(inTo, n)
	case "cc":
		return c.person(inCc, n)
	case "with":
		return some{of: []asked{c.person(inFrom, n), c.person(inTo, n)}}
	case "list":
		if v := keyword(n.text); strings.Contains(v, ".") && !n.prefix && !n.fuzzy {
			return termIn{inList, v}
		}
		return where{inList, false, 0}.words(n)
	case "in":
		if n.isAnywhere() {
			return everything{}
		}
		return termIn{inMailbox, keyword(n.text)}
	case "label":
		v := keyword(n.text)
		return some{of: []asked{termIn{inMailbox, v}, termIn{inLabel, v}}}
	case "account":
		return termIn{inAccount, keyword(n.text)}
	case "id":
		return termIn{inID, messageID(n.text)}
	case "has":
		return termIn{inHas, n.text}
	case "is":
		if n.text == isUnread {
			return c.unread()
		}
		return termIn{inClass, n.text}
	}
	return some{}
}

// person looks for an address, for a domain, or for words of either or of the name.
func (c compiler) person(field string, n match) asked {
	v := keyword(n.text)
	switch i := strings.LastIndexByte(v, '@'); {
	case n.isMe():
		return anyTerm{field, c.me}
	case n.prefix || n.fuzzy || strings.Contains(v, " "):
	case i >= 0:
		return termIn{field, v}
	case strings.Contains(v, "."):
		return anyTerm{field, []string{"@" + v, v}}
	}
	return where{field, false, 0}.words(n)
}

// where says in what words are looked for.
type where struct {
	field      string
	positioned bool   // it can find phrases
	below      uint64 // only before this position; 0: anywhere
}

// words looks for what the analyzer makes of a text: a phrase where the field
// has positions, else all of the words.
func (l where) words(n match) asked {
	type found struct {
		term string
		pos  int
		s    shape
	}
	var all []found
	analyze(n.text, 0, func(t []byte, pos int, s shape) {
		if s != last { // in a message it may go on there
			all = append(all, found{string(t), pos, s})
		}
	})
	var must []asked
	var terms []string
	base := 0
	var bare []asked
	for i, f := range all {
		if n.fuzzy {
			must = append(must, l.near(f.term))
			continue
		}
		if f.s == lone || n.prefix && i == len(all)-1 && f.s == whole {
			must = append(must, l.prefix(f.term))
			continue
		}
		if len(terms) == 0 {
			base = f.pos
		}
		for len(terms) < f.pos-base {
			terms = append(terms, "") // any word
		}
		terms = append(terms, f.term)
		bare = append(bare, termIn{l.field, f.term})
	}
	if l.positioned && len(bare) > 1 || l.below > 0 && len(bare) > 0 {
		must = append(must, phrase{l.field, terms, l.below})
	} else {
		must = append(must, bare...)
	}
	if len(must) == 1 {
		return must[0]
	}
	return every(must)
}

func (l where) prefix(value string) asked {
	return expanded{field: l.field, prefix: value, below: l.below}
}

// edits is how many letters a word with a tilde may differ by.
func edits(word string) int {
	if utf8.RuneCountInString(word) >= 8 {
		return 2
	}
	return 1
}

// near finds words a letter away, or two of long words. The first letter is
// taken for right, so that not all words have to be looked at.
func (l where) near(value string) asked {
	_, n := utf8.DecodeRuneInString(value)
	return expanded{field: l.field, prefix: value[:n], like: value, below: l.below}
}
