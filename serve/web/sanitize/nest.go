package sanitize

import "golang.org/x/net/html"

// set makes a set of element names.
func set(names ...string) map[string]bool {
	m := make(map[string]bool, len(names))
	for _, n := range names {
		m[n] = true
	}
	return m
}

var (
	void    = set("br", "wbr", "hr", "img", "col")
	heading = set("h1", "h2", "h3", "h4", "h5", "h6")
	lists   = set("ol", "ul", "dir", "menu", "dl", "td", "th", "caption", "table")
	table   = set("table")
	p       = set("p")
	li      = set("li")
	term    = set("dd", "dt")
	anchor  = set("a")
	ruby    = set("ruby")
	group   = set("table", "thead", "tbody", "tfoot")
	rows    = set("table", "thead", "tbody", "tfoot", "tr") // no text may stand right in them
	inTable = set("caption", "colgroup", "col", "thead", "tbody", "tfoot", "tr", "td", "th")
	barrier = set("td", "th", "caption", "table") // over them nothing is closed from within
	closesP = set("address", "article", "aside", "blockquote", "center", "dir", "div", "dl", "figcaption", "figure", "footer",
		"header", "hr", "main", "menu", "nav", "ol", "p", "pre", "section", "table", "ul",
		"h1", "h2", "h3", "h4", "h5", "h6", "li", "dd", "dt")
)

// start writes a start tag, and before it the end tags that a browser would
// imply. It closes rather more than a browser does, so that a browser has
// nothing left to mend.
func (c *cleaner) start(name string, z *html.Tokenizer, more bool) {
	tag := name
	var attrs []html.Attribute
	switch name {
	case "body":
		tag = "div"
	case "image":
		tag = "img" // so says the standard, section 13.2.6.4.7
	}
	if _, ok := elements[tag]; !ok {
		return
	}
	if more {
		attrs = c.attributes(name, tag, z)
	}
	if name == "body" && len(attrs) == 0 || !c.place(tag) {
		return // a body is of use for the letter's colours only
	}
	most := maxDepth
	if inTable[tag] {
		most += 3 // what a table at the edge needs for its text
	}
	if len(c.open) >= most && !void[tag] {
		c.lost[tag]++
		return
	}
	c.out.WriteString("<" + tag)
	for _, a := range attrs {
		c.out.WriteString(" " + a.Key + `="` + html.EscapeString(a.Val) + `"`)
	}
	c.out.WriteByte('>')
	if !void[tag] {
		c.opened(tag)
	}
}

// place closes what an element may not stand in. False: it has no place here.
func (c *cleaner) place(tag string) bool {
	if inTable[tag] {
		return c.placeInTable(tag)
	}
	c.inFlow()
	if closesP[tag] {
		c.closeAt(c.nearest(p, barrier))
	}
	switch {
	case tag == "li":
		c.closeAt(c.nearest(li, lists))
	case tag == "dd" || tag == "dt":
		c.closeAt(c.nearest(term, lists))
	case heading[tag] && len(c.open) > 0 && heading[c.open[len(c.open)-1]]:
		c.closeTo(len(c.open) - 1)
	case tag == "a":
		c.closeAt(c.nearest(anchor, barrier))
	case tag == "rt" || tag == "rp":
		i := c.nearest(ruby, barrier)
		if i < 0 {
			return false
		}
		c.closeTo(i + 1)
	}
	return true
}

// placeInTable is place for the parts of a table: each stands in the part that
// it belongs to, which is made where it was forgotten.
func (c *cleaner) placeInTable(tag string) bool {
	i := c.nearest(table, nil)
	if i < 0 {
		return false
	}
	switch tag {
	case "col":
		if c.open[len(c.open)-1] != "colgroup" {
			c.closeTo(i + 1)
			c.begin("colgroup")
		}
	case "tr":
		c.closeTo(c.nearest(group, nil) + 1)
		c.inBody()
	case "td", "th":
		c.closeTo(c.nearest(rows, nil) + 1)
		c.inRow()
	default:
		c.closeTo(i + 1)
	}
	return true
}

// inFlow makes a cell where text or an element would stand in a table and
// outside of its cells. A browser puts it before the table.
func (c *cleaner) inFlow() {
	if n := len(c.open); n > 0 && c.open[n-1] == "colgroup" {
		c.closeTo(n - 1)
	}
	if n := len(c.open); n > 0 && rows[c.open[n-1]] {
		c.inRow()
		c.begin("td")
	}
}

// inRow makes a row where none is open in a table.
func (c *cleaner) inRow() {
	if c.open[len(c.open)-1] != "tr" {
		c.inBody()
		c.begin("tr")
	}
}

// inBody makes the body of a table where it has none.
func (c *cleaner) inBody() {
	if c.open[len(c.open)-1] == "table" {
		c.begin("tbody")
	}
}

// end closes an element, and those in it that are open.
func (c *cleaner) end(tag string) {
	whole := tag == "html" || tag == "body"
	if c.dropping != "" {
		if c.dropping == tag {
			c.nested--
		}
		if whole {
			c.nested, c.Cut = 0, true
		}
		if c.nested == 0 {
			c.dropping = ""
		}
		return
	}
	switch {
	case c.lost[tag] > 0:
		c.lost[tag]--
	case tag == "html":
		c.closeTo(0) // what follows is of another part of the message, or a list's footer
	case heading[tag]:
		c.closeAt(c.nearest(heading, barrier))
	case inTable[tag] || table[tag]:
		c.closeAt(c.nearest(set(tag), table))
	default:
		c.closeAt(c.nearest(set(tag), barrier))
	}
}

// nearest finds the innermost open element of a set; -1: there is none before
// one of the other set.
func (c *cleaner) nearest(want, stop map[string]bool) int {
	some := false
	for name := range want {
		some = some || c.count[name] > 0
	}
	for i := len(c.open) - 1; some && i >= 0; i-- {
		if want[c.open[i]] {
			return i
		}
		if stop[c.open[i]] {
			return -1
		}
	}
	return -1
}

func (c *cleaner) begin(tag string) {
	c.out.WriteString("<" + tag + ">")
	c.opened(tag)
}

func (c *cleaner) opened(tag string) {
	c.open = append(c.open, tag)
	c.count[tag]++
}

// closeAt closes the i-th open element and those in it; -1 is none.
func (c *cleaner) closeAt(i int) {
	if i >= 0 {
		c.closeTo(i)
	}
}

// closeTo closes elements until n are open.
func (c *cleaner) closeTo(n int) {
	for len(c.open) > n {
		last := len(c.open) - 1
		c.out.WriteString("</" + c.open[last] + ">")
		c.count[c.open[last]]--
		c.open = c.open[:last]
	}
}
