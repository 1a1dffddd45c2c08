package letter

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

const (
	maxOpen   = 200 // elements that are open at once; deeper ones share the look of their parent
	maxLookup = 64  // open elements that an end tag is matched with

	maxTags  = 50_000    // tags that are read; real letters have 2,000 at most. What comes after them is words
	maxToken = 512 << 10 // octets of a tag or a text, pictures inside of tags included; the same
)

// look is how an element shows its text.
type look struct {
	tag        atom.Atom
	hidden     bool // whatever its children say
	unseen     bool // visibility: children may be seen again
	small      bool // font size: children may be larger again
	image      bool // the paper is a picture
	pre        bool
	ink, paper colour
}

// view collects what a reader sees of markup, what is there and not seen, and
// where the links go.
type view struct {
	shown, hidden prose
	links         []Link
	maxLinks      int
	open          []look
	link          int    // index of the anchor that is open, -1 for none
	label         []byte // text of that anchor
	raw           bool   // the next text is of a script, a title or the like
	cut           bool   // there were more or longer tags than are read
}

// readHTML reads markup, which is valid UTF-8, with the tokenizer alone: no tree, no
// scripts, no style sheets, so that the cost is linear in its length.
func readHTML(markup string, lim Limits) *view {
	v := &view{maxLinks: lim.Links + 1, link: -1}
	v.shown.limit, v.hidden.limit = lim.Text, lim.Text
	v.shown.b.Grow(len(markup) / 3)
	v.open = append(v.open, look{ink: black, paper: white})
	z := html.NewTokenizer(strings.NewReader(markup))
	z.SetMaxBuf(maxToken)
	read := 0
	for tags := 0; ; tags++ {
		token := z.Next()
		if token == html.TextToken {
			tags--
		}
		if tags >= maxTags || token == html.ErrorToken && z.Err() == html.ErrBufferExceeded {
			v.closeLink()
			v.shown.line()
			v.shown.write([]byte(markup[read:]), false)
			v.cut = true
			return v
		}
		read += len(z.Raw())
		raw := v.raw
		v.raw = false
		switch token {
		case html.ErrorToken:
			v.closeLink()
			return v
		case html.TextToken:
			if !raw {
				v.text(z.Text())
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			v.start(z)
		case html.EndTagToken:
			name, _ := z.TagName()
			v.end(atom.Lookup(name))
		}
	}
}

// text takes text in the look of the innermost element.
func (v *view) text(b []byte) {
	top := &v.open[len(v.open)-1]
	if top.invisible() {
		v.hidden.write(b, top.pre)
		return
	}
	v.shown.write(b, top.pre)
	v.hidden.blank()
	if v.link >= 0 && len(v.label) < maxLinkText {
		v.label = append(v.label, b[:min(len(b), maxLinkText)]...)
	}
}

// start opens an element.
func (v *view) start(z *html.Tokenizer) {
	name, more := z.TagName()
	tag := atom.Lookup(name)
	v.implied(tag)
	el := v.open[len(v.open)-1]
	el.tag = tag
	if tag == atom.Table {
		el.small = false // in quirks mode tables do not inherit the font size, and mail has no doctype to speak of
	}
	var href, alt string
	if more {
		href, alt = el.attributes(z)
	}
	v.breakAt(tag)
	switch tag {
	case atom.A:
		v.closeLink()
		v.openLink(href)
	case atom.Area, atom.Form:
		v.openLink(href)
		v.label = append(v.label, alt...)
		v.closeLink()
		alt = ""
	case atom.Script, atom.Style, atom.Iframe, atom.Noembed, atom.Noframes:
		v.raw = true
	case atom.Title:
		v.raw = true // stands in no mail reader's window, and no mailer means to hide it
	case atom.Pre, atom.Listing, atom.Xmp, atom.Plaintext:
		el.pre = true
	case atom.Noscript:
		z.NextIsNotRawText() // mail readers run no scripts: they show it
	}
	if void(tag) {
		if alt != "" && !el.hidden {
			v.text([]byte(alt))
		}
		return
	}
	if len(v.open) < maxOpen {
		v.open = append(v.open, el)
	}
}

// attributes applies the attributes of an element to its look, and gives where
// it links to and what stands in its place.
func (el *look) attributes(z *html.Tokenizer) (href, alt string) {
	for more := true; more; {
		var key, val []byte
		key, val, more = z.TagAttr()
		switch string(key) {
		case "style":
			el.style(string(val[:min(len(val), maxStyle)]))
		case "hidden":
			el.hidden = true
		case "size":
			el.small = el.small && el.tag != atom.Font
		case "color":
			if el.tag == atom.Font {
				el.ink.set(string(val))
			}
		case "text":
			if el.tag == atom.Body {
				el.ink.set(string(val))
			}
		case "bgcolor":
			el.image = false
			el.paper.set(string(val))
		case "background":
			el.image = true
		case "href":
			if el.tag == atom.A || el.tag == atom.Area {
				href = string(val)
			}
		case "action":
			if el.tag == atom.Form {
				href = string(val)
			}
		case "alt":
			if el.tag == atom.Img || el.tag == atom.Area {
				alt = string(val)
			}
		}
	}
	return href, alt
}

// implied closes elements that the start of tag ends: a paragraph by a
// block, a cell, row or item by the next.
func (v *view) implied(tag atom.Atom) {
	top := v.open[len(v.open)-1].tag
	same := func(tags ...atom.Atom) bool {
		for _, t := range tags {
			if t == top {
				return true
			}
		}
		return false
	}
	switch tag {
	case atom.P, atom.Div, atom.Table, atom.Ul, atom.Ol, atom.H1, atom.H2, atom.H3, atom.Pre, atom.Hr, atom.Blockquote, atom.Center:
		if same(atom.P) {
			v.end(atom.P)
		}
	case atom.Li:
		if same(atom.Li) {
			v.end(atom.Li)
		}
	case atom.Td, atom.Th:
		if same(atom.Td, atom.Th) {
			v.end(top)
		}
	case atom.Tr:
		if same(atom.Td, atom.Th) {
			v.end(top)
		}
		if v.open[len(v.open)-1].tag == atom.Tr {
			v.end(atom.Tr)
		}
	case atom.Body:
		if same(atom.Title, atom.Head) {
			v.end(top)
		}
	}
}

// end closes the innermost element of that name; none may be open.
func (v *view) end(tag atom.Atom) {
	v.breakAt(tag)
	if tag == atom.A {
		v.closeLink()
	}
	for i := len(v.open) - 1; i > 0 && i >= len(v.open)-maxLookup; i-- {
		if v.open[i].tag == tag && tag != 0 {
			v.open = v.open[:i]
			return
		}
	}
}

// openLink begins a link. Places within the same document are none.
func (v *view) openLink(href string) {
	if len(v.links) >= v.maxLinks {
		return
	}
	href = strings.Map(func(r rune) rune {
		if r == '\t' || r == '\n' || r == '\r' || r == 0 {
			return -1 // as browsers do before they read a URL
		}
		return r
	}, strings.TrimSpace(href))
	if href == "" || href[0] == '#' {
		return
	}
	v.link = len(v.links)
	v.label = v.label[:0]
	v.links = append(v.links, Link{URL: Clip(tidy(href), maxURL)})
}

// closeLink ends the link that is open, if one is.
func (v *view) closeLink() {
	if v.link < 0 {
		return
	}
	v.links[v.link].Text = Clip(oneLine(visible(tidy(string(v.label)))), maxLinkText)
	v.link = -1
}

// breakAt begins a new line where tag stands for one, or parts two cells.
func (v *view) breakAt(tag atom.Atom) {
	switch tag {
	case atom.Td, atom.Th, atom.Option:
		v.shown.blank()
		v.hidden.blank()
	case atom.Br, atom.P, atom.Div, atom.Table, atom.Tr, atom.Li, atom.Ul, atom.Ol, atom.Dl, atom.Dt, atom.Dd, atom.Hr,
		atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Blockquote, atom.Center, atom.Pre, atom.Form,
		atom.Section, atom.Article, atom.Header, atom.Footer, atom.Body, atom.Title, atom.Fieldset, atom.Address,
		atom.Caption, atom.Main, atom.Nav, atom.Aside, atom.Figure, atom.Plaintext, atom.Xmp, atom.Listing, atom.Html:
		v.shown.line()
		v.hidden.line()
	}
}

// void tells elements that never have content.
func void(tag atom.Atom) bool {
	switch tag {
	case atom.Area, atom.Base, atom.Br, atom.Col, atom.Embed, atom.Hr, atom.Img, atom.Input, atom.Keygen,
		atom.Link, atom.Meta, atom.Param, atom.Source, atom.Track, atom.Wbr:
		return true
	}
	return false
}
