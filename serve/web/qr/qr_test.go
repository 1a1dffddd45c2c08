package qr_test

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"restante/serve/web/qr"
)

var run = regexp.MustCompile(`M(\d+) (\d+)h(\d+)v1h-(\d+)z`)

// modules reads the dark squares of a drawing.
func modules(t *testing.T, svg string) (dark map[[2]int]bool, size int) {
	t.Helper()
	_, rest, _ := strings.Cut(svg, `viewBox="0 0 `)
	number, _, _ := strings.Cut(rest, " ")
	size, err := strconv.Atoi(number)
	if err != nil {
		t.Fatal(err)
	}
	dark = map[[2]int]bool{}
	for _, m := range run.FindAllStringSubmatch(svg, -1) {
		x, _ := strconv.Atoi(m[1])
		y, _ := strconv.Atoi(m[2])
		n, _ := strconv.Atoi(m[3])
		if m[3] != m[4] {
			t.Errorf("a run of %s goes back %s", m[3], m[4])
		}
		for i := range n {
			dark[[2]int{x + i, y}] = true
		}
	}
	return dark, size
}

func TestSVG_HasTheMarksOfACode(t *testing.T) {
	for _, text := range []string{"x", "otpauth://totp/restante:ada?secret=JBSWY3DPEHPK3PXP&issuer=restante", "日本語", strings.Repeat("long ", 100)} {
		svg, err := qr.SVG(text, `a "label" <b>`)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(svg), `aria-label="a &#34;label&#34; &lt;b&gt;"`) {
			t.Errorf("the label stands in it unescaped: %.200s", svg)
		}
		dark, size := modules(t, string(svg))
		if (size-8)%4 != 1 || size < 21+8 {
			t.Errorf("%d modules with the margin", size)
		}
		for at := range dark {
			if at[0] < 4 || at[1] < 4 || at[0] >= size-4 || at[1] >= size-4 {
				t.Errorf("a dark module at %v in the margin", at)
			}
		}
		// ISO/IEC 18004, section 6.3.3: squares within squares in three corners.
		for _, corner := range [][2]int{{4, 4}, {size - 11, 4}, {4, size - 11}} {
			for i := range 7 {
				for j := range 7 {
					ring := max(max(3-i, i-3), max(3-j, j-3))
					if got, want := dark[[2]int{corner[0] + i, corner[1] + j}], ring != 2; got != want {
						t.Fatalf("the mark at %v is no mark", corner)
					}
				}
			}
		}
	}
	if _, err := qr.SVG(strings.Repeat("x", 2000), ""); err == nil {
		t.Error("2,000 octets were drawn")
	}
}
