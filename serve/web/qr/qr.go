// Package qr draws QR codes for pages.
//
// # Why
//
// A code is drawn as SVG that stands in the page: the pages' policy lets no picture
// in from a data: URL, and a picture with an address of its own would have a secret
// behind that address. Medium error correction is what cameras expect on screens.
package qr

import (
	"fmt"
	"html/template"
	"image/color"
	"strings"

	"github.com/boombuler/barcode/qr"
)

// quiet is how many modules stay white around a code: ISO/IEC 18004, section 6.3.8.
const quiet = 4

// maxText is the most octets that are drawn; larger codes are hard to read.
const maxText = 1000

// SVG draws a text. Label is what it says to who does not see it.
func SVG(text, label string) (template.HTML, error) {
	if len(text) > maxText {
		return "", fmt.Errorf("draw a QR code: %d octets, and %d are allowed", len(text), maxText)
	}
	code, err := qr.Encode(text, qr.M, qr.Unicode)
	if err != nil {
		return "", fmt.Errorf("draw a QR code: %w", err)
	}
	size := code.Bounds().Dx()
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="qr" viewBox="0 0 %d %[1]d" width="220" height="220" role="img" aria-label="%s" shape-rendering="crispEdges">`,
		size+2*quiet, template.HTMLEscapeString(label))
	fmt.Fprintf(&b, `<rect width="%d" height="%[1]d" fill="#fff"/><path fill="#000" d="`, size+2*quiet)
	for y := range size {
		for x := 0; x < size; {
			run := 0
			for x+run < size && code.At(x+run, y) == color.Black {
				run++
			}
			if run > 0 {
				fmt.Fprintf(&b, "M%d %dh%dv1h-%[3]dz", x+quiet, y+quiet, run)
			}
			x += max(run, 1)
		}
	}
	b.WriteString(`"/></svg>`)
	return template.HTML(b.String()), nil
}
