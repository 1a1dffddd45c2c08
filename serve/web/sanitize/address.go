package sanitize

import (
	"net/url"
	"regexp"
	"strings"
)

const maxAddress = 8 << 10 // octets of an address; what is longer is none

// tidy takes a browser's view of an address: without controls, and without the
// blanks around it.
func tidy(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, s))
}

// link gives the address that a link may go to; empty: it may not.
func link(s string) string {
	s = tidy(s)
	if strings.HasPrefix(s, "//") {
		s = "https:" + s
	}
	u := parse(s)
	if u == nil {
		return ""
	}
	switch u.Scheme {
	case "http", "https":
		if u.Host == "" || u.User != nil { // a name before the host is there to be taken for the host
			return ""
		}
	case "mailto":
		if u.Host != "" || u.Path != "" {
			return ""
		}
	default:
		return ""
	}
	if out := u.String(); isLink.MatchString(out) {
		return out
	}
	return ""
}

// parse reads an address; nil: no program would agree with another about what
// it means.
func parse(s string) *url.URL {
	if len(s) > maxAddress || strings.Contains(s, `\`) {
		return nil
	}
	u, err := url.Parse(s)
	if err != nil {
		if u, err = url.Parse(mendPercent(s)); err != nil {
			return nil
		}
	}
	return u
}

// mendPercent escapes percent signs that begin no escape. Mail senders leave
// their placeholders in addresses.
func mendPercent(s string) string {
	var b strings.Builder
	for i := range len(s) {
		b.WriteByte(s[i])
		if s[i] == '%' && !isEscape.MatchString(s[i:min(i+3, len(s))]) {
			b.WriteString("25")
		}
	}
	return b.String()
}

var isEscape = regexp.MustCompile(`^%[0-9a-fA-F]{2}$`)

// picture gives the address to load a picture from; empty: none.
func (c *cleaner) picture(src string) string {
	src = tidy(src)
	scheme, rest, _ := strings.Cut(src, ":")
	switch strings.ToLower(scheme) {
	case "cid":
		id, err := url.PathUnescape(rest)
		if err != nil || c.o.Part == nil {
			return ""
		}
		return loadable(c.o.Part(strings.Trim(id, "<>")))
	case "data":
		return c.inMarkup(rest)
	}
	return c.remote(src)
}

// rasters are the kinds of pictures that may stand in the markup. SVG is none:
// it is a document.
var rasters = regexp.MustCompile(`^(?i)image/(png|gif|jpe?g|webp);base64,([A-Za-z0-9+/]+={0,2})$`)

// inMarkup gives the data URL (RFC 2397) of a picture that stands in it, what
// follows "data:" being rest.
func (c *cleaner) inMarkup(rest string) string {
	if len(rest) > maxPicture || c.inline+len(rest) > maxInline {
		return ""
	}
	m := rasters.FindStringSubmatch(strings.ReplaceAll(rest, " ", ""))
	if m == nil {
		return ""
	}
	c.inline += len(rest)
	kind := strings.ToLower(m[1])
	if kind == "jpg" {
		kind = "jpeg"
	}
	return "data:image/" + kind + ";base64," + m[2]
}

// remote gives the address to load a picture out of the network from; empty:
// it is not to be loaded.
func (c *cleaner) remote(src string) string {
	src = tidy(src)
	if strings.HasPrefix(src, "//") {
		src = "https:" + src
	}
	if link(src) == "" || strings.HasPrefix(strings.ToLower(src), "mailto:") {
		return ""
	}
	at := ""
	if c.o.Remote != nil {
		at = loadable(c.o.Remote(link(src)))
	}
	if at == "" {
		c.Blocked++
		return ""
	}
	c.Remote++
	return at
}

// loadable gives an address of the caller's, written so that it may stand in a
// style too; empty: it is of no kind that Options allows.
func loadable(s string) string {
	u := parse(s)
	if u == nil || u.Scheme != "" && u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	if u.Scheme == "" && (u.Host != "" || !strings.HasPrefix(u.Path, "/")) || u.Scheme != "" && u.Host == "" {
		return ""
	}
	out := strings.NewReplacer("'", "%27", "(", "%28", ")", "%29").Replace(u.String())
	if !isPicture.MatchString(out) {
		return ""
	}
	return out
}
