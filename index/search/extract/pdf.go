package extract

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strings"

	"github.com/ledongthuc/pdf"
)

const (
	maxPages = 2000
	maxForms = 8   // forms drawn inside each other
	maxFonts = 500 // of one page
)

// readPDF adds the words of a PDF. It may take any time and memory, and panic:
// whoever calls it has limits around it. A page that cannot be read does not
// hide the others.
func readPDF(data []byte, w *words) error {
	r, err := pdf.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return err
	}
	info := r.Trailer().Key("Info")
	for _, key := range []string{"Title", "Subject", "Keywords"} {
		w.line(info.Key(key).Text())
	}
	var faults []error
	n := r.NumPage()
	for i := 1; i <= min(n, maxPages) && !w.full(); i++ {
		if err := readPage(r.Page(i), w); err != nil && len(faults) < 3 {
			faults = append(faults, fmt.Errorf("page %d: %w", i, err))
		}
	}
	if n > maxPages {
		faults = append(faults, ErrLimit)
	}
	w.rejoin()
	return errors.Join(faults...)
}

var broken = regexp.MustCompile(`(\pL+)-\s*\n(\p{Ll}+)`)

// rejoin adds the words that a hyphen at the end of a line took apart, whole.
func (w *words) rejoin() {
	for _, m := range broken.FindAllStringSubmatch(w.String(), -1) {
		w.line(m[1] + m[2])
	}
}

func readPage(p pdf.Page, w *words) (err error) {
	defer func() {
		w.text("\n")
		if x := recover(); x != nil {
			err = fmt.Errorf("%v", x)
		}
	}()
	if p.V.IsNull() {
		return nil
	}
	pen := &pen{w: w}
	pen.draw(p.V.Key("Contents"), p.Resources(), 0)
	return nil
}

// pen follows the operators that show text (ISO 32000-1, section 9.4) with just
// enough of the geometry to tell words apart.
type pen struct {
	w    *words
	font *fontOf
	size float64
	lead float64 // between lines

	x, y   float64 // where the line begins, in the space of the page, turned pages aside
	sx, sy float64 // scale of the text's space
	gone   float64 // how far text has been drawn since x, in the text's space
	sure   bool    // and whether gone is known
	begun  bool    // something was drawn in this text object
}

// draw follows a stream of operators.
func (p *pen) draw(stream, resources pdf.Value, depth int) {
	if stream.Kind() == pdf.Null || depth > maxForms {
		return
	}
	fonts := map[string]*fontOf{}
	pdf.Interpret(stream, func(stk *pdf.Stack, op string) {
		if p.w.full() {
			return
		}
		args := make([]pdf.Value, stk.Len())
		for i := len(args) - 1; i >= 0; i-- {
			args[i] = stk.Pop()
		}
		switch op {
		case "Tf":
			if len(args) == 2 && len(fonts) < maxFonts {
				name := args[0].Name()
				if fonts[name] == nil {
					fonts[name] = newFont(resources.Key("Font").Key(name))
				}
				p.font, p.size = fonts[name], args[1].Float64()
			}
		case "Do":
			if len(args) == 1 {
				form := resources.Key("XObject").Key(args[0].Name())
				if form.Key("Subtype").Name() == "Form" {
					inner := form.Key("Resources")
					if inner.IsNull() {
						inner = resources
					}
					p.draw(form, inner, depth+1)
				}
			}
		default:
			p.operate(op, args)
		}
	})
}

// operate does one operator of text.
func (p *pen) operate(op string, args []pdf.Value) {
	num := func(i int) float64 {
		if i < len(args) {
			return args[i].Float64()
		}
		return 0
	}
	switch op {
	case "BT":
		p.begun, p.sx, p.sy = false, 1, 1
		p.x, p.y, p.gone, p.sure = 0, 0, 0, true
		p.w.text("\n")
	case "TL":
		p.lead = num(0)
	case "Td":
		p.move(p.x+num(0)*p.sx, p.y+num(1)*p.sy)
	case "TD":
		p.lead = -num(1)
		p.move(p.x+num(0)*p.sx, p.y+num(1)*p.sy)
	case "Tm":
		p.sx, p.sy = math.Hypot(num(0), num(1)), math.Hypot(num(2), num(3))
		p.move(num(4), num(5))
	case "T*":
		p.move(p.x, p.y-p.lead*p.sy)
	case "'", "\"":
		p.move(p.x, p.y-p.lead*p.sy)
		if len(args) > 0 {
			p.show(args[len(args)-1].RawString())
		}
	case "Tj":
		if len(args) > 0 {
			p.show(args[0].RawString())
		}
	case "TJ":
		if len(args) == 0 {
			return
		}
		for i := range args[0].Len() {
			switch v := args[0].Index(i); v.Kind() {
			case pdf.String:
				p.show(v.RawString())
			case pdf.Integer, pdf.Real:
				p.gone -= v.Float64() / 1000 * p.size
				if v.Float64() < -gapEm*1000 { // wider than any kerning
					p.w.text(" ")
				}
			}
		}
	}
}

// gapEm is the width from which on a gap parts words, as a share of the size of
// the letters. A blank is a quarter of it in most fonts, and what pairs of letters
// are moved by a tenth.
const gapEm = 0.17

// move begins at another place: of the same word, of the next, or of another
// line.
func (p *pen) move(x, y float64) {
	size := max(math.Abs(p.size), 0.01)
	switch gap := (x-p.x)/max(p.sx, 1e-6) - p.gone; {
	case !p.begun:
	case math.Abs(y-p.y) > 0.4*size*max(p.sy, 1e-6):
		p.w.text("\n")
	case !p.sure || gap > gapEm*size || gap < -size:
		p.w.text(" ")
	}
	p.x, p.y, p.gone, p.sure = x, y, 0, true
}

// show draws a string.
func (p *pen) show(raw string) {
	if p.font == nil || raw == "" {
		return
	}
	p.begun = true
	p.w.text(strings.ReplaceAll(p.font.decode(raw), "\x00", ""))
	width, known := p.font.width(raw)
	p.gone += width / 1000 * p.size
	p.sure = p.sure && known
}
