package filter

import (
	"fmt"
	"strings"
)

// header makes the fields that serving puts above a message, in the form that
// mail programs' filters know from SpamAssassin. Everything in it is ASCII.
func header(v Verdict, cutoff float64, account string) string {
	flag, yes := "NO", "No"
	if v.Class == Spam {
		flag, yes = "YES", "Yes"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "X-Spam-Flag: %s\r\n", flag)
	fmt.Fprintf(&b, "X-Spam-Status: %s, score=%.3f required=%.3f class=%s\r\n\ttests=%s\r\n", yes, v.Score, cutoff, v.Class, tests(v.Reasons))
	fmt.Fprintf(&b, "X-Spam-Score: %.3f\r\n", v.Score)
	fmt.Fprintf(&b, "X-Restante-Account: %s\r\n", printable(account))
	return b.String()
}

// tests lists the names of the reasons, folded before they pass 78 columns
// (RFC 5322, section 2.1.1).
func tests(rs []Reason) string {
	if len(rs) == 0 {
		return "none"
	}
	var b strings.Builder
	col := len("\ttests=")
	for i, r := range rs {
		name := printable(r.Name)
		if i > 0 {
			b.WriteByte(',')
			col++
		}
		if col+len(name) > 76 {
			b.WriteString("\r\n\t")
			col = 1
		}
		b.WriteString(name)
		col += len(name)
	}
	return b.String()
}

// printable leaves visible ASCII and puts ? for the rest: what stands in a
// header field must not be able to end it.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r >= 0x7f {
			return '?'
		}
		return r
	}, s)
}
