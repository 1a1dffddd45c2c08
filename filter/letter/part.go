package letter

import (
	"cmp"
	"strings"

	"github.com/emersion/go-message"
)

// part is a Part with what is needed to read it.
type part struct {
	Part
	boundary string
	disp     string // "attachment", "inline" or what else was given, lower case
}

// multipart tells a part that holds parts.
func (p *part) multipart() bool { return strings.HasPrefix(p.Type, "multipart/") }

// html tells a part whose content is markup.
func (p *part) html() bool { return p.Type == "text/html" || p.Type == "application/xhtml+xml" }

// text tells a part whose content a mail reader shows as words.
func (p *part) text() bool {
	return strings.HasPrefix(p.Type, "text/") && p.Type != "text/css" && p.Type != "text/javascript" || p.html()
}

// encoded tells a part whose octets need decoding.
func (p *part) encoded() bool { return p.Encoding == "base64" || p.Encoding == "quoted-printable" }

// describe reads what the header of a part says of it. dflt is the type where
// none is given.
func (o *opener) describe(h header, depth int, dflt string) part {
	p := part{Part: Part{Depth: depth, Type: dflt}}
	if v := h.get("Content-Type"); v != "" {
		typ, params := o.params("Content-Type", v)
		p.Type = mediaType(typ)
		if strings.HasPrefix(p.Type, "text/") {
			p.Charset = Clip(tidy(strings.ToLower(params["charset"])), maxLabel)
		}
		p.boundary = params["boundary"]
		p.Name = params["name"]
	}
	if v := h.get("Content-Disposition"); v != "" {
		disp, params := o.params("Content-Disposition", v)
		p.disp = Clip(tidy(strings.ToLower(disp)), maxLabel)
		if name := params["filename"]; name != "" {
			p.Name = name
		}
	}
	p.Name = Clip(tidy(oneLine(decodeWords(p.Name, cmp.Or(p.Charset, o.charset)))), maxName)
	p.Encoding = transfer(h.get("Content-Transfer-Encoding"))
	p.ID = Clip(tidy(strings.Trim(strings.TrimSpace(h.get("Content-ID")), "<>")), maxName)
	p.Inline = h.get("Content-ID") != "" && p.disp != "attachment"
	shown := p.text() && (p.disp == "inline" || depth == 0)
	p.Attached = !p.multipart() && (p.disp == "attachment" || p.Name != "" && !shown || !p.text())
	return p
}

// params reads a value with parameters: by the book where that goes, else with
// the tolerant reader.
func (o *opener) params(field, v string) (string, map[string]string) {
	v = Clip(v, maxParam)
	if strings.Contains(v, "=?") || strings.Contains(v, "*") {
		return looseParams(v) // the strict reader knows few charsets and drops the rest
	}
	var h message.Header
	h.Set(field, v)
	parse := h.ContentType
	if field == "Content-Disposition" {
		parse = h.ContentDisposition
	}
	if typ, params, err := parse(); err == nil {
		return typ, params
	}
	o.note(DefectPart, field+": "+v)
	return looseParams(v)
}

// mediaType makes a type of whatever stands in its place. RFC 2045, section
// 5.2: what is not understood is text/plain, or nobody would look at it.
func mediaType(s string) string {
	s = Clip(tidy(strings.ToLower(strings.TrimSpace(s))), maxLabel)
	top, sub, ok := strings.Cut(s, "/")
	switch {
	case ok && top != "" && sub != "" && !strings.ContainsAny(s, " \t"):
		return s
	case strings.Contains(s, "html"):
		return "text/html"
	case top == "multipart":
		return "multipart/mixed"
	}
	return "text/plain"
}

// transfer gives the name of a transfer encoding, in lower case and without
// what people put around it.
func transfer(s string) string {
	s, _, _ = strings.Cut(s, ";")
	s, _, _ = strings.Cut(s, "(")
	s = strings.ToLower(strings.Trim(s, " \t\"'"))
	switch s {
	case "base-64", "b64", "x-base64":
		return "base64"
	case "quoted printable", "quotedprintable", "qp", "quoted-printible":
		return "quoted-printable"
	case "7-bit", "7bits":
		return "7bit"
	case "8-bit", "8bits":
		return "8bit"
	}
	return Clip(tidy(s), maxLabel)
}
