package sample

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
)

type field struct{ name, value string }

// attachment is one file of a mail.
type attachment struct {
	name string
	kind string // media type with its parameters
	data []byte
}

// note is a message before it is rendered. Texts end their lines in LF.
type note struct {
	lang      string
	from, to  person
	date      time.Time
	id        string
	refs      []string // Message-IDs of its forebears, oldest first
	subject   string
	extra     []field
	charset   string // of text and html
	transfer  string // of text and html
	text      string
	html      string // empty: none
	htmlOnly  bool   // text is not sent
	calendar  string // an invitation beside the text; empty: none
	files     []attachment
	hop, code string // address literal of the sending host; a reference number
}

// render gives the message as it goes over the wire.
func (m *note) render() []byte {
	root := m.body()
	for i, f := range m.files {
		if i == 0 {
			root = &part{header: []field{{"Content-Type", `multipart/mixed; boundary="` + m.boundary("mix") + `"`}}, parts: []*part{root}}
		}
		root.parts = append(root.parts, f.part())
	}
	var out bytes.Buffer
	for _, f := range m.header() {
		fmt.Fprintf(&out, "%s: %s\r\n", f.name, f.value)
	}
	root.write(&out)
	return out.Bytes()
}

// body is the text with its alternatives.
func (m *note) body() *part {
	var all []*part
	if !m.htmlOnly {
		all = append(all, m.textPart("text/plain", m.text))
	}
	if m.html != "" {
		all = append(all, m.textPart("text/html", m.html))
	}
	if m.calendar != "" {
		all = append(all, &part{
			header: []field{{"Content-Type", `text/calendar; charset="UTF-8"; method=REQUEST`}, {"Content-Transfer-Encoding", "base64"}},
			body:   base64Lines([]byte(crlf(m.calendar))),
		})
	}
	if len(all) == 1 {
		return all[0]
	}
	return &part{header: []field{{"Content-Type", `multipart/alternative; boundary="` + m.boundary("alt") + `"`}}, parts: all}
}

func (m *note) header() []field {
	h := []field{
		{"Return-Path", "<" + m.from.addr + ">"},
		{"Received", fmt.Sprintf("from mail.%s ([%s])\r\n\tby mx.example.net with ESMTPS id %s;\r\n\t%s",
			m.from.domain(), m.hop, strings.ReplaceAll(m.code, "-", ""), m.date.Add(3*time.Second).Format(time.RFC1123Z))},
		{"From", m.address(m.from)},
		{"To", m.address(m.to)},
		{"Subject", m.words(m.subject)},
		{"Date", m.date.Format(time.RFC1123Z)},
		{"Message-ID", "<" + m.id + ">"},
	}
	if n := len(m.refs); n > 0 {
		h = append(h,
			field{"In-Reply-To", "<" + m.refs[n-1] + ">"},
			field{"References", "<" + strings.Join(m.refs, ">\r\n <") + ">"})
	}
	h = append(h, m.extra...)
	return append(h, field{"MIME-Version", "1.0"})
}

func (m *note) address(p person) string {
	if p.name == "" {
		return p.addr
	}
	if isASCII(p.name) {
		return (&mail.Address{Name: p.name, Address: p.addr}).String()
	}
	return m.words(p.name) + " <" + p.addr + ">"
}

// boundary cannot stand in any text of ours, as no text has a "=_".
func (m *note) boundary(role string) string { return "=_" + role + "_" + m.code }

func (m *note) textPart(kind, text string) *part {
	charset, transfer := m.charset, m.transfer
	if isASCII(text) {
		charset, transfer = "US-ASCII", "7bit"
	}
	raw := encodeText(charset, crlf(text))
	switch transfer {
	case "quoted-printable":
		raw = quotedPrintable(raw)
	case "base64":
		raw = base64Lines(raw)
	}
	return &part{
		header: []field{
			{"Content-Type", fmt.Sprintf("%s; charset=%q", kind, charset)},
			{"Content-Transfer-Encoding", transfer},
		},
		body: raw,
	}
}

// words encodes a header value where it needs it (RFC 2047), in the charset of
// the text where that is a Japanese one, and in UTF-8 otherwise.
func (m *note) words(s string) string {
	if isASCII(s) {
		return s
	}
	if m.lang != "ja" {
		return strings.ReplaceAll(mime.QEncoding.Encode("UTF-8", s), "?= =?", "?=\r\n =?")
	}
	var words []string
	var chunk []byte
	flush := func() {
		words = append(words, fmt.Sprintf("=?%s?B?%s?=", m.charset, base64.StdEncoding.EncodeToString(chunk)))
	}
	start := 0
	for i, r := range s {
		next := encodeText(m.charset, s[start:i+utf8.RuneLen(r)])
		// 40 octets are 56 of base64, and a word holds 75 at most.
		if len(next) > 40 {
			flush()
			start = i
			next = encodeText(m.charset, s[i:i+utf8.RuneLen(r)])
		}
		chunk = next
	}
	flush()
	return strings.Join(words, "\r\n ")
}

// part is a MIME part; one with parts has no body.
type part struct {
	header []field
	parts  []*part
	body   []byte
}

func (p *part) write(out *bytes.Buffer) {
	for _, f := range p.header {
		fmt.Fprintf(out, "%s: %s\r\n", f.name, f.value)
	}
	if p.parts != nil && p.eightBit() {
		out.WriteString("Content-Transfer-Encoding: 8bit\r\n")
	}
	out.WriteString("\r\n")
	if p.parts == nil {
		out.Write(p.body)
		return
	}
	_, boundary, _ := strings.Cut(p.header[0].value, `boundary="`)
	boundary = strings.TrimSuffix(boundary, `"`)
	for _, q := range p.parts {
		out.WriteString("--" + boundary + "\r\n")
		q.write(out)
		// The line end before a boundary belongs to the boundary (RFC 2046, 5.1.1).
		out.WriteString("\r\n")
	}
	out.WriteString("--" + boundary + "--\r\n")
}

// eightBit tells whether a part holds 8-bit octets, at any depth: then all
// around it must be labelled so (RFC 2045, section 6.4).
func (p *part) eightBit() bool {
	return slices.ContainsFunc(p.parts, (*part).eightBit) || isEightBit(p.body)
}

func isEightBit(raw []byte) bool {
	return slices.ContainsFunc(raw, func(b byte) bool { return b >= 0x80 })
}

// part dresses a file, a message as it is and all else in base64. A name outside
// ASCII is written as RFC 2231 has it.
func (a attachment) part() *part {
	name := fmt.Sprintf("filename=%q", a.name)
	if !isASCII(a.name) {
		name = "filename*=UTF-8''" + url.PathEscape(a.name)
	}
	h := []field{{"Content-Type", a.kind}, {"Content-Disposition", "attachment;\r\n " + name}}
	if strings.HasPrefix(a.kind, "message/") {
		// RFC 2046, section 5.2.1: a message is never encoded.
		if isEightBit(a.data) {
			h = append(h, field{"Content-Transfer-Encoding", "8bit"})
		}
		return &part{header: h, body: a.data}
	}
	return &part{header: append(h, field{"Content-Transfer-Encoding", "base64"}), body: base64Lines(a.data)}
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
}

func crlf(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }

// encodeText turns text into a charset. The texts are ours: one that does not
// fit its charset is a mistake in this package.
func encodeText(charset, text string) []byte {
	var enc encoding.Encoding
	switch charset {
	case "US-ASCII", "UTF-8":
		return []byte(text)
	case "ISO-8859-1":
		enc = charmap.ISO8859_1
	case "ISO-2022-JP":
		enc = japanese.ISO2022JP
	case "Shift_JIS":
		enc = japanese.ShiftJIS
	default:
		panic("sample: unknown charset " + charset)
	}
	raw, err := enc.NewEncoder().Bytes([]byte(text))
	if err != nil {
		panic(fmt.Sprintf("sample: %q in %s: %v", text, charset, err))
	}
	if charset == "ISO-2022-JP" && !bytes.HasSuffix(raw, []byte("\n")) && bytes.IndexByte(raw, 0x1b) >= 0 && !bytes.HasSuffix(raw, []byte("\x1b(B")) {
		// RFC 1468: text ends in ASCII.
		raw = append(raw, "\x1b(B"...)
	}
	return raw
}

func quotedPrintable(raw []byte) []byte {
	var out bytes.Buffer
	w := quotedprintable.NewWriter(&out)
	w.Write(raw) // a bytes.Buffer never refuses
	w.Close()
	return out.Bytes()
}

// base64Lines encodes in lines of 76 (RFC 2045, section 6.8).
func base64Lines(raw []byte) []byte {
	text := base64.StdEncoding.EncodeToString(raw)
	var out bytes.Buffer
	for len(text) > 0 {
		n := min(76, len(text))
		out.WriteString(text[:n] + "\r\n")
		text = text[n:]
	}
	return out.Bytes()
}
