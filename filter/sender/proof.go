package sender

import (
	"strings"

	"restante/filter/letter"
)

// Bounds of what is read of what providers found out.
const (
	resultFields = 10
	resultsMost  = 50 // of a field
)

// result is what one method came to (RFC 8601, section 2.2).
type result struct {
	method, value string
	props         map[string]string // header.d and the like
}

// refuted tells what speaks against a letter being from an address; empty: nothing.
func refuted(m *letter.Letter, address string) string {
	_, domain, _ := cut(address)
	domain = foldDomain(domain)
	against, proven := "", false
	for _, r := range results(m) {
		failed := r.value == "fail" || r.value == "permerror" && r.method == "dkim" || r.value == "softfail" && r.method == "spf"
		switch {
		case r.method == "dmarc" && r.value == "fail":
			return "dmarc=fail"
		case r.method == "dmarc" && r.value == "pass":
			proven = true
		case r.value == "pass" && (r.method == "dkim" && akin(r.domain("header.d", "header.i"), domain) ||
			r.method == "spf" && akin(r.domain("smtp.mailfrom", "smtp.helo"), domain)):
			proven = true
		case failed && against == "" && (r.method == "spf" || r.method == "dkim"):
			against = r.method + "=" + r.value
		}
	}
	if proven {
		return ""
	}
	return against
}

// domain gives the domain of the first property that there is.
func (r result) domain(props ...string) string {
	for _, p := range props {
		if v := r.props[p]; v != "" {
			if _, d, ok := cut(v); ok {
				v = d
			}
			return foldDomain(v)
		}
	}
	return ""
}

// akin tells whether one domain lies in the other: RFC 7489, section 3.1, speaks of
// the same organisation, which is more.
func akin(a, b string) bool {
	return a != "" && b != "" && (a == b || strings.HasSuffix(a, "."+b) && strings.Contains(b, ".") || strings.HasSuffix(b, "."+a) && strings.Contains(a, "."))
}

// results reads the first Authentication-Results, and others of the same server.
func results(m *letter.Letter) (all []result) {
	server, seen := "", 0
	for _, f := range m.Fields {
		if !strings.EqualFold(f.Name, "Authentication-Results") {
			continue
		}
		id, some := parse(f.Value)
		if server == "" {
			server = id
		}
		if id == server && id != "" {
			all = append(all, some...)
		}
		if seen++; seen == resultFields {
			break
		}
	}
	return all
}

// parse reads a field. What is not understood is left out.
func parse(value string) (server string, all []result) {
	pieces := strings.Split(strings.ToLower(bare(value)), ";")
	if id := strings.Fields(pieces[0]); len(id) > 0 {
		server = id[0]
	}
	for _, piece := range pieces[1:min(len(pieces), resultsMost+1)] {
		words := strings.Fields(piece)
		if len(words) == 0 {
			continue
		}
		method, came, ok := strings.Cut(words[0], "=")
		if !ok {
			continue
		}
		method, _, _ = strings.Cut(method, "/") // of a version
		r := result{method: method, value: came, props: map[string]string{}}
		for _, w := range words[1:] {
			if k, v, ok := strings.Cut(w, "="); ok && r.props[k] == "" {
				r.props[k] = strings.Trim(v, `"`)
			}
		}
		all = append(all, r)
	}
	return server, all
}

// bare takes comments and quotes out, with what in quotes would part a result.
func bare(s string) string {
	var b strings.Builder
	depth, quoted := 0, false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && (quoted || depth > 0):
			i++
		case c == '"' && depth == 0:
			quoted = !quoted
		case quoted && (c == ';' || c == ' '): // in quotes they part nothing
		case c == '(' && !quoted:
			depth++
		case c == ')' && depth > 0:
			depth--
			b.WriteByte(' ')
		case depth == 0:
			b.WriteByte(c)
		}
	}
	return b.String()
}
