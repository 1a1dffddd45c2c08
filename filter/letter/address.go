package letter

import (
	"strings"
)

// parseAddresses reads a list of addresses, at most limit of them. It takes
// RFC 5322, section 3.4 with the obsolete forms, and what else comes: addresses
// without a domain, names with unquoted dots and commas, brackets that never
// close or hold nothing, semicolons for commas. Words that are neither address
// nor name of one are left out.
func parseAddresses(v, charset string, limit int) []Address {
	var out []Address
	var bare Address // a word without @: the front of a name with a comma, else a local address
	for v != "" && len(out) < limit {
		var m mailbox
		v = m.read(v)
		a := m.address(charset)
		switch {
		case m.bracket:
			if bare.Addr != "" {
				a.Name = strings.TrimSuffix(bare.Addr+", "+a.Name, ", ")
			}
			bare = Address{}
			if a.Addr != "" || a.Name != "" {
				out = append(out, a)
			}
		case a.Addr == "":
		case strings.Contains(a.Addr, "@"):
			out = appendLocal(out, bare)
			out = append(out, a)
			bare = Address{}
		default:
			out = appendLocal(out, bare)
			bare = a
		}
	}
	return appendLocal(out, bare)
}

// appendLocal adds an address without a domain if it can be one.
func appendLocal(list []Address, a Address) []Address {
	foreign := func(r rune) bool {
		return !(r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || strings.ContainsRune("._+-", r))
	}
	if a.Addr == "" || strings.ContainsFunc(a.Addr, foreign) {
		return list
	}
	return append(list, a)
}

// mailbox is one element of an address list in its lexical pieces.
type mailbox struct {
	phrase  strings.Builder // outside brackets and comments, quotes undone
	comment strings.Builder // inside round brackets
	angle   strings.Builder // inside angle brackets
	bracket bool            // there were angle brackets
}

// read takes one element from the front of v and gives the rest.
func (m *mailbox) read(v string) string {
	for i := 0; i < len(v); i++ {
		switch c := v[i]; c {
		case ',', ';':
			return v[i+1:]
		case ':':
			// A group's name, RFC 5322, section 3.4: its members follow.
			if !m.bracket && m.phrase.Len() < maxLabel && !strings.Contains(m.phrase.String(), "@") {
				m.phrase.Reset()
				continue
			}
			m.phrase.WriteByte(c)
		case '"':
			i += m.quote(v[i+1:]) + 1
		case '(':
			i += readComment(&m.comment, v[i+1:]) + 1
		case '<':
			n := strings.IndexAny(v[i+1:], "><")
			if n < 0 || v[i+1+n] == '<' {
				n = strings.IndexAny(v[i+1:], ",; <")
				if n < 0 {
					n = len(v) - i - 1
				}
				n--
			}
			if !strings.Contains(m.angle.String(), "@") { // of several, the first with an address
				m.angle.Reset()
				m.angle.WriteString(strings.TrimSuffix(v[i+1:min(len(v), i+2+n)], ">"))
			}
			m.bracket = true
			i += n + 1
		case '\\':
			if i+1 < len(v) {
				i++
				m.phrase.WriteByte(v[i])
			}
		default:
			m.phrase.WriteByte(c)
		}
	}
	return ""
}

// quote takes a quoted string and gives the length up to its closing quote.
// One that never closes is no quoted string: the quote is dropped.
func (m *mailbox) quote(v string) int {
	var b strings.Builder
	for i := 0; i < len(v) && i < maxWord; i++ {
		switch {
		case v[i] == '\\' && i+1 < len(v):
			i++
			b.WriteByte(v[i])
		case v[i] == '"':
			// A local part in quotes keeps them.
			if strings.HasPrefix(v[i+1:], "@") && strings.ContainsAny(b.String(), " ,;:<>()") {
				m.phrase.WriteString(`"` + b.String() + `"`)
				return i
			}
			m.phrase.WriteString(b.String())
			return i
		default:
			b.WriteByte(v[i])
		}
	}
	return -1
}

// readComment takes a comment, comments in it included, and gives the length
// up to its closing bracket.
func readComment(b *strings.Builder, v string) int {
	depth := 1
	for i := 0; i < len(v); i++ {
		switch v[i] {
		case '\\':
			if i+1 < len(v) {
				i++
			}
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i
			}
		}
		b.WriteByte(v[i])
	}
	return len(v)
}

// address makes an address of the pieces. Without brackets and without an @
// the words stand in Addr, decoded, for the caller to judge.
func (m *mailbox) address(charset string) Address {
	phrase := strings.TrimSpace(m.phrase.String())
	name, addr := phrase, m.angle.String()
	if !m.bracket {
		name, addr = splitBare(phrase)
	}
	if comment := m.comment.String(); !m.bracket && !strings.Contains(addr, "@") && strings.Contains(comment, "@") {
		name, addr, m.bracket = phrase, comment, true
	} else if name == "" {
		name = comment
	}
	addr = strings.Trim(addr, "<>,; \t")
	if n := len(addr); n > 1 && addr[0] == addr[n-1] && (addr[0] == '"' || addr[0] == '\'') {
		addr = addr[1 : n-1]
	}
	if len(addr) > 7 && strings.EqualFold(addr[:7], "mailto:") {
		addr = addr[7:]
	}
	if strings.HasPrefix(addr, "@") { // a route, RFC 5322, section 4.4
		if _, after, ok := strings.Cut(addr, ":"); ok {
			addr = after
		}
	}
	addr = oneLine(decodeWords(addr, charset))
	if at := strings.LastIndexByte(addr, '@'); at >= 0 {
		addr = addr[:at+1] + strings.ToLower(strings.TrimRight(addr[at+1:], "."))
	}
	if addr == "@" {
		addr = ""
	}
	name = oneLine(decodeWords(name, charset))
	if len(name) > 1 && name[0] == '\'' && name[len(name)-1] == '\'' {
		name = strings.TrimSpace(name[1 : len(name)-1])
	}
	return Address{Name: name, Addr: addr}
}

// splitBare splits an element without angle brackets: the word with an @ in it
// is the address and the others are the name.
func splitBare(phrase string) (name, addr string) {
	if !strings.ContainsAny(phrase, " \t") || strings.HasPrefix(phrase, `"`) {
		return "", phrase
	}
	if joined := strings.Join(strings.Fields(phrase), " "); strings.Contains(joined, " @") || strings.Contains(joined, "@ ") {
		return "", strings.ReplaceAll(joined, " ", "") // blanks around the @ are of the obsolete syntax
	}
	words := strings.Fields(phrase)
	for i, w := range words {
		if strings.Contains(w, "@") {
			return strings.Join(append(words[:i:i], words[i+1:]...), " "), w
		}
	}
	return "", phrase
}
