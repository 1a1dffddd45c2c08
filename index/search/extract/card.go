package extract

import (
	"io"
	"mime/quotedprintable"
	"strings"
)

// calendarFields and contactFields are the properties whose values are words.
var (
	calendarFields = set("SUMMARY", "DESCRIPTION", "LOCATION", "COMMENT", "CONTACT", "CATEGORIES", "ORGANIZER", "ATTENDEE", "URL")
	contactFields  = set("FN", "N", "NICKNAME", "ORG", "TITLE", "ROLE", "EMAIL", "TEL", "ADR", "LABEL", "NOTE", "URL", "CATEGORIES")
)

func set(names ...string) map[string]bool {
	m := make(map[string]bool, len(names))
	for _, n := range names {
		m[n] = true
	}
	return m
}

// unfold joins lines that were folded: RFC 5545, section 3.1, RFC 6350, section
// 3.2.
var unfold = strings.NewReplacer("\r\n ", "", "\r\n\t", "", "\n ", "", "\n\t", "")

// unescape undoes RFC 5545, section 3.3.11. The parts of a structured value are
// words apart.
var unescape = strings.NewReplacer(`\n`, "\n", `\N`, "\n", `\,`, ",", `\;`, ";", `\\`, `\`, ";", " ")

// Invitation gives the words of calendars in a text, which may say other things too:
// an invitation stands in the text of a letter, folded and escaped.
func Invitation(text string) string {
	w := &words{most: len(text)}
	w.content(text, calendarFields)
	return w.String()
}

// content adds the values of some properties of a calendar or of cards.
func (w *words) content(text string, fields map[string]bool) {
	lines := strings.Split(unfold.Replace(text), "\n")
	for i := 0; i < len(lines) && !w.full(); i++ {
		property := strings.TrimSuffix(lines[i], "\r")
		name, value, ok := cutProperty(property)
		if !ok {
			continue
		}
		name, params, _ := strings.Cut(strings.ToUpper(name), ";")
		if _, after, ok := strings.Cut(name, "."); ok { // a group of a card
			name = after
		}
		if !fields[name] {
			continue
		}
		if strings.Contains(params, "QUOTED-PRINTABLE") { // vCard 2.1
			var folded strings.Builder
			for strings.HasSuffix(value, "=") && i+1 < len(lines) {
				folded.WriteString(value + "\n")
				i++
				value = strings.TrimSuffix(lines[i], "\r")
			}
			folded.WriteString(value)
			b, _ := io.ReadAll(quotedprintable.NewReader(strings.NewReader(folded.String()))) // what could be read is used
			value = string(b)
		}
		if cn := parameter(property, "CN"); cn != "" {
			w.line(cn)
		}
		w.line(strings.TrimPrefix(strings.TrimPrefix(unescape.Replace(value), "mailto:"), "MAILTO:"))
	}
}

// cutProperty parts a line at the colon that stands in no quotes.
func cutProperty(line string) (name, value string, ok bool) {
	quoted := false
	for i := range len(line) {
		switch line[i] {
		case '"':
			quoted = !quoted
		case ':':
			if !quoted {
				return line[:i], line[i+1:], true
			}
		}
	}
	return "", "", false
}

// parameter gives a parameter of a line.
func parameter(line, name string) string {
	head, _, _ := cutProperty(line)
	for p := range strings.SplitSeq(head, ";") {
		if k, v, ok := strings.Cut(p, "="); ok && strings.EqualFold(k, name) {
			return strings.Trim(v, `"`)
		}
	}
	return ""
}
