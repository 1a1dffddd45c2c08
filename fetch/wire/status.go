package wire

import (
	"bytes"
	"fmt"
	"strings"
)

// Status is the first line of an answer (RFC 1939, section 3).
type Status struct {
	OK   bool   // +OK rather than -ERR
	Code string // response code without brackets, in capitals: "IN-USE", "SYS/TEMP" (RFC 2449, section 8); empty where none
	Text string // the words for people, as sent; a leading code is taken off
}

// ParseStatus reads a status line without its line end. Case does not matter. A
// code is also found behind other words, as some servers place it.
func ParseStatus(line []byte) (Status, error) {
	var s Status
	var rest []byte
	switch {
	case hasWord(line, "+OK"):
		s.OK, rest = true, line[3:]
	case hasWord(line, "-ERR"):
		rest = line[4:]
	default:
		return Status{}, fmt.Errorf("neither +OK nor -ERR: %q", line[:min(len(line), 80)])
	}
	s.Text = string(bytes.TrimSpace(rest))
	code, before, after := findCode(s.Text)
	s.Code = strings.ToUpper(code)
	if code != "" && before == "" {
		s.Text = after
	}
	return s, nil
}

// hasWord reports whether line starts with word and the word ends there.
func hasWord(line []byte, word string) bool {
	n := len(word)
	if len(line) < n || !bytes.EqualFold(line[:n], []byte(word)) {
		return false
	}
	return len(line) == n || !isAlnum(line[n])
}

// findCode looks for a bracketed code. At the start of the text any is one; in
// the middle only what is written in capitals, since an address in brackets is
// not a code.
func findCode(text string) (code, before, after string) {
	rest := text
	for {
		i := strings.IndexByte(rest, '[')
		if i < 0 {
			return "", "", ""
		}
		before = text[:len(text)-len(rest)+i]
		rest = rest[i+1:]
		j := strings.IndexByte(rest, ']')
		if j < 0 {
			return "", "", ""
		}
		if code = rest[:j]; isCode(code, before == "") {
			return code, before, strings.TrimSpace(rest[j+1:])
		}
	}
}

func isCode(s string, anyCase bool) bool {
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= 'A' && c <= 'Z', anyCase && c >= 'a' && c <= 'z':
		case i > 0 && (c >= '0' && c <= '9' || c == '-' || c == '/'):
		default:
			return false
		}
	}
	return s != ""
}

func isAlnum(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}
