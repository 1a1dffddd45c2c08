package letter

import (
	"strconv"
	"strings"
)

const maxStyle = 4 << 10 // octets of a style attribute that are looked at

// style applies a style attribute: what hides text, and its colours. Style
// sheets are not read.
func (el *look) style(css string) {
	var flat, clipped, away bool
	for decl := range strings.SplitSeq(css, ";") {
		name, val, ok := strings.Cut(decl, ":")
		if !ok {
			continue
		}
		val = strings.ToLower(strings.TrimSpace(val))
		val = strings.TrimSpace(strings.TrimSuffix(val, "!important"))
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "display":
			el.hidden = el.hidden || val == "none"
		case "visibility":
			el.unseen = val == "hidden" || val == "collapse"
		case "opacity":
			n, err := strconv.ParseFloat(strings.TrimSuffix(val, "%"), 64)
			el.hidden = el.hidden || err == nil && n <= 0.01
		case "font-size":
			el.small = tiny(val)
		case "font":
			for word := range strings.FieldsSeq(val) {
				if size, _, _ := strings.Cut(word, "/"); strings.HasSuffix(size, "px") {
					el.small = tiny(size)
				}
			}
		case "color":
			el.ink.set(val)
		case "background-color", "background":
			el.image = strings.Contains(val, "url(") || strings.Contains(val, "gradient")
			for word := range strings.FieldsSeq(strings.ReplaceAll(val, ", ", ",")) {
				el.paper.set(word)
			}
		case "height", "max-height", "width", "max-width":
			flat = flat || val == "0" || val == "0px"
		case "overflow":
			clipped = val == "hidden"
		case "text-indent", "left", "top", "margin-left":
			away = away || strings.HasPrefix(val, "-") && farAway(val)
		}
	}
	el.hidden = el.hidden || flat && clipped || away
}

// tiny tells sizes that nobody can read: up to one pixel or point, or a tenth.
func tiny(size string) bool {
	end := strings.IndexFunc(size, func(r rune) bool { return r != '.' && (r < '0' || r > '9') })
	if end < 0 {
		end = len(size)
	}
	n, err := strconv.ParseFloat(size[:end], 64)
	if err != nil {
		return false
	}
	switch strings.TrimSpace(size[end:]) {
	case "px", "pt", "":
		return n <= 1
	case "em", "rem":
		return n <= 0.1
	case "%":
		return n <= 10
	}
	return n == 0
}

// farAway tells a place at least 500 pixels off the page.
func farAway(val string) bool {
	n, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSuffix(val, "px"), "em"), 64)
	return err == nil && n <= -500
}

// colour is red, green and blue.
type colour struct{ r, g, b uint8 }

var (
	white = colour{255, 255, 255}
	black = colour{0, 0, 0}
)

var colours = map[string]colour{
	"white": white, "black": black, "red": {255, 0, 0}, "lime": {0, 255, 0}, "blue": {0, 0, 255},
	"yellow": {255, 255, 0}, "aqua": {0, 255, 255}, "cyan": {0, 255, 255}, "fuchsia": {255, 0, 255},
	"magenta": {255, 0, 255}, "gray": {128, 128, 128}, "grey": {128, 128, 128}, "silver": {192, 192, 192},
	"maroon": {128, 0, 0}, "green": {0, 128, 0}, "navy": {0, 0, 128}, "olive": {128, 128, 0},
	"purple": {128, 0, 128}, "teal": {0, 128, 128}, "orange": {255, 165, 0}, "ivory": {255, 255, 240},
	"snow": {255, 250, 250}, "whitesmoke": {245, 245, 245}, "ghostwhite": {248, 248, 255},
}

// set takes a colour as HTML and CSS write it; what is none changes nothing.
func (c *colour) set(s string) {
	s = strings.ToLower(strings.TrimSpace(s))
	if named, ok := colours[s]; ok {
		*c = named
		return
	}
	if list, ok := strings.CutPrefix(s, "rgb("); ok {
		var n [3]uint8
		f := strings.Split(strings.TrimSuffix(list, ")"), ",")
		for i := range n {
			if len(f) != 3 {
				return
			}
			v, err := strconv.ParseUint(strings.TrimSpace(f[i]), 10, 8)
			if err != nil {
				return
			}
			n[i] = uint8(v)
		}
		*c = colour{n[0], n[1], n[2]}
		return
	}
	hex := strings.TrimPrefix(s, "#")
	if len(hex) == 3 {
		hex = string([]byte{hex[0], hex[0], hex[1], hex[1], hex[2], hex[2]})
	}
	if n, err := strconv.ParseUint(hex, 16, 32); err == nil && len(hex) == 6 {
		*c = colour{uint8(n >> 16), uint8(n >> 8), uint8(n)}
	}
}

// near tells colours that the eye does not tell apart.
func (c colour) near(d colour) bool {
	return apart(c.r, d.r)+apart(c.g, d.g)+apart(c.b, d.b) <= 12
}

func apart(a, b uint8) int { return max(int(a), int(b)) - min(int(a), int(b)) }

// invisible tells a look in which no reader sees text. On an image any colour
// may be seen.
func (el *look) invisible() bool {
	return el.hidden || el.unseen || el.small || !el.image && el.ink.near(el.paper)
}
