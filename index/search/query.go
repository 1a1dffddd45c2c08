package search

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"restante/index/search/extract"
)

// The bounds of a query.
const (
	maxQuery = 4096 // bytes
	maxDepth = 32   // parentheses and minus signs inside each other
	maxTerms = 64   // words, phrases and fields
	maxWords = 256  // words in all of them together
	maxFuzzy = 10   // words with a tilde: what finds the like of one takes up to 3 MiB, twice for with:
)

// Query is a question that was understood.
type Query struct {
	root node // nil asks for everything
}

// String writes the query in its one canonical form: Parse reads it back as
// the same question at any time, since spans such as 2w have become dates.
func (q *Query) String() string {
	if q.root == nil {
		return ""
	}
	return q.root.String()
}

// Either tells whether the query asks for one of several things: what is put behind
// it then belongs to the last of them, unless it stands in parentheses.
func (q *Query) Either() bool {
	_, ok := q.root.(anyOf)
	return ok
}

// Value writes what may stand behind in: or from: and finds just that: in quotes where
// Parse would read more into it. Quotes in it become spaces, since none can be written
// within others, and a mailbox with quotes in its name cannot be asked for.
func Value(s string) string {
	s = strings.TrimSpace(strings.Map(func(r rune) rune {
		if narrow(r) == '"' {
			return ' '
		}
		return r
	}, s))
	special := func(r rune) bool { return narrow(r) != r || strings.ContainsRune(" (){}*~", r) }
	if s == "" || strings.ContainsFunc(s, special) || strings.EqualFold(s, me) || strings.EqualFold(s, anywhere) {
		return `"` + s + `"`
	}
	return s
}

// SyntaxError says where a query cannot be understood.
type SyntaxError struct {
	Column   int    // where the fault is, in characters, the first is 1
	Problem  string // what is wrong
	Expected string // what could stand there
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("column %d: %s; expected %s", e.Column, e.Problem, e.Expected)
}

// node is a part of a parsed query.
type node interface{ String() string }

type (
	allOf  []node // at least two
	anyOf  []node // at least two
	notNod struct{ of node }
	// match looks for words. In a field that is compared as a whole they are
	// its value.
	match struct {
		field  string // as written; empty: anywhere
		text   string
		quoted bool // a phrase
		prefix bool // ended in a star
		fuzzy  bool // ended in a tilde
	}
	// days is before:, after: and on: lo <= day <= hi, in days since 1970.
	days struct {
		field string
		date  string // canonical
		lo    int64
		hi    int64
	}
	// octets is larger: and smaller:.
	octets struct {
		field string
		n     int64
	}
)

func (n allOf) String() string {
	parts := make([]string, len(n))
	for i, k := range n {
		parts[i] = k.String()
		if _, ok := k.(anyOf); ok {
			parts[i] = "(" + parts[i] + ")"
		}
	}
	return strings.Join(parts, " ")
}

func (n anyOf) String() string {
	parts := make([]string, len(n))
	for i, k := range n {
		parts[i] = k.String()
	}
	return strings.Join(parts, " OR ")
}

func (n notNod) String() string {
	switch n.of.(type) {
	case allOf, anyOf:
		return "-(" + n.of.String() + ")"
	}
	return "-" + n.of.String()
}

func (n match) String() string {
	s := n.text
	if n.quoted {
		s = `"` + s + `"`
	}
	if n.prefix {
		s += "*"
	}
	if n.fuzzy {
		s += "~"
	}
	if n.field != "" {
		s = n.field + ":" + s
	}
	return s
}

// me and anywhere are what values that are no words mean, unless they stand in
// quotes.
const (
	me       = "me"
	anywhere = "anywhere"
)

// isMe tells the owner's addresses from a word.
func (n match) isMe() bool { return n.is(me) }

// isAnywhere tells all mailboxes from one.
func (n match) isAnywhere() bool { return n.is(anywhere) }

func (n match) is(value string) bool {
	return !n.quoted && !n.prefix && !n.fuzzy && strings.EqualFold(n.text, value)
}

func (n days) String() string   { return n.field + ":" + n.date }
func (n octets) String() string { return n.field + ":" + strconv.FormatInt(n.n, 10) }

// fieldNames are what may stand before a colon.
var fieldNames = []string{
	"from", "to", "cc", "with", "subject", "body", "in", "label", "account", "filename", "list", "id",
	"has", "is", "before", "after", "on", "older", "newer", "larger", "smaller",
}

// otherNames are what Gmail and notmuch call some fields.
var otherNames = map[string]string{
	"older_than": "older", "newer_than": "newer", "size": "larger", "rfc822msgid": "id",
	"mid": "id", "folder": "in", "attachment": "filename",
}

// foreign are fields that others have, with what finds most of it. Bcc and Delivered-To
// are not indexed: few messages have the one, and the other is what each relay made of it.
var foreign = map[string]string{
	"tag":         "label: for a mailbox or a label, or is:unread and the like",
	"date":        "after: and before:, or on: such as on:2024-05",
	"thread":      "words of it: the list can be had by conversations",
	"bcc":         "to: for whom To and Cc name",
	"deliveredto": "to: for whom it is addressed to, or account: for where it came from",
}

// fieldNode builds the part of the query that field:value is. The error is a
// problem and what was expected, without a column.
func fieldNode(name string, m match, now time.Time) (node, *SyntaxError) {
	value := m.text
	switch name {
	case "from", "to", "cc", "with", "subject", "body", "filename", "list":
	default:
		if m.prefix {
			return nil, &SyntaxError{Problem: "a star after " + name + ":", Expected: "a whole value"}
		}
		if m.fuzzy {
			return nil, &SyntaxError{Problem: "a tilde after " + name + ":", Expected: "an exact value"}
		}
	}
	switch name {
	case "has":
		return oneOf(name, value, hasWords()...)
	case "is":
		if strings.EqualFold(value, "read") {
			return notNod{match{field: name, text: isUnread}}, nil
		}
		return oneOf(name, value, "ham", "spam", "unsure", isUnread, "read")
	case "older":
		return fieldNode("before", m, now)
	case "newer":
		return fieldNode("after", m, now)
	case "before", "after", "on":
		lo, hi, date, ok := parseDate(value, now)
		if !ok {
			return nil, &SyntaxError{Problem: strconv.Quote(value) + " is no date",
				Expected: "2024, 2024-05, 2024-05-17, today, yesterday, or a time ago such as 3d, 2w, 6m, 1y"}
		}
		switch name {
		case "before":
			lo, hi = 0, lo-1
		case "after":
			hi = dayLadder.max()
		}
		return days{name, date, lo, hi}, nil
	case "larger", "smaller":
		n, ok := parseSize(value)
		if !ok {
			return nil, &SyntaxError{Problem: strconv.Quote(value) + " is no size",
				Expected: "a number of bytes, or one with k, M or G such as 100k or 1.5M"}
		}
		return octets{name, n}, nil
	}
	m.field = name
	return m, nil
}

// isUnread is what is: asks for beside the classes.
const isUnread = "unread"

// hasWords are what may stand behind has:.
func hasWords() []string {
	out := []string{hasAttachment, hasLink, hasUnreadable}
	for _, k := range extract.Kinds {
		out = append(out, string(k))
	}
	return append(out, string(extract.Other))
}

func oneOf(name, value string, allowed ...string) (node, *SyntaxError) {
	for _, a := range allowed {
		if strings.EqualFold(a, value) {
			return match{field: name, text: a}, nil
		}
	}
	return nil, &SyntaxError{
		Problem:  fmt.Sprintf("%s: does not know %q", name, value),
		Expected: strings.Join(allowed[:len(allowed)-1], ", ") + " or " + allowed[len(allowed)-1],
	}
}

// parseDate gives the first and the last day of a year, month or day in UTC,
// or the day that lies a time ago.
func parseDate(s string, now time.Time) (lo, hi int64, canonical string, ok bool) {
	switch {
	case strings.EqualFold(s, "today"):
		s = "0d"
	case strings.EqualFold(s, "yesterday"):
		s = "1d"
	}
	for _, form := range []struct {
		layout, canonical string
		y, m              int
	}{{"2006-1-2", time.DateOnly, 0, 0}, {"2006-1", "2006-01", 0, 1}, {"2006", "2006", 1, 0}} {
		t, err := time.Parse(form.layout, strings.ReplaceAll(s, "/", "-"))
		if err != nil {
			continue
		}
		end := t.AddDate(form.y, form.m, -1)
		if form.y+form.m == 0 {
			end = t
		}
		return dayNumber(t), dayNumber(end), t.Format(form.canonical), t.Year() > 0
	}
	if len(s) < 2 || len(s) > 5 {
		return 0, 0, "", false
	}
	n, err := strconv.ParseUint(s[:len(s)-1], 10, 16)
	if err != nil {
		return 0, 0, "", false
	}
	back, t := -int(n), now.UTC()
	switch s[len(s)-1] {
	case 'd':
		t = t.AddDate(0, 0, back)
	case 'w':
		t = t.AddDate(0, 0, 7*back)
	case 'm':
		t = t.AddDate(0, back, 0)
	case 'y':
		t = t.AddDate(back, 0, 0)
	default:
		return 0, 0, "", false
	}
	if t.Year() < 1970 {
		t = time.Unix(0, 0).UTC()
	}
	return dayNumber(t), dayNumber(t), t.Format(time.DateOnly), true
}

// sizeUnits are how many bits each unit shifts by.
var sizeUnits = map[string]uint{
	"": 0, "b": 0, "k": 10, "kb": 10, "kib": 10, "m": 20, "mb": 20, "mib": 20, "g": 30, "gb": 30, "gib": 30,
}

// parseSize reads bytes; k, M and G are powers of 1024, also as KB and KiB.
func parseSize(s string) (int64, bool) {
	number := strings.TrimRight(s, "bBiIkKmMgG")
	shift, ok := sizeUnits[strings.ToLower(s[len(number):])]
	if !ok || len(number) > 15 || strings.Trim(number, "0123456789.") != "" {
		return 0, false
	}
	n, err := strconv.ParseFloat(number, 64)
	return int64(n * float64(uint64(1)<<shift)), err == nil
}
