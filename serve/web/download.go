package web

import (
	"mime"
	"net/http"
	"strings"
)

// fileMost bounds the name of a file, in octets.
const fileMost = 200

// Download says in an answer's header that a file follows, of a media type, which is
// to be kept under a name and never shown. What a stranger called it is made
// harmless by mime and by the browser; a path's signs are taken out all the same.
func Download(h http.Header, kind, name string) {
	name = strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`/\:*?"<>|`, r) || r == 0x7f || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return '_'
		}
		return r
	}, name)
	name = strings.TrimLeft(name, ".")
	name = strings.ToValidUTF8(name[:min(len(name), fileMost)], "")
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
}
