package downgrade

import (
	"fmt"
	"strings"
)

// maxPiece is how many octets of a parameter's value go on one line.
const maxPiece = 50

// parameters makes the parameters of a MIME field ASCII (RFC 2231, 3 and 4); false
// where they cannot be told apart. One that is there in that form too is left out.
func parameters(v string) ([]string, bool) {
	all, ok := segments(v)
	if !ok || !ascii(all[0]) {
		return nil, false
	}
	has := func(name string) bool {
		for _, s := range all[1:] {
			if n, _, _ := strings.Cut(s, "="); strings.HasPrefix(strings.ToLower(n), name+"*") {
				return true
			}
		}
		return false
	}
	out := []string{" " + all[0]}
	add := func(s string) {
		out[len(out)-1] += ";"
		out = append(out, " "+s)
	}
	for _, s := range all[1:] {
		if ascii(s) {
			add(s)
			continue
		}
		name, value, ok := strings.Cut(s, "=")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		if !ok || name == "" || strings.ContainsAny(name, "* \t\"") || !ascii(name) {
			return nil, false
		}
		if has(strings.ToLower(name)) {
			continue
		}
		if n := len(value) - 1; n > 0 && value[0] == '"' && value[n] == '"' {
			value = meant(value[1:n])
		}
		pieces := percent(value)
		for i, p := range pieces {
			switch {
			case len(pieces) == 1:
				add(name + "*=utf-8''" + p)
			case i == 0:
				add(name + "*0*=utf-8''" + p)
			default:
				add(fmt.Sprintf("%s*%d*=%s", name, i, p))
			}
		}
	}
	return out, true
}

// segments cuts a value at its semicolons, those in quotes aside. There is always
// one; empty ones behind it are left out.
func segments(v string) (all []string, ok bool) {
	quoted, from := false, 0
	for i := 0; i <= len(v); i++ {
		switch {
		case i < len(v) && quoted && v[i] == '\\':
			i++
		case i < len(v) && v[i] == '"':
			quoted = !quoted
		case i >= len(v) || !quoted && v[i] == ';':
			s := strings.Trim(v[from:min(i, len(v))], " \t")
			if s != "" || all == nil {
				all = append(all, s)
			}
			from = i + 1
		}
	}
	return all, !quoted
}

// percent encodes a value in pieces of some length.
func percent(v string) (all []string) {
	var b strings.Builder
	for i := range len(v) {
		c := v[i]
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '.' || c == '_' {
			b.WriteByte(c)
		} else {
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
		}
		if b.Len() >= maxPiece || i == len(v)-1 {
			all = append(all, b.String())
			b.Reset()
		}
	}
	return all
}
