package search

import (
	"slices"
	"strings"
	"unicode/utf8"

	"restante/filter/letter"
)

// Snippet is a piece of a message that shows why it was found.
type Snippet struct {
	Text  string // one line, some 200 characters
	Marks []Mark // in order, none over another
	Cut   bool   // the message says more before it
}

// Mark is a piece of a snippet that was asked for, in octets.
type Mark struct{ From, To int }

const (
	snippetRunes = 200
	snippetLead  = 50        // characters before the first mark
	snippetText  = 256 << 10 // octets of a message that are looked through
)

// Snippet shows where a letter says what was asked for: the piece with most of
// the words, in the order text, words of HTML, subject. Where it says none of
// them, because they stand in an attachment or a name, or nothing was asked for,
// it is the beginning. Words that must not be there are not marked.
func (q *Query) Snippet(l *letter.Letter) Snippet {
	var asked []wanted
	if q != nil && q.root != nil {
		asked = q.wanted()
	}
	first := ""
	for _, text := range []string{l.Text, l.HTMLText, l.Subject} {
		text = oneLine(letter.Clip(text, snippetText))
		if first == "" {
			first = text
		}
		if marks := marksIn(text, asked); len(marks) > 0 {
			return around(text, marks)
		}
	}
	return around(first, nil)
}

// Marks tells which octets of a text, a subject say, were asked for.
func (q *Query) Marks(text string) []Mark {
	if q == nil || q.root == nil {
		return nil
	}
	var out []Mark
	for _, m := range marksIn(letter.Clip(text, snippetText), q.wanted()) {
		out = append(out, m.Mark)
	}
	return merge(out)
}

// oneLine puts text on one line. Lines that end within a run of characters without
// spaces go on without one.
func oneLine(s string) string {
	var b strings.Builder
	written := 0
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		i += n
		if n < 3 || !wraps(r) {
			continue
		}
		if next := wrapped(s, i); next > i {
			b.WriteString(s[written:i])
			written, i = next, next
		}
	}
	b.WriteString(s[written:])
	return strings.Join(strings.Fields(b.String()), " ")
}

// wanted is a word or phrase to be marked.
type wanted struct {
	terms  []string // in a row; an empty one is any
	prefix bool     // the only term is the beginning of a word
	edits  int      // the only term may differ so much
}

// wanted gives what a question asks the text for. What it asks for twice is marked
// once.
func (q *Query) wanted() (out []wanted) {
	for _, w := range gatherWanted(nil, q.root) {
		if !slices.ContainsFunc(out, func(o wanted) bool {
			return slices.Equal(o.terms, w.terms) && o.prefix == w.prefix && o.edits == w.edits
		}) {
			out = append(out, w)
		}
	}
	return out
}

// gatherWanted gives that in its order, one for each place in the question.
func gatherWanted(out []wanted, n node) []wanted {
	switch n := n.(type) {
	case allOf:
		for _, k := range n {
			out = gatherWanted(out, k)
		}
	case anyOf:
		for _, k := range n {
			out = gatherWanted(out, k)
		}
	case match:
		if n.field == "" || n.field == "subject" || n.field == "body" {
			out = append(out, n.wanted()...)
		}
	}
	return out
}

// wanted takes the words of a match apart, as compile does.
func (n match) wanted() (out []wanted) {
	var row []string
	count, base := 0, 0
	analyze(n.text, 0, func([]byte, int, shape) { count++ })
	i := 0
	analyze(n.text, 0, func(t []byte, pos int, s shape) {
		i++
		switch {
		case s == last:
		case n.fuzzy:
			out = append(out, wanted{terms: []string{string(t)}, edits: edits(string(t))})
		case s == lone, n.prefix && i == count && s == whole:
			out = append(out, wanted{terms: []string{string(t)}, prefix: true})
		default:
			if len(row) == 0 {
				base = pos
			}
			for len(row) < pos-base {
				row = append(row, "")
			}
			row = append(row, string(t))
		}
	})
	if len(row) > 0 {
		out = append(out, wanted{terms: row})
	}
	return out
}

// found is a mark, and which of the wanted it is.
type found struct {
	Mark
	what int
}

func marksIn(text string, asked []wanted) (out []found) {
	if len(asked) == 0 || text == "" {
		return nil
	}
	terms := locate(text)
	for i := range terms {
		for k, w := range asked {
			if to, ok := w.at(terms[i:]); ok {
				out = append(out, found{Mark{terms[i].from, to}, k})
			}
		}
	}
	return out
}

// at tells whether terms begin with what is wanted, and where that ends.
func (w wanted) at(terms []located) (to int, ok bool) {
	switch {
	case w.prefix && terms[0].s == pair: // of which a single character was asked for
		return terms[0].first, strings.HasPrefix(terms[0].term, w.terms[0])
	case w.prefix:
		return terms[0].to, strings.HasPrefix(terms[0].term, w.terms[0])
	case w.edits > 0:
		return terms[0].to, within(terms[0].term, w.terms[0], w.edits)
	}
	k := 0
	for i, t := range w.terms {
		if t == "" {
			continue
		}
		for k < len(terms) && terms[k].pos < terms[0].pos+i {
			k++
		}
		if k == len(terms) || terms[k].pos != terms[0].pos+i || terms[k].term != t {
			return 0, false
		}
		to = terms[k].to
	}
	return to, true
}

// within tells whether so many letters changed, added, left out or swapped with the
// next make one word of another. The first letter is the same, as in the search.
func within(a, b string, edits int) bool {
	if a == "" || b == "" || a[0] != b[0] {
		return false
	}
	x, y := []rune(a), []rune(b)
	if x[0] != y[0] || len(x)-len(y) > edits || len(y)-len(x) > edits {
		return false
	}
	before, row, next := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		next[0] = i + 1
		for j := range y {
			cost := 1
			if x[i] == y[j] {
				cost = 0
			}
			next[j+1] = min(row[j+1]+1, next[j]+1, row[j]+cost)
			if i > 0 && j > 0 && x[i] == y[j-1] && x[i-1] == y[j] {
				next[j+1] = min(next[j+1], before[j-1]+1)
			}
		}
		before, row, next = row, next, before
	}
	return row[len(y)] <= edits
}

// around cuts the piece with the most different words out of a text.
func around(text string, marks []found) Snippet {
	begin := 0
	if len(marks) > 0 {
		begin = back(text, marks[densest(marks)].From, snippetLead)
	}
	end := begin
	for n := 0; n < snippetRunes && end < len(text); n++ {
		_, size := utf8.DecodeRuneInString(text[end:])
		end += size
	}
	s := Snippet{Text: text[begin:end], Cut: begin > 0}
	for _, m := range marks {
		if m.From >= begin && m.To <= end {
			s.Marks = append(s.Marks, Mark{m.From - begin, m.To - begin})
		}
	}
	s.Marks = merge(s.Marks)
	return s
}

// densest gives the mark from which on a snippet holds most different words.
func densest(marks []found) (best int) {
	most := 0
	for i := range marks {
		seen := map[int]bool{}
		for _, m := range marks[i:] {
			if m.To-marks[i].From > snippetRunes-snippetLead {
				break
			}
			seen[m.what] = true
		}
		if len(seen) > most {
			most, best = len(seen), i
		}
		if i > 1000 {
			break
		}
	}
	return best
}

// back goes so many characters back in a text, and on to the next blank if there
// is one soon.
func back(text string, from, runes int) int {
	at := from
	for n := 0; n < runes && at > 0; n++ {
		_, size := utf8.DecodeLastRuneInString(text[:at])
		at -= size
	}
	if at > 0 {
		if i := strings.IndexByte(text[at:from], ' '); i >= 0 && i < runes/2 {
			at += i + 1
		}
	}
	return at
}

// merge joins marks that touch or lie over each other.
func merge(marks []Mark) []Mark {
	slices.SortFunc(marks, func(a, b Mark) int { return a.From - b.From })
	out := marks[:0]
	for _, m := range marks {
		if n := len(out); n > 0 && m.From <= out[n-1].To {
			out[n-1].To = max(out[n-1].To, m.To)
			continue
		}
		out = append(out, m)
	}
	return out
}
