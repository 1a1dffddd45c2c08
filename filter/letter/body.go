package letter

import (
	"bytes"
	"encoding/base64"
	"io"
	"strings"

	"github.com/emersion/go-message"
)

// leaf takes in a part that holds no parts.
func (o *opener) leaf(p *part, body []byte) {
	words := p.text() && (!p.Attached || p.Depth == 0)
	switch {
	case !words && p.Encoding == "base64":
		var clean bool
		p.Size, clean = base64Size(body)
		if !clean {
			o.note(DefectBadBase64, "")
		}
		p.Start = looseBase64(body[:min(len(body), 512)], startOctets)
	case !words && p.Encoding == "quoted-printable":
		p.Size = quotedSize(body)
		p.Start = looseQuoted(body, startOctets)
	case !words:
		p.Size = int64(len(body))
		p.Start = body
	default:
		data := o.decode(p, body, o.room(p.html())+1)
		p.Size = int64(len(data))
		p.Start = data
		if len(data) > o.room(p.html()) {
			p.Size = o.fullSize(p, body)
		}
		o.add(p, data, p.html())
	}
	p.Start = bytes.Clone(p.Start[:min(len(p.Start), startOctets)])
	o.l.Parts = append(o.l.Parts, p.Part)
	if !words {
		o.show(p, body)
	}
}

// show hands a part to whoever asked to see the parts.
func (o *opener) show(p *part, body []byte) {
	if o.see == nil {
		return
	}
	o.see(p.Part, func(most int) []byte {
		apart := opener{l: &Letter{}, lim: o.lim} // what is wrong is noted once
		return apart.decode(p, body, most)
	})
}

// Text gives the words of a text part whose octets are given, decoded by its
// charset, or by what its octets look like: of HTML those that a reader sees. It is
// valid UTF-8. Programs that attach files know nothing of their charset.
func (p Part) Text(data []byte) string {
	whole := part{Part: p}
	if !whole.html() {
		return toUTF8(data, p.Charset, guessCharset(data))
	}
	label := p.Charset
	if label == "" {
		label = metaCharset(data)
	}
	return readHTML(toUTF8(data, label, guessCharset(data)), Defaults()).shown.string()
}

// raw scans octets without a usable structure as words, so that breaking the
// structure is no way around the filter. It adds no Part.
func (o *opener) raw(p *part, body []byte) {
	data := o.decode(p, body, o.lim.Text+1)
	o.add(p, data, looksHTML(data))
}

// room gives how many more octets of text, or of HTML, are taken.
func (o *opener) room(html bool) int {
	if html {
		return o.lim.Text - o.htmlLen
	}
	return o.lim.Text - o.textLen
}

// add takes decoded octets into Text or HTML, as UTF-8.
func (o *opener) add(p *part, data []byte, html bool) {
	room := o.room(html)
	if len(data) > room {
		o.note(DefectText, "")
		data = data[:max(room, 0)]
	}
	if len(data) == 0 {
		return
	}
	label := p.Charset
	if html && label == "" {
		label = metaCharset(data)
	}
	s, fits := decodeCharset(data, label)
	if !fits {
		o.note(DefectBadCharset, label)
	}
	if o.charset == "" && p.Charset != "" && known(p.Charset) {
		o.charset = p.Charset
	}
	if strings.IndexByte(s, 0) >= 0 {
		o.note(DefectNUL, "")
		s = strings.ReplaceAll(s, "\x00", "")
	}
	if o.crcrlf {
		s = strings.ReplaceAll(s, "\r\r\n", "\n")
	}
	s = Clip(strings.ReplaceAll(s, "\r\n", "\n"), room)
	if html {
		o.htmls = append(o.htmls, s)
		o.htmlLen += len(s) + len(between)
		return
	}
	o.texts = append(o.texts, s)
	o.textLen += len(s) + len(between)
}

// decode undoes the transfer encoding of a part and gives at most limit
// octets. The strict decoder goes first; where it stops, the whole is decoded
// again by rules that go on.
func (o *opener) decode(p *part, body []byte, limit int) []byte {
	limit = max(limit, 0)
	switch p.Encoding {
	case "", "7bit", "8bit", "binary":
		return body[:min(len(body), limit)]
	case "base64", "quoted-printable":
	default:
		o.note(DefectBadEncoding, p.Encoding)
		return body[:min(len(body), limit)]
	}
	var h message.Header
	h.Set("Content-Type", "application/octet-stream") // charsets are undone afterwards
	h.Set("Content-Transfer-Encoding", p.Encoding)
	e, err := message.New(h, bytes.NewReader(body))
	if err == nil {
		buf := bytes.NewBuffer(make([]byte, 0, min(len(body), limit)+bytes.MinRead))
		if _, err = buf.ReadFrom(io.LimitReader(e.Body, int64(limit))); err == nil {
			return buf.Bytes()
		}
	}
	if p.Encoding == "base64" {
		o.note(DefectBadBase64, "")
		return looseBase64(body, limit)
	}
	o.note(DefectBadEncoding, "broken quoted-printable")
	return looseQuoted(body, limit)
}

// fullSize gives the decoded size of a part without decoding it.
func (o *opener) fullSize(p *part, body []byte) int64 {
	switch p.Encoding {
	case "base64":
		n, _ := base64Size(body)
		return n
	case "quoted-printable":
		return quotedSize(body)
	}
	return int64(len(body))
}

// looksHTML tells markup by its first tags.
func looksHTML(b []byte) bool {
	b = bytes.ToLower(b[:min(len(b), 4<<10)])
	for _, tag := range []string{"<html", "<body", "<!doctype html", "<table", "<a href", "<br", "<p>"} {
		if bytes.Contains(b, []byte(tag)) {
			return true
		}
	}
	return false
}

// base64Class says of each octet: 1 of the alphabet, 2 blank, 3 padding, 0 foreign.
var base64Class = func() (t [256]byte) {
	for _, c := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/" {
		t[c] = 1
	}
	for _, c := range " \t\r\n" {
		t[c] = 2
	}
	t['='] = 3
	return t
}()

// base64Size gives the decoded size of base64, and whether it is well formed.
func base64Size(b []byte) (size int64, clean bool) {
	var count [4]int64
	for _, c := range b {
		count[base64Class[c]&3]++
	}
	n, pad := count[1], count[3]
	clean = count[0] == 0 && pad <= 2 && (n+pad)%4 == 0
	return n * 3 / 4, clean
}

// looseBase64 decodes what can be decoded, at most limit octets. Foreign
// octets are skipped. Padding ends a run; after it, only lines of whole
// groups go on, so that the footers of mailing lists do not turn into noise.
func looseBase64(b []byte, limit int) []byte {
	out := make([]byte, 0, min(len(b)*3/4+3, limit+3))
	var quad [4]byte
	n, padded := 0, false
	flush := func() {
		if n > 1 {
			m, _ := base64.RawStdEncoding.Decode(quad[:3], quad[:n])
			out = append(out, quad[:m]...)
		}
		n = 0
	}
	for len(b) > 0 && len(out) < limit {
		line, rest, _ := bytes.Cut(b, []byte("\n"))
		b = rest
		if padded && !wholeBase64(line) {
			continue
		}
		for _, c := range line {
			switch base64Class[c] {
			case 1:
				quad[n] = c
				if n++; n == 4 {
					flush()
				}
			case 3:
				flush()
				padded = true
			}
			if len(out) >= limit {
				break
			}
		}
	}
	flush()
	return out[:min(len(out), limit)]
}

// wholeBase64 tells a line of whole groups of base64 and nothing else.
func wholeBase64(line []byte) bool {
	line = bytes.TrimSpace(line)
	for _, c := range line {
		if base64Class[c] != 1 && c != '=' {
			return false
		}
	}
	return len(line)%4 == 0
}

// looseQuoted decodes quoted-printable, at most limit octets. An escape that
// is none stays as it stands.
func looseQuoted(b []byte, limit int) []byte {
	out := make([]byte, 0, min(len(b), limit))
	for i := 0; i < len(b) && len(out) < limit; i++ {
		if b[i] != '=' {
			out = append(out, b[i])
			continue
		}
		if c, ok := hexPair(b[i+1:]); ok {
			out = append(out, c)
			i += 2
		} else if n := softBreak(b[i+1:]); n > 0 {
			i += n
		} else {
			out = append(out, '=')
		}
	}
	return out
}

// quotedSize gives the decoded size of quoted-printable. It looks at each octet
// in turn: a search for the next '=' costs more where there is nothing else.
func quotedSize(b []byte) int64 {
	size := int64(len(b))
	for i := 0; i < len(b); i++ {
		if b[i] != '=' || i+1 < len(b) && b[i+1] == '=' {
			continue
		}
		if _, ok := hexPair(b[i+1:]); ok {
			size -= 2
			i += 2
		} else if n := softBreak(b[i+1:]); n > 0 {
			size -= int64(n) + 1
			i += n
		}
	}
	return size
}

// softBreak gives how many octets after a '=' belong to a soft line break:
// blanks and the line ending, or nothing at the end of all.
func softBreak(b []byte) int {
	for i, c := range b[:min(len(b), 80)] {
		switch c {
		case '\n':
			return i + 1
		case ' ', '\t', '\r':
		default:
			return 0
		}
	}
	return 0
}

// hexPair reads two hex digits.
func hexPair(b []byte) (byte, bool) {
	if len(b) < 2 {
		return 0, false
	}
	hi, lo := unhex(b[0]), unhex(b[1])
	return hi<<4 | lo, hi < 16 && lo < 16
}

func unhex(c byte) byte { return hexValue[c] }

// hexValue is what an octet is worth as a hex digit, 16 where it is none. Equals
// signs by the million are looked up faster than compared.
var hexValue = func() (t [256]byte) {
	for c := range t {
		t[c] = 16
	}
	for i, c := range "0123456789ABCDEF" {
		t[c] = byte(i)
		t[c|0x20] = byte(i)
	}
	return t
}()
