package blob

import "bytes"

// fromWord begins the line between two messages of an mbox.
const fromWord = "From "

// A line's state while it is quoted or unquoted: how much of fromWord was met
// after the line's leading >s, or inLine when it can no longer be met.
const inLine = -1

// quoter puts one more > before every line that is fromWord behind any number
// of >s (mboxrd), so that no line of a message can be taken for the start of
// the next one. It takes a message in pieces and holds back at most four
// octets; a line end is LF, with or without CR.
type quoter struct{ met int }

// quote appends to dst what src becomes.
func (q *quoter) quote(dst, src []byte) []byte {
	for len(src) > 0 {
		switch {
		case q.met == inLine:
			i := bytes.IndexByte(src, '\n')
			if i < 0 {
				return append(dst, src...)
			}
			dst, src, q.met = append(dst, src[:i+1]...), src[i+1:], 0
		case q.met == 0 && src[0] == '>':
			dst, src = append(dst, '>'), src[1:]
		case src[0] == fromWord[q.met]:
			if src, q.met = src[1:], q.met+1; q.met == len(fromWord) {
				dst, q.met = append(append(dst, '>'), fromWord...), inLine
			}
		default:
			dst = q.flush(dst)
		}
	}
	return dst
}

// flush appends what was held back. It ends a message, or a line's start.
func (q *quoter) flush(dst []byte) []byte {
	if q.met > 0 {
		dst = append(dst, fromWord[:q.met]...)
	}
	q.met = inLine
	return dst
}

// unquoter undoes quoter. Dst may be the start of src's own array: it never
// writes further than it has read.
type unquoter struct {
	met  int
	mark bool // one > is held back: it goes if fromWord follows
}

func (u *unquoter) unquote(dst, src []byte) []byte {
	for len(src) > 0 {
		switch {
		case u.met == inLine:
			i := bytes.IndexByte(src, '\n')
			if i < 0 {
				return append(dst, src...)
			}
			dst, src, u.met = append(dst, src[:i+1]...), src[i+1:], 0
		case u.met == 0 && src[0] == '>':
			if u.mark {
				dst = append(dst, '>')
			}
			src, u.mark = src[1:], true
		case src[0] == fromWord[u.met]:
			if src, u.met = src[1:], u.met+1; u.met == len(fromWord) {
				dst, u.met, u.mark = append(dst, fromWord...), inLine, false
			}
		default:
			dst = u.flush(dst)
		}
	}
	return dst
}

func (u *unquoter) flush(dst []byte) []byte {
	if u.mark {
		dst = append(dst, '>')
	}
	if u.met > 0 {
		dst = append(dst, fromWord[:u.met]...)
	}
	u.met, u.mark = inLine, false
	return dst
}

// quoteAll is quote and flush for a whole message; most hold no fromWord and
// are copied at once.
func quoteAll(dst, msg []byte) []byte {
	if !bytes.Contains(msg, []byte(fromWord)) {
		return append(dst, msg...)
	}
	var q quoter
	return q.flush(q.quote(dst, msg))
}

// unquoteAll unquotes in place.
func unquoteAll(text []byte) []byte {
	if !bytes.Contains(text, []byte(fromWord)) {
		return text
	}
	var u unquoter
	return u.flush(u.unquote(text[:0], text))
}
