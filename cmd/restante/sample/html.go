package sample

import (
	"fmt"
	"html"
	"regexp"
	"strings"
)

var bareLink = regexp.MustCompile(`https?://[^\s<]+`)

// markup shows the text as HTML: a paragraph for a paragraph, links that can be
// followed, a heading above.
func markup(m *note, heading, colour string) string {
	var out strings.Builder
	fmt.Fprintf(&out, "<!DOCTYPE html>\n<html lang=%q><head><meta charset=%q><title>%s</title></head>\n",
		m.lang, m.charset, html.EscapeString(m.subject))
	fmt.Fprintf(&out, "<body style=\"font-family:sans-serif;max-width:40em\">\n<h1 style=\"color:%s\">%s</h1>\n",
		colour, html.EscapeString(heading))
	for para := range strings.SplitSeq(strings.TrimSpace(m.text), "\n\n") {
		text := html.EscapeString(para)
		text = bareLink.ReplaceAllStringFunc(text, func(link string) string {
			return fmt.Sprintf(`<a href="%s">%s</a>`, link, link)
		})
		out.WriteString("<p>" + strings.ReplaceAll(text, "\n", "<br>\n") + "</p>\n")
	}
	out.WriteString("</body></html>\n")
	return out.String()
}

// letterpress dresses a mail as an issue of a newsletter.
func letterpress(l *list, colour string) func(*gen, *note) {
	return func(_ *gen, m *note) {
		to := m.to
		l.sign(m)
		m.to = to // a newsletter is addressed to the reader
		m.html = markup(m, l.name, colour)
	}
}

// shout dresses a spam in HTML: sometimes beside the text, sometimes alone,
// with a button that hides where it leads.
func shout(button string) func(*gen, *note) {
	return func(g *gen, m *note) {
		if g.serial%2 == 0 {
			return
		}
		m.html = strings.Replace(markup(m, m.subject, "#c00000"), "</body>", fmt.Sprintf(
			"<p style=\"background:#c00000;padding:1em\"><a style=\"color:#ffffff\" href=\"http://%s/c/%s\">%s</a></p>\n"+
				"<img src=\"http://%s/o.gif?%s\" width=\"1\" height=\"1\"></body>",
			m.from.domain(), m.code, html.EscapeString(button), m.from.domain(), m.code), 1)
		m.htmlOnly = g.serial%4 == 1
	}
}
