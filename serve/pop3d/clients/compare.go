package clients

import (
	"bytes"
	"testing"
)

// CRLF gives a message as POP3 sends it: every line ends in CRLF, the last one
// too (RFC 1939, section 11).
func CRLF(message []byte) []byte {
	out := bytes.ReplaceAll(bytes.ReplaceAll(message, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n"))
	if len(out) > 0 && !bytes.HasSuffix(out, []byte("\n")) {
		out = append(out, "\r\n"...)
	}
	return out
}

// Bodies leaves out the UIDLs.
func Bodies(messages []Message) (all [][]byte) {
	for _, m := range messages {
		all = append(all, m.Body)
	}
	return all
}

// Compare wants each message once, byte for byte, in any order. A message that
// nobody sent is shown where it leaves the missing one that is most like it.
func Compare(t testing.TB, got, want [][]byte) {
	t.Helper()
	missing := map[string]int{}
	for _, m := range want {
		missing[string(m)]++
	}
	var strange [][]byte
	for _, m := range got {
		if missing[string(m)] == 0 {
			strange = append(strange, m)
			continue
		}
		if missing[string(m)]--; missing[string(m)] == 0 {
			delete(missing, string(m))
		}
	}
	if len(got) != len(want) || len(missing) > 0 {
		t.Errorf("%d messages came of %d; %d of these did not come as they were sent", len(got), len(want), len(missing))
	}
	for _, m := range strange[:min(len(strange), 5)] {
		nearest, at := "", -1
		for w := range missing {
			if n := common(m, w); n > at {
				nearest, at = w, n
			}
		}
		t.Errorf("a message of %d octets, most like one of %d, differs at octet %d:\n got %.80q\nwant %.80q",
			len(m), len(nearest), at, m[max(at, 0):], nearest[max(at, 0):])
	}
}

// common is how many octets two messages begin with alike.
func common(a []byte, b string) (n int) {
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}
