package downgrade

import (
	"bytes"
	"io"
	"strings"
	"unicode/utf8"
)

// MaxHeader is how many octets a header may have, its last empty line included.
const MaxHeader = 256 << 10

// Reader gives the message that r gives with its header made ASCII. Line ends stay
// as they are; new ones are like those of their field.
func Reader(r io.Reader) io.Reader { return &reader{src: r} }

type reader struct {
	src  io.Reader
	head io.Reader // nil until the header was read
	err  error     // that ended it
}

func (r *reader) Read(p []byte) (int, error) {
	if r.head == nil {
		head, rest, err := split(r.src)
		if rest != nil {
			head, _ = header(head)
		}
		r.head, r.err = io.MultiReader(bytes.NewReader(head), bytes.NewReader(rest)), err
	}
	n, err := r.head.Read(p)
	if err != io.EOF {
		return n, err
	}
	if r.err != nil {
		return n, r.err
	}
	return r.src.Read(p)
}

// Grow tells whether the message that r gives has a header that Reader changes,
// and by how many octets it grows then, counted with CRLF line ends. It reads
// no more than the header. An error of r's is given back.
func Grow(r io.Reader) (octets int64, changes bool, err error) {
	head, rest, err := split(r)
	if err == io.EOF {
		err = nil
	}
	if err != nil || rest == nil {
		return 0, false, err
	}
	out, changes := header(head)
	return crlf(out) - crlf(head), changes, nil
}

// crlf counts the octets of b once each bare LF is CRLF.
func crlf(b []byte) int64 {
	return int64(len(b) + bytes.Count(b, []byte("\n")) - bytes.Count(b, []byte("\r\n")))
}

// split reads a header up to its empty line, and what came with it. Rest is nil
// where the header is too long to be one. The error is what r ended with, if it
// did.
func split(r io.Reader) (head, rest []byte, err error) {
	buf := make([]byte, 0, 4<<10)
	for from := 0; len(buf) < MaxHeader; {
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
		n, rerr := r.Read(buf[len(buf):min(cap(buf), MaxHeader)])
		buf = buf[:len(buf)+n]
		if at := end(buf, from); at >= 0 {
			return buf[:at], buf[at:], rerr
		}
		from = max(0, bytes.LastIndexByte(buf, '\n')) // in the line that is not whole
		if rerr != nil {
			return buf, []byte{}, rerr
		}
	}
	return buf, nil, nil
}

// end finds where the empty line ends that ends a header, and looks for it from
// the start of a line or its predecessor's LF on; -1 where there is none.
func end(b []byte, from int) int {
	if from < len(b) && b[from] == '\n' && from > 0 {
		from++
	}
	for from < len(b) {
		n := bytes.IndexByte(b[from:], '\n')
		if n < 0 {
			return -1
		}
		if line := b[from : from+n]; len(line) == 0 || string(line) == "\r" {
			return from + n + 1
		}
		from += n + 1
	}
	return -1
}

// header makes a header ASCII, field by field.
func header(b []byte) (out []byte, changed bool) {
	if ascii(b) {
		return b, false
	}
	out = make([]byte, 0, len(b)+len(b)/2)
	for len(b) > 0 {
		n := fieldEnd(b)
		f := b[:n]
		b = b[n:]
		if made, ok := field(string(f)); ok {
			out, changed = append(out, made...), true
			continue
		}
		out = append(out, f...)
	}
	return out, changed
}

// fieldEnd finds where a line ends, with those that go on with it.
func fieldEnd(b []byte) int {
	n := 0
	for {
		i := bytes.IndexByte(b[n:], '\n')
		if i < 0 {
			return len(b)
		}
		if n += i + 1; n == len(b) || b[n] != ' ' && b[n] != '\t' {
			return n
		}
	}
}

func ascii[T string | []byte](s T) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// maxName is how long a field's name may be to be one.
const maxName = 900

// field makes one field ASCII; false where it stays as it is.
func field(f string) (string, bool) {
	colon := strings.IndexByte(f, ':')
	if ascii(f) || !utf8.ValidString(f) || colon <= 0 || colon > maxName {
		return "", false
	}
	name := strings.ToLower(strings.TrimRight(f[:colon], " \t"))
	for i := range len(name) { // RFC 5322, 2.2
		if name[i] <= ' ' || name[i] >= 0x7F {
			return "", false
		}
	}
	value, eol := unfold(f[colon+1:])
	fold := eol
	if fold == "" || fold == "\r" {
		fold = "\r\n"
	}
	lead := f[:colon+1]
	for _, as := range []func(string) ([]string, bool){kinds[name], text} {
		if as == nil {
			continue
		}
		if tokens, ok := as(value); ok {
			if made, ok := folded(lead, tokens, fold); ok {
				return made + eol, true
			}
		}
	}
	return "", false
}

// kinds are the fields that are not text.
var kinds = map[string]func(string) ([]string, bool){
	"content-type": parameters, "content-disposition": parameters,
	"from": addresses, "sender": addresses, "reply-to": addresses, "to": addresses, "cc": addresses, "bcc": addresses,
	"resent-from": addresses, "resent-sender": addresses, "resent-to": addresses, "resent-cc": addresses, "resent-bcc": addresses,
	"disposition-notification-to": addresses, "return-receipt-to": addresses, "mail-followup-to": addresses, "mail-reply-to": addresses,
}

// unfold takes the line ends out of a field's value (RFC 5322, 2.2.3), and gives
// the last one.
func unfold(v string) (value, eol string) {
	switch {
	case strings.HasSuffix(v, "\r\n"):
		eol = "\r\n"
	case strings.HasSuffix(v, "\n"):
		eol = "\n"
	case strings.HasSuffix(v, "\r"): // the message ends within a line end
		eol = "\r"
	}
	v = strings.TrimSuffix(v, eol)
	return strings.ReplaceAll(strings.ReplaceAll(v, "\r\n", ""), "\n", ""), eol
}

// Lengths of lines, without their ends (RFC 5322, 2.1.1).
const (
	goodLine = 76
	maxLine  = 998
)

// folded joins tokens, each with the blanks before it, to lines; false where one
// would be too long.
func folded(lead string, tokens []string, eol string) (string, bool) {
	var b strings.Builder
	b.WriteString(lead)
	at := len(lead)
	for i, t := range tokens {
		blank := t != "" && (t[0] == ' ' || t[0] == '\t')
		if i > 0 && blank && at+len(t) > goodLine && strings.Trim(t, " \t") != "" {
			b.WriteString(eol)
			at = 0
		}
		b.WriteString(t)
		if at += len(t); at > maxLine {
			return "", false
		}
	}
	return b.String(), true
}
