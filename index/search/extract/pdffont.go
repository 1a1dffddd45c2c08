package extract

import (
	"strings"

	"github.com/ledongthuc/pdf"

	"restante/filter/letter"
)

// fontOf is a font and how wide its letters are.
type fontOf struct {
	decode func(raw string) string
	wide   bool // codes of two octets
	widths map[int]float64
	other  float64 // width of those that are not listed; 0: unknown
}

// charsets are the encodings of text in fonts that PDF names itself (ISO 32000-1,
// section 9.7.5.2), by the beginnings of their names.
var charsets = []struct{ name, charset string }{
	{"90ms-RKSJ", "shift_jis"}, {"90msp-RKSJ", "shift_jis"}, {"90pv-RKSJ", "shift_jis"}, {"83pv-RKSJ", "shift_jis"}, {"EUC-", "euc-jp"},
	{"GBK", "gb18030"}, {"GB-EUC", "gb18030"}, {"ETen-B5", "big5"}, {"B5pc", "big5"}, {"HKscs-B5", "big5"},
	{"KSC", "euc-kr"},
}

func newFont(v pdf.Value) *fontOf {
	f := &fontOf{widths: map[int]float64{}}
	font := &pdf.Font{V: v}
	f.decode = func(raw string) string { return font.Encoder().Decode(raw) } // which remembers its table
	if v.Key("Subtype").Name() == "Type0" {
		f.wide = true
		f.named(v)
		f.listed(v.Key("DescendantFonts").Index(0))
		return f
	}
	first := int(v.Key("FirstChar").Int64())
	list := v.Key("Widths")
	for i := range min(list.Len(), 256) {
		f.widths[first+i] = list.Index(i).Float64()
	}
	return f
}

// listed reads the widths of a font with many letters: ISO 32000-1, section
// 9.7.4.3.
func (f *fontOf) listed(v pdf.Value) {
	f.other = 1000
	if dw := v.Key("DW"); !dw.IsNull() {
		f.other = dw.Float64()
	}
	list := v.Key("W")
	for i := 0; i+1 < list.Len() && len(f.widths) < 1<<16; {
		code := int(list.Index(i).Int64())
		if next := list.Index(i + 1); next.Kind() == pdf.Array {
			for k := range next.Len() {
				f.widths[code+k] = next.Index(k).Float64()
			}
			i += 2
			continue
		}
		end := min(int(list.Index(i+1).Int64()), 1<<16)
		for ; code <= end; code++ {
			f.widths[code] = list.Index(i + 2).Float64()
		}
		i += 3
	}
}

// named finds how to decode a font whose codes are those of a charset. Where
// nothing tells what the codes mean, they are numbers of drawings and no text.
func (f *fontOf) named(v pdf.Value) {
	name := v.Key("Encoding").Name()
	if strings.HasPrefix(name, "Uni") {
		f.decode = func(raw string) string {
			return letter.Part{Type: "text/plain", Charset: "utf-16be"}.Text([]byte("\xfe\xff" + raw))
		}
		return
	}
	for _, c := range charsets {
		if strings.HasPrefix(name, c.name) {
			f.decode = func(raw string) string { return letter.Part{Type: "text/plain", Charset: c.charset}.Text([]byte(raw)) }
			return
		}
	}
	if v.Key("ToUnicode").IsNull() {
		f.decode = func(string) string { return "" }
	}
}

// width gives how wide a string is, in thousandths of the size, and whether
// that is known.
func (f *fontOf) width(raw string) (sum float64, known bool) {
	known = true
	step := 1
	if f.wide {
		step = 2
	}
	for i := 0; i+step <= len(raw); i += step {
		code := int(raw[i])
		if f.wide {
			code = code<<8 | int(raw[i+1])
		}
		w, ok := f.widths[code]
		if !ok {
			w = f.other
		}
		known = known && w > 0
		sum += w
	}
	return sum, known
}
