package extract

import (
	"archive/zip"
	"strings"
	"unicode/utf8"

	"restante/filter/letter"
)

// entryName gives the name of a file in a zip archive. Where it says that it is no
// UTF-8, it is in whatever charset was usual where it was made.
func entryName(f *zip.File) string {
	if !f.NonUTF8 || utf8.ValidString(f.Name) {
		return f.Name
	}
	return letter.Part{Type: "text/plain"}.Text([]byte(strings.ReplaceAll(f.Name, "\n", " ")))
}
