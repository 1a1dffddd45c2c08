package letter

import "unicode/utf8"

// Clip gives the first octets of a text, n at most, and none of a character that
// would be cut in two.
func Clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
