package letter

import (
	"strings"
	"unicode/utf8"
)

// prose is text that is put together from pieces of markup: runs of blanks
// become one, breaks become line ends, and there is no blank where only an
// inline tag stood.
type prose struct {
	b       strings.Builder
	limit   int
	pending byte // a blank or line end that is due before the next word
}

// blank asks for a blank before the next word.
func (p *prose) blank() {
	if p.pending == 0 && p.b.Len() > 0 {
		p.pending = ' '
	}
}

// line asks for a line end before the next word.
func (p *prose) line() {
	if p.b.Len() > 0 {
		p.pending = '\n'
	}
}

// write takes text. In preformatted text line ends count as such.
func (p *prose) write(b []byte, pre bool) {
	for i := 0; i < len(b); {
		n := wordLen(b[i:])
		if n > 0 {
			p.word(b[i : i+n])
			i += n
			continue
		}
		r, size := utf8.DecodeRune(b[i:])
		switch {
		case pre && r == '\n':
			p.line()
		case !invisible(r):
			p.blank()
		}
		i += size
	}
}

// word writes octets that hold no blanks.
func (p *prose) word(b []byte) {
	if p.b.Len()+len(b)+1 > p.limit {
		return
	}
	if p.pending != 0 {
		p.b.WriteByte(p.pending)
		p.pending = 0
	}
	p.b.Write(b)
}

// wordLen gives how many octets at the front of b are neither blank nor invisible.
func wordLen(b []byte) int {
	for i := 0; i < len(b); i++ {
		c := b[i]
		if c <= ' ' || c == 0x7f {
			return i
		}
		if c == 0xc2 || c == 0xcd || c == 0xe2 || c == 0xe3 || c == 0xef { // may begin one of those
			r, _ := utf8.DecodeRune(b[i:])
			if invisible(r) || wideBlank(r) {
				return i
			}
		}
	}
	return len(b)
}

func (p *prose) string() string { return p.b.String() }

// wideBlank tells blanks beyond ASCII.
func wideBlank(r rune) bool {
	return r == 0x85 || r == 0xa0 || r >= 0x2000 && r <= 0x200a || r == 0x2028 || r == 0x2029 || r == 0x202f || r == 0x3000
}

// invisible tells characters without width. Senders put them into words so
// that a filter does not know the word; a reader sees no difference.
func invisible(r rune) bool {
	switch r {
	case 0, 0xad, 0x34f, 0x200b, 0x200c, 0x200e, 0x200f, 0x2060, 0xfeff:
		return true
	}
	return false
}

// visible gives s without invisible characters.
func visible(s string) string {
	if strings.IndexFunc(s, invisible) < 0 {
		return s
	}
	return strings.Map(func(r rune) rune {
		if invisible(r) {
			return -1
		}
		return r
	}, s)
}
