// Package mboxrd is the quoting by which an mbox holds any message and gives it
// back exactly: one more > stands before every line that is "From " behind any
// number of >s, so that no line of a message can be taken for the start of the
// next one.
//
// It promises that what is unquoted is, to the octet, what was quoted, wherever
// it was cut into pieces; and that no line of what is quoted begins with
// "From ". A line ends at LF, with or without CR.
//
// # Why
//
// Of the dialects (mboxo, mboxrd, mboxcl, mboxcl2) it is the only one that can be
// undone without a length in the header. It is a package of its own because the
// archive writes it and the importer reads it, and both must mean the same.
package mboxrd

import "bytes"

// From begins the line between two messages of an mbox.
const From = "From "

// A line's state while it is quoted or unquoted: how much of From was met after
// the line's leading >s, or inLine when it can no longer be met.
const inLine = -1

// Quoter quotes a message that comes in pieces. It holds back at most four
// octets. The zero Quoter stands before a message.
type Quoter struct{ met int }

// Append appends to dst what src becomes.
func (q *Quoter) Append(dst, src []byte) []byte {
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
		case src[0] == From[q.met]:
			if src, q.met = src[1:], q.met+1; q.met == len(From) {
				dst, q.met = append(append(dst, '>'), From...), inLine
			}
		default:
			dst = q.Flush(dst)
		}
	}
	return dst
}

// Flush appends what was held back. It ends a message.
func (q *Quoter) Flush(dst []byte) []byte {
	if q.met > 0 {
		dst = append(dst, From[:q.met]...)
	}
	q.met = inLine
	return dst
}

// Unquoter undoes Quoter. Dst may be the start of src's own array: it never
// writes further than it has read. The zero Unquoter stands before a message.
type Unquoter struct {
	met  int
	mark bool // one > is held back: it goes if From follows
}

// Append appends to dst what src becomes.
func (u *Unquoter) Append(dst, src []byte) []byte {
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
		case src[0] == From[u.met]:
			if src, u.met = src[1:], u.met+1; u.met == len(From) {
				dst, u.met, u.mark = append(dst, From...), inLine, false
			}
		default:
			dst = u.Flush(dst)
		}
	}
	return dst
}

// Flush appends what was held back. It ends a message.
func (u *Unquoter) Flush(dst []byte) []byte {
	if u.mark {
		dst = append(dst, '>')
	}
	if u.met > 0 {
		dst = append(dst, From[:u.met]...)
	}
	u.met, u.mark = inLine, false
	return dst
}

// Quote appends to dst a whole message, quoted. Most hold no From and are
// copied at once.
func Quote(dst, msg []byte) []byte {
	if !bytes.Contains(msg, []byte(From)) {
		return append(dst, msg...)
	}
	var q Quoter
	return q.Flush(q.Append(dst, msg))
}

// Unquote unquotes a whole message in place.
func Unquote(text []byte) []byte {
	if !bytes.Contains(text, []byte(From)) {
		return text
	}
	var u Unquoter
	return u.Flush(u.Append(text[:0], text))
}
