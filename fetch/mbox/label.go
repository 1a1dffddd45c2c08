package mbox

import (
	"mime"
	"strings"
)

// Labels reads the value of an X-Gmail-Labels field as Takeout writes it:
// names with commas between, those that hold one in quotes, the whole perhaps
// in encoded words (RFC 2047) and folded.
func Labels(value string) []string {
	var dec mime.WordDecoder
	if text, err := dec.DecodeHeader(value); err == nil {
		value = text
	}
	var all []string
	var one strings.Builder
	quoted := false
	end := func() {
		if name := strings.Join(strings.Fields(strings.ToValidUTF8(one.String(), "\ufffd")), " "); name != "" {
			all = append(all, name)
		}
		one.Reset()
	}
	for i := 0; i < len(value); i++ {
		switch c := value[i]; {
		case c == '\\' && quoted && i+1 < len(value):
			i++
			one.WriteByte(value[i])
		case c == '"' && quoted && i+1 < len(value) && value[i+1] == '"':
			i++
			one.WriteByte('"')
		case c == '"' && (quoted || strings.TrimSpace(one.String()) == ""):
			quoted = !quoted
		case c == ',' && !quoted:
			end()
		default:
			one.WriteByte(c)
		}
	}
	end()
	return all
}
