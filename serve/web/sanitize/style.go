package sanitize

import (
	"regexp"
	"strings"
)

const (
	maxStyle = 8 << 10 // octets of a style attribute that are looked at
	maxValue = 400     // octets of a value
)

// properties are those that a style may set. None takes an element out of the
// flow, loads, or runs.
var properties = set(
	"background", "background-color", "background-image", "background-position", "background-repeat", "background-size",
	"border", "border-bottom", "border-bottom-color", "border-bottom-style", "border-bottom-width", "border-collapse",
	"border-color", "border-left", "border-left-color", "border-left-style", "border-left-width", "border-radius",
	"border-right", "border-right-color", "border-right-style", "border-right-width", "border-spacing", "border-style",
	"border-top", "border-top-color", "border-top-style", "border-top-width", "border-width", "box-sizing",
	"border-bottom-left-radius", "border-bottom-right-radius", "border-top-left-radius", "border-top-right-radius",
	"caption-side", "clear", "color", "direction", "display", "empty-cells", "float",
	"font", "font-family", "font-size", "font-stretch", "font-style", "font-variant", "font-weight",
	"height", "hyphens", "letter-spacing", "line-break", "line-height", "list-style", "list-style-position", "list-style-type",
	"margin", "margin-bottom", "margin-left", "margin-right", "margin-top", "max-height", "max-width", "min-height", "min-width",
	"opacity", "overflow", "overflow-wrap", "padding", "padding-bottom", "padding-left", "padding-right", "padding-top",
	"table-layout", "text-align", "text-decoration", "text-decoration-color", "text-decoration-line", "text-decoration-style",
	"text-indent", "text-overflow", "text-transform", "unicode-bidi", "vertical-align", "visibility", "white-space", "width",
	"word-break", "word-spacing", "word-wrap", "writing-mode",
)

var (
	isValue  = regexp.MustCompile(`^[\p{L}\p{N} #%.,()+'/_-]+$`)
	call     = regexp.MustCompile(`([^ (),]*)\(`)
	colours  = regexp.MustCompile(`^(?:rgba?|hsla?)$`)
	below    = regexp.MustCompile(`(?:^|[ ,(])-[0-9.]`)
	blanks   = regexp.MustCompile(`[ \t\n\f]+`)
	priority = regexp.MustCompile(`(?i) ?! ?important$`)
)

// style gives the declarations of a style attribute that may stay, each
// written in one form.
func (c *cleaner) style(css string) []string {
	var out []string
	if len(css) > maxStyle {
		css = css[:maxStyle]
	}
	for _, decl := range declarations(css) {
		name, value, ok := strings.Cut(decl, ":")
		name = strings.ToLower(strings.TrimSpace(name))
		if !ok || !properties[name] || strings.Contains(value, `\`) {
			continue
		}
		at := ""
		if name == "background" || name == "background-image" {
			value, at = c.background(value)
		}
		value = strings.TrimSpace(blanks.ReplaceAllString(value, " "))
		value = priority.ReplaceAllString(strings.ReplaceAll(value, `"`, "'"), "")
		if allowed(name, value) {
			out = append(out, name+":"+value)
		}
		if at != "" {
			out = append(out, image(at))
		}
	}
	return out
}

// image is the declaration of a background picture. at was made by loadable.
func image(at string) string { return `background-image:url("` + at + `")` }

// allowed tells whether a value holds words, numbers and colours only.
func allowed(name, value string) bool {
	if len(value) > maxValue || !isValue.MatchString(value) || strings.Count(value, "'")%2 != 0 ||
		strings.Count(value, "(") != strings.Count(value, ")") {
		return false
	}
	for _, m := range call.FindAllStringSubmatch(value, -1) {
		if !colours.MatchString(strings.ToLower(m[1])) {
			return false
		}
	}
	// A negative margin is another way out of one's place.
	return !(strings.HasPrefix(name, "margin") || name == "text-indent") || !below.MatchString(value)
}

// background takes the pictures out of a value and gives the address of the
// first that may be loaded.
func (c *cleaner) background(value string) (rest, at string) {
	for {
		found := picture.FindStringSubmatchIndex(value)
		if found == nil {
			return value, at
		}
		for group := 2; group < len(found); group += 2 {
			if found[group] < 0 {
				continue
			}
			if got := c.remote(value[found[group]:found[group+1]]); at == "" {
				at = got
			}
		}
		value = value[:found[0]] + " " + value[found[1]:]
	}
}

// picture is a url() with its address in one of three ways of quoting.
var picture = regexp.MustCompile(`(?i)url\(\s*(?:"([^"]*)"|'([^']*)'|([^"'()\s]*))\s*\)`)

// declarations parts a style at its semicolons, those in strings and brackets
// aside, and takes comments out. What a string or a bracket leaves open is
// left out.
func declarations(css string) []string {
	var out []string
	var b strings.Builder
	quote, depth := byte(0), 0
	for i := 0; i < len(css); i++ {
		ch := css[i]
		switch {
		case quote != 0:
			if ch == quote {
				quote = 0
			}
		case ch == '/' && strings.HasPrefix(css[i:], "/*"):
			end := strings.Index(css[i+2:], "*/")
			if end < 0 {
				return out
			}
			i += 2 + end + 1
			ch = ' '
		case ch == '"' || ch == '\'':
			quote = ch
		case ch == '(':
			depth++
		case ch == ')':
			depth--
		case ch == ';' && depth <= 0:
			out = append(out, b.String())
			b.Reset()
			depth = 0
			continue
		}
		b.WriteByte(ch)
	}
	if quote == 0 && depth <= 0 {
		out = append(out, b.String())
	}
	return out
}
