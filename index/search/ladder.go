package search

import "strconv"

// A ladder makes ranges of numbers out of terms. A number of w hexadecimal
// digits is indexed under each of its prefixes; a range is then the few
// prefixes that cover it, at most 30 a digit. Bleve's own numbers do the same
// with 64 bits, that is 16 terms each; days need 4 and sizes 8.
type ladder int // its width in digits, at most 8

const (
	dayLadder  ladder = 4 // days since 1970 up to 2149
	sizeLadder ladder = 8 // octets up to 4 GiB
)

func (l ladder) max() int64 { return 1<<(4*l) - 1 }

func (l ladder) clamp(n int64) int64 { return min(max(n, 0), l.max()) }

// rung is the term of a prefix with d digits.
func rung(d int, prefix int64) string {
	return strconv.Itoa(d) + ":" + strconv.FormatInt(prefix, 16)
}

// terms are those a number is indexed under.
func (l ladder) terms(n int64) []string {
	n = l.clamp(n)
	out := make([]string, l)
	for d := int(l); d > 0; d-- {
		out[d-1] = rung(d, n)
		n >>= 4
	}
	return out
}

// cover gives the terms for lo <= n <= hi; none for an empty range.
func (l ladder) cover(lo, hi int64) []string {
	lo, hi = max(lo, 0), min(hi, l.max())
	var out []string
	for d := int(l); d > 0 && lo <= hi; d-- {
		if d == 1 {
			for ; lo <= hi; lo++ {
				out = append(out, rung(d, lo))
			}
			break
		}
		for ; lo <= hi && lo&15 != 0; lo++ {
			out = append(out, rung(d, lo))
		}
		for ; lo <= hi && hi&15 != 15; hi-- {
			out = append(out, rung(d, hi))
		}
		if lo > hi {
			break
		}
		lo, hi = lo>>4, hi>>4
	}
	return out
}
