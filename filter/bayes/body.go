package bayes

import (
	"math/bits"
	"strconv"
	"strings"

	"restante/filter/letter"
)

// startsURL says whether a bare URL starts s.
func startsURL(s string) bool {
	return hasFold(s, "http://") || hasFold(s, "https://") || hasFold(s, "www.")
}

func hasFold(s, prefix string) bool {
	return len(s) > len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

func urlEnd(s string) int {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c <= ' ' || c == '<' || c == '>' || c == '"' || c == ')' || c == ']' {
			return i
		}
	}
	return len(s)
}

// links takes hosts, parent domains, path words and deceptions of links.
func (t *tokenizer) links(l *letter.Letter) {
	for i := range l.Links[:min(len(l.Links), maxLinks)] {
		scheme, user, host, path := splitURL(letter.Clip(l.Links[i].URL, 500))
		if host == "" {
			t.mark("link", "("+scheme+")")
			continue
		}
		t.mark("link", host)
		t.parents("link", host)
		if user {
			t.trick("link with a user name")
		}
		if c := host[len(host)-1]; c >= '0' && c <= '9' || c == ']' {
			t.trick("link to a numeric host")
		}
		t.path(path)
		if _, _, seen, _ := splitURL(strings.TrimSpace(letter.Clip(l.Links[i].Text, 200))); strings.Contains(seen, ".") && tail(seen) != tail(host) {
			t.trick("link text names another host")
		}
	}
	t.group = inFormat
	t.count("links", len(l.Links), numbers)
}

// path adds up to twelve words of a path and query.
func (t *tokenizer) path(p string) {
	sd := seed("link path")
	for n := 0; n < 12; n++ {
		i := 0
		for i < len(p) && kinds[p[i]] != word {
			i++
		}
		j := i
		for j < len(p) && kinds[p[j]] == word {
			j++
		}
		if i == j {
			return
		}
		if j-i <= maxWord {
			t.put(hashed(sd, p[i:j]), "link path", p[i:j])
		}
		p = p[j:]
	}
}

// splitURL takes a URL apart without ever refusing one. Without a scheme, only
// www. starts a host.
func splitURL(u string) (scheme string, user bool, host, path string) {
	rest := u
	if i := strings.Index(u, "://"); i >= 0 && i < 10 {
		scheme, rest = strings.ToLower(u[:i]), u[i+3:]
	} else if !hasFold(u, "www.") {
		if i := strings.IndexByte(u, ':'); i > 0 && i < 12 {
			scheme = strings.ToLower(u[:i])
		}
		return scheme, false, "", ""
	}
	end := strings.IndexAny(rest, "/?#\\ ")
	if end < 0 {
		end = len(rest)
	}
	host, path = rest[:end], rest[end:]
	if at := strings.LastIndexByte(host, '@'); at >= 0 {
		user, host = true, host[at+1:]
	}
	if colon := strings.LastIndexByte(host, ':'); colon >= 0 && !strings.HasSuffix(host, "]") {
		host = host[:colon]
	}
	return scheme, user, strings.ToLower(strings.TrimRight(host, ".")), path
}

// tail is the last two labels of a host.
func tail(host string) string {
	i := strings.LastIndexByte(host, '.')
	if i < 0 {
		return host
	}
	return host[strings.LastIndexByte(host[:i], '.')+1:]
}

// count adds how many there are, in powers of two, by the names of these.
func (t *tokenizer) count(field string, n int, names []string) {
	power := bits.Len(uint(n))
	t.put(seed(field)*prime+uint64(power), field, names[min(power, len(names)-1)])
}

// lump is what the size of texts is counted in, in octets.
const lump = 64

// What powers of two are called: of things, of octets, and of lumps of octets.
var (
	numbers = powers("none", 10, strconv.Itoa)
	octets  = powers("none", 25, size)
	lumps   = powers("under "+size(lump), 15, func(n int) string { return size(n * lump) })
)

// powers says from where to where each power of two goes. The last has no end.
func powers(none string, most int, say func(int) string) []string {
	all := []string{none}
	for i := range most {
		from, to := 1<<i, 2<<i
		all = append(all, say(from)+" to "+say(to))
	}
	return append(all, say(1<<most)+" or more")
}

func size(n int) string {
	switch {
	case n >= 1<<20:
		return strconv.Itoa(n>>20) + " MiB"
	case n >= 1<<10:
		return strconv.Itoa(n>>10) + " KiB"
	}
	return strconv.Itoa(n) + " octets"
}

// parts takes the structure of the message and what it carries.
func (t *tokenizer) parts(l *letter.Letter) {
	shape := make([]byte, 0, 128)
	for i := range l.Parts[:min(len(l.Parts), maxParts)] {
		p := &l.Parts[i]
		t.mark("part type", p.Type)
		t.mark("part charset", p.Charset)
		t.mark("part encoding", p.Type+" "+p.Encoding)
		if len(shape) < 100 {
			shape = append(append(shape, p.Type...), ' ')
		}
		if !p.Attached {
			continue
		}
		t.mark("attachment", p.Name)
		if dot := strings.LastIndexByte(p.Name, '.'); dot >= 0 {
			t.mark("attachment", p.Name[dot:])
		}
		t.mark("attachment type", p.Type)
		t.count("attachment size", int(p.Size), octets)
		t.mark("attachment start", string(p.Start[:min(len(p.Start), 4)]))
	}
	t.put(hashed(seed("parts"), string(shape)), "parts", string(shape))
	t.count("text size", len(l.Text)/lump, lumps)
	t.count("html size", len(l.HTML)/lump, lumps)
	if l.Hidden != "" {
		t.trick("hidden text")
	}
}
