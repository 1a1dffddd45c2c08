package sample

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// person is somebody who writes or is written to.
type person struct{ name, addr string }

func (p person) domain() string {
	_, domain, _ := strings.Cut(p.addr, "@")
	return domain
}

// owners are the same person at her two upstream accounts.
var owners = [2]person{
	{"Alice Merrow", "alice@example.net"},
	{"Alice Merrow", "a.merrow@harbour-works.example"},
}

// pair is a subject and the paragraph that belongs to it.
type pair struct{ subject, text string }

// kind is one sort of mail and the paragraphs it is made of. A message takes
// one card from each deck: a greeting, a pair, one of each of rest.
type kind struct {
	lang    string // "en", "de", "ja"
	gold    string // "ham", "spam"
	account int    // the upstream
	n       int    // messages for the mailboxes
	train   int    // further messages, for training
	from    []person
	open    []string
	pairs   []pair
	rest    [][]string
	dress   func(g *gen, m *note) // adds list fields, HTML, attachments; may be nil
}

// deal makes the messages of a kind.
func (g *gen) deal(k *kind) {
	from, open, pairs := g.deck(len(k.from)), g.deck(max(1, len(k.open))), g.deck(len(k.pairs))
	rest := make([]*deck, len(k.rest))
	for i := range k.rest {
		rest[i] = g.deck(len(k.rest[i]))
	}
	for i := range k.train + k.n {
		m := g.blank(k.lang, k.from[from.draw()], owners[k.account])
		g.encode(m, g.turn(k, i < k.train))
		var paras []string
		if len(k.open) > 0 {
			paras = append(paras, k.open[open.draw()])
		}
		p := k.pairs[pairs.draw()]
		paras = append(paras, p.text)
		for j := range k.rest {
			paras = append(paras, k.rest[j][rest[j].draw()])
		}
		m.subject = g.fill(p.subject, m)
		m.text = layout(k.lang, g.fill(strings.Join(paras, "\n\n"), m))
		if k.dress != nil {
			k.dress(g, m)
		}
		g.add(k.account, k.gold, i < k.train, m)
	}
}

// blank is a mail with everything but its subject and text.
func (g *gen) blank(lang string, from, to person) *note {
	m := &note{
		lang: lang, from: from, to: to, date: g.moment(lang), id: g.id(from.domain()),
		hop:  fmt.Sprintf("198.51.100.%d", g.between(2, 250)),
		code: fmt.Sprintf("%c%c-%05d", 'A'+g.rng.IntN(26), 'A'+g.rng.IntN(26), g.rng.IntN(100000)),
	}
	g.encode(m, g.serial%3)
	return m
}

// turn counts the messages of a language and class. Those for training are
// counted apart: were they dressed by chance, a charset could stand in the
// lesson for one class only and be learnt as a sign of it.
func (g *gen) turn(k *kind, train bool) int {
	key := fmt.Sprint(k.lang, k.gold, train)
	g.turns[key]++
	return g.turns[key] % 3
}

// encode chooses the charset and transfer encoding by turn, so that every
// language is seen in each of its usual clothes.
func (g *gen) encode(m *note, turn int) {
	switch m.lang {
	case "ja":
		m.charset, m.transfer = "ISO-2022-JP", "7bit"
		if turn == 0 {
			m.charset, m.transfer = "UTF-8", "base64"
		}
	case "de":
		m.charset, m.transfer = "UTF-8", "8bit"
		if turn == 0 {
			m.charset, m.transfer = "ISO-8859-1", "quoted-printable"
		}
	default:
		m.charset, m.transfer = "UTF-8", "quoted-printable"
		if turn == 0 {
			m.charset, m.transfer = "UTF-8", "8bit"
		}
	}
}

var slot = regexp.MustCompile(`\{([a-z#]+)([-+]?[0-9]*)-?([0-9]*)\}`)

// fill replaces the slots of a text: {#10-99} a number, {day+3} the date three
// days on, {ref} a reference that stays the same within the message, {from} the
// sender's name.
func (g *gen) fill(text string, m *note) string {
	return slot.ReplaceAllStringFunc(text, func(s string) string {
		part := slot.FindStringSubmatch(s)
		low, _ := strconv.Atoi(part[2]) // the pattern admits digits only; none is 0
		switch part[1] {
		case "#":
			high, _ := strconv.Atoi(part[3])
			return strconv.Itoa(g.between(low, high))
		case "day":
			return dayName(m.lang, m.date.AddDate(0, 0, low))
		case "ref":
			return m.code
		case "from":
			return m.from.name
		default:
			panic("sample: unknown slot " + s)
		}
	})
}

var monthsGerman = [...]string{"Januar", "Februar", "März", "April", "Mai", "Juni",
	"Juli", "August", "September", "Oktober", "November", "Dezember"}

// dayName writes a date as people write it in a letter.
func dayName(lang string, t time.Time) string {
	switch lang {
	case "ja":
		return t.Format("1月2日")
	case "de":
		return fmt.Sprintf("%d. %s", t.Day(), monthsGerman[t.Month()-1])
	default:
		return t.Format("2 January")
	}
}

// layout breaks paragraphs into lines. Paragraphs with line ends of their own
// (tables, signatures, quotations) stay as they are. Japanese breaks after a
// full stop only: a break within a word would hide it from a search.
func layout(lang, text string) string {
	paras := strings.Split(text, "\n\n")
	for i, p := range paras {
		switch {
		case strings.Contains(p, "\n"):
		case lang == "ja":
			paras[i] = strings.TrimSuffix(strings.ReplaceAll(p, "。", "。\n"), "\n")
		default:
			paras[i] = wrap(p, 72)
		}
	}
	return strings.Join(paras, "\n\n") + "\n"
}

// wrap breaks a paragraph at spaces so that lines have at most width runes
// where that is possible.
func wrap(text string, width int) string {
	var out strings.Builder
	col := 0
	for i, word := range strings.Fields(text) {
		n := len([]rune(word))
		switch {
		case i == 0:
		case col+1+n > width:
			out.WriteByte('\n')
			col = 0
		default:
			out.WriteByte(' ')
			col++
		}
		out.WriteString(word)
		col += n
	}
	return out.String()
}
