package letter

import "strings"

// finish joins the texts and reads the markup.
func (o *opener) finish() {
	o.l.Text = Clip(strings.Join(o.texts, between), o.lim.Text)
	o.l.HTML = Clip(strings.Join(o.htmls, between), o.lim.Text)
	if o.l.HTML != "" {
		v := readHTML(o.l.HTML, o.lim)
		o.l.HTMLText, o.l.Hidden, o.l.Links = v.shown.string(), v.hidden.string(), v.links
		if v.cut {
			o.note(DefectText, "too many tags, or too long")
		}
	}
	o.l.Links = bareLinks(o.l.Links, o.l.Text, o.lim.Links+1)
	if len(o.l.Links) > o.lim.Links {
		o.note(DefectLinks, "")
		o.l.Links = o.l.Links[:o.lim.Links]
	}
}
