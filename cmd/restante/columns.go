package main

import (
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// columnsOf gives how many columns of a terminal a character takes: East Asian ones
// and pictures take two (Unicode annex 11), and marks stand on the one before.
func columnsOf(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// widthOf gives how many columns a text takes.
func widthOf(s string) (n int) {
	for _, r := range s {
		n += columnsOf(r)
	}
	return n
}

// columns writes rows with their cells below each other, two blanks apart. The standard
// library's table counts characters, and East Asian ones are as wide as two.
func columns(rows [][]string) string {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], widthOf(cell))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		for i, cell := range row {
			b.WriteString(cell)
			if i < len(row)-1 {
				b.WriteString(strings.Repeat(" ", widths[i]-widthOf(cell)+2))
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// cut shortens a text to so many columns and takes out what would move the
// cursor: it comes from strangers.
func cut(s string, n int) string {
	s = strings.ReplaceAll(harmless(s), "\t", " ")
	if widthOf(s) <= n {
		return s
	}
	for i, r := range s {
		if n -= columnsOf(r); n < 1 { // one for the sign that it goes on
			return s[:i] + "…"
		}
	}
	return s
}

// harmless takes out what would move the cursor, but for tabs.
func harmless(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\t' && movesCursor(r) {
			return -1
		}
		return r
	}, s)
}

// movesCursor tells what a terminal takes for an order, or writes in another direction.
func movesCursor(r rune) bool {
	return unicode.IsControl(r) || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
}
