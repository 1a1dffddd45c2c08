package letter

import (
	"net/url"
	"sort"
	"strconv"
	"strings"
)

// looseParams reads "value; name=value; …" where the strict reader gave up:
// blanks within unquoted values, quotes that never close, semicolons doubled,
// names twice (the first counts). Continuations and charsets of RFC 2231,
// sections 3 and 4 are understood.
func looseParams(v string) (string, map[string]string) {
	value, rest, _ := strings.Cut(v, ";")
	value = strings.TrimSpace(value)
	if first, more, ok := strings.Cut(value, " "); ok && strings.Contains(more, "=") {
		value, rest = first, more+";"+rest // the first semicolon is missing
	}
	params := make(map[string]string)
	type piece struct {
		n       int
		text    string
		escaped bool
	}
	pieces := make(map[string][]piece)
	for count := 0; rest != "" && count < 200; count++ {
		var name, val string
		name, val, rest = nextParam(rest)
		name = strings.ToLower(name)
		escaped := strings.HasSuffix(name, "*")
		name = strings.TrimSuffix(name, "*")
		base, num, numbered := strings.Cut(name, "*")
		n, err := strconv.Atoi(num)
		switch {
		case name == "":
		case numbered && err == nil, escaped:
			pieces[base] = append(pieces[base], piece{n, val, escaped})
		default:
			if _, twice := params[name]; !twice {
				params[name] = val
			}
		}
	}
	for name, list := range pieces {
		sort.SliceStable(list, func(i, j int) bool { return list[i].n < list[j].n })
		charset := ""
		var b strings.Builder
		for i, p := range list {
			text := p.text
			if p.escaped && i == 0 {
				if f := strings.SplitN(text, "'", 3); len(f) == 3 {
					charset, text = f[0], f[2]
				}
			}
			if p.escaped {
				text = unpercent(text)
			}
			b.WriteString(text)
		}
		params[name] = toUTF8([]byte(b.String()), charset, "")
	}
	return value, params
}

// nextParam cuts one parameter from the front of s.
func nextParam(s string) (name, value, rest string) {
	s = strings.TrimLeft(s, "; \t")
	end := strings.IndexAny(s, "=;")
	if end < 0 {
		return "", "", ""
	}
	if s[end] == ';' {
		return "", "", s[end:]
	}
	name = strings.TrimSpace(s[:end])
	s = strings.TrimLeft(s[end+1:], " \t")
	if !strings.HasPrefix(s, `"`) {
		value, rest, _ = strings.Cut(s, ";")
		return name, strings.TrimSpace(value), rest
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			if i+1 < len(s) && (s[i+1] == '"' || s[i+1] == '\\') {
				i++
			}
			b.WriteByte(s[i])
		case '"':
			return name, b.String(), s[i+1:]
		default:
			b.WriteByte(s[i])
		}
	}
	value, rest, _ = strings.Cut(s[1:], ";")
	return name, value, rest
}

// unpercent undoes %XX; what is no escape stays as it is.
func unpercent(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	if out, err := url.PathUnescape(s); err == nil {
		return out
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b.WriteByte(byte(n))
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
