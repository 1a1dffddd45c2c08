package letter

import (
	"encoding/base64"
	"strings"
	"unicode/utf16"
)

// decodeUTF7 decodes RFC 2152. Octets above 127 are not of it and become
// U+FFFD; a run of base64 that is broken gives what could be decoded.
func decodeUTF7(data []byte) string {
	var b strings.Builder
	b.Grow(len(data))
	for i := 0; i < len(data); i++ {
		c := data[i]
		switch {
		case c >= 0x80:
			b.WriteString("\uFFFD")
			continue
		case c != '+':
			b.WriteByte(c)
			continue
		}
		end := i + 1
		for end < len(data) && base64Class[data[end]] == 1 {
			end++
		}
		if end == i+1 {
			b.WriteByte('+') // "+-", or a plus that stands for itself
		} else {
			writeUTF16(&b, data[i+1:end])
		}
		if end < len(data) && data[end] == '-' {
			end++
		}
		i = end - 1
	}
	return b.String()
}

// writeUTF16 decodes a run of base64 that holds UTF-16 in network order.
func writeUTF16(b *strings.Builder, run []byte) {
	buf := make([]byte, base64.RawStdEncoding.DecodedLen(len(run)))
	n, _ := base64.RawStdEncoding.Decode(buf, run)
	units := make([]uint16, 0, n/2)
	for i := 0; i+1 < n; i += 2 {
		units = append(units, uint16(buf[i])<<8|uint16(buf[i+1]))
	}
	for _, r := range utf16.Decode(units) {
		b.WriteRune(r)
	}
}
