package sanitize

import (
	"strings"

	"golang.org/x/net/html"
)

const (
	maxInput   = 4 << 20   // octets that are read
	maxTags    = 100_000   // start and end tags that are read; real letters have some 2,000
	maxToken   = 768 << 10 // octets of one tag or text
	maxDepth   = 200       // elements that are open at once
	maxAttrs   = 32        // attributes of one element that are looked at
	maxPicture = 512 << 10 // octets of a picture in the markup, as it is written
	maxInline  = 2 << 20   // octets of all of them
)

// Options say where pictures come from. The zero value shows only those that
// stand in the markup itself.
type Options struct {
	// Part gives the address of the part whose Content-ID (RFC 2392), without
	// angle brackets, is id: a path that begins with a slash, or an absolute
	// http or https URL. Empty: there is no such part, or it is no picture.
	Part func(id string) string

	// Remote gives the address from which the picture at an absolute http or
	// https URL is to be loaded, which may be that URL. Nil, or empty: it is not.
	Remote func(url string) string
}

// Result is markup made safe.
type Result struct {
	HTML    string
	Blocked int  // pictures out of the network that Options.Remote did not let load
	Remote  int  // those that it did
	Cut     bool // there was more than is shown: too long, too many tags, or an element left open whose content is left out
}

// Clean makes markup safe. Markup is UTF-8; what is not, is replaced.
func Clean(markup string, o Options) Result {
	c := &cleaner{o: o, count: map[string]int{}, lost: map[string]int{}}
	if len(markup) > maxInput {
		markup, c.Cut = markup[:maxInput], true
	}
	markup = strings.ToValidUTF8(markup, "\uFFFD")
	c.out.Grow(len(markup))
	c.read(markup)
	c.closeTo(0)
	c.HTML = policy().Sanitize(c.out.String())
	return c.Result
}

// cleaner is the first pass over one piece of markup.
type cleaner struct {
	Result
	o      Options
	out    strings.Builder
	open   []string       // elements that are open in the output
	count  map[string]int // how many of each of them
	lost   map[string]int // start tags that were too deep to be written
	inline int            // octets of pictures in the markup so far

	dropping string // the element whose content is left out
	nested   int    // elements of that name that are open
}

// unread are the elements whose content is no markup, and not for reading.
var unread = map[string]bool{
	"script": true, "style": true, "title": true, "textarea": true, "iframe": true, "noembed": true, "noframes": true,
}

// left are the elements that are left out with all they hold. What other
// elements hold that are not on the list is kept.
var left = map[string]bool{"svg": true, "math": true, "select": true, "template": true, "xml": true, "datalist": true}

// read goes through the markup by the tokenizer alone.
func (c *cleaner) read(markup string) {
	z := html.NewTokenizer(strings.NewReader(markup))
	z.SetMaxBuf(maxToken)
	raw := false // the next text is that of a script or the like
	for tags := 0; tags < maxTags; {
		switch kind := z.Next(); kind {
		case html.ErrorToken:
			c.Cut = c.Cut || z.Err() == html.ErrBufferExceeded || c.dropping != ""
			return
		case html.TextToken:
			if !raw && c.dropping == "" {
				c.text(string(z.Text()))
			}
			raw = false
		case html.StartTagToken, html.SelfClosingTagToken:
			tags++
			name, more := z.TagName()
			tag := string(name)
			raw = unread[tag]
			if tag == "noscript" || foreign(c.dropping) {
				z.NextIsNotRawText() // what stands here is markup for whoever runs no scripts
				raw = false
			}
			if !c.drops(tag, kind) {
				c.start(tag, z, more)
			}
		case html.EndTagToken:
			tags++
			raw = false
			name, _ := z.TagName()
			c.end(string(name))
		}
	}
	c.Cut = true
}

func foreign(tag string) bool { return tag == "svg" || tag == "math" }

// drops tells whether a start tag is of an element that is left out, or in one.
func (c *cleaner) drops(tag string, kind html.TokenType) bool {
	closed := kind == html.SelfClosingTagToken && (foreign(tag) || tag == "xml")
	switch {
	case c.dropping == "" && left[tag]:
		if !closed {
			c.dropping, c.nested = tag, 1
		}
		return true
	case c.dropping == tag && !closed:
		c.nested++
	}
	return c.dropping != ""
}

// text writes text.
func (c *cleaner) text(s string) {
	s = strings.Map(printable, s)
	if strings.Trim(s, " \t\n\f") != "" {
		c.inFlow()
	}
	c.out.WriteString(html.EscapeString(s))
}

// printable leaves out what HTML text may not hold (section 13.1.4 of the
// standard: controls and noncharacters).
func printable(r rune) rune {
	switch {
	case r == '\t' || r == '\n':
		return r
	case r == '\r' || r == '\f':
		return '\n'
	case r < ' ' || r >= 0x7f && r < 0xa0 || r >= 0xfdd0 && r <= 0xfdef || r&0xfffe == 0xfffe:
		return -1
	}
	return r
}
