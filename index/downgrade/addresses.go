package downgrade

import "strings"

// nobody stands in place of an address that has no form in ASCII: an answer comes
// back at once, since nobody can have a name in .invalid (RFC 6761, 6.4).
const nobody = "<invalid@internationalized-address.invalid>"

// piece is what a field of addresses is made of.
type piece struct {
	kind byte   // 'a' word, '"' quoted, '(' comment, '<' address, or one of , ; :
	raw  string // as it stands there
	text string // as it is meant
}

// addresses makes a list of addresses ASCII; false where it is none.
func addresses(v string) ([]string, bool) {
	all, ok := scan(v)
	if !ok {
		return nil, false
	}
	var out, made []string
	from := 0
	for i := 0; i <= len(all); i++ {
		if i < len(all) && !strings.ContainsRune(",;:", rune(all[i].kind)) {
			continue
		}
		if made, ok = mailbox(all[from:i], i < len(all) && all[i].kind == ':'); !ok {
			return nil, false
		}
		out = append(out, made...)
		if i < len(all) {
			if len(out) == 0 {
				out = append(out, " ")
			}
			out[len(out)-1] += all[i].raw
		}
		from = i + 1
	}
	return out, true
}

// mailbox makes what stands between two separators ASCII, a blank before each
// token. A group's name has no address.
func mailbox(all []piece, group bool) (out []string, ok bool) {
	words, angles, at := 0, 0, false
	for _, p := range all {
		switch p.kind {
		case '<':
			angles++
		case 'a':
			at = at || strings.Contains(p.raw, "@")
			words++
		case '"':
			words++
		}
	}
	bare := angles == 0 && at && !group // or a name that its address was parted from
	if angles > 1 || group && angles > 0 || bare && words > 1 {
		return nil, false
	}
	var run []piece
	flush := func() {
		out = append(out, phrase(run)...)
		run = nil
	}
	for _, p := range all {
		switch {
		case p.kind == '(':
			flush()
			out = append(out, comment(p)...)
		case p.kind == '<', bare && !ascii(p.raw):
			if !ascii(p.raw) {
				run = append(run, piece{kind: '"', raw: p.text, text: p.text})
				p.raw = nobody
			}
			flush()
			out = append(out, " "+p.raw)
		default:
			run = append(run, p)
		}
	}
	flush()
	return out, true
}

// phrase makes a name ASCII. Encoded-words that were there stay, and what stands
// beside one gets the blank between them, which would not count.
func phrase(all []piece) (out []string) {
	plain := true
	for _, p := range all {
		plain = plain && ascii(p.raw)
	}
	run, after := "", false
	flush := func() {
		if run != "" {
			out = append(out, spaced(" ", encode(run))...)
		}
		run = ""
	}
	for _, p := range all {
		kept := p.kind == 'a' && isEncoded(p.raw)
		switch {
		case plain:
			out = append(out, " "+p.raw)
		case kept:
			if run != "" {
				run += " "
			}
			flush()
			out = append(out, " "+p.raw)
		case run != "" || after:
			run += " " + p.text
		default:
			run = p.text
		}
		after = kept
	}
	flush()
	return out
}

// comment makes a comment ASCII.
func comment(p piece) []string {
	if ascii(p.raw) {
		return []string{" " + p.raw}
	}
	out := encode(p.text)
	out[0] = "(" + out[0]
	out[len(out)-1] += ")"
	return spaced(" ", out)
}

// scan cuts a list of addresses into its pieces; false where something is not
// closed.
func scan(v string) (all []piece, ok bool) {
	for i := 0; i < len(v); {
		n := 1
		kind := v[i]
		switch v[i] {
		case ' ', '\t':
			i++
			continue
		case '"', '(', '<':
			if n = closed(v[i:]); n < 0 {
				return nil, false
			}
		case ',', ';', ':':
		default:
			kind = 'a'
			for n < len(v)-i && !strings.ContainsRune(" \t\"(<,;:", rune(v[i+n])) {
				n++
			}
		}
		p := piece{kind: kind, raw: v[i : i+n], text: v[i : i+n]}
		switch kind {
		case '"', '(', '<':
			p.text = meant(v[i+1 : i+n-1])
		case 'a':
			if last := len(all) - 1; v[i] == '@' && last >= 0 && all[last].kind == '"' && v[i-1] == '"' {
				p.raw, p.text = all[last].raw+p.raw, all[last].raw+p.text // a quoted local part
				all = all[:last]
			}
		}
		all = append(all, p)
		i += n
	}
	return all, true
}

// closed finds the end of what begins with a quote, a bracket or a parenthesis;
// -1 where there is none.
func closed(v string) int {
	depth, quoted := 0, v[0] == '"'
	for i := 1; i < len(v); i++ {
		switch c := v[i]; {
		case c == '\\' && (quoted || v[0] == '('):
			i++
		case c == '"' && v[0] == '"':
			return i + 1
		case c == '"' && v[0] == '<':
			quoted = !quoted
		case quoted:
		case c == '(' && v[0] == '(':
			depth++
		case c == ')' && v[0] == '(':
			if depth == 0 {
				return i + 1
			}
			depth--
		case c == '>' && v[0] == '<':
			return i + 1
		}
	}
	return -1
}

// meant takes out the backslashes that only quote (RFC 5322, 3.2.1).
func meant(v string) string {
	var b strings.Builder
	for i := 0; i < len(v); i++ {
		if v[i] == '\\' && i+1 < len(v) {
			i++
		}
		b.WriteByte(v[i])
	}
	return b.String()
}
