package mail

import (
	"bytes"
	"html/template"
	"strconv"

	"restante/filter/letter"
	"restante/serve/web"
	"restante/serve/web/sanitize"
)

// framePage is the page within the page, in which a stranger's HTML is shown.
var framePage = template.Must(template.New("frame.html").Funcs(template.FuncMap{"asset": web.Asset}).ParseFS(files, "frame.html"))

// frame shows a letter's HTML, made safe, to be framed by the reader. Its pictures
// are parts of the message; others are loaded only where that was asked for.
//
// The frame is sandboxed twice, by its element and by its policy, and runs no
// scripts. It keeps our origin all the same: without it browsers send no cookie
// for the pictures, and the page around it could not make it as high as it is.
func (p *pages) frame(c *web.Call) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	l, parts, err := p.open(c, id)
	if err != nil {
		return err
	}
	images := c.R.URL.Query().Get("images") == "1"
	var b bytes.Buffer
	clean := template.HTML(clean(l, parts, pathOf(id), images).HTML) // which is what sanitize is for
	if err := framePage.Execute(&b, clean); err != nil {
		return err
	}
	source := "'self' data:"
	if images {
		source += " https: http:"
	}
	h := c.W.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; img-src "+source+"; style-src 'self'; style-src-attr 'unsafe-inline'; "+
		"form-action 'none'; base-uri 'none'; frame-ancestors 'self'; sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox")
	h.Set("X-Frame-Options", "SAMEORIGIN")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Content-Type", "text/html; charset=utf-8")
	return give(c, b.Bytes())
}

func pathOf(id int64) string { return "/mail/" + strconv.FormatInt(id, 10) }

// clean makes the HTML of a letter safe.
func clean(l *letter.Letter, parts []letter.Part, base string, images bool) sanitize.Result {
	o := sanitize.Options{Part: func(id string) string {
		for i, x := range parts {
			if x.ID != "" && x.ID == id && picture(x) != "" && x.Size <= previewMost {
				return base + "/part/" + strconv.Itoa(i) + "/view"
			}
		}
		return ""
	}}
	if images {
		o.Remote = func(u string) string { return u }
	}
	return sanitize.Clean(l.HTML, o)
}
